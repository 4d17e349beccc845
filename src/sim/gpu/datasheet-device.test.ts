import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { datasheetDevice, datasheetOf } from './datasheet-device.ts';
import { devices } from './device.ts';
import { type ModelId, models } from './model.ts';
import { createCost } from './operator-cost.ts';
import { deviceFor, productPrecision } from './precision.ts';
import { createParallelCost } from './tensor-parallel.ts';
import { decodesOf, prefillOf, type StepSketch, shapeOf } from './testing.ts';

interface MeasuredStep {
  readonly model: string;
  readonly decodes: number;
  readonly decode_ctx_sum: number;
  readonly decode_ctx_max: number;
  readonly prefill: StepSketch['chunks'];
  readonly tokens: number;
  readonly seqs: number;
  readonly us: number;
}

/** The models of the file that ran in 16 bits on one GPU. */
const ids: Readonly<Record<string, ModelId>> = {
  'llama3-8b': 'llama-3-8b',
  'llama2-7b': 'llama-2-7b',
  'qwen2.5-1.5b': 'qwen2.5-1.5b',
  'qwen2.5-0.5b': 'qwen2.5-0.5b',
};
const file = new URL('../../../fixtures/measured/h200_steps.json', import.meta.url);
const { points }: { points: readonly MeasuredStep[] } = JSON.parse(readFileSync(file, 'utf8'));
const steps = points.filter(({ model }) => model in ids);

const sheet = {
  name: 'an H200 by its datasheet',
  memoryBytes: devices.h200.memoryBytes,
  bytesPerS: 4.8e12,
  bf16FlopsPerS: 989e12,
  fp8FlopsPerS: 1979e12,
  int8FlopsPerS: 0,
  peerBytesPerS: 450e9,
  hostBytesPerS: 64e9,
  launchUs: 5,
};
const device = datasheetDevice(sheet);
const limits = { maxTokens: 0, maxSequences: 0 };

describe('a device from its datasheet', () => {
  it('states the error that the recipe has on the H200', () => {
    const errors = steps
      .map((step) => {
        const shape = shapeOf({ contexts: [], chunks: step.prefill });
        Object.assign(shape, { decodes: step.decodes, samples: step.seqs, tokens: step.tokens });
        Object.assign(shape, { decodeContextSum: step.decode_ctx_sum, decodeContextMax: step.decode_ctx_max });
        return Math.abs(createCost(models[ids[step.model]], device, limits).stepUs(shape) / step.us - 1);
      })
      .sort((a, b) => a - b);
    expect(device.error.count).toBe(errors.length);
    expect(device.error.median).toBeCloseTo(errors[Math.floor(0.5 * errors.length)], 3);
    expect(device.error.p95).toBeCloseTo(errors[Math.floor(0.95 * errors.length)], 3);
  });

  it('multiplies in 8 bits where a rate is given', () => {
    expect(productPrecision(device, 'fp8')).toBe('fp8');
    expect(productPrecision(device, 'int8')).toBe('bf16');
    expect(deviceFor(device, 'fp8').peakFlops / device.peakFlops).toBeCloseTo(1979 / 989, 9);
  });

  it('has the links that are given, and none where nought is', () => {
    const split = createParallelCost(models['llama-3.1-70b'], device, 4, limits);
    const whole = createCost(models['llama-3.1-70b'], device, limits);
    for (const shape of [decodesOf([800]), prefillOf([[2000, 0]])])
      expect(split.stepUs(shape)).toBeLessThan(whole.stepUs(shape));
    expect(device.hostLink?.bytesPerS).toBeCloseTo(55.2e9, -6);
    const alone = datasheetDevice({ ...sheet, peerBytesPerS: 0, hostBytesPerS: 0 });
    expect([alone.hostLink, alone.peerLink]).toEqual([null, null]);
    // PCI Express starts slower than NVLink.
    expect(datasheetDevice({ ...sheet, peerBytesPerS: 32e9 }).peerLink?.send.startUs).toBeGreaterThan(15);
  });

  it('charges more for a slower launch', () => {
    const us = (launchUs: number) =>
      createCost(models['llama-3.1-8b'], datasheetDevice({ ...sheet, launchUs }), limits).stepUs(decodesOf([100]));
    expect(us(20)).toBeGreaterThan(us(5));
  });
});

it('gives its datasheet back', () => {
  const back = datasheetOf(device);
  for (const [field, value] of Object.entries(sheet)) {
    const found = back[field as keyof typeof back];
    if (typeof value === 'number') expect(Number(found), field).toBeCloseTo(value, -4);
    else expect(found).toBe(value);
  }
  for (const profile of Object.values(devices)) {
    const { bytesPerS, bf16FlopsPerS, memoryBytes } = datasheetOf(profile);
    expect([bytesPerS, bf16FlopsPerS, memoryBytes]).toEqual([
      profile.peakBytesPerS,
      profile.peakFlops,
      profile.memoryBytes,
    ]);
  }
});
