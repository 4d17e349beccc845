import { describe, expect, it } from 'vitest';
import { build } from './build.ts';
import { engines } from './engines/engines.ts';
import { presetOf } from './presets.ts';
import { withEngine } from './with-engine.ts';

const tiny = presetOf('tiny-paged').knobs;

describe('another engine for a comparison', () => {
  // DeepSpeed's workspace is rows of a fixed length, whatever else there is.
  const pooled = engines().filter(({ id }) => id !== 'deepspeed');
  it.each(pooled.map((entry) => entry.id))('%s gets the KV memory of the scenario', (id) => {
    const built = build(withEngine(tiny, id));
    if (!built.ok) throw new Error(JSON.stringify(built.problems));
    const { blocks, blockSize } = built.value.facts;
    // Blocks are whole; nobody gets more than the 63 of 16 tokens.
    expect(blocks * blockSize).toBeLessThanOrEqual(63 * 16);
    expect(blocks * blockSize).toBeGreaterThan(63 * 16 - blockSize);
  });

  it('keeps the longest sequence under the engine’s own name', () => {
    const short = { ...tiny, 'max-model-len': 512 };
    expect(withEngine(short, 'sglang')).toMatchObject({ 'context-length': 512 });
    expect(withEngine(withEngine(short, 'tgi'), 'vllm')).toMatchObject({ 'max-model-len': 512 });
  });

  it('leaves the present engine as it is', () => {
    expect(withEngine(tiny, 'vllm')).toEqual(tiny);
  });
});
