/** Which moment of one run goes with a moment of another. */

import type { Outcomes } from '../protocol/run.ts';

/** The turns of a request's life, in order. */
const turns = ['arrivalUs', 'firstScheduledUs', 'firstTokenUs', 'finishUs'] as const;

/** When each request came to the turns of its life, microseconds; NaN = never. */
export type Lives = Readonly<Record<(typeof turns)[number], Float64Array>>;

/** A copy: the outcomes themselves are given to the page. */
export function livesOf({ arrivalUs, firstScheduledUs, firstTokenUs, finishUs }: Outcomes): Lives {
  return {
    arrivalUs: arrivalUs.slice(),
    firstScheduledUs: firstScheduledUs.slice(),
    firstTokenUs: firstTokenUs.slice(),
    finishUs: finishUs.slice(),
  };
}

/**
 * When a request is as far in run `a` as it is at `us` in run `b`: the same share of its wait, of its prompt or of its
 * decoding is over. Before it arrives and after it ends, as long before or after. Where it never comes to the next turn in
 * one of the runs, time goes on alike from the last one.
 */
export function momentInLife(b: Lives, a: Lives, request: number, us: number): number {
  let fromB = b.arrivalUs[request];
  let fromA = a.arrivalUs[request];
  if (Number.isNaN(fromA) || Number.isNaN(fromB)) return us;
  if (us < fromB) return Math.max(0, fromA - (fromB - us));
  for (const turn of turns.slice(1)) {
    const toB = b[turn][request];
    const toA = a[turn][request];
    if (Number.isNaN(toB) || Number.isNaN(toA)) break;
    if (us < toB) return fromA + ((us - fromB) / (toB - fromB)) * (toA - fromA);
    fromB = toB;
    fromA = toA;
  }
  return fromA + (us - fromB);
}
