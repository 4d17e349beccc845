import { describe, expect, it } from 'vitest';
import { Run } from '../sim/run.ts';
import { build } from './build.ts';
import type { Knobs } from './knobs.ts';
import { decode, encode } from './link.ts';
import { presetOf } from './presets.ts';
import { budgetArms } from './queueing.ts';
import { isRead, knobEntry } from './registry.ts';

const chat = { ...presetOf('azure-chat').knobs, requests: 50 };

function configOf(change: Partial<Knobs>) {
  const built = build({ ...chat, ...change } as Knobs);
  if (!built.ok) throw new Error(JSON.stringify(built.problems));
  return built.value.config;
}

function run(knobs: Knobs) {
  const built = build(knobs);
  if (!built.ok) throw new Error(JSON.stringify(built.problems));
  const { config, source, cost, device } = built.value;
  const whole = new Run(config, source, cost, device.peakFlops);
  whole.advance(Number.POSITIVE_INFINITY);
  return whole.account();
}

describe('knobs of the queue', () => {
  it('leave the engine as it is until they are turned', () => {
    expect(configOf({})).toMatchObject({ queue: 'fcfs', prediction: { kind: 'none' }, tuning: null });
  });

  it('set order, prediction and bandit', () => {
    expect(configOf({ 'queue-order': 'fair-share' }).queue).toBe('fair-share');
    const noisy = { 'queue-order': 'shortest-job', 'length-prediction': 'noisy', 'prediction-error': 0.7 };
    expect(configOf(noisy)).toMatchObject({
      queue: 'shortest-job',
      prediction: { kind: 'noisy', sigma: 0.7, seed: 7 },
    });
    const bandit = { bandit: 'token-budget', 'bandit-rule': 'epsilon-greedy', 'bandit-window-ms': 500 };
    expect(configOf(bandit).tuning).toMatchObject({
      what: 'token-budget',
      arms: [8192, 2048, 512],
      rule: { kind: 'epsilon-greedy', epsilon: 0.1 },
      windowUs: 500_000,
      ttftUs: 1_000_000,
      tpotUs: 50_000,
    });
    // The bandit begins with its own first order, whatever the knob says.
    expect(configOf({ bandit: 'queue-order', 'queue-order': 'fair-share' }).queue).toBe('fcfs');
  });

  it('are shown only where they change something', () => {
    const shown = (name: string, change: Partial<Knobs>) => isRead(knobEntry(name), { ...chat, ...change } as Knobs);
    expect(shown('length-prediction', {})).toBe(false);
    expect(shown('length-prediction', { 'queue-order': 'shortest-job' })).toBe(true);
    expect(shown('prediction-error', { 'queue-order': 'shortest-job' })).toBe(false);
    expect(shown('prediction-error', { 'queue-order': 'shortest-job', 'length-prediction': 'noisy' })).toBe(true);
    expect(shown('slo-ttft-ms', {})).toBe(false);
    expect(shown('slo-ttft-ms', { bandit: 'token-budget' })).toBe(true);
    expect(shown('queue-order', { bandit: 'queue-order' })).toBe(false);
  });

  it('travel in links', () => {
    const knobs = { ...presetOf('learned-lengths').knobs, users: 5, bandit: 'queue-order', 'bandit-window-ms': 700 };
    expect(decode(encode(knobs)).knobs).toEqual(knobs);
  });

  it('offer budgets that differ, and none so small that nothing moves', () => {
    expect(budgetArms(8192)).toEqual([8192, 2048, 512]);
    expect(budgetArms(128)).toEqual([128, 64]);
    expect(budgetArms(40)).toEqual([40]);
  });
});

describe('longest prefix', () => {
  it('finds more in a cache that is too small for all sessions, and serves them sooner', () => {
    const sessions: Knobs = {
      ...presetOf('azure-chat').knobs,
      workload: 'sessions',
      lengths: 'openchat',
      requests: 200,
      rate: 4,
      'kv-tokens': 40_000,
      'prefix-groups': 20,
      'prefix-tokens': 2000,
      turns: 4,
      'max-num-seqs': 8,
    };
    const fcfs = run({ ...sessions, 'queue-order': 'fcfs' });
    const longest = run({ ...sessions, 'queue-order': 'longest-prefix' });
    expect(longest.summary.finished).toBe(fcfs.summary.finished);
    expect(longest.summary.hitRate).toBeGreaterThan(1.3 * fcfs.summary.hitRate);
    expect(longest.distributions.e2e.meanUs).toBeLessThan(fcfs.distributions.e2e.meanUs);
  });
});
