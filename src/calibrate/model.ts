/** The model of a kernel's time, and predictions from it. */

import type { Coefficients, Point, SeriesFit, Shape, Work } from './result.ts';

/** Points and fits of one series: the same family, precision and algorithm. */
export interface SeriesKey {
  readonly family: Point['family'];
  readonly precision: Point['precision'];
  readonly variant: string;
}

export function isSameSeries(a: SeriesKey, b: SeriesKey): boolean {
  return a.family === b.family && a.precision === b.precision && a.variant === b.variant;
}

/** Microseconds by the formula alone (see `coefficients` in result.ts). */
export function modelUs(c: Coefficients, { bytes, flops, workgroups, chain, stages }: Work): number {
  const memoryUs = (bytes * 1e6) / c.bytesPerSecond;
  // A last wave takes as long as a full one.
  const waves = (Math.ceil(workgroups / c.slots) * c.slots) / workgroups;
  const computeUs = c.flopsPerSecond === null ? 0 : (flops * waves * 1e6) / c.flopsPerSecond;
  return stages * c.fixedUs + roundedMaximum(memoryUs, computeUs, chain * c.chainUs) + workgroups * c.workgroupUs;
}

/** The 4-norm: a roofline whose edges are rounded, as measured ones are. */
function roundedMaximum(a: number, b: number, c: number): number {
  const [aa, bb, cc] = [a * a, b * b, c * c];
  return Math.sqrt(Math.sqrt(aa * aa + bb * bb + cc * cc));
}

/**
 * Microseconds that a series' fit predicts for a shape. `points` are all measured points: where the formula misses by too much,
 * it is corrected by what it misses at the nearest shapes of the series that took part in the fit.
 */
export function predictUs(fit: SeriesFit, points: readonly Point[], shape: Shape, work: Work): number {
  const byFormula = modelUs(fit.coefficients, work);
  if (!fit.isInterpolated) return byFormula;
  let weights = 0;
  let sum = 0;
  for (const point of points) {
    if (point.isHeldOut || !isSameSeries(point, fit)) continue;
    const residual = Math.log(point.us / modelUs(fit.coefficients, point.work));
    const distance = shapeDistance(shape, point.shape);
    if (distance === 0) return byFormula * Math.exp(residual);
    const weight = distance ** -3;
    weights += weight;
    sum += weight * residual;
  }
  return weights === 0 ? byFormula : byFormula * Math.exp(sum / weights);
}

/** How far two shapes lie apart, in doublings of their sizes. */
function shapeDistance(a: Shape, b: Shape): number {
  const [x, y] = [sizesOf(a), sizesOf(b)];
  return Math.sqrt(x.reduce((sum, size, i) => sum + Math.log2(size / y[i]) ** 2, 0));
}

/** The sizes of a shape, always in the same order. */
export function sizesOf(shape: Shape): number[] {
  switch (shape.kind) {
    case 'memory':
      return [shape.bytes];
    case 'product':
      return [shape.m, shape.n, shape.k];
    case 'decode':
      return [shape.sequences, shape.context, shape.blockSize, shape.splits];
    case 'prefill':
      return [shape.tokens, shape.heads];
  }
}
