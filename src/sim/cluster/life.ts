import type { Batch } from '../batch.ts';
import { Recorder } from '../metrics/recorder.ts';
import type { Connector } from '../phase/connector.ts';
import { VllmPolicy } from '../policy/vllm.ts';
import { RequestTable } from '../request.ts';
import { type Observer, Simulation } from '../simulation.ts';
import type { Source } from '../source.ts';
import { AttemptEnd, type Attempts } from './attempts.ts';
import type { InstanceSpec } from './fleet-config.ts';
import { Part, pushDecode, pushPrefill, type SplitConfig } from './split.ts';

/** What a life tells its fleet. */
export interface LifeListener {
  /** A try has ended by itself at `nowUs`: finished, refused by the engine, or ended with an error. */
  attemptEnded(attempt: number, nowUs: number): void;
  /** Requests that come by `nowUs` may be sent now: a step is about to be scheduled. */
  arrivals(nowUs: number): void;
  /** A try has blocks for `tokens` tokens whose KV is elsewhere, and asks for it. */
  loadBegins(attempt: number, tokens: number, nowUs: number): void;
}

/**
 * An instance from its start to its death: one simulation of its engine on the requests that the router sends. Another
 * life of the same instance begins with an empty memory.
 */
export class Life implements Source, Observer {
  readonly instance: number;
  readonly startUs: number;
  /** When it died; Infinity while it lives. */
  endUs = Number.POSITIVE_INFINITY;
  readonly requests = new RequestTable();
  readonly classes: readonly string[];
  readonly simulation: Simulation;
  readonly recorder: Recorder;
  /** The try that each row of `requests` is. */
  private attempts = new Int32Array(1024);
  private readonly listener: LifeListener;
  /** Tries that have not ended, what their prompts are long, and what they have generated when they were counted off. */
  inFlight = 0;
  private promptTokens = 0;
  private endedOutput = 0;
  /** Prompt tokens sent so far, less those of tries that ended before they were computed; and those computed or found. */
  private sentTokens = 0;
  private prefilledTokens = 0;

  constructor(
    instance: number,
    startUs: number,
    spec: InstanceSpec,
    classes: readonly string[],
    listener: LifeListener,
    isWholeRun: boolean,
  ) {
    this.instance = instance;
    this.startUs = startUs;
    this.classes = classes;
    this.listener = listener;
    this.recorder = new Recorder(spec.cost, spec.peakFlopsPerS, spec.peakBytesPerS);
    this.simulation = new Simulation(spec.config, this, spec.cost, this, isWholeRun);
    this.simulation.nowUs = startUs;
    if (this.connector !== null) {
      this.connector.onLoad = (local, tokens, nowUs) => listener.loadBegins(this.attempts[local], tokens, nowUs);
    }
  }

  /** What holds KV that comes from or goes to other instances; null = none does. */
  get connector(): Connector | null {
    const { policy } = this.simulation.engine;
    return policy instanceof VllmPolicy ? policy.connector : null;
  }

  /** Appends a try, or the part of a request that it is, which arrives now. Returns its row. */
  send(attempt: number, from: RequestTable, row: number, nowUs: number, part: Part, split: SplitConfig | null): number {
    const { requests } = this;
    const local =
      split === null || part === Part.whole
        ? requests.pushCopy(from, row, nowUs)
        : part === Part.prefill
          ? pushPrefill(requests, from, row, nowUs)
          : pushDecode(requests, from, row, nowUs, split.firstToken);
    if (local === this.attempts.length) {
      const longer = new Int32Array(2 * local);
      longer.set(this.attempts);
      this.attempts = longer;
    }
    this.attempts[local] = attempt;
    this.inFlight++;
    this.promptTokens += requests.promptTokens[local];
    if (part !== Part.decode) this.sentTokens += requests.promptTokens[local];
    return local;
  }

  /** Tries that have not ended, in the order in which they came. */
  openAttempts({ end }: Attempts): readonly number[] {
    const open: number[] = [];
    for (let local = 0; local < this.requests.count; local++) {
      if (end[this.attempts[local]] === AttemptEnd.open) open.push(this.attempts[local]);
    }
    return open;
  }

  /** Requests in the engine's queue, those included that arrive right now. */
  get waiting(): number {
    return this.simulation.engine.policy.waitingCount + this.requests.count - this.simulation.arrived;
  }

  get running(): number {
    return this.simulation.engine.policy.running.length;
  }

  get kvUse(): number {
    const { memory } = this.simulation.engine;
    return 1 - memory.freeBlocks / memory.usableBlocks;
  }

  /** Prompts and outputs so far of the tries in flight. */
  get tokens(): number {
    return this.promptTokens + this.simulation.engine.clock.delivered - this.endedOutput;
  }

  /** Prompt tokens sent here that are neither computed nor found in the cache yet. What is computed again does not count. */
  get tokensAhead(): number {
    return Math.max(0, this.sentTokens - this.prefilledTokens);
  }

  /** The client gives a try up. False if it had ended. */
  abort(local: number, nowUs: number): boolean {
    if (!this.simulation.abort(local, nowUs)) return false;
    this.countOff(local);
    // Of its prompt it needs no more.
    const { computed } = this.simulation.engine.sequences;
    this.sentTokens -= Math.max(0, this.requests.promptTokens[local] - computed[local]);
    return true;
  }

  // Source: rows come from `send` alone.

  next(nowUs: number): number {
    this.listener.arrivals(nowUs);
    return Number.POSITIVE_INFINITY;
  }

  finished(local: number, nowUs: number): void {
    this.countOff(local);
    if (this.simulation.engine.sequences.generated[local] === 0) {
      // Refused, or ended before it began.
      this.sentTokens -= this.requests.promptTokens[local];
    }
    this.listener.attemptEnded(this.attempts[local], nowUs);
  }

  save(): null {
    return null;
  }

  restore(): void {
    throw new Error('a fleet goes forward only');
  }

  // Observer: the recorder's account, and what is computed.

  launched(simulation: Simulation, batch: Batch): void {
    this.prefilledTokens += batch.prefillTokens + batch.hitTokens - batch.recomputedTokens;
    this.recorder.launched(simulation, batch);
  }

  idle(fromUs: number, toUs: number, simulation: Simulation): void {
    this.recorder.idle(fromUs, toUs, simulation);
  }

  rejected(simulation: Simulation, request: number): void {
    this.recorder.rejected(simulation, request);
  }

  private countOff(local: number): void {
    this.inFlight--;
    this.promptTokens -= this.requests.promptTokens[local];
    this.endedOutput += this.simulation.engine.sequences.generated[local];
  }
}
