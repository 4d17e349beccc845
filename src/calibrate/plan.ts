/** What to measure, and how long it may take. */

import type { Task } from './kernels/kernels.ts';
import type { Shape } from './result.ts';

export interface Plan {
  /** Bytes of each of the two large buffers of f32; halved while memory is short, down to `minPoolBytes`. A power of two. */
  readonly poolBytes: number;
  readonly minPoolBytes: number;
  /** Bytes of the buffer of packed halves: weights, keys and values; halved likewise. A power of two. */
  readonly halfPoolBytes: number;
  /** f32 products in growing order; the largest that a cold GPU does in a few milliseconds warms it up. */
  readonly warmUp: readonly Shape[];
  /** Shapes of each task in growing order: each predicts the next. */
  readonly shapes: Readonly<Record<Task, readonly Shape[]>>;
  /**
   * Where a task's candidates are compared: the fastest at the first shape of each list that is short enough here is measured at all
   * shapes. A task with one candidate needs none.
   */
  readonly contest: Readonly<Record<Task, readonly (readonly Shape[])[]>>;
  /** Shapes predicted to take longer than this are left out. */
  readonly maxShapeUs: number;
  /** A pass is made about this long, so that timestamps rounded to 100 us are within 1 %; finer timestamps need less. */
  readonly windowUs: number;
  /** The GPU is kept fully busy at least this long before anything is measured, and up to `maxWarmUpMs` while it still gets faster. */
  readonly minWarmUpMs: number;
  readonly maxWarmUpMs: number;
  /** Kernels that are not compiled after this long are left out where a task has another. */
  readonly maxCompileMs: number;
  /** After this long no further shape is begun. */
  readonly budgetMs: number;
  /** Longest silence of the GPU. */
  readonly waitMs: number;
  /** A first shape that moved by more than this share until the end means that nothing was stable: all is measured once more. */
  readonly maxDrift: number;
}

const MiB = 2 ** 20;
const product = (m: number, n: number, k: number): Shape => ({ kind: 'product', m, n, k });
const square = (side: number) => product(side, side, side);
const memory = [4, 16, 64, 128, 256].map((size): Shape => ({ kind: 'memory', bytes: size * MiB }));
/** Weights of a small model's, a 7B model's square and its feed-forward matrix. */
const weights = [
  [2048, 2048],
  [4096, 4096],
  [11008, 4096],
] as const;
const decode = (sequences: number, context: number, blockSize: number, splits: number): Shape => ({
  kind: 'decode',
  sequences,
  context,
  blockSize,
  splits,
});
const prefill = [4, 8].flatMap((heads) =>
  [256, 512, 1024, 2048].map((tokens): Shape => ({ kind: 'prefill', tokens, heads })),
);
/** Rows of a prefill, at a small model's weights. */
const rows = (each: readonly number[]) => each.map((m) => product(m, 2048, 2048));

const halves = [...rows([16, 64, 256]), square(512), ...rows([512]), square(1024), ...rows([1024, 2048])];
/** Few rows and many rows want different tiles. */
const products = [rows([64]), [2048, 1024, 512, 256].map(square)];

