import type { StageColumns, StepWindow } from '../protocol/frame.ts';
import type { Batch } from '../sim/batch.ts';
import type { BatchShape, CostModel, OperatorTime } from '../sim/gpu/cost.ts';
import type { Simulation } from '../sim/simulation.ts';

/** Most steps remembered behind the cursor. */
export const MOST_STEPS = 512;
/** Most entries of all steps of a window together; a window of large batches is cut to fewer steps. */
const MOST_ENTRIES = 40_000;

/** One step as it was launched. */
interface StepRecord {
  readonly step: number;
  readonly startUs: number;
  readonly endUs: number;
  readonly prefillTokens: number;
  readonly decodeTokens: number;
  readonly paddingTokens: number;
  readonly hitTokens: number;
  readonly running: number;
  readonly waiting: number;
  readonly usedBlocks: number;
  readonly bound: number;
  readonly preemptions: number;
  readonly transferUs: number;
  readonly encodingUs: number;
  /** One value a stage of the pipeline: see `StageColumns`. */
  readonly stageStartUs: Float64Array;
  readonly stageEndUs: Float64Array;
  readonly communicationUs: Float64Array;
  readonly sendUs: Float64Array;
  readonly request: Int32Array;
  readonly tokens: Int32Array;
  readonly computed: Int32Array;
  readonly flags: Uint8Array;
  readonly shape: BatchShape;
  /** Where its time went; filled in when it is first asked for. */
  operators: readonly OperatorTime[] | null;
}

/** The last steps launched, consecutive, newest last. */
export class StepRing {
  private readonly records: StepRecord[] = [];
  private next = 0;

  get count(): number {
    return this.records.length;
  }

  clear(): void {
    this.records.length = 0;
    this.next = 0;
  }

  /** Remembers the step launched last. */
  push(simulation: Simulation): void {
    const record = readStep(simulation, simulation.lastBatch);
    if (this.records.length > 0 && this.last().step !== record.step - 1) this.clear();
    if (this.records.length < MOST_STEPS) this.records.push(record);
    else this.records[this.next] = record;
    this.next = (this.next + 1) % MOST_STEPS;
  }

  has(step: number): boolean {
    return this.records.length > 0 && step <= this.last().step && step > this.last().step - this.records.length;
  }

  /** When the step before one ended; -1 if it is not remembered. */
  endBefore(step: number): number {
    return this.has(step - 1) ? this.at(step - 1).endUs : -1;
  }

  /** The last `most` steps in columns, fewer if they hold too many entries. */
  window(most: number): StepWindow {
    let count = 0;
    let entries = 0;
    if (this.records.length > 0) {
      const newest = this.last().step;
      while (count < most && this.has(newest - count)) {
        entries += this.at(newest - count).request.length;
        if (entries > MOST_ENTRIES && count > 0) break;
        count++;
      }
    }
    const first = this.records.length === 0 ? 0 : this.last().step - count + 1;
    const steps = Array.from({ length: count }, (_, i) => this.at(first + i));
    return { count, firstStep: first, ...scalarColumns(steps), stages: stageColumns(steps), ...entryColumns(steps) };
  }

  /** The newest step; -1 if none is remembered. */
  get lastStep(): number {
    return this.records.length === 0 ? -1 : this.last().step;
  }

  /** Where the time of the last `most` steps went, oldest first. */
  operators(cost: CostModel, most: number): (readonly OperatorTime[])[] {
    const count = Math.min(most, this.records.length);
    return Array.from({ length: count }, (_, i) => {
      const record = this.at(this.lastStep - count + 1 + i);
      record.operators ??= cost.explain(record.shape);
      return record.operators;
    });
  }

  private last(): StepRecord {
    return this.records[(this.next + this.records.length - 1) % this.records.length];
  }

  private at(step: number): StepRecord {
    const back = this.last().step - step;
    return this.records[(this.next + 2 * this.records.length - 1 - back) % this.records.length];
  }
}

