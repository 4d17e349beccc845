import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases } from '../testing.ts';
import type { BatchShape, CostModel } from './cost.ts';
import { adjustedDevice, noAdjustment } from './cost-adjustment.ts';
import { devices } from './device.ts';
import { microBatched } from './micro-batch.ts';
import { models } from './model.ts';
import { createCost } from './operator-cost.ts';
import { createParallelCost } from './tensor-parallel.ts';
import { prefillOf, shapeOf } from './testing.ts';

const model = models['llama-3-8b'];
const h200 = createCost(model, devices.h200, { maxTokens: 4096, maxSequences: 64 });

/** Decodes with their contexts, then chunks: new and cached tokens. */
const stepArb = fc.record({
  contexts: fc.array(fc.integer({ min: 1, max: 3000 }), { maxLength: 12 }),
  chunks: fc.array(fc.tuple(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 0, max: 2000 })), { maxLength: 5 }),
});

/** A model that notes what it is asked, and takes a microsecond a token. */
function noting(): CostModel & { readonly asked: BatchShape[] } {
  const asked: BatchShape[] = [];
  return {
    asked,
    stepUs(shape) {
      asked.push({ ...shape, chunkNew: shape.chunkNew.slice(), chunkCached: shape.chunkCached.slice() });
      return shape.tokens;
    },
    flops: (shape) => shape.tokens,
    explain: () => [],
  };
}

describe('micro-batches', () => {
  it('of a batch that fits are the batch', () => {
    fc.assert(
      fc.property(stepArb, (step) => {
        const shape = shapeOf(step);
        if (shape.tokens === 0) return;
        const divided = microBatched(h200, Math.max(1, shape.tokens));
        expect(divided.stepUs(shape)).toBe(h200.stepUs(shape));
        expect(divided.bytes?.(shape)).toBe(h200.bytes?.(shape));
        expect(divided.explain(shape)).toEqual(h200.explain(shape));
      }),
      { numRuns: cases },
    );
  });

  it('are the tokens of the batch in order, cut after every so many', () => {
    fc.assert(
      fc.property(stepArb, fc.integer({ min: 1, max: 600 }), (step, size) => {
        const shape = shapeOf(step);
        if (shape.tokens === 0) return;
        const inner = noting();
        expect(microBatched(inner, size).stepUs(shape)).toBe(shape.tokens);
        // Token by token: where it stands in its sequence; decodes have no chunk.
        const tokens = [
          ...step.contexts.map(() => 'decode'),
          ...step.chunks.flatMap(([fresh, cached]) => Array.from({ length: fresh }, (_, i) => String(cached + i))),
        ];
        const parts: string[][] = [];
        for (let i = 0; i < tokens.length; i += size) parts.push(tokens.slice(i, i + size));
        const found = inner.asked.map((part) => [
          ...Array.from({ length: part.decodes }, () => 'decode'),
          ...Array.from({ length: part.chunkCount }, (_, c) =>
            Array.from({ length: part.chunkNew[c] }, (__, i) => String(part.chunkCached[c] + i)),
          ).flat(),
        ]);
        expect(found).toEqual(parts);
        expect(inner.asked.map((part) => part.tokens)).toEqual(parts.map((part) => part.length));
        const sum = (read: (part: BatchShape) => number) => inner.asked.reduce((all, part) => all + read(part), 0);
        expect(sum((part) => part.samples)).toBe(shape.samples);
        expect(sum((part) => part.decodeContextSum)).toBeCloseTo(shape.decodeContextSum, 6);
      }),
      { numRuns: cases },
    );
  });

  it('read the weights once each', () => {
    const shape = shapeOf({ contexts: [], chunks: [[2048, 0]] });
    const divided = microBatched(h200, 512);
    const whole = h200.bytes?.(shape) ?? 0;
    const weights = h200.bytes?.(shapeOf({ contexts: [], chunks: [] })) ?? 0;
    expect(divided.bytes?.(shape)).toBeGreaterThan(whole + 2.9 * weights);
    expect(divided.flops(shape)).toBe(h200.flops(shape));
    expect(divided.stepUs(shape)).toBeGreaterThan(h200.stepUs(shape));
    const parts = divided.explain(shape).reduce((us, part) => us + part.us, 0);
    expect(Math.abs(parts - divided.stepUs(shape))).toBeLessThan(3);
  });

  it('send messages of their own each', () => {
    const two = createParallelCost(model, devices.h200, 2, { maxTokens: 4096, maxSequences: 64 });
    const divided = microBatched(two, 512);
    const one = two.communicationUs?.(prefillOf([[512, 0]])) ?? 0;
    expect(divided.communicationUs?.(prefillOf([[512, 0]]))).toBe(one);
    // The first of two samples nothing.
    expect(divided.communicationUs?.(prefillOf([[1024, 0]]))).toBeGreaterThan(1.9 * one);
    const sent = divided.explain(prefillOf([[1024, 0]])).find(({ operator }) => operator === 'all-reduce');
    expect(divided.communicationUs?.(prefillOf([[1024, 0]]))).toBeCloseTo(sent?.us ?? 0, 6);
    // One device alone sends nothing.
    expect(microBatched(h200, 512).communicationUs).toBeUndefined();
  });
});

describe('an adjusted device', () => {
  it('is the device itself where nothing is otherwise', () => {
    for (const device of Object.values(devices)) expect(adjustedDevice(device, noAdjustment)).toBe(device);
  });

  it('streams weights at the given share of the datasheet, never faster than measured', () => {
    for (const device of Object.values(devices)) {
      const half = adjustedDevice(device, { ...noAdjustment, weightBandwidth: 0.5 });
      expect(half.operators.gemm.bytesPerS).toBe(0.5 * device.peakBytesPerS);
      const { gemm, ...others } = half.operators;
      expect(gemm.flopsPerS).toBe(device.operators.gemm.flopsPerS);
      expect(others).toEqual({ ...device.operators, gemm: undefined, ...others });
      const almost = adjustedDevice(device, { ...noAdjustment, weightBandwidth: 0.999 });
      expect(almost.operators.gemm.bytesPerS).toBe(
        Math.min(device.operators.gemm.bytesPerS, 0.999 * device.peakBytesPerS),
      );
    }
  });
});
