import type { Part } from './split.ts';

/** Scores kept: 4 bytes each. Of later decisions only what was chosen is known, and what it cost. */
const MOST_SCORES = 4_000_000;

/** What a router decided, one row a decision, with what it saw. */
export class RouteLog {
  count = 0;
  readonly instances: number;
  request = new Int32Array(1024);
  /** Which `Part` of it. */
  part = new Uint8Array(1024);
  timeUs = new Float64Array(1024);
  /** The chosen instance; -1 = none was open, -2 = the router refused. */
  instance = new Int32Array(1024);
  /**
   * Prompt tokens that stood before the request where it went, less those where fewest did; what it finds in the cache counts.
   * What a router that knows everything about prompts, and nothing about outputs, would have spared it. NaN = not known.
   */
  regretTokens = new Float64Array(1024);
  /** Decisions whose scores are kept: the first so many. Scores of decision d begin at d * instances; NaN = was out. */
  scored = 0;
  private scores = new Float32Array(1024);

  constructor(instances: number) {
    this.instances = instances;
  }

  add(request: number, part: Part, timeUs: number, instance: number, scores: Float64Array, regretTokens: number): void {
    const row = this.count++;
    if (row === this.request.length) this.grow(2 * row);
    this.request[row] = request;
    this.part[row] = part;
    this.timeUs[row] = timeUs;
    this.instance[row] = instance;
    this.regretTokens[row] = regretTokens;
    const at = row * this.instances;
    if (this.scored !== row || at + this.instances > MOST_SCORES) return;
    if (at + this.instances > this.scores.length) {
      const longer = new Float32Array(2 * (at + this.instances));
      longer.set(this.scores);
      this.scores = longer;
    }
    this.scores.set(scores, at);
    this.scored++;
  }

  /** The scores of all decisions that have them, one after the other. */
  allScores(): Float32Array {
    return this.scores.subarray(0, this.scored * this.instances);
  }

  private grow(rows: number): void {
    const { request, part, timeUs, instance, regretTokens } = this;
    this.request = new Int32Array(rows);
    this.request.set(request);
    this.part = new Uint8Array(rows);
    this.part.set(part);
    this.timeUs = new Float64Array(rows);
    this.timeUs.set(timeUs);
    this.instance = new Int32Array(rows);
    this.instance.set(instance);
    this.regretTokens = new Float64Array(rows);
    this.regretTokens.set(regretTokens);
  }
}
