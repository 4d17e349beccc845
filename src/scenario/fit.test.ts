import { describe, expect, it } from 'vitest';
import { devices } from '../sim/gpu/device.ts';
import { type ModelId, models } from '../sim/gpu/model.ts';
import { precisions } from '../sim/gpu/precision.ts';
import { roughDevice } from '../sim/gpu/rough-device.ts';
import { build } from './build.ts';
import { fitIn, fitOf, fittingOf, LEAST_CONTEXT_TOKENS, withFittingModel } from './fit.ts';
import type { Knobs } from './knobs.ts';
import { presetOf } from './presets.ts';
import { thisGpu } from './shared-knobs.ts';
import { withValue } from './value.ts';

const chat = presetOf('azure-chat').knobs;
const tiny = presetOf('tiny-paged').knobs;
const laptop = (gib: number) =>
  roughDevice({
    name: 'a laptop',
    bandwidthBytesPerS: 6e10,
    f32FlopsPerS: 2e12,
    memoryBytes: gib * 2 ** 30,
    dispatchUs: 20,
  });
/** One conversation at a time, as on a laptop. */
const alone: Knobs = [
  ['max-num-seqs', 8],
  ['max-num-batched-tokens', 512],
].reduce((knobs, [name, value]) => withValue(knobs, String(name), value), {
  ...tiny,
  'num-gpu-blocks-override': 0,
} as Knobs);

describe('fitOf', () => {
  it('agrees with what the scenario finds when it is built', () => {
    for (const id of Object.keys(models) as ModelId[])
      for (const device of ['h200', 'rtx-4090', 'l4', 'phone'] as const)
        for (const weights of precisions) {
          const knobs = [
            ['model', id],
            ['device', device],
            ['weight-precision', weights],
          ].reduce((now, [name, value]) => withValue(now, name, value), alone);
          const fit = fitOf(knobs, models[id], devices[device]);
          const built = build(knobs);
          if (built.ok) {
            const { blocks, blockSize, weightBytes } = built.value.facts;
            expect(fit?.weightBytes, `${id} ${device}`).toBe(weightBytes);
            expect(fit?.tokens, `${id} ${device}`).toBe(blocks * blockSize);
            expect(fit?.missingBytes === 0, `${id} ${device}`).toBe(blocks * blockSize >= LEAST_CONTEXT_TOKENS);
          } else {
            expect(built.problems[0].code, `${id} ${device}`).toMatch(/model-does-not-fit|no-memory-for-kv/);
            expect(fit?.missingBytes, `${id} ${device}`).toBeGreaterThan(0);
          }
        }
  });

  it('names what is missing: that much more memory is enough, and a little less is not', () => {
    const model = models['llama-3.1-8b'];
    const share = chat['gpu-memory-utilization'];
    const card = devices.a10g;
    const missing = fitOf(chat, models['llama-3.1-70b'], card)?.missingBytes ?? 0;
    expect(missing).toBeGreaterThan(1e11);
    const enough = { ...card, memoryBytes: card.memoryBytes + Math.ceil(missing / share) + 2 };
    expect(fitOf(chat, models['llama-3.1-70b'], enough)?.missingBytes).toBe(0);
    const scarce = { ...card, memoryBytes: card.memoryBytes + Math.floor(missing / share) - 2 };
    expect(fitOf(chat, models['llama-3.1-70b'], scarce)?.missingBytes).toBeGreaterThan(0);
    expect(fitIn(chat, model, laptop(8), 'int4')?.missingBytes).toBeLessThan(
      fitIn(chat, model, laptop(8), 'bf16')?.missingBytes ?? 0,
    );
  });

  it('says nothing where the model cannot be divided so', () => {
    const four = withValue(chat, 'tensor-parallel-size', 4);
    expect(fitOf(four, models['qwen2.5-0.5b'], devices.h200)).toBeNull();
    expect(fittingOf(four, models['qwen2.5-0.5b'], devices.h200)).toEqual({ kind: 'cannot-be-split' });
    expect(fitOf(four, models['llama-3.1-70b'], devices.h200)?.missingBytes).toBe(0);
  });
});

describe('withFittingModel', () => {
  it('leaves a model that fits', () => {
    expect(withFittingModel(chat, models['llama-3.1-8b'], devices.h200)).toBe(chat);
  });

  it('keeps a model that fits in fewer bits', () => {
    const knobs = withFittingModel(chat, models['llama-3.1-70b'], devices.h100);
    expect(knobs).toEqual(withValue(chat, 'weight-precision', 'fp8'));
  });

  it('takes the largest that fits on a laptop, and the scenario runs', () => {
    for (const gib of [4, 6, 8, 16, 24]) {
      const gpu = laptop(gib);
      const knobs = withFittingModel(withValue(alone, 'device', thisGpu), models['llama-3.1-70b'], gpu);
      expect(knobs, `${gib} GiB`).not.toBeNull();
      if (knobs === null) continue;
      const built = build(knobs, { thisGpu: gpu });
      expect(built.ok, `${gib} GiB: ${knobs.model}`).toBe(true);
    }
  });

  it('finds nothing where nothing fits', () => {
    expect(withFittingModel(chat, models['llama-3.1-8b'], laptop(0.25))).toBeNull();
  });
});
