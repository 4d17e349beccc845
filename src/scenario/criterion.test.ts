import { describe, expect, it } from 'vitest';
import { type Criterion, judge } from './criterion.ts';
import { highestRate } from './crossing.ts';
import { presetOf } from './presets.ts';
import { simulateScenario } from './simulate.ts';

const simulated = (values: Readonly<Record<string, number>>) => {
  const result = simulateScenario({ ...presetOf('published').knobs, requests: 200, ...values }, {});
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
};

/** Median of end-to-end latency by output token, of an even number of requests the lower one. */
function medianByToken({ account: { outcomes } }: ReturnType<typeof simulated>): number {
  const us = [...outcomes.finishUs].map((finish, r) =>
    Math.round((finish - outcomes.arrivalUs[r]) / outcomes.outputTokens[r]),
  );
  return us.toSorted((a, b) => a - b)[us.length / 2 - 1];
}

describe('judge', () => {
  const light = simulated({ rate: 0.5 });
  const heavy = simulated({ rate: 20 });
  const all: readonly Criterion[] = [
    { kind: 'normalised', us: 100_000 },
    { kind: 'normalised', us: 50_000, of: 'median' },
    { kind: 'gaps', gapP99Us: 100_000, waitP50Us: 100_000 },
    { kind: 'attainment', slo: { ttftUs: 1_000_000, tpotUs: 60_000 }, attain: 0.9 },
  ];

  it.each(all)('$kind holds for a light load and not for a heavy one', (criterion) => {
    expect(judge(light, criterion).holds).toBe(true);
    expect(judge(heavy, criterion).holds).toBe(false);
  });

  it('names the number it judged by', () => {
    expect(judge(light, all[0]).value).toBe(light.account.summary.normalisedUs);
    expect(judge(light, all[1]).value).toBe(medianByToken(light));
    expect(judge(light, all[2]).value).toBe(light.account.distributions.itl.p99Us);
    expect(judge(light, all[3]).value).toBeGreaterThan(0.9);
  });

  it('takes a refused request for a broken promise', () => {
    const refused = simulated({ rate: 0.5, 'max-model-len': 600 });
    expect(refused.account.summary.rejected).toBe(0);
    const tooLong = simulated({ rate: 0.5, 'kv-tokens': 64 });
    expect(tooLong.account.summary.rejected).toBeGreaterThan(0);
    expect(judge(tooLong, { kind: 'normalised', us: 1e9 }).holds).toBe(false);
  });
});

describe('highestRate', () => {
  const bracket = { fromPerS: 1, lowestPerS: 0.01, highestPerS: 1000, tolerance: 0.01 };
  const upTo = (limit: number) => (rate: number) =>
    ({ ok: true, value: { holds: rate <= limit, seen: rate } }) as const;

  it.each([0.02, 0.7, 1, 3.3, 700])('finds %f between a rate that holds and one that fails', (limit) => {
    const found = highestRate(bracket, upTo(limit));
    if (!found.ok) throw new Error('never fails');
    const { ratePerS, seen, failsAtPerS } = found.value;
    expect(ratePerS).toBeLessThanOrEqual(limit);
    expect(failsAtPerS).toBeGreaterThan(limit);
    expect((failsAtPerS ?? 0) / ratePerS).toBeLessThan(1.01);
    expect(seen).toBe(ratePerS);
  });

  it('says where nothing fails, and where nothing holds', () => {
    expect(highestRate(bracket, upTo(1e9))).toMatchObject({ value: { ratePerS: 1000, failsAtPerS: null } });
    expect(highestRate(bracket, upTo(0))).toMatchObject({ value: { ratePerS: 0, seen: null, failsAtPerS: 0.01 } });
  });
});
