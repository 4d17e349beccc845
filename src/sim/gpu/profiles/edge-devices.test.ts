import { describe, expect, it } from 'vitest';
import { type DeviceId, devices, type EdgeDeviceId } from '../device.ts';
import { type ModelId, models } from '../model.ts';
import { createCost } from '../operator-cost.ts';
import { deviceFor, type Precision, quantised } from '../precision.ts';
import { decodesOf, prefillOf } from '../testing.ts';

function costOf(device: DeviceId, model: ModelId, weights: Precision) {
  const served = quantised(models[model], weights, 'bf16');
  return createCost(served, deviceFor(devices[device], weights), { maxTokens: 0, maxSequences: 0 });
}

describe('devices for one user', () => {
  it('say that they are estimated, and that there is no error to state', () => {
    for (const id of ['phone', 'laptop-cpu', 'laptop-gpu', 'apple-m4'] satisfies EdgeDeviceId[]) {
      expect(devices[id].evidence).toBe('estimated');
      expect(devices[id].source).toMatch(/^Estimated: .*[.]$/);
      expect(devices[id].error.count).toBe(0);
    }
  });

  // The two rates of each profile come from these readings, so this guards the arithmetic and is no prediction. The
  // readings' own formats keep other parts of the model in other precisions.
  it.each([
    ['phone', 'llama-3.1-8b', 'int4', 12.93, 128 / 0.159],
    ['apple-m4', 'llama-3.1-8b', 'int4', 20.87, 224.8],
    ['laptop-cpu', 'llama-2-7b', 'bf16', Number.NaN, 50],
  ] as const)('%s comes within 12 %% of the published tokens a second', (device, model, weights, decode, prefill) => {
    const cost = costOf(device, model, weights);
    if (!Number.isNaN(decode)) {
      expect(Math.abs(1e6 / cost.stepUs(decodesOf([128])) / decode - 1)).toBeLessThan(0.12);
    }
    const tokens = device === 'phone' ? 128 : 512;
    expect(Math.abs((tokens * 1e6) / cost.stepUs(prefillOf([[tokens, 0]])) / prefill - 1)).toBeLessThan(0.12);
  });

  it('let a CPU compute a few rows for the price of one, and no more', () => {
    const cost = costOf('laptop-cpu', 'llama-3.1-8b', 'int4');
    const us = (batch: number) => cost.stepUs(decodesOf(Array(batch).fill(200)));
    expect(us(2) / us(1)).toBeLessThan(1.2);
    expect(us(16) / us(1)).toBeGreaterThan(4);
  });
});
