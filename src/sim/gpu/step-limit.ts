/** What a step waits for most, from where its time goes. */

import type { Limit, OperatorTime } from './cost.ts';

export const limits: readonly Limit[] = ['compute', 'bandwidth', 'latency', 'link', 'host'];

export interface StepLimit {
  readonly limit: Limit;
  /** Share of the step's time in which operators wait for it, 0 to 1. */
  readonly share: number;
  /** Shares of all limits. */
  readonly shares: Readonly<Record<Limit, number>>;
}

/** The limit on which most of the time is spent; null for a step that takes no time. Equal shares: the first in `limits`. */
export function stepLimit(operators: readonly OperatorTime[]): StepLimit | null {
  const shares: Record<Limit, number> = { compute: 0, bandwidth: 0, latency: 0, link: 0, host: 0 };
  let all = 0;
  for (const { limit, us } of operators) {
    shares[limit] += us;
    all += us;
  }
  if (all <= 0) return null;
  for (const limit of limits) shares[limit] /= all;
  const limit = limits.reduce((most, each) => (shares[each] > shares[most] ? each : most));
  return { limit, share: shares[limit], shares };
}
