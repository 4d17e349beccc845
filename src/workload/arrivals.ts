/** When requests arrive: processes as data, and the times they give. */

import { exp } from '../sim/math.ts';
import { choose, exponential, gamma, lognormal, normal, Purpose, uniform } from '../sim/random.ts';

/** A slow change of the rate. Multipliers of the mean rate hold at the centres of bins, linear in between. */
export interface RateProfile {
  readonly binS: number;
  readonly multipliers: readonly number[];
}

export type Arrivals =
  /** Everybody at time 0. */
  | { readonly type: 'at-once' }
  /** Independent arrivals: gaps are exponential. */
  | { readonly type: 'poisson'; readonly ratePerS: number }
  /** Gaps are Gamma distributed with coefficient of variation 1 / sqrt(shape). */
  | {
      readonly type: 'gamma-renewal';
      readonly ratePerS: number;
      readonly shape: number;
      readonly rateProfile?: RateProfile;
    }
  /** Bursts with many short gaps, and long pauses in between. `mu` and `sigma` are of the natural logarithm. */
  | {
      readonly type: 'on-off-bursts';
      readonly ratePerS: number;
      /** In-burst gaps between two pauses. */
      readonly burstSize: { readonly mu: number; readonly sigma: number; readonly min: number };
      readonly inBurstGapS: {
        readonly weights: readonly number[];
        readonly mu: readonly number[];
        readonly sigma: readonly number[];
        readonly min: number;
        readonly max: number;
      };
      readonly offGapS: { readonly mu: number; readonly sigma: number; readonly min: number };
    };

/**
 * The first `count` arrival times in whole microseconds, non-decreasing. `ratePerS` other than 0 stretches all times
 * alike, so that the mean rate of the process becomes that; the pattern stays.
 */
export function arrivalTimes(arrivals: Arrivals, count: number, ratePerS: number, seed: number): Float64Array {
  const times = new Float64Array(count);
  switch (arrivals.type) {
    case 'at-once':
      return times;
    case 'poisson':
      sumGaps(times, (i) => exponential(seed, Purpose.arrival, i, 0) / arrivals.ratePerS);
      break;
    case 'gamma-renewal': {
      const { shape } = arrivals;
      // Unit-rate gaps first; the profile then bends time, which keeps the short-range pattern right at any rate.
      sumGaps(times, (i) => gamma(seed, Purpose.arrival, i, 0, shape) / shape);
      if (arrivals.rateProfile === undefined) for (let i = 0; i < count; i++) times[i] /= arrivals.ratePerS;
      else followProfile(times, arrivals.ratePerS, arrivals.rateProfile);
      break;
    }
    case 'on-off-bursts':
      burstTimes(times, arrivals, seed);
      break;
  }
  const usPerS = 1e6 * (ratePerS > 0 ? arrivals.ratePerS / ratePerS : 1);
  for (let i = 0; i < count; i++) times[i] = Math.floor(times[i] * usPerS + 0.5);
  return times;
}

function sumGaps(times: Float64Array, gap: (index: number) => number): void {
  let t = 0;
  for (let i = 0; i < times.length; i++) {
    t += gap(i);
    times[i] = t;
  }
}

/**
 * Replaces arrival numbers (unit-rate times) by the times at which the cumulative rate reaches them. The rate is
 * constant outside the outer bin centres; after its last bin the profile starts again.
 */
function followProfile(times: Float64Array, ratePerS: number, profile: RateProfile): void {
  const { binS, multipliers } = profile;
  const last = multipliers.length - 1;
  const rateAt = (bin: number) => ratePerS * multipliers[Math.min(last, Math.max(0, bin))];
  // Pieces between bin centres: piece k runs from centre k - 1 to centre k; the outer two are half as long.
  let piece = 0;
  let startS = 0;
  let startCount = 0;
  for (let i = 0; i < times.length; i++) {
    for (;;) {
      const lengthS = piece === 0 || piece > last ? binS / 2 : binS;
      const from = rateAt(piece - 1);
      const to = rateAt(piece);
      const inPiece = ((from + to) / 2) * lengthS;
      const wanted = times[i] - startCount;
      if (wanted <= inPiece) {
        // Solves from t + slope t^2 / 2 = wanted, in the form without cancellation.
        const slope = (to - from) / lengthS;
        times[i] = startS + (2 * wanted) / (from + Math.sqrt(Math.max(0, from * from + 2 * slope * wanted)));
        break;
      }
      startCount += inPiece;
      startS += lengthS;
      piece = piece > last ? 0 : piece + 1;
    }
  }
}

function burstTimes(times: Float64Array, spec: Extract<Arrivals, { type: 'on-off-bursts' }>, seed: number): void {
  const { burstSize, inBurstGapS, offGapS } = spec;
  let burst = -1;
  let left = 0;
  sumGaps(times, (i) => {
    if (left > 0) {
      left--;
      const k = choose(uniform(seed, Purpose.arrival, i, 0), inBurstGapS.weights);
      const gapS = exp(inBurstGapS.mu[k] + inBurstGapS.sigma[k] * normal(seed, Purpose.arrival, i, 1));
      return Math.min(inBurstGapS.max, Math.max(inBurstGapS.min, gapS));
    }
    burst++;
    const size = lognormal(seed, Purpose.burst, burst, 0, burstSize.mu, burstSize.sigma);
    left = Math.max(burstSize.min, Math.floor(size + 0.5));
    // The first burst begins at time 0.
    if (i === 0) return 0;
    return Math.max(offGapS.min, lognormal(seed, Purpose.burst, burst, 1, offGapS.mu, offGapS.sigma));
  });
}
