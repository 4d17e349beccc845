import { describe, expect, it } from 'vitest';
import type { Batch } from '../../sim/batch.ts';
import { Simulation } from '../../sim/simulation.ts';
import { build } from '../build.ts';
import type { KnobValue } from '../knobs.ts';
import { presetOf } from '../presets.ts';
import { simulateScenario } from '../simulate.ts';

/** Tokens and padding of every step of a burst of chat. */
function steps(changed: Readonly<Record<string, KnobValue>> = {}): { tokens: number; padding: number; us: number }[] {
  const built = build({ ...presetOf('azure-chat').knobs, requests: 60, rate: 100, ...changed });
  if (!built.ok) throw new Error(JSON.stringify(built.problems));
  const { config, source, cost } = built.value;
  const seen: { tokens: number; padding: number; us: number }[] = [];
  const launched = (_: Simulation, batch: Batch) => {
    const { prefillTokens, decodeTokens, paddingTokens } = batch;
    expect(batch.shape.tokens).toBe(prefillTokens + decodeTokens + paddingTokens);
    seen.push({ tokens: prefillTokens + decodeTokens, padding: paddingTokens, us: batch.endUs - batch.startUs });
  };
  const simulation = new Simulation(config, source, cost, { launched, idle: () => {}, rejected: () => {} });
  while (simulation.next());
  return seen;
}

describe('captured graphs', () => {
  it('pad steps, of decodes alone and mixed ones, up to the largest', () => {
    const all = steps({ 'max-num-seqs': 128 });
    const small = all.filter(({ tokens }) => tokens <= 256);
    expect(small.length).toBeGreaterThan(100);
    for (const { tokens, padding } of small) {
      const rows = tokens <= 2 ? tokens : tokens <= 4 ? 4 : Math.ceil(tokens / 8) * 8;
      expect(tokens + padding).toBe(rows);
    }
    expect(small.some(({ padding }) => padding > 0)).toBe(true);
    for (const { tokens, padding } of all) if (tokens > 256) expect(padding).toBe(0);
    expect(all.some(({ tokens }) => tokens > 256)).toBe(true);
  });
  it('are those that are asked for, or none', () => {
    const largest = steps({ 'max-cudagraph-capture-size': 16 });
    for (const { tokens, padding } of largest) if (tokens > 16) expect(padding).toBe(0);
    expect(largest.some(({ padding }) => padding > 0)).toBe(true);
    expect(steps({ 'enforce-eager': true }).every(({ padding }) => padding === 0)).toBe(true);
  });
  it('cost time, hardly any, and are counted over the run', () => {
    const knobs = { ...presetOf('azure-chat').knobs, requests: 60, rate: 100 };
    const run = (isEager: boolean) => {
      const simulated = simulateScenario({ ...knobs, 'enforce-eager': isEager }, {});
      if (!simulated.ok) throw new Error(JSON.stringify(simulated.problems));
      return simulated.value.account.summary;
    };
    const [padded, plain] = [run(false), run(true)];
    expect(plain.paddingTokens).toBe(0);
    expect(padded.paddingTokens).toBe(steps().reduce((sum, { padding }) => sum + padding, 0));
    expect(padded.busyUs).toBeGreaterThan(plain.busyUs);
    expect(padded.busyUs / plain.busyUs).toBeLessThan(1.02);
  });
});
