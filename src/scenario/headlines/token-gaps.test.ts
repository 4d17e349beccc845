import { describe, expect, it } from 'vitest';
import { AttemptEnd } from '../../sim/cluster/attempts.ts';
import { SideBySideRun } from '../../sim/cluster/fleet-run.ts';
import { buildFleet } from '../fleet/fleet.ts';
import type { Knobs, KnobValue } from '../knobs.ts';
import { presetOf } from '../presets.ts';
import { simulateScenario } from '../simulate.ts';
import { effectiveThroughput, fleetTokenTimes, longestGapsMean, tokenTimes } from './token-gaps.ts';

const knobs = { ...presetOf('azure-chat').knobs, requests: 80, clients: 12 };

describe('tokenTimes', () => {
  it('has the first and the last token of every request where the account of the run has them', () => {
    for (const engine of ['vllm', 'vllm-2023', 'static']) {
      const scenario = { ...knobs, engine };
      const simulated = simulateScenario(scenario, {});
      if (!simulated.ok) throw new Error('not built');
      const { outcomes } = simulated.value.account;
      const { tokenUs, arrivalUs } = tokenTimes(scenario);
      expect([...arrivalUs]).toEqual([...outcomes.arrivalUs]);
      expect(tokenUs.map((us) => us.length)).toEqual([...outcomes.outputTokens]);
      expect(tokenUs.map((us) => us[0])).toEqual([...outcomes.firstTokenUs]);
      expect(tokenUs.map((us) => us[us.length - 1])).toEqual([...outcomes.finishUs]);
    }
  });
});

describe('fleetTokenTimes', () => {
  it('has the first and the last token of every request where the account of the fleet has them, whole or apart, with a store', () => {
    const mooncake = { ...presetOf('mooncake').knobs, requests: 200, 'max-tokens-ahead': 0 };
    const others: readonly Partial<Record<string, KnobValue>>[] = [
      {},
      { 'kv-store-gib': 50 },
      { 'prefill-replicas': 0, router: 'round-robin' },
      { 'first-token': 'decode' },
    ];
    for (const more of others) {
      const fleet = buildFleet({ ...mooncake, ...more } as Knobs);
      if (!fleet.ok) throw new Error('not built');
      const run = new SideBySideRun(fleet.value.config, fleet.value.one.source);
      while (!run.advance(Number.POSITIVE_INFINITY));
      const { outcomes, summary } = run.account().whole;
      const { tokenUs, arrivalUs, endUs } = fleetTokenTimes(run.fleet);
      expect([...arrivalUs]).toEqual([...outcomes.arrivalUs]);
      expect(tokenUs.map((us) => us.length)).toEqual([...outcomes.outputTokens]);
      expect(tokenUs.map((us) => us[0])).toEqual([...outcomes.firstTokenUs]);
      expect(tokenUs.map((us) => us[us.length - 1])).toEqual([...outcomes.finishUs]);
      expect(endUs).toBe(summary.durationUs);
    }
  });

  it('has the tokens of the last try where replicas died', () => {
    const knobs = {
      ...presetOf('mooncake').knobs,
      requests: 200,
      'max-tokens-ahead': 0,
      'replica-mtbf-s': 60,
      'client-retries': 1,
    };
    const fleet = buildFleet(knobs);
    if (!fleet.ok) throw new Error('not built');
    const run = new SideBySideRun(fleet.value.config, fleet.value.one.source);
    while (!run.advance(Number.POSITIVE_INFINITY));
    const { outcomes, summary } = run.account().whole;
    const { tokenUs } = fleetTokenTimes(run.fleet);
    expect(run.fleet.attempts.end.includes(AttemptEnd.lost)).toBe(true);
    expect(tokenUs.filter((us) => us.length > 0).length).toBe(summary.finished);
    for (const [request, us] of tokenUs.entries())
      if (us.length > 0)
        expect([us.length, us[0]]).toEqual([outcomes.outputTokens[request], outcomes.firstTokenUs[request]]);
  });

  it('has no token of requests that were refused', () => {
    const fleet = buildFleet({ ...presetOf('mooncake').knobs, requests: 200, 'max-tokens-ahead': 1000 });
    if (!fleet.ok) throw new Error('not built');
    const run = new SideBySideRun(fleet.value.config, fleet.value.one.source);
    while (!run.advance(Number.POSITIVE_INFINITY));
    const { finished, requests } = run.account().whole.summary;
    expect(finished).toBeLessThan(requests);
    expect(fleetTokenTimes(run.fleet).tokenUs.filter((us) => us.length > 0).length).toBe(finished);
  });
});

describe('longestGapsMean', () => {
  it('is the mean of the longest tenth of the gaps, of one gap at least', () => {
    expect(longestGapsMean([])).toBe(0);
    expect(longestGapsMean([5])).toBe(0);
    expect(longestGapsMean([5, 8, 9])).toBe(3);
    // Twenty gaps of 1 to 20: 19 and 20 are the longest two.
    const times = Array.from({ length: 21 }, (_, i) => (i * (i + 1)) / 2);
    expect(longestGapsMean(times)).toBe(19.5);
  });
});

describe('effectiveThroughput', () => {
  const times = (tokenUs: readonly (readonly number[])[]) => ({
    arrivalUs: Float64Array.from(tokenUs, () => 0),
    promptTokens: Int32Array.from(tokenUs, () => 512),
    tokenUs,
    endUs: 2e6,
  });

  it('counts whose first token comes in time and whose later ones keep their pace', () => {
    const good = [900_000, 1_000_000, 1_100_000];
    const lateFirst = [1_100_000, 1_200_000];
    const slow = [900_000, 1_300_000];
    expect(effectiveThroughput(times([good, lateFirst, slow, good]), 4)).toEqual({
      perS: 2,
      share: 0.5,
      effectivePerS: 1,
    });
  });
});
