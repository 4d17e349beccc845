/**
 * From a calibration to the device "This GPU": the simulator's own operator formulas, fitted to the measured kernels.
 *
 * Of several kernels that compute the same shape the fastest counts, as in an engine. Shapes that the calibration held out take no
 * part here either; how far the formulas are from them is the device's error. A family without a kernel that works keeps the
 * formulas that follow from bandwidth, arithmetic rate and launch cost alone (`roughDevice`).
 */

import type { DeviceProfile } from '../sim/gpu/device.ts';
import {
  type DecodeAttentionCoefficients,
  decodeAttentionUs,
  type GemmCoefficients,
  gemmUs,
  type PrefillAttentionCoefficients,
  prefillAttentionUs,
} from '../sim/gpu/operators.ts';
import { roughDevice } from '../sim/gpu/rough-device.ts';
import { toCeilings } from './ceilings.ts';
import { minimise } from './fit.ts';
import { sizesOf } from './model.ts';
import type { CalibrationResult, Family, Point } from './result.ts';

/** Keys and values of one token in one head of the measured caches: 128 halves each. */
const kvHeadBytes = 512;
const headDim = 128;
const kvHeads = 4;

/** A coefficient with what is expected of it; it is searched as a logarithm and drawn there where the points do not say. */
type Expected<K extends string> = Readonly<Record<K, number>>;

/** Browsers do not disclose how much memory a GPU has, so the visitor says it. */
export function toProfile(result: CalibrationResult, memoryBytes: number): DeviceProfile {
  const ceilings = toCeilings(result, memoryBytes);
  const rough = roughDevice(ceilings);
  const launchUs = ceilings.dispatchUs;
  const { operators } = rough;
  const { fit, overhead } = result;
  const bytesPerS = Math.max(fit.readBytesPerSecond, fit.copyBytesPerSecond);
  const errors: number[] = [];
  /** Fits one operator if there are enough points, and notes its errors at the held-out ones. */
  const fitted = <C, K extends string>(
    points: readonly Point[],
    expected: Expected<K>,
    to: (found: Expected<K>) => C,
    us: (c: C, p: Point) => number,
  ): C | null => {
    const seen = points.filter((p) => !p.isHeldOut);
    if (seen.length < 3) return null;
    const coefficients = fitLogarithms(seen, expected, to, us);
    for (const p of points) if (p.isHeldOut) errors.push(Math.abs(us(coefficients, p) - p.us) / p.us);
    return coefficients;
  };

  const halves = fit.f16FlopsPerSecond !== null;
  const products = fastest(result, ['gemm', 'skinny']).filter((p) => (p.precision !== 'f32') === halves);
  const streamed = products.filter((p) => p.variant === 'gemv').map(({ shape }) => sizesOf(shape)[0]);
  const streamedRows = Math.max(0, ...streamed);
  const flopsPerS = fit.f16FlopsPerSecond ?? fit.f32FlopsPerSecond;
  const gemm = fitted<GemmCoefficients, 'fixedUs' | 'bytesPerS' | 'rampUs' | 'rampBytes' | 'flopsPerS' | 'wastedRows'>(
    products,
    { fixedUs: launchUs, bytesPerS, rampUs: launchUs, rampBytes: 1e7, flopsPerS, wastedRows: 32 },
    (found) => ({ ...found, streamedRows, tileRows: 1, tileShare: 0 }),
    (c, { shape, precision }) =>
      shape.kind === 'product' ? gemmUs(c, shape.m, shape.k, shape.n, precision === 'f32' ? 4 : 2) : 0,
  );

  const flash = fastest(result, ['prefill-attention']).filter((p) => p.variant === 'flash');
  const prefillAttention = fitted<
    PrefillAttentionCoefficients,
    'fixedUs' | 'flopsPerS' | 'extraKeysPerQuery' | 'serialUsPerKey' | 'unhidden'
  >(
    flash,
    { fixedUs: launchUs, flopsPerS: flopsPerS / 2, extraKeysPerQuery: 32, serialUsPerKey: 0.05, unhidden: 0.2 },
    (found) => ({ ...found, extraDims: 0, blocksWanted: 1, unhidden: Math.min(1, found.unhidden) }),
    (c, { shape }) => {
      if (shape.kind !== 'prefill') return 0;
      const { tokens } = shape;
      const chunks = { pairs: (tokens * (tokens + 1)) / 2, queries: tokens, longest: tokens };
      return prefillAttentionUs(c, chunks, shape.heads, headDim);
    },
  );

  const decodeAttention = fitted<
    DecodeAttentionCoefficients,
    'fixedUs' | 'bytesPerS' | 'rampUs' | 'rampBytes' | 'perSequenceUs' | 'blockBytesPerS' | 'blocksWanted'
  >(
    fastest(result, ['decode-attention']),
    {
      fixedUs: launchUs,
      bytesPerS,
      rampUs: launchUs,
      rampBytes: 1e7,
      perSequenceUs: 0.01,
      blockBytesPerS: bytesPerS / 200,
      blocksWanted: 64,
    },
    (found) => ({ ...found, unhidden: 0.3 }),
    (c, { shape }) => {
      if (shape.kind !== 'decode') return 0;
      const { sequences, context } = shape;
      return decodeAttentionUs(c, sequences, sequences * context, context, kvHeads, kvHeadBytes);
    },
  );

  errors.sort((a, b) => a - b);
  const rank = (p: number) => errors[Math.max(0, Math.ceil(p * errors.length) - 1)];
  return {
    ...rough,
    peakFlops: flopsPerS,
    peakBytesPerS: bytesPerS,
    source:
      'Products, paged decode attention and prefill attention measured on this device through WebGPU, which does not reach what native libraries do.',
    operators: {
      ...operators,
      gemm: gemm ?? operators.gemm,
      prefillAttention: prefillAttention ?? operators.prefillAttention,
      decodeAttention: decodeAttention ?? operators.decodeAttention,
    },
    // A page hears of a sampled token only by a submission and a read-back.
    stepOverheadUs: overhead.submitUs + overhead.readbackUs,
    error:
      errors.length === 0
        ? rough.error
        : {
            median: rank(0.5),
            p95: rank(0.95),
            count: errors.length,
            against: 'kernels measured on this device at shapes kept out of the fit',
          },
  };
}

