/**
 * A frame is everything the panels need to show one step of a run. It depends on the scenario and the step alone, never
 * on how the cursor came there, so stepping forth and back gives equal pictures. Columns cross the worker border by transfer.
 */

import type { OperatorTime } from '../sim/gpu/cost.ts';

export type { Limit, OperatorName, OperatorTime } from '../sim/gpu/cost.ts';

/** When the steps of a window are in each stage of a pipeline: stage s of window position i is at `i * count + s`. */
export interface StageColumns {
  /** Stages; 1 = no pipeline. */
  readonly count: number;
  readonly startUs: Float64Array;
  readonly endUs: Float64Array;
  /** Part of that time in which the stage's own devices send each other something. */
  readonly communicationUs: Float64Array;
  /** From the end of the stage until the next one has its output; 0 behind the last. */
  readonly sendUs: Float64Array;
}

/** The last steps up to and including the shown one, oldest first. Entry columns say who took part in each of them. */
export interface StepWindow {
  readonly count: number;
  /** Step number of the oldest entry; the steps are consecutive. */
  readonly firstStep: number;
  /** When the batch was launched on the GPU, and when its tokens were delivered. */
  readonly startUs: Float64Array;
  readonly endUs: Float64Array;
  readonly prefillTokens: Int32Array;
  readonly decodeTokens: Int32Array;
  /** Tokens computed for nothing: padding of a static batch, rows that already ended. */
  readonly paddingTokens: Int32Array;
  /** Prompt tokens found in the prefix cache by requests admitted in the step; they are not computed. */
  readonly hitTokens: Int32Array;
  /** Sequences in the batch, and sequences holding a seat. */
  readonly sequences: Int32Array;
  readonly running: Int32Array;
  readonly waiting: Int32Array;
  /** KV blocks not free, after the step was scheduled. */
  readonly usedBlocks: Int32Array;
  /** A `Bound`: what kept the step from doing more. */
  readonly bound: Uint8Array;
  readonly preemptions: Int32Array;
  /** Parts of the step's time: waiting for KV or weights on their way, and encoding images and audio. */
  readonly transferUs: Float64Array;
  readonly encodingUs: Float64Array;
  readonly stages: StageColumns;
  /** Entries of window position i are `entryStart[i] .. entryStart[i + 1] - 1`, in scheduling order. */
  readonly entryStart: Int32Array;
  readonly entryRequest: Int32Array;
  readonly entryTokens: Int32Array;
  /** Tokens whose KV existed before the newest step, of its entries alone: a window of a crowded run is megabytes a frame. */
  readonly newestComputed: Int32Array;
  /** Bits of `EntryFlag`. */
  readonly entryFlags: Uint8Array;
}

export { EntryFlag } from '../sim/batch.ts';

/** What the device did in the last steps, oldest first, the shown one last: sums over a step's operators. */
export interface WorkColumns {
  readonly count: number;
  /** Step number of the oldest entry; the steps are consecutive. */
  readonly firstStep: number;
  /** Time of all operators, microseconds. */
  readonly us: Float64Array;
  /** Operations of products and of attention. */
  readonly flops: Float64Array;
  /** Bytes to and from the device's memory. */
  readonly bytes: Float64Array;
}

/** Decisions of the shown step, in the order they were taken. Codes of `sim/decision.ts`. */
export interface DecisionColumns {
  readonly count: number;
  readonly kind: Uint8Array;
  readonly request: Int32Array;
  readonly because: Uint8Array;
  readonly need: Int32Array;
  readonly have: Int32Array;
  /** The other request of a preemption; -1 otherwise. */
  readonly other: Int32Array;
}

/** The waiting queue after the shown step, head first; at most the first `request.length`, `count` in all. */
export interface QueueColumns {
  readonly count: number;
  readonly request: Int32Array;
  readonly promptTokens: Int32Array;
  readonly waitedUs: Float64Array;
  /** 1 = it was running and lost its blocks. */
  readonly preempted: Uint8Array;
  /** Tokens it had generated before (kept through a preemption). */
  readonly generated: Int32Array;
}

/** Requests that hold a seat after the shown step, in running order. */
export interface RunningColumns {
  readonly count: number;
  readonly request: Int32Array;
  readonly promptTokens: Int32Array;
  /** Tokens whose KV exists. */
  readonly computed: Int32Array;
  readonly generated: Int32Array;
  /** 1 while its prompt (or recomputation) is not finished. */
  readonly prefilling: Uint8Array;
  /** Block table of row i: `blockStart[i] .. blockStart[i + 1] - 1` of `blocks`, logical order. Empty where `tables` is false and the row is not selected. */
  readonly blockStart: Int32Array;
  readonly blocks: Int32Array;
  /** Whether the tables of all rows are in `blocks` (pools up to 4,096 blocks), or only the selected request's. */
  readonly tables: boolean;
}

/** What a KV block is at the shown step. */
export const BlockState = {
  free: 0,
  /** Owned by a sequence that computes its prompt. */
  prefill: 1,
  /** Owned by a sequence that decodes. */
  decode: 2,
  /** In several block tables. */
  shared: 3,
  /** Free, but its content can still be hit. */
  cached: 4,
  /** Reserved for tokens that may come (contiguous memory). */
  reserved: 5,
  /** Held by a row that has ended (static batching). */
  idle: 6,
} as const;

/** The KV pool after the shown step, one entry a usable block, by position in the pool. */
export interface PoolColumns {
  readonly count: number;
  readonly blockSize: number;
  /** A `BlockState`. */
  readonly state: Uint8Array;
  /** Owning request (the first one where shared), -1 if none. */
  readonly owner: Int32Array;
  /** Tokens in the block, 0 to blockSize. */
  readonly fill: Uint16Array;
  /** Block tables that hold it, at most 255. */
  readonly references: Uint8Array;
  /** Its turn among the free blocks, in the order in which they are given out: 1 = next, 255 = last; 0 = in use, or no order is kept. */
  readonly turn: Uint8Array;
  /** Blocks that requests admitted in the shown step found in the prefix cache. */
  readonly hits: Int32Array;
}

/** KV memory in tokens; the parts sum to the whole pool. */
export interface MemorySplit {
  readonly useful: number;
  /** Allocated but unused places in a block. */
  readonly internal: number;
  /** Pre-allocated for tokens that may come. */
  readonly reserved: number;
  /** Free, but in pieces too small for the next request, or beside a reservation that was rounded up. */
  readonly external: number;
  /** Free, with content that can be hit. */
  readonly cached: number;
  readonly free: number;
}

export interface Frame {
  /** Number of the shown step, from 0; -1 before the first. */
  readonly step: number;
  /** Simulated time after the step. */
  readonly nowUs: number;
  /** No step follows. */
  readonly isLast: boolean;
  readonly window: StepWindow;
  /** Where the time of the shown step goes, in the order in which it is spent; empty before the first. */
  readonly operators: readonly OperatorTime[];
  readonly work: WorkColumns;
  readonly decisions: DecisionColumns;
  readonly queue: QueueColumns;
  readonly running: RunningColumns;
  readonly pool: PoolColumns;
  readonly memory: MemorySplit;
  /** Totals so far. */
  readonly arrived: number;
  readonly finished: number;
  readonly rejected: number;
  readonly preemptions: number;
  readonly tokensOut: number;
  /** Token budget that a bandit has chosen for the shown step; null = nobody changes it. */
  readonly tunedBudget: number | null;
}
