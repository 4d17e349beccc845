import { Bound } from './decision.ts';
import { type BatchShape, clearShape, createBatchShape } from './gpu/cost.ts';

/** Bits that say what an entry of a batch is. */
export const EntryFlag = {
  /** The entry is a prompt chunk (or a recomputation), not a decode. */
  prefill: 1,
  /** A token is sampled for it at the end of the step. */
  samples: 2,
  /** First step of the request, or first after a preemption. */
  admitted: 4,
  /** Its KV existed once and is computed again after a preemption. */
  recompute: 8,
  /** A row that takes part although its request has ended (static batching). */
  idle: 16,
} as const;

/** One step's work: who computes how many tokens. Entries are in scheduling order. Instances are reused. */
export class Batch {
  /** Number of the step, from 0. */
  step = -1;
  /** Start of its first stage and end of its last one. */
  startUs = 0;
  endUs = 0;
  /** When it is in each stage of the pipeline. */
  readonly stageStartUs: Float64Array;
  readonly stageEndUs: Float64Array;
  count = 0;
  request = new Int32Array(64);
  tokens = new Int32Array(64);
  /** Tokens whose KV existed before the step. */
  computed = new Int32Array(64);
  /** Blocks taken for the entry in this step (its whole table if it was admitted). */
  newBlocks = new Int32Array(64);
  /** Preemptions of the request when it was scheduled: a larger number later means that this entry is stale. */
  epoch = new Int32Array(64);
  /** Bits of `EntryFlag`. */
  flags = new Uint8Array(64);
  /** Members of the decode set that take part beside the entries and have not ended since, and the tick they do it in. */
  setSize = 0;
  setTick = 0;
  /** Draft tokens that each entry verifies; whoever puts an entry with drafts says so afterwards. */
  drafts = new Uint8Array(64);
  prefillTokens = 0;
  decodeTokens = 0;
  paddingTokens = 0;
  recomputedTokens = 0;
  hitTokens = 0;
  preemptions = 0;
  /** Time that the step waits for blocks or weights on their way between device and host, part of its duration. */
  transferUs = 0;
  bound: Bound = Bound.nothingLeft;
  readonly shape: BatchShape = createBatchShape(64);

  /** `stages`: of the pipeline that it will go through. */
  constructor(stages = 1) {
    this.stageStartUs = new Float64Array(stages);
    this.stageEndUs = new Float64Array(stages);
  }

  clear(): void {
    this.count = 0;
    this.setSize = 0;
    this.prefillTokens = 0;
    this.decodeTokens = 0;
    this.paddingTokens = 0;
    this.recomputedTokens = 0;
    this.hitTokens = 0;
    this.preemptions = 0;
    this.transferUs = 0;
    this.bound = Bound.nothingLeft;
    clearShape(this.shape);
  }

  push(request: number, tokens: number, computed: number, newBlocks: number, epoch: number, flags: number): void {
    const at = this.count;
    if (at === this.request.length) this.grow();
    this.request[at] = request;
    this.tokens[at] = tokens;
    this.computed[at] = computed;
    this.newBlocks[at] = newBlocks;
    this.epoch[at] = epoch;
    this.flags[at] = flags;
    this.drafts[at] = 0;
    this.count = at + 1;
  }

  /** Nothing to compute, not even an image: a step can be encoding alone. */
  get isEmpty(): boolean {
    const { imageWindows, audioWindows } = this.shape;
    return this.count === 0 && this.setSize === 0 && imageWindows === 0 && audioWindows === 0;
  }

  /** Puts entries before the others; `read` gives tokens, computed, epoch and flags of the i-th. */
  prepend(requests: readonly number[], read: (at: number) => readonly [number, number, number, number]): void {
    const added = requests.length;
    const others = this.count;
    for (let i = 0; i < added; i++) this.push(0, 0, 0, 0, 0, 0);
    for (const column of [this.request, this.tokens, this.computed, this.newBlocks, this.epoch, this.flags]) {
      column.copyWithin(added, 0, others);
    }
    for (let i = 0; i < added; i++) {
      const [tokens, computed, epoch, flags] = read(i);
      this.request[i] = requests[i];
      this.tokens[i] = tokens;
      this.computed[i] = computed;
      this.newBlocks[i] = 0;
      this.epoch[i] = epoch;
      this.flags[i] = flags;
    }
  }

  /** Takes an entry out; the ones behind it move up. */
  remove(at: number): void {
    for (const column of [
      this.request,
      this.tokens,
      this.computed,
      this.newBlocks,
      this.epoch,
      this.flags,
      this.drafts,
    ]) {
      column.copyWithin(at, at + 1, this.count);
    }
    this.count--;
  }

  /** Adds a prefill chunk to the shape that the cost model sees. */
  addChunk(newTokens: number, cachedTokens: number): void {
    const { shape } = this;
    if (shape.chunkCount === shape.chunkNew.length) {
      shape.chunkNew = doubled(shape.chunkNew);
      shape.chunkCached = doubled(shape.chunkCached);
    }
    shape.chunkNew[shape.chunkCount] = newTokens;
    shape.chunkCached[shape.chunkCount] = cachedTokens;
    shape.chunkCount++;
  }

  copyFrom(other: Batch): void {
    this.clear();
    this.step = other.step;
    this.startUs = other.startUs;
    this.endUs = other.endUs;
    this.stageStartUs.set(other.stageStartUs);
    this.stageEndUs.set(other.stageEndUs);
    for (let i = 0; i < other.count; i++) {
      this.push(
        other.request[i],
        other.tokens[i],
        other.computed[i],
        other.newBlocks[i],
        other.epoch[i],
        other.flags[i],
      );
    }
    this.drafts.set(other.drafts.subarray(0, other.count));
    this.prefillTokens = other.prefillTokens;
    this.decodeTokens = other.decodeTokens;
    this.paddingTokens = other.paddingTokens;
    this.recomputedTokens = other.recomputedTokens;
    this.hitTokens = other.hitTokens;
    this.preemptions = other.preemptions;
    this.transferUs = other.transferUs;
    this.bound = other.bound;
    for (let i = 0; i < other.shape.chunkCount; i++) this.addChunk(other.shape.chunkNew[i], other.shape.chunkCached[i]);
    // The columns hold other instances, filled above; everything else is a number.
    const { chunkNew, chunkCached } = this.shape;
    Object.assign(this.shape, other.shape, { chunkNew, chunkCached });
  }

  private grow(): void {
    this.request = doubled(this.request);
    this.tokens = doubled(this.tokens);
    this.computed = doubled(this.computed);
    this.newBlocks = doubled(this.newBlocks);
    this.epoch = doubled(this.epoch);
    const size = this.flags.length * 2;
    const flags = new Uint8Array(size);
    flags.set(this.flags);
    this.flags = flags;
    const drafts = new Uint8Array(size);
    drafts.set(this.drafts);
    this.drafts = drafts;
  }
}

function doubled(column: Int32Array): Int32Array<ArrayBuffer> {
  const to = new Int32Array(column.length * 2);
  to.set(column);
  return to;
}
