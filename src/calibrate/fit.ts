/** From measured points to a model of every series, judged on the points that it has not seen. */

import { isSameSeries, modelUs, predictUs, type SeriesKey, sizesOf } from './model.ts';
import { type Coefficients, type Errors, type Fit, families, type Point, type SeriesFit } from './result.ts';

/** Working sets below this share of the largest one may live in a cache, and do not count for memory bandwidth. */
const largeShare = 1 / 4;
/** Of the shapes of a series, this share is kept out of its fit. */
const heldOutShare = 1 / 5;
/** A formula that misses a point of its own fit by more than this is corrected by interpolation. */
const maxResidual = 0.15;

/** Throws if memory or f32 products have no point: the benchmark fails before it comes to that. */
export function fitPoints(points: readonly Point[], launchUs: number): Fit {
  const ofFamily = (family: Point['family']) => points.filter((p) => p.family === family);
  const products = ofFamily('gemm');
  const halves = products.filter((p) => p.precision !== 'f32');
  const ceilings: Ceilings = {
    launchUs,
    bytesPerSecond: bestRate(large(ofFamily('read')), (p) => p.work.bytes),
    flopsPerSecond: bestRate(products, (p) => p.work.flops),
  };
  const series = seriesOf(points).map((key) => fitSeries(key, points, ceilings));
  const errorsOver = (fits: readonly SeriesFit[]) => summarise(fits.flatMap((fit) => heldOutErrors(fit, points)));
  return {
    copyBytesPerSecond: bestRate(large(ofFamily('copy')), (p) => p.work.bytes),
    readBytesPerSecond: ceilings.bytesPerSecond,
    f32FlopsPerSecond: bestRate(
      products.filter((p) => p.precision === 'f32'),
      (p) => p.work.flops,
    ),
    f16FlopsPerSecond: halves.length === 0 ? null : bestRate(halves, (p) => p.work.flops),
    series,
    heldOutByFamily: families.flatMap((family) => {
      const errors = errorsOver(series.filter((fit) => fit.family === family));
      return errors === null ? [] : [{ family, errors }];
    }),
    heldOut: errorsOver(series),
  };
}

/** Marks a fifth of the shapes of every series, spread over the series' sizes and never its smallest or largest. */
export function markHeldOut(points: readonly Point[]): Point[] {
  const marked = new Set<Point>();
  for (const key of seriesOf(points)) {
    const own = points
      .filter((p) => isSameSeries(p, key))
      .sort((a, b) => compareSizes(sizesOf(a.shape), sizesOf(b.shape)));
    const count = own.length < 4 ? 0 : Math.round(own.length * heldOutShare);
    for (let i = 1; i <= count; i++) marked.add(own[Math.floor((i * own.length) / (count + 1))]);
  }
  return points.map((point) => ({ ...point, isHeldOut: marked.has(point) }));
}

function compareSizes(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}

/** Every series that has a point, in the order of its first one. */
function seriesOf(points: readonly Point[]): SeriesKey[] {
  const found: SeriesKey[] = [];
  for (const { family, precision, variant } of points) {
    const key = { family, precision, variant };
    if (!found.some((known) => isSameSeries(known, key))) found.push(key);
  }
  return found;
}

/** The points whose working set is at least a quarter of the largest. */
function large(points: readonly Point[]): Point[] {
  const largest = Math.max(...points.map((p) => p.work.bytes));
  return points.filter((p) => p.work.bytes >= largest * largeShare);
}

function bestRate(points: readonly Point[], work: (point: Point) => number): number {
  if (points.length === 0) throw new Error('no point to take a rate from');
  return Math.max(...points.map((p) => (work(p) / p.us) * 1e6));
}

function fitSeries(key: SeriesKey, points: readonly Point[], ceilings: Ceilings): SeriesFit {
  const seen = points.filter((p) => isSameSeries(p, key) && !p.isHeldOut);
  const coefficients = fitCoefficients(seen, ceilings);
  const inSample = summarise(seen.map((p) => relativeError(modelUs(coefficients, p.work), p.us)));
  if (inSample === null) throw new Error('a series without a point');
  const fit: SeriesFit = {
    ...key,
    coefficients,
    inSample,
    heldOut: null,
    isInterpolated: inSample.max > maxResidual,
  };
  return { ...fit, heldOut: summarise(heldOutErrors(fit, points)) };
}

function heldOutErrors(fit: SeriesFit, points: readonly Point[]): number[] {
  return points
    .filter((p) => p.isHeldOut && isSameSeries(p, fit))
    .map((p) => relativeError(predictUs(fit, points, p.shape, p.work), p.us));
}

const relativeError = (predicted: number, measured: number) => Math.abs(predicted - measured) / measured;

