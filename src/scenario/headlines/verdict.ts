import type { Published } from './entry.ts';

/** How a simulated number stands to the published one; its words are `headlines.verdict.*`. */
export type Verdict =
  /** Between the published bounds. */
  | 'within'
  /** A single number was published, and ours is near it: within 10 %. */
  | 'near'
  /** "Up to" was published, and ours does not exceed it. */
  | 'below-most'
  | 'below'
  | 'above';

export interface Comparison {
  readonly verdict: Verdict;
  /** Relative difference from the published number, or from the nearest bound; 0 between bounds. */
  readonly difference: number;
}

/** A single number counts as met up to this relative difference. */
const near = 0.1;

/** Compares a number with what was published. */
export function compare(ours: number, { low, high }: Published): Comparison {
  if (low === 0) {
    const difference = ours / high - 1;
    return { verdict: difference <= 0 ? 'below-most' : 'above', difference };
  }
  if (ours >= low && ours <= high) return { verdict: 'within', difference: 0 };
  const difference = ours < low ? ours / low - 1 : ours / high - 1;
  if (low === high && Math.abs(difference) <= near) return { verdict: 'near', difference };
  return { verdict: difference < 0 ? 'below' : 'above', difference };
}
