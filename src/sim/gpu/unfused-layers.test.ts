import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { devices } from './device.ts';
import { models } from './model.ts';
import { createCost } from './operator-cost.ts';
import { decodesOf, prefillOf, shapeOf } from './testing.ts';
import { transformersStack, type UnfusedLayers, withUnfusedLayers } from './unfused-layers.ts';

const model = models['llama-3-8b'];
const fused = createCost(model, devices.h200, { maxTokens: 2048, maxSequences: 64 });
const captured: UnfusedLayers = {
  capturesMixed: true,
  capturesDecode: true,
  kvPadding: 32_768,
  decodePathTokens: 3072,
  kvTokens: 131_072,
  overlapsHost: false,
};
const costWith = (how: Partial<UnfusedLayers> = {}) =>
  withUnfusedLayers(fused, model, devices.h200, { ...captured, ...how });

describe('unfused layers', () => {
  it('cost a decode step 7.0 ms on the device where fused ones take 4.5, and 0.3 ms of the host', () => {
    const step = decodesOf([300]);
    expect(fused.stepUs(step)).toBeLessThan(4600);
    const onDevice = costWith({ overlapsHost: true }).stepUs(step);
    expect(onDevice).toBeGreaterThan(6900);
    expect(onDevice).toBeLessThan(7200);
    expect(costWith().stepUs(step) - onDevice).toBeCloseTo(
      transformersStack.hostUs + transformersStack.hostUsPerSequence,
      -1,
    );
  });

  it('without graphs are never faster than their launches', () => {
    const eager = costWith({ capturesDecode: false, capturesMixed: false, overlapsHost: true });
    expect(eager.stepUs(decodesOf([300]))).toBe(32 * transformersStack.eagerLayerUs);
    // A long prompt keeps the device busy for longer.
    expect(eager.stepUs(prefillOf([[2048, 0]]))).toBeGreaterThan(50_000);
  });

  it('gather the cache for steps with prompts, as much as the graph was captured for', () => {
    const chunk = prefillOf([[128, 256]]);
    const small = costWith({ kvPadding: 256 }).stepUs(chunk);
    const large = costWith({ kvPadding: 32_768 }).stepUs(chunk);
    const bytes = (32_768 - 256) * 131_072;
    expect(large - small).toBeCloseTo((bytes / devices.h200.operators.elementwise.memoryBytesPerS) * 1e6, -1);
    // Never more than there is.
    expect(costWith({ kvPadding: 32_768, kvTokens: 256 }).stepUs(chunk)).toBe(small);
    expect(costWith({ kvPadding: 256 }).stepUs(decodesOf([300]))).toBe(costWith().stepUs(decodesOf([300])));
  });

  it('take the way of prompts where a context is too long for the decode path, or there is none', () => {
    const short = costWith().stepUs(decodesOf([3000]));
    expect(costWith().stepUs(decodesOf([3100]))).toBeGreaterThan(short + 2000);
    expect(costWith({ decodePathTokens: 0 }).stepUs(decodesOf([3000]))).toBeGreaterThan(short + 2000);
  });

  it('hide the host behind the device, but not when it is the slower one', () => {
    const small = withUnfusedLayers(
      createCost({ ...model, layers: 2 }, devices.h200, { maxTokens: 2048, maxSequences: 64 }),
      { ...model, layers: 2 },
      devices.h200,
      { ...captured, overlapsHost: true },
    );
    const many = decodesOf(Array(64).fill(100));
    expect(small.stepUs(many)).toBe(Math.round(transformersStack.hostUs + 64 * transformersStack.hostUsPerSequence));
  });

  it('explain all of a step', () => {
    const contextArb = fc.array(fc.integer({ min: 1, max: 4000 }), { maxLength: 8 });
    const chunksArb = fc.array(fc.tuple(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 2000 })), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(contextArb, chunksArb, fc.boolean(), (contexts, chunks, overlapsHost) => {
        fc.pre(contexts.length + chunks.length > 0);
        const shape = shapeOf({ contexts, chunks });
        const cost = costWith({ overlapsHost });
        const parts = cost.explain(shape);
        expect(parts.every(({ us }) => us >= 0)).toBe(true);
        expect(Math.abs(parts.reduce((sum, { us }) => sum + us, 0) - cost.stepUs(shape))).toBeLessThan(2);
      }),
      { numRuns: 60 },
    );
  });

  it('leave the shape that they are asked about as it was', () => {
    const shape = shapeOf({ contexts: [100, 200], chunks: [[30, 10]] });
    const before = structuredClone(shape);
    costWith().stepUs(shape);
    costWith().explain(shape);
    expect(shape).toEqual(before);
  });
});
