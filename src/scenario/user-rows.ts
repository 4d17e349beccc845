/** What each user of a run asked for and got. */

import type { Distribution, Outcomes } from '../sim/metrics/result.ts';
import { summarise } from '../sim/metrics/summarise.ts';

export interface UserRow {
  readonly user: number;
  readonly requests: number;
  readonly finished: number;
  readonly ttft: Distribution;
  readonly e2e: Distribution;
  /** Prompt tokens of the requests that got a token, and twice the output tokens: what fair share counts. */
  readonly servedTokens: number;
}

/** One row a user, whoever sent most first; of equal ones the smaller number. */
export function userRows(outcomes: Outcomes): UserRow[] {
  const served = new Map<number, number>();
  for (let r = 0; r < outcomes.count; r++) {
    const user = outcomes.user[r];
    const prompt = outcomes.outputTokens[r] > 0 ? outcomes.promptTokens[r] : 0;
    served.set(user, (served.get(user) ?? 0) + prompt + 2 * outcomes.outputTokens[r]);
  }
  return [...served]
    .map(([user, servedTokens]) => {
      const { requests, finished, ttft, e2e } = summarise(outcomes, { user });
      return { user, requests, finished, ttft, e2e, servedTokens };
    })
    .sort((a, b) => b.requests - a.requests || a.user - b.user);
}
