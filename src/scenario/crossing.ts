import type { Result } from './result.ts';

/** What a search for the highest rate found. */
export interface Crossing<T> {
  /** Requests a second; 0 = not even the lowest rate holds. */
  readonly ratePerS: number;
  /** What was seen at that rate; null if no rate holds. */
  readonly seen: T | null;
  /** The lowest rate that was seen to fail; null if the highest allowed one does not. */
  readonly failsAtPerS: number | null;
  readonly runs: number;
}

export interface Bracket {
  /** Rate to begin with. */
  readonly fromPerS: number;
  readonly lowestPerS: number;
  readonly highestPerS: number;
  /** Width of the bracket at which the search ends, relative to the rate. */
  readonly tolerance: number;
}

/**
 * The highest rate that holds. The rate is doubled or halved until one that holds and one that fails enclose it, then the
 * bracket is halved (geometrically). What is promised gets worse with the rate but for noise, so what is found is a crossing.
 */
export function highestRate<T>(
  { fromPerS, lowestPerS, highestPerS, tolerance }: Bracket,
  probe: (ratePerS: number) => Result<{ readonly holds: boolean; readonly seen: T }>,
): Result<Crossing<T>> {
  let runs = 0;
  let best: { readonly ratePerS: number; readonly seen: T | null } = { ratePerS: 0, seen: null };
  let fails: number | null = null;
  let rate = Math.min(highestPerS, Math.max(lowestPerS, fromPerS));
  for (;;) {
    const probed = probe(rate);
    if (!probed.ok) return probed;
    const { holds, seen } = probed.value;
    runs++;
    if (holds) best = { ratePerS: rate, seen };
    else fails = rate;
    if (best.ratePerS === highestPerS || fails === lowestPerS) break;
    if (fails === null) rate = Math.min(highestPerS, best.ratePerS * 2);
    else if (best.ratePerS === 0) rate = Math.max(lowestPerS, fails / 2);
    else if (fails / best.ratePerS < 1 + tolerance) break;
    else rate = Math.sqrt(best.ratePerS * fails);
  }
  return { ok: true, value: { ...best, failsAtPerS: fails, runs } };
}
