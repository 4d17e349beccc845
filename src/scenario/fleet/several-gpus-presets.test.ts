/** What the presets with several GPUs promise in their sentences, measured in their runs. */

import { expect, it } from 'vitest';
import { type PresetId, presetOf } from '../presets.ts';
import { simulateScenario } from '../simulate.ts';

function run(id: PresetId, change: Readonly<Record<string, string | number>> = {}) {
  const simulated = simulateScenario({ ...presetOf(id).knobs, ...change }, {});
  if (!simulated.ok) throw new Error(JSON.stringify(simulated.problems));
  return simulated.value.account;
}

const ms = (us: number) => Math.round(us / 1000);

it('distserve keeps prompts out of the way of answers, unless the link is slow', () => {
  expect(ms(run('distserve').distributions.tpot.p99Us)).toBe(10);
  expect(ms(run('distserve', { 'prefill-replicas': 0 }).distributions.tpot.p99Us)).toBe(15);
  const slow = run('distserve', { 'kv-link': 'ethernet-25g' }).distributions;
  expect(ms(slow.tpot.p50Us)).toBe(37);
});

it('splitwise has the KV there when the prompt is done', () => {
  expect(ms(run('splitwise').distributions.tpot.p99Us)).toBe(10);
  expect(ms(run('splitwise', { 'kv-transfer': 'at-end' }).distributions.tpot.p99Us)).toBe(94);
});

it('mooncake finds more of each conversation and turns fewer away than a router that takes turns', () => {
  const facts = ({ summary, distributions }: ReturnType<typeof run>) => ({
    hitPercent: Math.round(summary.hitRate * 100),
    ttftS: Number((distributions.ttft.p50Us / 1e6).toFixed(2)),
    rejected: summary.rejected,
  });
  expect(facts(run('mooncake'))).toEqual({ hitPercent: 85, ttftS: 0.12, rejected: 61 });
  expect(facts(run('mooncake', { router: 'round-robin' }))).toEqual({ hitPercent: 75, ttftS: 0.22, rejected: 94 });
});

it('many-gpus has bubbles, which a smaller token budget shrinks', () => {
  const [large, small] = [run('many-gpus'), run('many-gpus', { 'max-num-batched-tokens': 512 })];
  expect(large.stages.bubbleShare).toBeCloseTo(0.48, 2);
  expect(small.stages.bubbleShare).toBeCloseTo(0.19, 2);
  expect(large.distributions.tpot.p50Us / small.distributions.tpot.p50Us).toBeGreaterThan(1.8);
});
