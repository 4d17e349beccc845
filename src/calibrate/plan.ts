/** What to measure, and how long it may take. */

import type { GemmShape } from './kernels/kernel.ts';

export interface Plan {
  /** Bytes of each of the two large buffers; halved while memory is short, down to `minPoolBytes`. */
  readonly poolBytes: number;
  readonly minPoolBytes: number;
  /** Shapes in growing order: each predicts the next. */
  readonly gemm: readonly GemmShape[];
  /** Sizes of the copied and the read range, in growing order. */
  readonly memoryBytes: readonly number[];
  /** Shapes predicted to take longer than this are left out. */
  readonly maxShapeUs: number;
  /** A pass is made about this long, so that timestamps rounded to 100 us are within 1 %. */
  readonly windowUs: number;
  /** The GPU is kept fully busy at least this long before anything is measured, and up to `maxWarmUpMs` while it still gets faster. */
  readonly minWarmUpMs: number;
  readonly maxWarmUpMs: number;
  /** After this long no further shape is begun. */
  readonly budgetMs: number;
  /** Longest silence of the GPU. */
  readonly waitMs: number;
  /** A first shape that moved by more than this share until the end means that nothing was stable: all is measured once more. */
  readonly maxDrift: number;
}

const MiB = 2 ** 20;
const square = (side: number): GemmShape => ({ m: side, n: side, k: side });

/** About four seconds on a GPU. */
export const standardPlan: Plan = {
  poolBytes: 256 * MiB,
  minPoolBytes: 4 * MiB,
  gemm: [128, 256, 512, 1024, 2048, 4096].map(square),
  memoryBytes: [4, 16, 64, 128, 256].map((size) => size * MiB),
  maxShapeUs: 80_000,
  windowUs: 12_000,
  minWarmUpMs: 1000,
  maxWarmUpMs: 2000,
  budgetMs: 15_000,
  waitMs: 20_000,
  maxDrift: 0.05,
};

/** After the device was lost once: less memory, and nothing that could wake a driver's watchdog. */
export function smaller(plan: Plan): Plan {
  return {
    ...plan,
    poolBytes: Math.max(plan.minPoolBytes, plan.poolBytes / 4),
    maxShapeUs: plan.maxShapeUs / 4,
  };
}

/** A CPU has no clock to warm up and its load changes anyway: short warm-up, no second run for drift. */
export function forSoftware(plan: Plan): Plan {
  return {
    ...plan,
    minWarmUpMs: Math.min(plan.minWarmUpMs, 200),
    maxWarmUpMs: Math.min(plan.maxWarmUpMs, 200),
    maxDrift: Infinity,
  };
}
