import { describe, expect, it } from 'vitest';
import type { Knobs } from '../knobs.ts';
import { presetOf } from '../presets.ts';
import { Probe } from './probe.ts';
import { budgetOf, clusters } from './rows/splitwise.ts';
import { capacityWithin, keeps, type Slowdowns } from './slowdown.ts';

const chat: Knobs = { ...presetOf('azure-chat').knobs, workload: 'lengths', lengths: 'azure-chat', requests: 200 };
const limits = (times: number): Slowdowns => ({
  ttft: [times, times, times],
  tpot: [times, times, times],
  e2e: [times, times, times],
});

describe('slowdowns against the same requests alone', () => {
  const probe = new Probe();
  const alone = probe.run({ ...chat, clients: 1, requests: 256 }).account.outcomes;

  it('are one where nobody is in the way, though more come behind', () => {
    const { outcomes } = probe.run({ ...chat, clients: 1 }).account;
    expect(keeps(outcomes, alone, limits(1))).toBe(true);
    expect(keeps(outcomes, alone, limits(0.999))).toBe(false);
  });

  it('are bounded each: one percentile of one latency beyond its limit is enough', () => {
    const { outcomes } = probe.run({ ...chat, rate: 12 }).account;
    expect(keeps(outcomes, alone, limits(1))).toBe(false);
    const wide = limits(1000);
    expect(keeps(outcomes, alone, wide)).toBe(true);
    for (const metric of ['ttft', 'tpot', 'e2e'] as const)
      expect(keeps(outcomes, alone, { ...wide, [metric]: [1000, 1000, 1] }), metric).toBe(false);
  });

  it('are of the same requests only', () => {
    const { outcomes } = probe.run({ ...chat, clients: 1, seed: 8 }).account;
    expect(() => keeps(outcomes, alone, limits(9))).toThrow('another one alone');
  });

  it('end a search for the highest rate: tighter limits give a lower one', () => {
    const rateOf = (times: number) =>
      capacityWithin({ most: limits(times), reference: { replicas: 1 }, spanS: 10, tolerance: 0.3 })(probe, chat).value;
    const [tight, wide] = [rateOf(2), rateOf(4)];
    expect(tight).toBeGreaterThan(0);
    expect(wide).toBeGreaterThan(tight);
  });
});

describe('the clusters of Splitwise', () => {
  const { a100, h100, aa, aaAtCost, ha } = clusters;

  it('have the power, or the price, that their rows say', () => {
    for (const cluster of [a100, aa, ha]) expect(budgetOf(cluster).power).toBe(budgetOf(h100).power);
    expect(budgetOf(aaAtCost).usdPerHour / budgetOf(h100).usdPerHour).toBeCloseTo(1, 1);
    expect(1 - budgetOf(ha).usdPerHour / budgetOf(h100).usdPerHour).toBeCloseTo(0.1, 1);
  });
});
