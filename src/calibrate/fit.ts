/** From measured points to the few numbers a cost model needs. */

import type { Fit, Line, Point } from './result.ts';
import { median } from './timing.ts';

/** Working sets below this share of the largest one may live in a cache, and do not count for memory bandwidth. */
const largeShare = 1 / 4;

/** Throws if a family has no point: the benchmark fails before it comes to that. */
export function fitPoints(points: readonly Point[]): Fit {
  const copy = points.filter((p) => p.family === 'copy');
  const read = points.filter((p) => p.family === 'read');
  const gemm = fastestPerShape(points.filter((p) => p.family === 'gemm-f32'));
  return {
    copyBytesPerSecond: bestRate(large(copy), (p) => p.bytes),
    readBytesPerSecond: bestRate(large(read), (p) => p.bytes),
    f32FlopsPerSecond: bestRate(gemm, (p) => p.flops),
    copy: fitLine(large(copy).map((p) => ({ work: p.bytes, us: p.us }))),
    read: fitLine(large(read).map((p) => ({ work: p.bytes, us: p.us }))),
    gemm: fitLine(gemm.map((p) => ({ work: p.flops, us: p.us }))),
  };
}

/** The points whose working set is at least a quarter of the largest. */
function large(points: readonly Point[]): Point[] {
  const largest = Math.max(...points.map((p) => p.bytes));
  return points.filter((p) => p.bytes >= largest * largeShare);
}

function bestRate(points: readonly Point[], work: (point: Point) => number): number {
  if (points.length === 0) throw new Error('no point to take a rate from');
  return Math.max(...points.map((p) => (work(p) / p.us) * 1e6));
}

/** Several kernels may have been tried on one shape: an engine would use the fastest. */
function fastestPerShape(points: readonly Point[]): Point[] {
  const best = new Map<string, Point>();
  for (const point of points) {
    const shape = `${point.m} ${point.n} ${point.k}`;
    const known = best.get(shape);
    if (!known || point.us < known.us) best.set(shape, point);
  }
  return [...best.values()];
}

/** Work (bytes or operations) and the microseconds it took. */
export interface Sample {
  readonly work: number;
  readonly us: number;
}

/**
 * Fits `us = fixedUs + work / rate` to the logarithm of the times, so that a small shape counts as much as a large one. The
 * parameters are searched as logarithms, which keeps them positive.
 */
export function fitLine(samples: readonly Sample[]): Line {
  if (samples.length === 0) throw new Error('no sample to fit');
  const rates = samples.map((s) => (s.work / s.us) * 1e6);
  const fastest = Math.max(...rates);
  const relativeErrors = (fixedUs: number, rate: number) =>
    samples.map((s) => Math.abs(fixedUs + (s.work / rate) * 1e6 - s.us) / s.us);

  if (samples.length === 1) return { fixedUs: 0, ratePerSecond: fastest, points: 1, medianError: 0, maxError: 0 };

  const smallest = Math.min(...samples.map((s) => s.us));
  const loss = ([logFixed, logRate]: readonly number[]) => {
    const fixedUs = Math.exp(logFixed);
    const rate = Math.exp(logRate);
    let total = 0;
    for (const s of samples) total += Math.log((fixedUs + (s.work / rate) * 1e6) / s.us) ** 2;
    return total;
  };
  const [logFixed, logRate] = minimise(loss, [Math.log(smallest / 10), Math.log(fastest)]);
  const fixedUs = Math.exp(logFixed);
  const ratePerSecond = Math.exp(logRate);
  const errors = relativeErrors(fixedUs, ratePerSecond);
  return { fixedUs, ratePerSecond, points: samples.length, medianError: median(errors), maxError: Math.max(...errors) };
}

/**
 * Derivative-free search: tries a step along each axis both ways, and halves the step when none helps. Deterministic, enough for
 * a handful of parameters.
 */
export function minimise(loss: (at: readonly number[]) => number, start: readonly number[]): number[] {
  const at = [...start];
  let best = loss(at);
  let step = 1;
  for (let round = 0; round < 4000 && step > 1e-7; round++) {
    let improved = false;
    for (let axis = 0; axis < at.length; axis++) {
      for (const direction of [1, -1]) {
        const before = at[axis];
        at[axis] = before + direction * step;
        const value = loss(at);
        if (value < best) {
          best = value;
          improved = true;
        } else {
          at[axis] = before;
        }
      }
    }
    if (!improved) step /= 2;
  }
  return at;
}
