/**
 * The outcome of a calibration as plain data: what crosses the worker border, is saved on the device, exported and imported.
 *
 * Version 2 (attention, skinny products, f16, held-out shapes). A file of version 1 has three ceilings and no families to
 * predict with, so it is not converted: the reader is told to measure again, which takes five seconds.
 */

import * as v from 'valibot';

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const atLeastZero = v.pipe(v.number(), v.finite(), v.minValue(0));
const share = v.pipe(v.number(), v.finite());
const whole = v.pipe(v.number(), v.finite(), v.integer(), v.minValue(1));
const text = v.pipe(v.string(), v.maxLength(400));

/**
 * What kernels are for.
 * - `copy`, `read`: memory bandwidth; `read` writes next to nothing, as decoding does.
 * - `gemm`: products of a prefill, 16 to 2,048 rows.
 * - `skinny`: products of a decode step, 1 to 32 rows: the weights' bytes dominate.
 * - `decode-attention`: one query a sequence over its paged keys and values, found through a block table.
 * - `prefill-attention`: causal attention of a whole prompt.
 */
export const families = ['copy', 'read', 'gemm', 'skinny', 'decode-attention', 'prefill-attention'] as const;
const family = v.picklist(families);

/**
 * How the operands lie in memory and what multiplies them. `f16-packed`: two halves in a u32, widened to f32 by core
 * WGSL, so no feature is needed; `f16`: products in halves (feature `shader-f16`), sums in f32.
 */
const precision = v.picklist(['f32', 'f16-packed', 'f16']);
const source = v.picklist(['timestamps', 'wall']);

/** What was computed; which kind follows from the family. */
const shape = v.variant('kind', [
  /** `copy`, `read`: bytes of the range that was read. */
  v.object({ kind: v.literal('memory'), bytes: positive }),
  /** `gemm`, `skinny`: C (m x n) = A (m x k) times B (k x n). */
  v.object({ kind: v.literal('product'), m: whole, n: whole, k: whole }),
  /**
   * `decode-attention`: sequences of equal context, tokens in a block, and in how many parts each context is read
   * (more than one needs a second kernel that joins them). 16 query heads of 128 over 4 heads of keys and values.
   */
  v.object({ kind: v.literal('decode'), sequences: whole, context: whole, blockSize: whole, splits: whole }),
  /** `prefill-attention`: tokens of the prompt, query heads of 128, a quarter as many heads of keys and values. */
  v.object({ kind: v.literal('prefill'), tokens: whole, heads: whole }),
]);

/** What a kernel is known to do for a shape: all that the model of its time may use. */
const work = v.object({
  /** Least memory traffic: every operand once, what is written included. */
  bytes: positive,
  /** Floating-point operations, a multiply-add counting two; 0 for memory kernels. Masked halves are not counted. */
  flops: atLeastZero,
  /** Of the stage with the longest chain. */
  workgroups: whole,
  /** Steps that follow one another in the longest workgroup: tiles along k, tokens of a split, keys of the last queries. */
  chain: atLeastZero,
  /** Kernels that run one after the other for one result. */
  stages: whole,
});

/** Which kernels share one fitted model. */
const series = {
  family,
  precision,
  /** The algorithm: `vec4`, `tile 128x64`, `gemv`, `paged`, `flash`, `materialised`... Not translated. */
  variant: text,
};

/** One measured shape. Times are of one result: all stages of the work together. */
const point = v.object({
  ...series,
  /** The kernel's own name, with its tile sizes. */
  kernel: text,
  shape,
  work,
  /** The fastest repeat; the model predicts this. */
  us: positive,
  medianUs: positive,
  maxUs: positive,
  /** Submit to done by the wall clock, waiting included. */
  wallUs: positive,
  /** Results in one timed pass, and timed passes. */
  dispatches: whole,
  repeats: whole,
  source,
  /** True for the fifth of the shapes that the fit has not seen: its error there is the error that is shown. */
  isHeldOut: v.boolean(),
});

/** A shape that was not measured, and why. */
const skipped = v.object({
  ...series,
  shape,
  /**
   * `too-long`: predicted to take more than 80 ms. `no-room`: its operands do not fit the buffers of this GPU.
   * `out-of-time`: the time of the whole run was up.
   */
  because: v.picklist(['too-long', 'no-room', 'out-of-time']),
  /** 0 if nothing could be predicted yet. */
  predictedUs: atLeastZero,
});

const notice = v.variant('kind', [
  v.object({ kind: v.literal('software-adapter') }),
  v.object({ kind: v.literal('wall-clock') }),
  v.object({ kind: v.literal('rebuilt-smaller') }),
  v.object({ kind: v.literal('drift'), share }),
  v.object({ kind: v.literal('throttled'), share }),
  v.object({ kind: v.literal('small-pool'), bytes: positive }),
  v.object({
    kind: v.literal('kernel-dropped'),
    kernel: text,
    because: v.picklist(['wrong-result', 'shader-error', 'slow-compile']),
  }),
  v.object({ kind: v.literal('family-missing'), family }),
  v.object({ kind: v.literal('out-of-time') }),
]);

const overhead = v.object({
  /** Submitting nothing and hearing that it is done, median. */
  roundTripUs: atLeastZero,
  /** One more dispatch in a pass, on the GPU. */
  dispatchGpuUs: atLeastZero,
  /** One more dispatch in a pass, by the wall clock: encoding included. */
  dispatchUs: atLeastZero,
  /** One more pass with one dispatch in a submit, by the wall clock. */
  passUs: atLeastZero,
  /** One more submit with one pass of one dispatch, by the wall clock. */
  submitUs: atLeastZero,
  /** Copying 4 bytes to a mappable buffer and mapping it, median. */
  readbackUs: atLeastZero,
});

