import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createBatchShape } from './cost.ts';
import { type DeviceId, devices } from './device.ts';
import { encoderPart, encoderUs, encoderWindowFlops } from './encoder-cost.ts';
import { AUDIO_TOKENS_PER_S, audioEncoder, encoderWeightBytes, imageEncoder } from './encoder-model.ts';
import { models } from './model.ts';
import { createCost } from './operator-cost.ts';
import { createParallelCost } from './tensor-parallel.ts';
import { decodesOf } from './testing.ts';

const { hidden } = models['llama-2-7b'];

it('has the published sizes: 0.30 G parameters and 0.19 T multiply-adds for an image, 0.63 G for audio, 25 tokens a second', () => {
  const withoutProjector = { ...imageEncoder, projectorLayers: 0 };
  expect(encoderWeightBytes(withoutProjector, hidden) / 2e9).toBeCloseTo(0.303, 2);
  expect(encoderWindowFlops(withoutProjector, hidden) / 2e12).toBeCloseTo(0.191, 2);
  expect(encoderWeightBytes({ ...audioEncoder, projectorLayers: 0 }, hidden) / 2e9).toBeCloseTo(0.637, 1);
  expect(AUDIO_TOKENS_PER_S).toBe(25);
  // 336 pixels in patches of 14.
  expect(imageEncoder.windowTokens).toBe((336 / 14) ** 2);
});

it('takes an H200 a few milliseconds an image, and less an image for many', () => {
  const one = encoderUs(imageEncoder, devices.h200, hidden, 1);
  const many = encoderUs(imageEncoder, devices.h200, hidden, 16) / 16;
  expect(one).toBeGreaterThan(800);
  expect(one).toBeLessThan(5000);
  expect(many).toBeLessThan(one);
});

it('is never faster than the arithmetic, and never cheaper for more windows', () => {
  const anyDevice = fc.constantFrom(...(Object.keys(devices) as DeviceId[]));
  fc.assert(
    fc.property(
      anyDevice,
      fc.constantFrom(imageEncoder, audioEncoder),
      fc.integer({ min: 1, max: 64 }),
      (d, spec, n) => {
        const us = encoderUs(spec, devices[d], hidden, n);
        expect(us).toBeGreaterThan((n * encoderWindowFlops(spec, hidden) * 1e6) / devices[d].peakFlops);
        expect(encoderUs(spec, devices[d], hidden, n + 1)).toBeGreaterThanOrEqual(us);
      },
    ),
  );
});

it('comes on top of the step that has something to encode, and costs the others nothing', () => {
  const part = encoderPart(imageEncoder, 'image-encoder', (shape) => shape.imageWindows, devices.h200, hidden);
  const cost = createCost(models['llama-2-7b'], devices.h200, { maxTokens: 0, maxSequences: 0 }, 0, { parts: [part] });
  const plain = createCost(models['llama-2-7b'], devices.h200, { maxTokens: 0, maxSequences: 0 }, 0);
  const shape = decodesOf([500]);
  expect(cost.stepUs(shape)).toBe(plain.stepUs(shape));
  shape.imageWindows = 2;
  expect(cost.stepUs(shape) - plain.stepUs(shape)).toBeCloseTo(encoderUs(imageEncoder, devices.h200, hidden, 2), -1);
  expect(cost.explain(shape).find((p) => p.operator === 'image-encoder')?.us).toBeGreaterThan(0);
  expect(cost.flops(shape) - plain.flops(shape)).toBe(2 * encoderWindowFlops(imageEncoder, hidden));
  expect(part.us(createBatchShape(0))).toBe(0);
});

it('is all of a step that only encodes: the model reads no weights, and devices send each other nothing', () => {
  const part = encoderPart(imageEncoder, 'image-encoder', (shape) => shape.imageWindows, devices.h200, hidden);
  const limits = { maxTokens: 8, maxSequences: 8 };
  const shape = createBatchShape(0);
  shape.imageWindows = 3;
  const us = encoderUs(imageEncoder, devices.h200, hidden, 3);
  for (const ranks of [1, 2]) {
    const cost = createParallelCost(models['llama-2-7b'], devices.h200, ranks, limits, { parts: [part] });
    expect(cost.stepUs(shape)).toBe(Math.round(us + devices.h200.stepOverheadUs));
    expect(cost.bytes?.(shape)).toBe(encoderWeightBytes(imageEncoder, hidden));
    const told = cost.explain(shape).reduce((sum, operator) => sum + operator.us, 0);
    expect(told).toBeCloseTo(us + devices.h200.stepOverheadUs, 6);
  }
});
