/**
 * Logarithmic histogram of whole microseconds whose bins come from integer bits, so that they are equal on every
 * machine: values below 32 have a bin each, then every octave has 32 equal bins (relative width at most 1/32, so a
 * bin's middle is right to 1.6 %).
 */

/** Bins for values up to 2^52 us. */
export const BIN_COUNT = 32 * 49;

/** Width of a bin in each octave from 32 us on: powers of two, exact. */
const octaveUs = Float64Array.from(
  { length: 49 },
  (_, octave) => (1 << (octave % 24)) * (octave < 24 ? 1 : 1 << 24) * (octave < 48 ? 1 : 1 << 24),
);

/** Bin of a value. Negative values and fractions are not expected. */
export function binOf(us: number): number {
  let value = us;
  let shift = 0;
  while (value >= 2147483648) {
    value = Math.floor(value / 1024);
    shift += 10;
  }
  if (value < 32) return value;
  const exponent = 31 - Math.clz32(value);
  return (exponent + shift - 4) * 32 + ((value >>> (exponent - 5)) & 31);
}

/** Smallest value of a bin. */
export function binLowUs(bin: number): number {
  if (bin < 32) return bin;
  return (32 + (bin & 31)) * octaveUs[(bin >> 5) - 1];
}

/** Smallest value of the next bin. */
export function binHighUs(bin: number): number {
  return binLowUs(bin + 1);
}

/** What a histogram has counted: plain data. */
export type HistogramCounts = Pick<Histogram, 'bins' | 'count' | 'sumUs' | 'minUs' | 'maxUs'>;

/** Counts by bin, with the exact sum and extremes. */
export class Histogram {
  readonly bins = new Float64Array(BIN_COUNT);
  count = 0;
  sumUs = 0;
  minUs = Number.POSITIVE_INFINITY;
  maxUs = 0;

  /** Adds `times` samples of one value. */
  add(us: number, times: number): void {
    this.bins[binOf(us)] += times;
    this.count += times;
    this.sumUs += us * times;
    if (us < this.minUs) this.minUs = us;
    if (us > this.maxUs) this.maxUs = us;
  }

  /** Adds all samples of another histogram. */
  merge(other: HistogramCounts): void {
    for (let bin = 0; bin < BIN_COUNT; bin++) this.bins[bin] += other.bins[bin];
    this.count += other.count;
    this.sumUs += other.sumUs;
    if (other.minUs < this.minUs) this.minUs = other.minUs;
    if (other.maxUs > this.maxUs) this.maxUs = other.maxUs;
  }

  /** The value below which a share of the samples lies, to half a bin's width; NaN without samples. */
  quantile(share: number): number {
    if (this.count === 0) return Number.NaN;
    const rank = Math.ceil(share * this.count);
    let seen = 0;
    for (let bin = 0; bin < BIN_COUNT; bin++) {
      seen += this.bins[bin];
      if (seen >= rank && seen > 0) {
        const middle = Math.floor((binLowUs(bin) + binHighUs(bin) - 1) / 2);
        return Math.min(this.maxUs, Math.max(this.minUs, middle));
      }
    }
    return this.maxUs;
  }
}

/** Exact quantile of sorted values (nearest rank); NaN without values. */
export function sortedQuantile(sorted: Float64Array, share: number): number {
  return sorted.length === 0 ? Number.NaN : sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
