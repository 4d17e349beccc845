/** A small calibration written out by hand, for the pictures of this folder's tests. */

import { modelUs } from '../../calibrate/model.ts';
import type { CalibrationResult, Coefficients, Family, Point, SeriesFit, Shape, Work } from '../../calibrate/result.ts';

const coefficients: Coefficients = {
  fixedUs: 5,
  bytesPerSecond: 4e11,
  flopsPerSecond: 8e12,
  chainUs: 0,
  workgroupUs: 0,
  slots: 1,
};

const errors = { count: 5, median: 0.03, p90: 0.08, max: 0.09 };

function series(family: Family, variant: string): SeriesFit {
  return {
    family,
    precision: 'f16-packed',
    variant,
    coefficients,
    inSample: errors,
    heldOut: { ...errors, count: 2, median: 0.05 },
    isInterpolated: false,
  };
}

/** Misses of the made-up measurements, in turn. */
const misses = [0.02, -0.03, 0.08, 0.01, -0.06, 0.04];

function point(family: Family, variant: string, i: number, shape: Shape, bytes: number, flops: number): Point {
  const work: Work = { bytes, flops, workgroups: 64, chain: 0, stages: 1 };
  const us = modelUs(coefficients, work) * (1 + misses[i % misses.length]);
  return {
    family,
    precision: 'f16-packed',
    variant,
    kernel: variant,
    shape,
    work,
    us,
    medianUs: us,
    maxUs: us,
    wallUs: us,
    dispatches: 10,
    repeats: 3,
    source: 'timestamps',
    isHeldOut: i % 3 === 2,
  };
}

const sizes = [0, 1, 2, 3, 4, 5];

/** `other` parts of a real result: what the pictures do not look at. */
export function sampleCalibration(other: CalibrationResult): CalibrationResult {
  const points = [
    ...sizes.map((i) => {
      const n = 256 * 2 ** i;
      return point(
        'gemm',
        'tile',
        i,
        { kind: 'product', m: 256, n, k: 1024 },
        2 * 1024 * (256 + n),
        2 * 256 * n * 1024,
      );
    }),
    ...sizes.map((i) => {
      const context = 256 * 2 ** i;
      const shape: Shape = { kind: 'decode', sequences: 8, context, blockSize: 16, splits: 4 };
      return point('decode-attention', 'paged', i, shape, 8 * context * 2048, 8 * context * 8192);
    }),
    ...sizes.map((i) => {
      const tokens = 128 * 2 ** i;
      const shape: Shape = { kind: 'prefill', tokens, heads: 16 };
      return point('prefill-attention', 'flash', i, shape, 8192 * tokens, 4096 * tokens * tokens);
    }),
  ];
  return {
    ...other,
    points,
    fit: {
      copyBytesPerSecond: 4e11,
      readBytesPerSecond: 3.9e11,
      f32FlopsPerSecond: 6e12,
      f16FlopsPerSecond: 8.2e12,
      series: [series('gemm', 'tile'), series('decode-attention', 'paged'), series('prefill-attention', 'flash')],
      heldOutByFamily: [],
      heldOut: { ...errors, count: 6 },
    },
  };
}