/** About four seconds on a GPU. */
export const standardPlan: Plan = {
  poolBytes: 256 * MiB,
  minPoolBytes: 4 * MiB,
  halfPoolBytes: 512 * MiB,
  warmUp: [128, 256, 512, 1024, 2048].map(square),
  shapes: {
    copy: memory,
    read: memory,
    'gemm-f32': [
      ...rows([16, 64, 128, 256]),
      square(512),
      ...rows([512]),
      square(1024),
      ...rows([1024, 2048]),
      square(4096),
    ],
    'gemm-f16-packed': halves,
    'gemm-f16': halves,
    gemv: [...weights.flatMap(([n, k]) => [1, 4].map((m) => product(m, n, k))), product(2, 4096, 4096)],
    // More rows than a decode step of 32 too: below a hundred rows this is how a product of a small prefill should run.
    'skinny-gemm': [
      ...weights.flatMap(([n, k]) => [8, 32].map((m) => product(m, n, k))),
      product(16, 4096, 4096),
      ...rows([64, 128]),
    ],
    'decode-attention': [
      // Few sequences: one workgroup each leaves most of a GPU idle, and the context is split. Many fill it.
      ...[1, 4, 16].flatMap((s) => [256, 1024, 4096].map((c) => decode(s, c, 16, 1))),
      ...[1, 4, 16, 64].flatMap((s) => [256, 1024, 4096].map((c) => decode(s, c, 16, 8))),
      decode(64, 1024, 16, 1),
      ...[1024, 4096].map((c) => decode(16, c, 32, 8)),
    ],
    'flash-attention': prefill,
    'materialised-attention': prefill,
  },
  contest: {
    copy: [],
    read: [],
    'gemm-f32': products,
    'gemm-f16-packed': products,
    'gemm-f16': products,
    gemv: [[product(1, 4096, 4096)]],
    'skinny-gemm': [[product(16, 4096, 4096)], [product(32, 4096, 4096)]],
    'decode-attention': [[decode(16, 1024, 16, 8)]],
    'flash-attention': [[prefill[1]]],
    'materialised-attention': [[prefill[1]]],
  },
  maxShapeUs: 80_000,
  windowUs: 12_000,
  minWarmUpMs: 1000,
  maxWarmUpMs: 2000,
  maxCompileMs: 2000,
  budgetMs: 12_000,
  waitMs: 20_000,
  maxDrift: 0.05,
};

/** After the device was lost once: less memory, and nothing that could wake a driver's watchdog. */
export function smaller(plan: Plan): Plan {
  return {
    ...plan,
    poolBytes: Math.max(plan.minPoolBytes, plan.poolBytes / 4),
    halfPoolBytes: Math.max(plan.minPoolBytes, plan.halfPoolBytes / 4),
    maxShapeUs: plan.maxShapeUs / 4,
  };
}

/**
 * A CPU has no clock to warm up and its load changes anyway: short warm-up, short passes, no second run for drift. Filling large
 * buffers alone would take it seconds.
 */
export function forSoftware(plan: Plan): Plan {
  return {
    ...plan,
    poolBytes: Math.min(plan.poolBytes, 64 * MiB),
    halfPoolBytes: Math.min(plan.halfPoolBytes, 64 * MiB),
    shapes: plan.shapes === standardPlan.shapes ? softwareShapes : plan.shapes,
    maxShapeUs: Math.min(plan.maxShapeUs, 30_000),
    windowUs: Math.min(plan.windowUs, 4000),
    minWarmUpMs: Math.min(plan.minWarmUpMs, 200),
    maxWarmUpMs: Math.min(plan.maxWarmUpMs, 200),
    budgetMs: Math.min(plan.budgetMs, 6000),
    maxDrift: Number.POSITIVE_INFINITY,
  };
}

const smallProducts = (each: readonly number[]) => [128, 256, 512].flatMap((n) => each.map((m) => product(m, n, n)));
const smallPrefill = [64, 128, 256].map((tokens): Shape => ({ kind: 'prefill', tokens, heads: 4 }));

/** What a CPU does in milliseconds. */
const softwareShapes: Plan['shapes'] = {
  copy: memory,
  read: memory,
  'gemm-f32': smallProducts([32, 64, 128]),
  'gemm-f16-packed': smallProducts([32, 128]),
  'gemm-f16': [],
  gemv: [256, 512, 1024].flatMap((n) => [1, 2, 4].map((m) => product(m, n, n))),
  'skinny-gemm': smallProducts([8, 16, 32]),
  'decode-attention': [1, 4].flatMap((s) =>
    [256, 1024].flatMap((c) => [1, 8].map((splits) => decode(s, c, 16, splits))),
  ),
  'flash-attention': smallPrefill,
  'materialised-attention': smallPrefill,
};