function readStep(simulation: Simulation, batch: Batch): StepRecord {
  const { memory, policy } = simulation.engine;
  return {
    step: batch.step,
    startUs: batch.startUs,
    endUs: batch.endUs,
    prefillTokens: batch.prefillTokens,
    decodeTokens: batch.decodeTokens,
    paddingTokens: batch.paddingTokens,
    hitTokens: batch.hitTokens,
    running: policy.running.length,
    waiting: policy.waitingCount,
    usedBlocks: memory.usableBlocks - memory.freeBlocks,
    bound: batch.bound,
    preemptions: batch.preemptions,
    transferUs: batch.transferUs,
    encodingUs: encodingUs(simulation, batch),
    ...stagesOf(simulation, batch),
    request: batch.request.slice(0, batch.count),
    tokens: batch.tokens.slice(0, batch.count),
    computed: batch.computed.slice(0, batch.count),
    flags: batch.flags.slice(0, batch.count),
    shape: copyOf(batch.shape),
    operators: null,
  };
}

function copyOf(shape: BatchShape): BatchShape {
  const { chunkCount, chunkNew, chunkCached } = shape;
  return { ...shape, chunkNew: chunkNew.slice(0, chunkCount), chunkCached: chunkCached.slice(0, chunkCount) };
}

function encodingUs({ cost }: Simulation, { shape }: Batch): number {
  if (shape.imageWindows + shape.audioWindows === 0) return 0;
  return cost
    .explain(shape)
    .filter(({ operator }) => operator === 'image-encoder' || operator === 'audio-encoder')
    .reduce((sum, { us }) => sum + us, 0);
}

function stagesOf({ cost }: Simulation, { shape, stageStartUs, stageEndUs }: Batch) {
  const { stages } = cost;
  return {
    stageStartUs: stageStartUs.slice(),
    stageEndUs: stageEndUs.slice(),
    communicationUs: stageStartUs.map(
      (_, stage) => (stages === undefined ? cost.communicationUs?.(shape) : stages.communicationUs(stage, shape)) ?? 0,
    ),
    sendUs: stageStartUs.map((_, stage) => stages?.sendUs(stage, shape) ?? 0),
  };
}

function stageColumns(steps: readonly StepRecord[]): StageColumns {
  const count = steps[0]?.stageStartUs.length ?? 1;
  const column = (name: 'stageStartUs' | 'stageEndUs' | 'communicationUs' | 'sendUs'): Float64Array => {
    const all = new Float64Array(steps.length * count);
    steps.forEach((step, i) => {
      all.set(step[name], i * count);
    });
    return all;
  };
  return {
    count,
    startUs: column('stageStartUs'),
    endUs: column('stageEndUs'),
    communicationUs: column('communicationUs'),
    sendUs: column('sendUs'),
  };
}

function scalarColumns(steps: readonly StepRecord[]) {
  const ints = (name: keyof StepRecord): Int32Array => Int32Array.from(steps, (s) => s[name] as number);
  return {
    startUs: Float64Array.from(steps, (s) => s.startUs),
    endUs: Float64Array.from(steps, (s) => s.endUs),
    prefillTokens: ints('prefillTokens'),
    decodeTokens: ints('decodeTokens'),
    paddingTokens: ints('paddingTokens'),
    hitTokens: ints('hitTokens'),
    sequences: Int32Array.from(steps, (s) => s.request.length),
    running: ints('running'),
    waiting: ints('waiting'),
    usedBlocks: ints('usedBlocks'),
    bound: Uint8Array.from(steps, (s) => s.bound),
    preemptions: ints('preemptions'),
    transferUs: Float64Array.from(steps, (s) => s.transferUs),
    encodingUs: Float64Array.from(steps, (s) => s.encodingUs),
  };
}

function entryColumns(steps: readonly StepRecord[]) {
  const entries = steps.reduce((sum, s) => sum + s.request.length, 0);
  const entryStart = new Int32Array(steps.length + 1);
  const entryRequest = new Int32Array(entries);
  const entryTokens = new Int32Array(entries);
  const entryFlags = new Uint8Array(entries);
  let at = 0;
  steps.forEach((step, i) => {
    entryRequest.set(step.request, at);
    entryTokens.set(step.tokens, at);
    entryFlags.set(step.flags, at);
    at += step.request.length;
    entryStart[i + 1] = at;
  });
  const newestComputed = steps.at(-1)?.computed.slice() ?? new Int32Array(0);
  return { entryStart, entryRequest, entryTokens, newestComputed, entryFlags };
}
