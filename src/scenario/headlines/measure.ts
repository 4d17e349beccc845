/** Ways to get a row's number out of its scenarios. */

import type { Criterion } from '../criterion.ts';
import { judge } from '../criterion.ts';
import { highestRate } from '../crossing.ts';
import { replicasOf } from '../fleet/knobs.ts';
import type { Knobs } from '../knobs.ts';
import { encode } from '../link.ts';
import type { Simulated } from '../simulate.ts';
import type { RowResult, Side, SideResult } from './entry.ts';
import type { Probe } from './probe.ts';

/** Measures the sides of a row. */
export type Measure = (probe: Probe, sides: readonly Side[]) => Pick<RowResult, 'ours' | 'sides'>;

/** A number of one run. */
export type Metric = (simulated: Simulated) => number;

/** What one side comes to. */
export type SideMeasure = (probe: Probe, knobs: Knobs) => SideResult;

/** The first side by the second, or the first alone. */
export function ratio(each: SideMeasure): Measure {
  return (probe, sides) => {
    const results = sides.map((side) => each(probe, side.knobs));
    const [subject, baseline] = results.map((result) => result.value);
    return { ours: baseline === undefined ? subject : subject / baseline, sides: results };
  };
}

/** The second side by the first: how many times lower the first one is. */
export function timesLower(each: SideMeasure): Measure {
  return (probe, sides) => {
    const results = sides.map((side) => each(probe, side.knobs));
    return { ours: results[1].value / results[0].value, sides: results };
  };
}

/** A metric of one run of the scenario as it is. */
export function metric(of: Metric): SideMeasure {
  return (probe, knobs) => {
    const scaled = { ...knobs, requests: probe.requests(knobs.requests) };
    const simulated = probe.run(scaled);
    return { value: of(simulated), link: linkOf(scaled, simulated), fingerprint: simulated.account.fingerprint };
  };
}

/** Link of a run, with the fingerprint that the page compares its own run with. */
export function linkOf(knobs: Knobs, { account }: Pick<Simulated, 'account'>): string {
  return encode(knobs, { fingerprint: account.fingerprint });
}

/** How a search for the highest rate goes about it. */
export interface RateSearch {
  readonly criterion: Criterion;
  /** Seconds of traffic of a run: there are as many requests as come in that time. Left out: the scenario's requests. */
  readonly spanS?: number;
  /** Width of the bracket at which a search ends, relative to the rate. */
  readonly tolerance: number;
}

interface Found {
  readonly ratePerS: number;
  readonly knobs: Knobs;
  readonly simulated: Simulated;
}

/** The highest rate at which the scenario keeps the criterion. Rates are whole hundredths, as links have them. */
export function capacity(search: RateSearch): SideMeasure {
  return (probe, knobs) => {
    const { ratePerS, knobs: at, simulated } = capacityRun(probe, knobs, search);
    return { value: ratePerS, link: linkOf(at, simulated), fingerprint: simulated.account.fingerprint };
  };
}

/** The same by GPU. */
export function capacityByGpu(search: RateSearch): SideMeasure {
  return (probe, knobs) => {
    const found = capacity(search)(probe, knobs);
    const { facts } = capacityRun(probe, knobs, search).simulated.built;
    return { ...found, value: found.value / (replicasOf(knobs) * facts.devices) };
  };
}

/** The same with the run at that rate. */
export function capacityRun(probe: Probe, knobs: Knobs, search: RateSearch): Found {
  const { criterion, ...how } = search;
  return searchRate(probe, knobs, JSON.stringify([knobs, search]), how, (run) => judge(run, criterion).holds);
}

/** The highest rate at which a scenario's run holds, with that run; made once for all who ask with the same key. */
export function searchRate(
  probe: Probe,
  knobs: Knobs,
  key: string,
  { spanS, tolerance }: Omit<RateSearch, 'criterion'>,
  holds: (simulated: Simulated, at: Knobs) => boolean,
): Found {
  return probe.once(key, () => {
    const bracket = { fromPerS: knobs.rate, lowestPerS: 0.01, highestPerS: 1000, tolerance };
    const found = highestRate(bracket, (rate) => {
      const at = atRate(probe, knobs, rate, spanS);
      const simulated = probe.run(at);
      return { ok: true, value: { holds: holds(simulated, at), seen: { knobs: at, simulated } } };
    });
    if (!found.ok || found.value.seen === null) throw new Error(`${knobs.engine}: no rate keeps the criterion`);
    return { ratePerS: found.value.seen.knobs.rate, ...found.value.seen };
  });
}

/** The scenario at a rate, for so many seconds of traffic. */
export function atRate(probe: Probe, knobs: Knobs, ratePerS: number, spanS?: number): Knobs {
  const rate = Math.max(0.01, Math.round(ratePerS * 1000) / 1000);
  const requests = spanS === undefined ? probe.requests(knobs.requests) : probe.requests(Math.round(rate * spanS), 200);
  return { ...knobs, rate, requests };
}
