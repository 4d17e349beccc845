import { describe, expect, it } from 'vitest';
import type { RunComparison } from './format.ts';
import { compareTimes, median, quantile } from './latencies.ts';
import { hasRightSign, pairSummaries, settingPairs } from './pairs.ts';
import { errorSummaries } from './summary.ts';

function run(name: string, settings: RunComparison['settings'], measured: number, simulated: number): RunComparison {
  return {
    name,
    settings,
    quantities: [{ quantity: 'tpot', unit: 's', measured, simulated }],
    queueingShare: 0,
    preemptions: 0,
  };
}

/** Two engines, two sizes, and one server that has no partner. */
const runs = [
  run('c', { engine: 'b', clients: 8 }, 2, 2.2),
  run('a', { engine: 'a', clients: 8 }, 1, 1.1),
  run('b', { engine: 'a', clients: 16 }, 1.5, 1.05),
  run('d', { engine: 'b', clients: 32 }, 4, 5),
];

describe('pairs of runs', () => {
  it('differ in one setting and in nothing else, the smaller value first', () => {
    expect(settingPairs(runs).map(({ from, to, differsIn }) => [from, to, ...differsIn])).toEqual([
      ['a', 'c', 'engine'],
      ['c', 'd', 'clients'],
      ['a', 'b', 'clients'],
    ]);
    expect(settingPairs(runs)[0].changes).toEqual([{ quantity: 'tpot', measured: 1, simulated: 1 }]);
    expect(settingPairs([])).toEqual([]);
  });
  it('say how far both move, and how often the same way', () => {
    const [, clients] = pairSummaries(settingPairs(runs));
    expect(clients).toMatchObject({ setting: 'clients', pairs: 2, rightSigns: 0.5 });
    // 2 -> 4 and 1 -> 1.5 measured; 2.2 -> 5 and 1.1 -> 1.05 simulated.
    expect(clients.measuredMedian).toBeCloseTo((1 + 0.5) / 2);
    expect(clients.simulatedMedian).toBeCloseTo((5 / 2.2 - 1 + (1.05 / 1.1 - 1)) / 2);
  });
  it('count changes below two per cent as none', () => {
    const change = (measured: number, simulated: number) => hasRightSign({ quantity: 'ttft', measured, simulated });
    expect(change(0.01, -0.01)).toBe(true);
    expect(change(0.03, 0.3)).toBe(true);
    expect(change(0.03, 0.01)).toBe(false);
    expect(change(-0.5, 0.5)).toBe(false);
  });
});

describe('errors of many runs', () => {
  it('are summed up over all and by setting', () => {
    const [all, ...groups] = errorSummaries(runs);
    // Errors: 10 %, 10 %, -30 %, 25 %.
    expect(all).toMatchObject({ of: 'all', runs: 4 });
    expect(all.medianAbsolute).toBeCloseTo(0.175);
    expect(all.medianSigned).toBeCloseTo(0.1);
    expect(groups.map(({ of, runs: count }) => [of, count])).toEqual([
      ['engine a', 2],
      ['engine b', 2],
      ['clients 8', 2],
      ['clients 16', 1],
      ['clients 32', 1],
    ]);
  });
});

describe('latencies', () => {
  it('have the percentiles that NumPy has', () => {
    const ten = Array.from({ length: 10 }, (_, i) => i + 1);
    expect(quantile(ten, 0.5)).toBe(5.5);
    expect(quantile(ten, 0.9)).toBeCloseTo(9.1);
    expect(quantile(ten, 0.99)).toBeCloseTo(9.91);
    expect(quantile([3], 0.99)).toBe(3);
    expect(median([9, 1, 4])).toBe(4);
  });
  it('of requests follow from when they came, began and ended', () => {
    const times = (shift: number) => [
      { arrivalS: 0, firstTokenS: 1 + shift, lastTokenS: 3 + shift, outputTokens: 5 },
      // A single token has no gap.
      { arrivalS: 1, firstTokenS: 5 + shift, lastTokenS: 5 + shift, outputTokens: 1 },
    ];
    const compared = compareTimes(times(0), times(1), ['mean', 'p50']);
    const of = (quantity: string) => compared.find((c) => c.quantity === quantity);
    expect(of('ttft.mean')).toMatchObject({ measured: 2.5, simulated: 3.5 });
    expect(of('tpot.mean')).toMatchObject({ measured: 0.5, simulated: 0.5 });
    expect(of('e2e.p50')).toMatchObject({ measured: 3.5, simulated: 4.5 });
    expect(of('makespan')).toMatchObject({ measured: 5, simulated: 6 });
    expect(of('throughput')).toMatchObject({ measured: 6 / 5, simulated: 1 });
  });
});
