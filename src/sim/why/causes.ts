import { sortedQuantile } from '../metrics/histogram.ts';
import type { Outcomes } from '../metrics/result.ts';
import { Status } from '../request.ts';
import { type PartName, partNames } from './parts.ts';
import type { TimeAccounts } from './time-account.ts';

/** What the slowest requests of a run spent their time on. */
export interface TailCauses {
  readonly metric: 'ttft' | 'e2e';
  /** The percentile, 0 to 1, and its value. */
  readonly share: number;
  readonly thresholdUs: number;
  /** Requests at or beyond it, and all their time. */
  readonly requests: number;
  readonly totalUs: number;
  /** The largest parts, largest first; `share` is of `totalUs`. */
  readonly causes: readonly { readonly part: PartName; readonly us: number; readonly share: number }[];
}

/** Adds up the accounts of the requests at or beyond a percentile; of first tokens, the time up to the first token. */
export function tailCauses(
  accounts: TimeAccounts,
  outcomes: Pick<Outcomes, 'count' | 'status' | 'arrivalUs' | 'firstTokenUs' | 'finishUs'>,
  metric: TailCauses['metric'],
  share = 0.99,
  most = 3,
): TailCauses {
  const endUs = metric === 'ttft' ? outcomes.firstTokenUs : outcomes.finishUs;
  const ended: number[] = [];
  for (let r = 0; r < outcomes.count; r++) if (outcomes.status[r] === Status.finished) ended.push(r);
  const valueUs = (r: number): number => endUs[r] - outcomes.arrivalUs[r];
  const thresholdUs = sortedQuantile(Float64Array.from(ended, valueUs).sort(), share);
  const sums = new Float64Array(partNames.length);
  let requests = 0;
  for (const r of ended) {
    if (valueUs(r) < thresholdUs) continue;
    const parts = metric === 'ttft' ? accounts.toFirstToken(r) : accounts.of(r);
    if (parts === null) continue;
    requests++;
    for (let part = 0; part < parts.length; part++) sums[part] += parts[part];
  }
  const totalUs = sums.reduce((us, part) => us + part, 0);
  const causes = partNames
    .map((part, i) => ({ part, us: sums[i], share: totalUs > 0 ? sums[i] / totalUs : 0 }))
    .filter(({ us }) => us > 0)
    .sort((a, b) => b.us - a.us)
    .slice(0, most);
  return { metric, share, thresholdUs, requests, totalUs, causes };
}
