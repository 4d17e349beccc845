/** How many values are over a limit: counted one by one, never read off a curve. */

import type { Translate } from '../../i18n/i18n.ts';
import type { Distribution, LatencyMetric, Outcomes, RunResult } from '../../protocol/run.ts';
import { binHighUs, binOf } from '../../sim/metrics/histogram.ts';
import type { Slo } from '../../state/slo.ts';
import type { Format } from '../../ui/use-format.ts';
import { latencyOf } from './model.ts';

/** A limit on one metric and what is over it. */
export interface SloMark {
  readonly us: number;
  readonly late: number;
  readonly label: string;
  /** "6.2 % late; goodput 93.8 %". */
  readonly text: string;
}

/** A limit as it can be kept: gaps between tokens are counted in bins, so theirs is the last value of one. */
export function allowed(metric: LatencyMetric, us: number): number {
  return metric === 'itl' ? Math.max(1, binHighUs(binOf(Math.round(us))) - 1) : Math.max(1, Math.round(us));
}

export function sloMark(
  metric: LatencyMetric,
  us: number | undefined,
  result: RunResult,
  t: Translate,
  format: Format,
): SloMark | null {
  if (us === undefined) return null;
  const { outcomes } = result;
  const distribution = result.distributions[metric];
  const late = metric === 'itl' ? lateGaps(distribution, us) : lateRequests(metric, outcomes, us);
  const share = distribution.count === 0 ? 0 : late / distribution.count;
  const good = format.percent(1 - share);
  return {
    us,
    late,
    label: t('latency.slo', { value: format.duration(us) }),
    text: distribution.count === 0 ? '' : t('latency.late', { late: format.percent(share), good }),
  };
}

/** Gaps in the bins behind the limit's, whose last value it is. */
function lateGaps({ bins }: Distribution, us: number): number {
  let late = 0;
  for (let bin = binOf(us) + 1; bin < bins.length; bin++) late += bins[bin];
  return late;
}

function lateRequests(metric: LatencyMetric, outcomes: Outcomes, us: number): number {
  let late = 0;
  for (let r = 0; r < outcomes.count; r++) if (isFinished(outcomes, r) && latencyOf(metric, outcomes, r) > us) late++;
  return late;
}

function isFinished({ finishUs }: Outcomes, request: number): boolean {
  return !Number.isNaN(finishUs[request]);
}

/** Requests that keep all limits on requests, in words; '' without two such limits. */
export function goodputOf(slo: Slo, result: RunResult, t: Translate, format: Format): string {
  const limits = (['ttft', 'tpot', 'e2e'] as const).flatMap((metric) => {
    const us = slo[metric];
    return us === undefined ? [] : [{ metric, us }];
  });
  const { outcomes, summary } = result;
  if (limits.length < 2 || summary.finished === 0) return '';
  let good = 0;
  for (let r = 0; r < outcomes.count; r++) {
    // A request of one token has no gap that could be late.
    if (isFinished(outcomes, r) && !limits.some(({ metric, us }) => latencyOf(metric, outcomes, r) > us)) good++;
  }
  return t('latency.goodput', {
    share: format.percent(good / summary.finished),
    rate: format.number((good / summary.durationUs) * 1e6),
  });
}
