import type { Outcomes } from '../../sim/metrics/result.ts';
import { Status } from '../../sim/request.ts';
import type { Compared, Quantity } from './format.ts';

/** When one request arrived, got its first and its last token, seconds, and how many tokens it got. */
export interface RequestTimes {
  readonly arrivalS: number;
  readonly firstTokenS: number;
  readonly lastTokenS: number;
  readonly outputTokens: number;
}

/** The same of the requests of a simulation that finished. */
export function simulatedTimes(outcomes: Outcomes): RequestTimes[] {
  const times: RequestTimes[] = [];
  for (let r = 0; r < outcomes.count; r++) {
    if (outcomes.status[r] !== Status.finished) continue;
    times.push({
      arrivalS: outcomes.arrivalUs[r] / 1e6,
      firstTokenS: outcomes.firstTokenUs[r] / 1e6,
      lastTokenS: outcomes.finishUs[r] / 1e6,
      outputTokens: outcomes.outputTokens[r],
    });
  }
  return times;
}

const metrics = {
  ttft: (t: RequestTimes) => t.firstTokenS - t.arrivalS,
  tpot: (t: RequestTimes) => (t.lastTokenS - t.firstTokenS) / (t.outputTokens - 1),
  e2e: (t: RequestTimes) => t.lastTokenS - t.arrivalS,
} as const;

const statistics = {
  mean: (sorted: readonly number[]) => sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
  p50: (sorted: readonly number[]) => quantile(sorted, 0.5),
  p90: (sorted: readonly number[]) => quantile(sorted, 0.9),
  p95: (sorted: readonly number[]) => quantile(sorted, 0.95),
  p99: (sorted: readonly number[]) => quantile(sorted, 0.99),
} as const;

type Statistic = keyof typeof statistics;

/** Mean and percentiles of TTFT, TPOT and E2E, and makespan and throughput, of the same requests as measured and as simulated. */
export function compareTimes(
  measured: readonly RequestTimes[],
  simulated: readonly RequestTimes[],
  wanted: readonly Statistic[] = ['mean', 'p50', 'p90', 'p99'],
): Compared[] {
  const compared: Compared[] = [];
  const of = (times: readonly RequestTimes[], metric: keyof typeof metrics) =>
    // A single token has no gap.
    Array.from(times, metrics[metric])
      .filter((value) => Number.isFinite(value))
      .sort((a, b) => a - b);
  for (const metric of Object.keys(metrics) as (keyof typeof metrics)[]) {
    const ours = of(simulated, metric);
    const theirs = of(measured, metric);
    for (const name of wanted) {
      const statistic = statistics[name];
      const quantity: Quantity = `${metric}.${name}`;
      compared.push({ quantity, unit: 's', measured: statistic(theirs), simulated: statistic(ours) });
    }
  }
  const [theirs, ours] = [totals(measured), totals(simulated)];
  compared.push({ quantity: 'makespan', unit: 's', measured: theirs.spanS, simulated: ours.spanS });
  compared.push({
    quantity: 'throughput',
    unit: 'tokens/s',
    measured: theirs.tokens / theirs.spanS,
    simulated: ours.tokens / ours.spanS,
  });
  return compared;
}

/** From the first arrival to the last token, and the tokens of that time. */
function totals(times: readonly RequestTimes[]): { readonly spanS: number; readonly tokens: number } {
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  let tokens = 0;
  for (const t of times) {
    first = Math.min(first, t.arrivalS);
    last = Math.max(last, t.lastTokenS);
    tokens += t.outputTokens;
  }
  return { spanS: last - first, tokens };
}

/** Linear between the two nearest ranks, as NumPy has it and the published figures are made. */
export function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

export function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

/** Share of the finished requests' end-to-end time that passed before their first step. */
export function queueingShare(outcomes: Outcomes): number {
  let queueingUs = 0;
  let allUs = 0;
  for (let r = 0; r < outcomes.count; r++) {
    if (outcomes.status[r] !== Status.finished) continue;
    queueingUs += outcomes.firstScheduledUs[r] - outcomes.arrivalUs[r];
    allUs += outcomes.finishUs[r] - outcomes.arrivalUs[r];
  }
  return allUs > 0 ? queueingUs / allUs : 0;
}
