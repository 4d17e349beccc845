import { Histogram, sortedQuantile } from './histogram.ts';
import type { Distribution } from './result.ts';

/** Values up to which percentiles are exact; beyond, sorting them would cost more than the last 1.6 % are worth. */
export const EXACT_UP_TO = 1_000_000;

/** Distribution of whole microseconds; NaN values are left out. Sorts `values` in place if they are few enough. */
export function distributionOf(values: Float64Array, exactUpTo = EXACT_UP_TO): Distribution {
  const histogram = new Histogram();
  let used = 0;
  for (const us of values) {
    if (Number.isNaN(us)) continue;
    histogram.add(us, 1);
    values[used++] = us;
  }
  if (used > exactUpTo) return fromHistogram(histogram);
  const sorted = values.subarray(0, used).sort();
  return {
    ...fromHistogram(histogram),
    p50Us: sortedQuantile(sorted, 0.5),
    p90Us: sortedQuantile(sorted, 0.9),
    p99Us: sortedQuantile(sorted, 0.99),
    exact: true,
  };
}

/** The distribution that a histogram stands for, percentiles right to a bin's width. */
export function fromHistogram(histogram: Histogram): Distribution {
  const { bins, count, sumUs, minUs, maxUs } = histogram;
  return {
    bins,
    count,
    meanUs: count > 0 ? sumUs / count : Number.NaN,
    minUs: count > 0 ? minUs : Number.NaN,
    maxUs: count > 0 ? maxUs : Number.NaN,
    p50Us: histogram.quantile(0.5),
    p90Us: histogram.quantile(0.9),
    p99Us: histogram.quantile(0.99),
    exact: false,
  };
}
