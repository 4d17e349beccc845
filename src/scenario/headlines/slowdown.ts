/** Splitwise's objective: no percentile of a latency may be too many times what the same requests take alone on the machine of reference. */

import { distributionOf } from '../../sim/metrics/distribution.ts';
import type { Outcomes } from '../../sim/metrics/result.ts';
import { tpotUsOf, ttftUsOf } from '../../sim/metrics/summarise.ts';
import type { Knobs, KnobValue } from '../knobs.ts';
import { linkOf, type RateSearch, type SideMeasure, searchRate } from './measure.ts';
import type { Probe } from './probe.ts';

/** Most that P50, P90 and P99 over the requests may be, each request's latency divided by its own alone. */
export type Slowdowns = Readonly<Record<'ttft' | 'tpot' | 'e2e', readonly [p50: number, p90: number, p99: number]>>;

export interface SlowdownSearch extends Omit<RateSearch, 'criterion'> {
  readonly most: Slowdowns;
  /** Knobs that make of a side's scenario the machine of reference. */
  readonly reference: Readonly<Record<string, KnobValue>>;
}

/** The highest rate at which a scenario keeps all of them. */
export function capacityWithin(search: SlowdownSearch): SideMeasure {
  const { most, reference, ...how } = search;
  return (probe, knobs) => {
    const key = JSON.stringify([knobs, search]);
    const found = searchRate(probe, knobs, key, how, ({ account: { summary, outcomes } }, tried) => {
      const isWhole = summary.finished === summary.requests;
      return isWhole && keeps(outcomes, aloneOn(probe, { ...tried, ...reference }), most);
    });
    const { ratePerS, simulated, knobs: at } = found;
    return { value: ratePerS, link: linkOf(at, simulated), fingerprint: simulated.account.fingerprint };
  };
}

/** The same requests, and perhaps others behind them, one after the other: a single client asks again when it has its answer, whatever the rate. */
function aloneOn(probe: Probe, knobs: Knobs): Outcomes {
  // Few lengths, so that searches share them.
  const requests = 2 ** Math.ceil(Math.log2(knobs.requests));
  const alone = { ...knobs, clients: 1, rate: 1, requests };
  return probe.once(JSON.stringify(alone), () => probe.run(alone)).account.outcomes;
}

/** Whether all percentiles of all slowdowns are within their limits. */
export function keeps(outcomes: Outcomes, alone: Outcomes, most: Slowdowns): boolean {
  const within = (of: LatencyOf, limits: Slowdowns['ttft']) => {
    const { p50Us, p90Us, p99Us } = slowdownsOf(outcomes, alone, of);
    return [p50Us, p90Us, p99Us].every((millionths, i) => millionths <= limits[i] * 1e6);
  };
  return within(ttftUsOf, most.ttft) && within(tpotUsOf, most.tpot) && within(e2eUsOf, most.e2e);
}

type LatencyOf = (outcomes: Outcomes, request: number) => number;

const e2eUsOf: LatencyOf = ({ finishUs, arrivalUs }, request) => finishUs[request] - arrivalUs[request];

/** Slowdowns of all requests that have the latency, in millionths: distributions are of whole numbers. */
function slowdownsOf(outcomes: Outcomes, alone: Outcomes, of: LatencyOf) {
  const slowdowns: number[] = [];
  for (let r = 0; r < outcomes.count; r++) {
    if (outcomes.promptTokens[r] !== alone.promptTokens[r]) throw new Error(`request ${r} is another one alone`);
    const slowdown = of(outcomes, r) / of(alone, r);
    if (!Number.isNaN(slowdown)) slowdowns.push(Math.round(slowdown * 1e6));
  }
  return distributionOf(Float64Array.from(slowdowns));
}
