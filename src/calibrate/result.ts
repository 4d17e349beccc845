/** The outcome of a calibration as plain data: what crosses the worker border, is saved on the device, exported and imported. */

import * as v from 'valibot';

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const atLeastZero = v.pipe(v.number(), v.finite(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(400));

const family = v.picklist(['copy', 'read', 'gemm-f32']);
const source = v.picklist(['timestamps', 'wall']);

const notice = v.variant('kind', [
  v.object({ kind: v.literal('software-adapter') }),
  v.object({ kind: v.literal('wall-clock') }),
  v.object({ kind: v.literal('rebuilt-smaller') }),
  v.object({ kind: v.literal('drift'), share: v.pipe(v.number(), v.finite()) }),
  v.object({ kind: v.literal('small-pool'), bytes: positive }),
  v.object({
    kind: v.literal('kernel-dropped'),
    kernel: text,
    because: v.picklist(['wrong-result', 'shader-error']),
  }),
  v.object({ kind: v.literal('out-of-time') }),
]);

/** One measured shape. Times are of one dispatch. */
const point = v.object({
  family,
  kernel: text,
  /** Rows, columns and depth of a GEMM; 0 for memory kernels. */
  m: atLeastZero,
  n: atLeastZero,
  k: atLeastZero,
  /** Least memory traffic: every operand once, what is written included. */
  bytes: positive,
  /** Floating-point operations, a multiply-add counting two; 0 for memory kernels. */
  flops: atLeastZero,
  us: positive,
  medianUs: positive,
  maxUs: positive,
  wallUs: positive,
  dispatches: positive,
  repeats: positive,
  source,
});

/** A shape that was left out because it would have taken too long. */
const skipped = v.object({
  family,
  m: atLeastZero,
  n: atLeastZero,
  k: atLeastZero,
  bytes: positive,
  predictedUs: atLeastZero,
});

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

/** `us = fixedUs + work / ratePerSecond`, fitted to the points of one family. */
const line = v.object({
  fixedUs: atLeastZero,
  ratePerSecond: positive,
  points: positive,
  /** Median and largest relative error over the points of the fit itself. */
  medianError: atLeastZero,
  maxError: atLeastZero,
});

const fit = v.object({
  /** Best rate over working sets too large for most caches; read plus written. */
  copyBytesPerSecond: positive,
  readBytesPerSecond: positive,
  /** Best measured f32 rate. */
  f32FlopsPerSecond: positive,
  copy: line,
  read: line,
  gemm: line,
});

export const calibrationSchema = v.object({
  format: v.literal('tokenyard-calibration'),
  version: v.literal(1),
  adapter: v.object({
    vendor: text,
    architecture: text,
    device: text,
    description: text,
    isSoftware: v.boolean(),
  }),
  features: v.pipe(v.array(text), v.maxLength(200)),
  maxBufferBytes: positive,
  maxBindingBytes: positive,
  timing: v.object({
    source,
    /** Rounding step of timestamps in nanoseconds; 0 if there were none. */
    quantumNs: atLeastZero,
    clockStepUs: atLeastZero,
  }),
  poolBytes: positive,
  /** Rate of the warm-up shape in its first and last slice, in FLOP/s: how cold the GPU was. */
  warmUp: v.object({ ms: atLeastZero, firstFlopsPerSecond: atLeastZero, lastFlopsPerSecond: atLeastZero }),
  points: v.pipe(v.array(point), v.minLength(3), v.maxLength(2000)),
  skipped: v.pipe(v.array(skipped), v.maxLength(2000)),
  overhead,
  fit,
  notices: v.pipe(v.array(notice), v.maxLength(50)),
});

export type CalibrationResult = v.InferOutput<typeof calibrationSchema>;
export type Point = v.InferOutput<typeof point>;
export type SkippedShape = v.InferOutput<typeof skipped>;
export type Overhead = v.InferOutput<typeof overhead>;
export type Line = v.InferOutput<typeof line>;
export type Fit = v.InferOutput<typeof fit>;

/** A result read from outside, or the first thing that is wrong with it. */
export type Parsed =
  | { readonly ok: true; readonly result: CalibrationResult }
  | { readonly ok: false; readonly because: 'not-json' }
  | { readonly ok: false; readonly because: 'not-a-calibration' | 'newer-version' }
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
  if (head.output.version > 1) return { ok: false, because: 'newer-version' };
  const parsed = v.safeParse(calibrationSchema, data);
  if (parsed.success) return { ok: true, result: parsed.output };
  const [problem] = parsed.issues;
  return { ok: false, because: 'invalid-value', field: v.getDotPath(problem) ?? '', detail: problem.message };
}

/** The exported text: stable, readable, ends with a line feed. */
export function writeResult(result: CalibrationResult): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}
