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

/** What a rate was seen to do. */
export interface Probe<T> {
  readonly holds: boolean;
  readonly seen: T;
}

/**
 * The search for the highest rate that holds: yields the rates to be probed and is told what was seen. The rate is doubled or
 * halved until one that holds and one that fails enclose it, then the bracket is halved (geometrically). What is promised
 * gets worse with the rate but for noise, so what is found is a crossing.
 */
export function* crossingSearch<T>({
  fromPerS,
  lowestPerS,
  highestPerS,
  tolerance,
}: Bracket): Generator<number, Crossing<T>, Probe<T>> {
  let runs = 0;
  let best: { readonly ratePerS: number; readonly seen: T | null } = { ratePerS: 0, seen: null };
  let fails: number | null = null;
  let rate = Math.min(highestPerS, Math.max(lowestPerS, fromPerS));
  for (;;) {
    const { holds, seen } = yield rate;
    runs++;
    if (holds) best = { ratePerS: rate, seen };
    else fails = rate;
    if (best.ratePerS === highestPerS || fails === lowestPerS) break;
    if (fails === null) rate = Math.min(highestPerS, best.ratePerS * 2);
    else if (best.ratePerS === 0) rate = Math.max(lowestPerS, fails / 2);
    else if (fails / best.ratePerS < 1 + tolerance) break;
    else rate = Math.sqrt(best.ratePerS * fails);
  }
  return { ...best, failsAtPerS: fails, runs };
}

/** The highest rate that holds, probed one after the other. */
export function highestRate<T>(bracket: Bracket, probe: (ratePerS: number) => Result<Probe<T>>): Result<Crossing<T>> {
  const search = crossingSearch<T>(bracket);
  let next = search.next();
  while (next.done !== true) {
    const probed = probe(next.value);
    if (!probed.ok) return probed;
    next = search.next(probed.value);
  }
  return { ok: true, value: next.value };
}
