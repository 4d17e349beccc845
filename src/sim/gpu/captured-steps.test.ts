import { describe, expect, it } from 'vitest';
import { capturedDevice, withCapturedSteps } from './captured-steps.ts';
import { createBatchShape } from './cost.ts';
import { devices } from './device.ts';
import { models } from './model.ts';
import { createCost } from './operator-cost.ts';
import type { ElementwiseKernel } from './operators.ts';

const model = models['llama-3.1-8b'];
const limits = { maxTokens: 2048, maxSequences: 256 };
const device = devices['rtx-4090'];

function decodes(count: number) {
  const shape = createBatchShape(1);
  Object.assign(shape, {
    tokens: count,
    samples: count,
    decodes: count,
    decodeContextSum: 100 * count,
    decodeContextMax: 100,
  });
  return shape;
}

describe('captured steps', () => {
  const launched = createCost(model, device, limits);
  const captured = createCost(model, capturedDevice(device), limits);
  const cost = withCapturedSteps(launched, captured, 64);
  it('save what kernels take whatever their size', () => {
    const { gemm, elementwise, decodeAttention } = device.operators;
    // A layer: four products, two norms, rotary positions, an activation, attention; and beside the layers the embedding,
    // a norm and the output projection.
    const products = (4 * model.layers + 1) * (gemm.fixedUs - 2.245);
    // Eight rows are so few that only what kernels take whatever their size is left.
    const saved = (kernel: ElementwiseKernel): number => {
      const { fixedUs, floorUs = 0 } = elementwise.kernels?.[kernel] ?? elementwise;
      return Math.max(fixedUs, floorUs) - Math.min(1.88, Math.max(fixedUs, floorUs));
    };
    const inLayer = 2 * saved('norm') + saved('rotation') + saved('activation');
    const small = model.layers * inLayer + saved('embedding') + saved('final-norm');
    const attention = model.layers * (decodeAttention.fixedUs - 5.745);
    const shape = decodes(8);
    expect(launched.stepUs(shape) - cost.stepUs(shape)).toBeCloseTo(products + small + attention, -1);
  });
  it('are those up to the largest graph; larger ones are launched one by one', () => {
    for (const count of [1, 64]) expect(cost.stepUs(decodes(count))).toBe(captured.stepUs(decodes(count)));
    expect(cost.stepUs(decodes(65))).toBe(launched.stepUs(decodes(65)));
    for (const count of [64, 65]) {
      const parts = cost.explain(decodes(count)).reduce((sum, { us }) => sum + us, 0);
      expect(parts).toBeCloseTo(cost.stepUs(decodes(count)), -1);
    }
  });
  it('change nothing on devices that were timed in graphs, and no kernel is made slower', () => {
    expect(capturedDevice(devices.h200)).toBe(devices.h200);
    const quick = { ...device, captured: { gemmUs: 100, elementwiseUs: 100, attentionUs: 100 } };
    expect(capturedDevice(quick).operators).toEqual(device.operators);
  });
});
