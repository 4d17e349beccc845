/** Tensor parallelism and software stacks as knobs of a scenario. */

import { describe, expect, it } from 'vitest';
import { build } from './build.ts';
import type { Knobs } from './knobs.ts';
import { presetOf } from './presets.ts';
import { simulateScenario } from './simulate.ts';

const chat: Knobs = { ...presetOf('azure-chat').knobs, requests: 60 };

function built(knobs: Knobs) {
  const result = build(knobs);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}
function run(knobs: Knobs) {
  const result = simulateScenario(knobs, {});
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value.account;
}

describe('tensor-parallel-size', () => {
  it('lets a model serve that one GPU cannot hold', () => {
    const large: Knobs = { ...chat, model: 'llama-3.1-70b', device: 'h100' };
    const alone = build(large);
    expect(alone.ok ? [] : alone.problems).toMatchObject([{ code: 'model-does-not-fit' }]);
    const { facts } = built({ ...large, 'tensor-parallel-size': 4 });
    expect(facts.devices).toBe(4);
    expect(facts.weightBytes).toBeGreaterThan(35e9);
    expect(facts.weightBytes).toBeLessThan(36e9);
    expect(facts.kvBytesPerToken).toBe(327_680 / 4);
  });

  it('gives more than twice the tokens of one GPU, since weights are shared too, and shorter steps', () => {
    const one = built(chat).facts;
    const two = built({ ...chat, 'tensor-parallel-size': 2 }).facts;
    expect(two.blocks / one.blocks).toBeGreaterThan(2);
    expect(two.blocks / one.blocks).toBeLessThan(2.5);
    expect(run({ ...chat, 'tensor-parallel-size': 2 }).distributions.tpot.p50Us).toBeLessThan(
      run(chat).distributions.tpot.p50Us,
    );
  });

  it('changes nothing at one', () => {
    expect(run({ ...chat, 'tensor-parallel-size': 1 }).fingerprint).toBe(run(chat).fingerprint);
  });

  it('is refused where heads cannot be divided', () => {
    const refused = build({ ...chat, 'tensor-parallel-size': 3 });
    expect(refused.ok ? [] : refused.problems).toMatchObject([
      { code: 'invalid-value', field: 'tensor-parallel-size', found: '3', expected: '1|2|4|8 (Llama-3.1-8B)' },
    ]);
  });
});

describe('software stacks', () => {
  it('make every step as long as its launches, and nothing else', () => {
    const eager = run({ ...chat, 'launch-us-per-layer': 800 });
    // 32 layers: no gap is shorter, and a lightly loaded GPU adds little.
    expect(eager.distributions.itl.minUs).toBe(32 * 800);
    expect(eager.distributions.itl.p50Us).toBeLessThan(32 * 800 * 1.05);
    expect(eager.summary.outputTokens).toBe(run(chat).summary.outputTokens);
  });

  it('copy a cache that is one tensor, and no pages', () => {
    const copied = { 'kv-concatenation': true } as const;
    const slower = (knobs: Knobs) => run({ ...knobs, ...copied }).summary.busyUs / run(knobs).summary.busyUs;
    expect(slower(chat)).toBe(1);
    expect(slower({ ...chat, memory: 'contiguous', 'max-model-len': 16_384 })).toBeGreaterThan(1.005);
  });
});
