/** Figures by which generated traffic is compared with recorded traffic. Only tests use this file. */

export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** Share of the values that are at most `x`. */
export function shareUpTo(values: ArrayLike<number>, x: number): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] <= x) count++;
  return count / values.length;
}

/** Largest distance between two empirical distributions (Kolmogorov-Smirnov), ties included. */
export function ksDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const x = Float64Array.from(a).sort();
  const y = Float64Array.from(b).sort();
  let i = 0;
  let j = 0;
  let worst = 0;
  while (i < x.length && j < y.length) {
    const at = Math.min(x[i], y[j]);
    while (i < x.length && x[i] <= at) i++;
    while (j < y.length && y[j] <= at) j++;
    worst = Math.max(worst, Math.abs(i / x.length - j / y.length));
  }
  return worst;
}

/** Standard deviation over mean of the gaps between arrivals. 1 for a Poisson process. */
export function gapVariation(arrivalUs: ArrayLike<number>): number {
  const gaps = Array.from({ length: arrivalUs.length - 1 }, (_, i) => arrivalUs[i + 1] - arrivalUs[i]);
  const mean = meanOf(gaps);
  return Math.sqrt(meanOf(gaps.map((gap) => (gap - mean) ** 2))) / mean;
}

/** Variance over mean of the arrivals a window (index of dispersion for counts). 1 for a Poisson process. */
export function countDispersion(arrivalUs: ArrayLike<number>, windowS: number): number {
  const windows = Math.floor(arrivalUs[arrivalUs.length - 1] / (windowS * 1e6));
  const counts = new Array<number>(windows).fill(0);
  for (let i = 0; i < arrivalUs.length; i++) {
    const window = Math.floor(arrivalUs[i] / (windowS * 1e6));
    if (window < windows) counts[window]++;
  }
  const mean = meanOf(counts);
  return meanOf(counts.map((count) => (count - mean) ** 2)) / mean;
}