/** Relative errors |predicted - measured| / measured over some points. */
const errors = v.object({ count: whole, median: atLeastZero, p90: atLeastZero, max: atLeastZero });

/**
 * The model of one series (`modelUs` in model.ts):
 * `us = stages * fixedUs + norm(bytes / bytesPerSecond, waves * flops / flopsPerSecond, chain * chainUs) + workgroups * workgroupUs`
 * where `norm` is the rounded maximum (4-norm) and `waves` rounds the grid up to whole waves of `slots` workgroups.
 */
const coefficients = v.object({
  fixedUs: atLeastZero,
  bytesPerSecond: positive,
  /** Null: arithmetic was never what limited it. */
  flopsPerSecond: v.nullable(positive),
  chainUs: atLeastZero,
  workgroupUs: atLeastZero,
  /** Workgroups that run at the same time; 1 = no rounding to waves. */
  slots: whole,
});

/** One series' fitted model and how well it holds. */
const seriesFit = v.object({
  ...series,
  coefficients,
  /** Over the points of the fit itself. */
  inSample: errors,
  /** Over the points that the fit has not seen, predicted as `predictUs` does; null if there are none. */
  heldOut: v.nullable(errors),
  /** True where the formula misses by over 15 %: predictions are then corrected by the residuals of the nearest measured shapes. */
  isInterpolated: v.boolean(),
});

const fit = v.object({
  /** Best rate over working sets too large for most caches; read plus written. */
  copyBytesPerSecond: positive,
  readBytesPerSecond: positive,
  /** Best measured rate of a product of f32. */
  f32FlopsPerSecond: positive,
  /** Best measured rate of a product of halves, whichever way; null if none was measured. */
  f16FlopsPerSecond: v.nullable(positive),
  series: v.pipe(v.array(seriesFit), v.maxLength(100)),
  /** Over the held-out points of each family, and of all together; families without any are left out. */
  heldOutByFamily: v.array(v.object({ family, errors })),
  heldOut: v.nullable(errors),
});

export const calibrationSchema = v.object({
  format: v.literal('tokenyard-calibration'),
  version: v.literal(2),
  adapter: v.object({
    vendor: text,
    architecture: text,
    device: text,
    description: text,
    isSoftware: v.boolean(),
  }),
  features: v.pipe(v.array(text), v.maxLength(200)),
  /** Smallest and largest size of a subgroup; null if the adapter has none or does not say. */
  subgroups: v.nullable(v.object({ min: whole, max: whole })),
  maxBufferBytes: positive,
  maxBindingBytes: positive,
  timing: v.object({
    source,
    /** Rounding step of timestamps in nanoseconds; 0 if there were none. */
    quantumNs: atLeastZero,
    clockStepUs: atLeastZero,
  }),
  /** Of each of the two f32 buffers, and of the one that holds packed halves (weights, keys and values). */
  poolBytes: positive,
  halfPoolBytes: positive,
  /** Rate of the warm-up shape in its first and last slice, in FLOP/s: how cold the GPU was. */
  warmUp: v.object({ ms: atLeastZero, firstFlopsPerSecond: atLeastZero, lastFlopsPerSecond: atLeastZero }),
  /** Change of the first shape's time until the end, as a share: 0.1 = a tenth slower. */
  drift: share,
  /** Milliseconds from the compiled kernels to the last measurement. */
  elapsedMs: atLeastZero,
  points: v.pipe(v.array(point), v.minLength(3), v.maxLength(2000)),
  skipped: v.pipe(v.array(skipped), v.maxLength(2000)),
  overhead,
  fit,
  notices: v.pipe(v.array(notice), v.maxLength(50)),
});

export type CalibrationResult = v.InferOutput<typeof calibrationSchema>;
export type Family = v.InferOutput<typeof family>;
export type Precision = v.InferOutput<typeof precision>;
export type Shape = v.InferOutput<typeof shape>;
export type Work = v.InferOutput<typeof work>;
export type Point = v.InferOutput<typeof point>;
export type SkippedShape = v.InferOutput<typeof skipped>;
export type Notice = v.InferOutput<typeof notice>;
export type Overhead = v.InferOutput<typeof overhead>;
export type Errors = v.InferOutput<typeof errors>;
export type Coefficients = v.InferOutput<typeof coefficients>;
export type SeriesFit = v.InferOutput<typeof seriesFit>;
export type Fit = v.InferOutput<typeof fit>;

/** A result read from outside, or the first thing that is wrong with it. */
export type Parsed =
  | { readonly ok: true; readonly result: CalibrationResult }
  | { readonly ok: false; readonly because: 'not-json' }
  | { readonly ok: false; readonly because: 'not-a-calibration' | 'older-version' | 'newer-version' }
  | { readonly ok: false; readonly because: 'invalid-value'; readonly field: string; readonly detail: string };

/** Reads an exported result. */
export function parseResult(json: string): Parsed {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch {
    return { ok: false, because: 'not-json' };
  }
  return checkResult(data);
}

/** Checks any value, such as a message or a parsed file. */
export function checkResult(data: unknown): Parsed {
  const head = v.safeParse(v.object({ format: v.literal('tokenyard-calibration'), version: v.number() }), data);
  if (!head.success) return { ok: false, because: 'not-a-calibration' };
  if (head.output.version > 2) return { ok: false, because: 'newer-version' };
  if (head.output.version < 2) return { ok: false, because: 'older-version' };
  const parsed = v.safeParse(calibrationSchema, data);
  if (parsed.success) return { ok: true, result: parsed.output };
  const [problem] = parsed.issues;
  return { ok: false, because: 'invalid-value', field: v.getDotPath(problem) ?? '', detail: problem.message };
}

/** The exported text: stable, readable, ends with a line feed. */
export function writeResult(result: CalibrationResult): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}