/** The fastest point of each shape, whatever kernel: what an engine would use. Parts and blocks of a context are the kernel's choice. */
function fastest({ points }: CalibrationResult, families: readonly Family[]): Point[] {
  const best = new Map<string, Point>();
  for (const point of points) {
    if (!families.includes(point.family)) continue;
    const { shape } = point;
    const sizes = shape.kind === 'decode' ? [shape.sequences, shape.context] : sizesOf(shape);
    const kind = point.family === 'prefill-attention' ? point.variant : '';
    const key = [kind, point.precision === 'f32', ...sizes].join(' ');
    const known = best.get(key);
    if (!known || point.us < known.us) best.set(key, point);
  }
  return [...best.values()];
}

/**
 * Being off by a factor of e from what is expected weighs as much as a point that is off by 3 %, or by 30 % for the two rates, which
 * were measured by themselves.
 */
const expectation = 1e-3;
const rateExpectation = 0.02;

/**
 * The coefficients with the least squared error of the logarithm, searched as logarithms themselves. Points with the same number of
 * rows, queries or sequences share one weight, so that a size measured at many weights does not outvote the others. The search starts
 * from what is expected and, since it can get stuck, from there with each coefficient eight times as large.
 */
function fitLogarithms<C, K extends string>(
  points: readonly Point[],
  expected: Expected<K>,
  to: (found: Expected<K>) => C,
  us: (c: C, point: Point) => number,
): C {
  const names = Object.keys(expected) as K[];
  const center = names.map((name) => Math.log(expected[name]));
  const read = (at: readonly number[]) =>
    to(Object.fromEntries(names.map((name, i) => [name, Math.exp(at[i])])) as Record<K, number>);
  const first = (point: Point) => sizesOf(point.shape)[0];
  const samples = points.map((point) => ({
    point,
    weight: 1 / points.filter((other) => first(other) === first(point)).length,
  }));
  const loss = (at: readonly number[]) => {
    const found = read(at);
    let total = 0;
    for (const { point, weight } of samples) total += weight * Math.log(us(found, point) / point.us) ** 2;
    for (let i = 0; i < at.length; i++) {
      total += (names[i].endsWith('PerS') ? rateExpectation : expectation) * (at[i] - center[i]) ** 2;
    }
    return total;
  };
  let best = minimise(loss, center);
  for (let i = 0; i < center.length; i++) {
    const at = minimise(
      loss,
      center.map((value, j) => (i === j ? value + Math.log(8) : value)),
    );
    if (loss(at) < loss(best)) best = at;
  }
  return read(best);
}
