import { Batch } from '../../batch.ts';
import type { CostModel } from '../../gpu/cost.ts';
import type { Limits } from '../../limits.ts';
import type { Entry, Gpu, Memory, Request, View } from './contract.ts';
import { readPlan } from './plan.ts';
import type { RequestView, Sight } from './requests.ts';

/** What changes from step to step. */
export interface Shown {
  step: number;
  /** Frozen. */
  queue: readonly Request[];
  running: readonly Request[];
}

/** What a policy sees at one step. One object for the whole run: what it shows changes. */
export class StepView implements View {
  readonly memory: Memory;
  readonly gpu: Gpu;
  readonly #sight: Sight;
  readonly #shown: Shown;

  constructor(sight: Sight, gpu: Gpu, shown: Shown) {
    this.#sight = sight;
    this.#shown = shown;
    this.memory = new MemoryView(sight);
    this.gpu = gpu;
    Object.freeze(this);
  }

  get step(): number {
    return this.#shown.step;
  }

  get nowUs(): number {
    return this.#sight.nowUs;
  }

  get queue(): readonly Request[] {
    return this.#shown.queue;
  }

  get running(): readonly Request[] {
    return this.#shown.running;
  }
}

class MemoryView implements Memory {
  readonly blockSize: number;
  readonly totalBlocks: number;
  readonly #sight: Sight;

  constructor(sight: Sight) {
    this.#sight = sight;
    this.blockSize = sight.memory.blockSize;
    this.totalBlocks = sight.memory.usableBlocks;
    Object.freeze(this);
  }

  get freeBlocks(): number {
    return this.#sight.memory.freeBlocks;
  }
}

/** What a GPU view asks for. */
interface GpuSight {
  readonly sight: Sight;
  readonly cost: CostModel;
  readonly limits: Limits;
  readonly seats: number;
  /** Ids of those that run. */
  readonly running: readonly number[];
  /** By id; undefined for a request that neither waits nor runs. */
  readonly viewOf: (request: number) => RequestView | undefined;
}

export class GpuView implements Gpu {
  readonly seats: number;
  readonly #gpu: GpuSight;
  /** Never launched: its shape is what the cost model is shown. */
  readonly #candidate = new Batch();

  constructor(gpu: GpuSight) {
    this.#gpu = gpu;
    this.seats = gpu.seats;
    Object.freeze(this);
  }

  get tokenBudget(): number {
    return this.#gpu.limits.maxNumBatchedTokens;
  }

  get freeSeats(): number {
    return this.seats - this.#gpu.running.length;
  }

  stepUs(entries: readonly Entry[]): number {
    const { sight, cost, viewOf } = this.#gpu;
    const plan = readPlan(Array.isArray(entries) ? entries : undefined, sight.nowUs);
    if (plan.requests.length === 0) return 0;
    const candidate = this.#candidate;
    candidate.clear();
    plan.requests.forEach((request, at) => {
      const view = viewOf(request);
      if (view === undefined) throw new RangeError(`stepUs: request ${request} neither waits nor runs`);
      const { computed, left, isWaiting, promptTokens } = view;
      const tokens = plan.tokens[at];
      addWork(candidate, tokens, computed, isWaiting || isChunk(tokens, computed, promptTokens), tokens >= left);
    });
    return cost.stepUs(candidate.shape);
  }
}

for (const { prototype } of [StepView, MemoryView, GpuView]) Object.freeze(prototype);

/** Whether what a running request computes is a piece of its prompt (or of what it lost), not a decode. */
export function isChunk(tokens: number, computed: number, promptTokens: number): boolean {
  return tokens !== 1 || computed < promptTokens;
}

/** The share of one entry in what the cost model is shown. */
export function addWork(batch: Batch, tokens: number, computed: number, isPrefill: boolean, samples: boolean): void {
  const { shape } = batch;
  shape.tokens += tokens;
  if (samples) shape.samples++;
  if (isPrefill) {
    batch.addChunk(tokens, computed);
    batch.prefillTokens += tokens;
    return;
  }
  const context = computed + tokens;
  batch.decodeTokens += tokens;
  shape.decodes++;
  shape.decodeContextSum += context;
  if (context > shape.decodeContextMax) shape.decodeContextMax = context;
}