/** Null for none. Percentiles are of the nearest rank. */
export function summarise(errors: readonly number[]): Errors | null {
  if (errors.length === 0) return null;
  const sorted = [...errors].sort((a, b) => a - b);
  const rank = (p: number) => sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)];
  return { count: sorted.length, median: rank(0.5), p90: rank(0.9), max: sorted[sorted.length - 1] };
}

/** What the whole GPU is known to do: where a series' own points do not tell one limit from another, these are expected. */
export interface Ceilings {
  readonly launchUs: number;
  readonly bytesPerSecond: number;
  readonly flopsPerSecond: number;
}

/** Waves of so many workgroups at a time are tried. GPUs have some ten to some hundred multiprocessors. */
const slotCandidates = [8, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 132, 160, 192, 256, 264, 320, 384, 528];
/**
 * How strongly a parameter that the points do not determine is drawn to what is expected of it: being off by a factor of e
 * weighs as much as one point that is off by 3 %.
 */
const expectation = 1e-3;

/**
 * The coefficients with the least squared error of the logarithm, so that a small shape counts as much as a large one. The
 * parameters are searched as logarithms, which keeps them positive; those that cannot matter (no arithmetic, no chain) are left out.
 */
export function fitCoefficients(points: readonly Point[], ceilings: Ceilings): Coefficients {
  if (points.length === 0) throw new Error('no point to fit');
  const samples = points.map(({ work, us }) => ({ work, us }));
  const fastest = Math.min(...samples.map(({ us }) => us));
  const hasFlops = samples.some(({ work }) => work.flops > 0);
  const longestChain = Math.max(...samples.map(({ work }) => work.chain));
  const mostWorkgroups = Math.max(...samples.map(({ work }) => work.workgroups));
  /** At least what was reached. */
  const rate = (ceiling: number, amount: (work: Point['work']) => number) =>
    Math.max(ceiling, ...samples.map(({ work, us }) => (amount(work) / us) * 1e6));

  const expected = [
    Math.max(1e-3, Math.min(ceilings.launchUs, fastest / 2)),
    rate(ceilings.bytesPerSecond, (work) => work.bytes),
    hasFlops ? rate(ceilings.flopsPerSecond, (work) => work.flops) : 1,
    longestChain > 0 ? (0.1 * fastest) / longestChain : 1e-9,
    (0.1 * fastest) / mostWorkgroups,
  ].map(Math.log);
  const isUsed = [true, true, hasFlops, longestChain > 0, true];

  const read = (at: readonly number[], slots: number): Coefficients => ({
    fixedUs: Math.exp(at[0]),
    bytesPerSecond: Math.exp(at[1]),
    flopsPerSecond: hasFlops ? Math.exp(at[2]) : null,
    chainUs: longestChain > 0 ? Math.exp(at[3]) : 0,
    workgroupUs: Math.exp(at[4]),
    slots,
  });
  const lossWith = (slots: number) => (at: readonly number[]) => {
    const c = read(at, slots);
    let total = 0;
    for (const { work, us } of samples) total += Math.log(modelUs(c, work) / us) ** 2;
    for (let i = 0; i < at.length; i++) total += expectation * (at[i] - expected[i]) ** 2;
    return total;
  };

  /** The best of some starts, with waves of so many workgroups. */
  const search = (starts: readonly (readonly number[])[], slots: number) => {
    const loss = lossWith(slots);
    const ends = starts.map((start) => minimise(loss, start, isUsed));
    const at = ends.reduce((a, b) => (loss(b) < loss(a) ? b : a));
    return { at, slots, loss: loss(at) };
  };
  const factors = [0, Math.log(8)].flatMap((chain) => [0, Math.log(8), -Math.log(100)].map((group) => [chain, group]));
  const plain = search(
    factors.map(([chain, group]) => expected.map((value, i) => value + (i === 3 ? chain : i === 4 ? group : 0))),
    1,
  );
  if (!hasFlops || points.length < 6) return read(plain.at, 1);
  const waved = slotCandidates.map((slots) => search([plain.at], slots)).reduce((a, b) => (b.loss < a.loss ? b : a));
  // Waves are one more parameter, so they must earn their place.
  return waved.loss < plain.loss * 0.9 ? read(waved.at, waved.slots) : read(plain.at, 1);
}

/**
 * Derivative-free search: tries a step along each used axis both ways, and halves the step when none helps. Deterministic, enough
 * for a handful of parameters.
 */
export function minimise(
  loss: (at: readonly number[]) => number,
  start: readonly number[],
  isUsed: readonly boolean[] = start.map(() => true),
  smallestStep = 1e-3,
): number[] {
  const at = [...start];
  let best = loss(at);
  let step = 1;
  for (let round = 0; round < 1000 && step > smallestStep; round++) {
    let improved = false;
    for (let axis = 0; axis < at.length; axis++) {
      if (!isUsed[axis]) continue;
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
