/**
 * Random numbers that are a pure function of their name: (seed, purpose, index, draw).
 *
 * Nothing is kept between calls, so there is no order of calls to preserve: a policy that asks for more or fewer
 * numbers cannot shift those of anybody else, and two policies compared on one seed see the same traffic.
 *
 * The generator is Philox2x32 with ten rounds (J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw: Parallel random
 * numbers: as easy as 1, 2, 3. SC 2011). The counter is (index, draw), the key comes from seed and purpose. Ten rounds
 * are a bijection of the counter, so no two draws of one purpose ever share their 64 bits.
 */

import { exp, ln, normalQuantile, pow } from './math.ts';

/** What numbers are drawn for. A number stands for a stream for ever: add new ones at the end, never renumber. */
export const Purpose = {
  arrival: 1,
  prompt: 2,
  output: 3,
  acceptance: 4,
  think: 5,
  burst: 6,
  session: 7,
  routing: 8,
  sampling: 9,
  expert: 10,
  queueOrder: 11,
  image: 12,
  prediction: 21,
  user: 22,
  priority: 23,
  tuning: 24,
  failure: 25,
} as const;
export type Purpose = (typeof Purpose)[keyof typeof Purpose];

const MULTIPLIER_LOW = 0xd193;
const MULTIPLIER_HIGH = 0xd256;
const MULTIPLIER = 0xd256d193 | 0;
/** The golden ratio as a 32-bit fraction. */
const WEYL = 0x9e3779b9 | 0;
const ROUNDS = 10;

/** The second word of the last `philox`; the first is its return value. Saves an object a call. */
let secondWord = 0;

/** Philox2x32-10 of the counter (c0, c1) under `key`; returns the first word, leaves the second in `secondWord`. */
function philox(c0: number, c1: number, key: number): number {
  let x = c0 | 0;
  let y = c1 | 0;
  let k = key | 0;
  for (let round = 0; round < ROUNDS; round++) {
    // The 64-bit product MULTIPLIER * x out of 16-bit halves.
    const low = x & 0xffff;
    const high = x >>> 16;
    const lowLow = Math.imul(MULTIPLIER_LOW, low);
    const lowHigh = Math.imul(MULTIPLIER_LOW, high);
    const highLow = Math.imul(MULTIPLIER_HIGH, low);
    const middle = (lowLow >>> 16) + (lowHigh & 0xffff) + (highLow & 0xffff);
    const upper = (Math.imul(MULTIPLIER_HIGH, high) + (lowHigh >>> 16) + (highLow >>> 16) + (middle >>> 16)) | 0;
    const lower = Math.imul(MULTIPLIER, x);
    x = upper ^ k ^ y;
    y = lower;
    k = (k + WEYL) | 0;
  }
  secondWord = y >>> 0;
  return x >>> 0;
}

/** Both words, as the published test vectors give them. */
export function philox2x32(c0: number, c1: number, key: number): readonly [number, number] {
  const first = philox(c0, c1, key);
  return [first, secondWord];
}

/** A key from seed and purpose: a bijection of the seed, with the purposes of one seed spread apart. */
function keyOf(seed: number, purpose: Purpose): number {
  // Finaliser of MurmurHash3 (A. Appleby, public domain): neighbouring seeds get unrelated keys.
  let h = seed | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) + Math.imul(purpose, WEYL);
}

/**
 * A number strictly between 0 and 1, with 52 random bits, symmetric about one half.
 * `seed`, `index` (of the request, session, ...) and `draw` count modulo 2^32.
 */
export function uniform(seed: number, purpose: Purpose, index: number, draw: number): number {
  const first = philox(index, draw, keyOf(seed, purpose));
  return ((first >>> 6) * 67108864 + (secondWord >>> 6) + 0.5) * 2.220446049250313e-16;
}

/** Standard normal: one draw, by the inverse of the distribution. */
export function normal(seed: number, purpose: Purpose, index: number, draw: number): number {
  return normalQuantile(uniform(seed, purpose, index, draw));
}

/** Exponential with mean 1: one draw. */
export function exponential(seed: number, purpose: Purpose, index: number, draw: number): number {
  return -ln(uniform(seed, purpose, index, draw));
}

/** exp(mu + sigma * standard normal): one draw. `mu` and `sigma` are of the natural logarithm. */
export function lognormal(
  seed: number,
  purpose: Purpose,
  index: number,
  draw: number,
  mu: number,
  sigma: number,
): number {
  return exp(mu + sigma * normal(seed, purpose, index, draw));
}

/**
 * Gamma with mean `shape` and scale 1, by rejection (G. Marsaglia, W. W. Tsang: A simple method for generating gamma
 * variables. ACM Transactions on Mathematical Software 26, 2000). Uses draws `firstDraw`, `firstDraw + 1`, ... as many
 * as it needs, so it must be the last of its (purpose, index).
 */
export function gamma(seed: number, purpose: Purpose, index: number, firstDraw: number, shape: number): number {
  let draw = firstDraw;
  let boost = 1;
  if (shape < 1) {
    // Gamma(shape) is Gamma(shape + 1) times a uniform number to the power of 1 / shape.
    boost = pow(uniform(seed, purpose, index, draw), 1 / shape);
    draw++;
  }
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(seed, purpose, index, draw);
    const u = uniform(seed, purpose, index, draw + 1);
    draw += 2;
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root * root * root;
    const xx = x * x;
    if (u < 1 - 0.0331 * xx * xx || ln(u) < 0.5 * xx + d * (1 - v + ln(v))) return d * v * boost;
  }
}

/** Index of the chosen weight, for a number `u` between 0 and 1. Weights need not sum to 1. */
export function choose(u: number, weights: readonly number[]): number {
  let total = 0;
  for (const weight of weights) total += weight;
  let rest = u * total;
  for (let i = 0; i < weights.length - 1; i++) {
    rest -= weights[i];
    if (rest < 0) return i;
  }
  return weights.length - 1;
}
