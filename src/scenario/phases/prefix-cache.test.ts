import { describe, expect, it } from 'vitest';
import type { Knobs } from '../knobs.ts';
import { presetOf } from '../presets.ts';
import { simulateScenario } from '../simulate.ts';
import { withChoice } from '../value.ts';

/** Conversations behind a few long system prompts: most of every prompt was seen before. */
const talks: Knobs = {
  ...presetOf('azure-chat').knobs,
  workload: 'sessions',
  requests: 120,
  rate: 4,
  'max-model-len': 8192,
  'prefix-groups': 5,
  'prefix-tokens': 1001,
  turns: 3,
};

function run(engine: string, kind: string, change: Partial<Knobs> = {}) {
  const knobs = { ...withChoice(talks, 'engine', engine), memory: 'paged', 'prefix-cache': kind, ...change } as Knobs;
  const simulated = simulateScenario(knobs, {});
  if (!simulated.ok) throw new Error(JSON.stringify(simulated.problems));
  const { account, built } = simulated.value;
  return { ...account.summary, blockSize: built.config.blockSize, ttftUs: account.distributions.ttft.meanUs };
}

describe.each(['vllm', 'vllm-2023', 'sarathi', 'orca', 'faster-transformer'])('prefix cache of %s', (engine) => {
  const [off, hash, radix] = ['off', 'hash', 'radix'].map((kind) => run(engine, kind));

  it('finds nothing, whole blocks, or prefixes to the token', () => {
    expect(off.hitTokens).toBe(0);
    expect(hash.hitRate).toBeGreaterThan(0.3);
    expect(hash.hitTokens % hash.blockSize).toBe(0);
    expect(radix.hitTokens).toBeGreaterThan(hash.hitTokens);
    expect([off.blockSize, hash.blockSize, radix.blockSize]).toEqual([16, 16, 1]);
  });

  it('spares what it finds, and nothing else', () => {
    for (const { finished, outputTokens, promptTokens, computedTokens, hitTokens } of [off, hash, radix]) {
      expect([finished, outputTokens]).toEqual([off.finished, off.outputTokens]);
      expect(computedTokens + hitTokens).toBeGreaterThanOrEqual(promptTokens);
    }
    // Nobody is preempted, so every token of a prompt is computed once or found.
    expect(hash.preemptions).toBe(0);
    expect(hash.computedTokens + hash.hitTokens).toBe(off.computedTokens);
    expect(hash.ttftUs).toBeLessThan(off.ttftUs);
  });

  it('is the engine’s own unless it is asked for another', () => {
    const own = run(engine, 'engine');
    expect(own.hitTokens).toBe(engine === 'vllm' ? hash.hitTokens : 0);
  });
});

it('means nothing without pages, and nothing to an engine that may not be given one', () => {
  expect(run('orca', 'radix', { memory: 'contiguous', 'max-model-len': 2048 })).toMatchObject({
    hitTokens: 0,
    blockSize: 16,
  });
  expect(run('static', 'radix')).toMatchObject({ hitTokens: 0, blockSize: 16 });
});
