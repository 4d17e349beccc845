import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { devices } from './device.ts';
import { type HostSettings, withHost } from './host-cost.ts';
import { models } from './model.ts';
import { createCost } from './operator-cost.ts';
import { decodesOf, prefillOf, shapeOf } from './testing.ts';

const model = models['llama-7b'];
const device = devices['a100-40'];
const inner = createCost(model, device, { maxTokens: 64, maxSequences: 8 });
const none: HostSettings = { launchUsPerLayer: 0, stepUs: 0, copiesKv: false };

describe('withHost', () => {
  it('is the device alone where the stack adds nothing', () => {
    expect(withHost(inner, model, device, none)).toBe(inner);
  });

  it('makes a short step as long as its launches, and leaves a long one as it is', () => {
    const eager = withHost(inner, model, device, { ...none, launchUsPerLayer: 800 });
    expect(eager.stepUs(decodesOf([100]))).toBe(32 * 800);
    const long = prefillOf([[2048, 0]]);
    expect(inner.stepUs(long)).toBeGreaterThan(32 * 800);
    expect(eager.stepUs(long)).toBe(inner.stepUs(long));
  });

  it('adds the time in which the device waits to every step', () => {
    const slow = withHost(inner, model, device, { ...none, stepUs: 5000 });
    const shape = decodesOf([100, 300]);
    expect(slow.stepUs(shape)).toBe(inner.stepUs(shape) + 5000);
  });

  it('copies the context of decodes, read and written, and nothing in a prefill', () => {
    const copies = withHost(inner, model, device, { ...none, copiesKv: true });
    const shape = decodesOf(Array.from({ length: 8 }, () => 1000));
    // 8,000 tokens of half a mebibyte, twice, at the bandwidth of elementwise operators.
    const us = (8000 * 524_288 * 2) / (device.operators.elementwise.memoryBytesPerS * 1e-6);
    expect(copies.stepUs(shape)).toBe(Math.round(inner.stepUs(shape) + us));
    expect(copies.stepUs(prefillOf([[500, 0]]))).toBe(inner.stepUs(prefillOf([[500, 0]])));
  });

  it('explains all of a step, each operator once', () => {
    const settings = fc.record({
      launchUsPerLayer: fc.integer({ min: 0, max: 1000 }),
      stepUs: fc.integer({ min: 0, max: 9000 }),
      copiesKv: fc.boolean(),
    });
    const contexts = fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(settings, contexts, fc.integer({ min: 0, max: 2000 }), (host, decodes, chunk) => {
        const shape = shapeOf({ contexts: decodes, chunks: chunk > 0 ? [[chunk, 0]] : [] });
        const cost = withHost(inner, model, device, host);
        const parts = cost.explain(shape);
        expect(Math.abs(parts.reduce((us, part) => us + part.us, 0) - cost.stepUs(shape))).toBeLessThanOrEqual(1.1);
        expect(new Set(parts.map((part) => part.operator)).size).toBe(parts.length);
        expect(cost.stepUs(shape)).toBeGreaterThanOrEqual(inner.stepUs(shape));
      }),
    );
  });
});
