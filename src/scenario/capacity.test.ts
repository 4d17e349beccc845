import { describe, expect, it } from 'vitest';
import { findCapacity } from './capacity.ts';
import { meanInterval } from './interval.ts';
import { presetOf } from './presets.ts';
import { sweep, sweepPoints } from './sweep.ts';

const chat = { ...presetOf('azure-chat').knobs, requests: 300 };

describe('findCapacity', () => {
  const question = { slo: { ttftUs: 500_000, tpotUs: 30_000 }, attain: 0.9, seeds: 2, tolerance: 0.05 };

  it('encloses the highest rate that keeps the SLO between one that holds and one that fails', () => {
    const tried: [seed: number, rate: number, attainment: number][] = [];
    const found = findCapacity(chat, {}, question, (...args) => tried.push(args));
    if (!found.ok) throw new Error('not built');
    const { bySeed, ratePerS } = found.value;
    expect(bySeed.map((s) => s.seed)).toEqual([7, 8]);
    for (const { seed, ratePerS: rate, failsAtPerS, attainment, runs } of bySeed) {
      const own = tried.filter(([s]) => s === seed);
      expect(own.length).toBe(runs);
      expect(attainment).toBeGreaterThanOrEqual(0.9);
      expect(own).toContainEqual([seed, rate, attainment]);
      expect(own.find(([, r]) => r === failsAtPerS)?.[2]).toBeLessThan(0.9);
      expect((failsAtPerS ?? 0) / rate).toBeLessThan(1.05);
    }
    expect(ratePerS.mean).toBeCloseTo((bySeed[0].ratePerS + bySeed[1].ratePerS) / 2);
    expect(ratePerS.low).toBeLessThan(ratePerS.mean);
  });

  it('is lower for a stricter SLO', () => {
    const rate = (tpotUs: number) => {
      const found = findCapacity(chat, {}, { ...question, slo: { tpotUs }, seeds: 1 });
      return found.ok ? found.value.ratePerS.mean : Number.NaN;
    };
    expect(rate(20_000)).toBeLessThan(rate(40_000));
    // Faster than the weights can be read.
    expect(rate(1000)).toBe(0);
  });

  it('refuses a scenario that has no rate', () => {
    const found = findCapacity(presetOf('tiny-paged').knobs, {}, question);
    expect(!found.ok && found.problems[0].field).toBe('rate');
  });
});

it('a mean over seeds has the interval of Student', () => {
  expect(meanInterval([5])).toEqual({ mean: 5, low: null, high: null });
  // Standard deviation 1, n = 3: 4.303 / sqrt(3).
  const { mean, low, high } = meanInterval([1, 2, 3]);
  expect(mean).toBe(2);
  expect(low).toBeCloseTo(2 - 2.4843, 3);
  expect(high).toBeCloseTo(2 + 2.4843, 3);
});

describe('sweep', () => {
  const axes = [
    { knob: 'max-num-batched-tokens', values: [512, 2048] },
    { knob: 'enable-chunked-prefill', values: [true, false] },
  ] as const;

  it('is the grid, each point with its seeds, and shards share it out', () => {
    const all = sweepPoints(chat, axes, 3);
    expect(all.length).toBe(12);
    expect(all[4]).toMatchObject({
      index: 4,
      over: { 'max-num-batched-tokens': 512, 'enable-chunked-prefill': false },
      knobs: { seed: 8, 'max-num-batched-tokens': 512, 'enable-chunked-prefill': false },
    });
    const shards = [0, 1, 2, 3, 4].flatMap((part) => sweepPoints(chat, axes, 3, { part, count: 5 }));
    expect(shards.sort((a, b) => a.index - b.index)).toEqual(all);
  });

  it('simulates each point', () => {
    const tiny = presetOf('tiny-paged').knobs;
    const points = sweepPoints(tiny, [{ knob: 'max-num-seqs', values: [1, 4] }]);
    const steps = [...sweep(points, {})].map(({ result }) => result.ok && result.value.account.summary.steps);
    expect(steps[0]).toBeGreaterThan(Number(steps[1]));
  });
});
