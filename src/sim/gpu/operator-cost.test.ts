import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BatchShape, createBatchShape } from './cost.ts';
import { type DeviceId, devices } from './device.ts';
import { type ModelId, models, streamedWeightBytes } from './model.ts';
import { createCost } from './operator-cost.ts';
import { roughDevice } from './rough-device.ts';
import { decodesOf, prefillOf, type StepSketch, shapeOf } from './testing.ts';

const limits = { maxTokens: 2048, maxSequences: 128 };
const modelIds = Object.keys(models) as ModelId[];
const deviceIds = Object.keys(devices) as DeviceId[];

/** Steps within and beyond the tabulated sizes. */
const sketch: fc.Arbitrary<StepSketch> = fc.record({
  contexts: fc.array(fc.integer({ min: 1, max: 9000 }), { maxLength: 200 }),
  chunks: fc.array(fc.tuple(fc.integer({ min: 1, max: 4000 }), fc.integer({ min: 0, max: 9000 })), { maxLength: 4 }),
});
const anyStep = sketch.filter((s) => s.contexts.length + s.chunks.length > 0);
const anyModel = fc.constantFrom(...modelIds);
const rough = roughDevice({
  name: 'a laptop',
  bandwidthBytesPerS: 6e10,
  f32FlopsPerS: 2e12,
  memoryBytes: 8e9,
  dispatchUs: 20,
});
const anyDevice = fc.constantFrom(...deviceIds.map((id) => devices[id]), rough);

describe('createCost', () => {
  it('gives whole microseconds, at least one', () => {
    fc.assert(
      fc.property(anyModel, anyDevice, sketch, (model, device, step) => {
        const us = createCost(models[model], device, limits).stepUs(shapeOf(step));
        expect(Number.isInteger(us)).toBe(true);
        expect(us).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  it('explains all of a step', () => {
    fc.assert(
      fc.property(anyModel, anyDevice, anyStep, (model, device, step) => {
        const cost = createCost(models[model], device, limits, 37);
        const shape = shapeOf(step);
        const parts = cost.explain(shape);
        const sum = parts.reduce((us, part) => us + part.us, 0);
        expect(Math.abs(sum - cost.stepUs(shape))).toBeLessThan(0.51);
        expect(new Set(parts.map((part) => part.operator)).size).toBe(parts.length);
        expect(parts.every((part) => part.us >= 0)).toBe(true);
      }),
    );
  });

  it('divides the operations of a step among its operators, and counts at least the bytes that must be read', () => {
    fc.assert(
      fc.property(anyModel, anyDevice, anyStep, (model, device, step) => {
        const cost = createCost(models[model], device, limits);
        const shape = shapeOf(step);
        const parts = cost.explain(shape);
        const flops = parts.reduce((sum, part) => sum + part.flops, 0);
        const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
        expect(flops / cost.flops(shape)).toBeCloseTo(1, 9);
        expect(bytes).toBeGreaterThanOrEqual((cost.bytes?.(shape) ?? 0) * (1 - 1e-9));
      }),
    );
  });

  it('counts a product once for its weights and once for each row that goes in and comes out', () => {
    const parts = createCost(models['llama-3-8b'], devices.h200, limits).explain(decodesOf([100, 200]));
    const qkv = parts.find((part) => part.operator === 'qkv');
    expect(qkv?.flops).toBe(32 * 2 * 2 * 4096 * 6144);
    expect(qkv?.bytes).toBe(32 * 2 * (4096 * 6144 + 2 * 4096 + 2 * 6144));
    const attention = parts.find((part) => part.operator === 'attention-decode');
    // Keys and values of 8 heads, queries and outputs of 32, all of 128 elements.
    expect(attention?.bytes).toBe(32 * 2 * (300 * 2 * 8 * 128 + 2 * 2 * 32 * 128));
    expect(attention?.flops).toBe(32 * 4 * 300 * 32 * 128);
  });

  it('never falls when a step grows', () => {
    const grow = fc.constantFrom<(step: StepSketch, by: number) => StepSketch>(
      (s, by) => ({ ...s, contexts: [...s.contexts, by] }),
      (s, by) => ({ ...s, contexts: s.contexts.map((c, i) => (i === 0 ? c + by : c)) }),
      (s, by) => ({ ...s, contexts: s.contexts.map((c) => c + by) }),
      (s, by) => ({ ...s, chunks: [...s.chunks, [by, 0]] }),
      (s, by) => ({ ...s, chunks: s.chunks.map(([n, c]) => [n + by, c]) }),
      (s, by) => ({ ...s, chunks: s.chunks.map(([n, c]) => [n, c + by]) }),
    );
    fc.assert(
      fc.property(
        anyModel,
        anyDevice,
        anyStep,
        grow,
        fc.integer({ min: 1, max: 3000 }),
        (model, device, step, g, by) => {
          const cost = createCost(models[model], device, limits);
          const grown = g(step, by);
          // With the first chunk decodes leave a kernel that takes longer to start, as the tables of such devices show.
          const { joinedAttention, decodeAttention } = device.operators;
          const leavesKernel = joinedAttention !== null && step.chunks.length === 0 && grown.chunks.length > 0;
          const startUs = leavesKernel ? models[model].layers * (decodeAttention.fixedUs + decodeAttention.rampUs) : 0;
          // And from some tokens on embeddings are looked up side by side.
          const few = device.operators.elementwise.kernels?.embedding?.few;
          const tokens = [shapeOf(step).tokens, shapeOf(grown).tokens];
          const leavesFew = few !== undefined && tokens[0] <= few.rows && tokens[1] > few.rows;
          const fewUs = leavesFew ? few.fixedUs + few.rows * few.perRowUs : 0;
          expect(cost.stepUs(shapeOf(grown))).toBeGreaterThanOrEqual(cost.stepUs(shapeOf(step)) - startUs - fewUs);
        },
      ),
    );
  });

  it('is never faster than reading the weights at the datasheet bandwidth, nor than the datasheet arithmetic', () => {
    fc.assert(
      fc.property(anyModel, anyDevice, anyStep, (model, device, step) => {
        const cost = createCost(models[model], device, limits);
        const shape = shapeOf(step);
        const us = cost.stepUs(shape);
        expect(us).toBeGreaterThanOrEqual(
          Math.floor((streamedWeightBytes(models[model]) / device.peakBytesPerS) * 1e6),
        );
        expect(us).toBeGreaterThanOrEqual(Math.floor((cost.flops(shape) / device.peakFlops) * 1e6));
      }),
    );
  });

  it('gives the same beyond its tables as within', () => {
    const small = createCost(models['llama-3-8b'], devices.h200, { maxTokens: 0, maxSequences: 0 });
    const large = createCost(models['llama-3-8b'], devices.h200, { maxTokens: 5000, maxSequences: 500 });
    fc.assert(
      fc.property(anyStep, (step) => {
        expect(small.stepUs(shapeOf(step))).toBe(large.stepUs(shapeOf(step)));
      }),
    );
  });

  it('adds the host overhead it is given', () => {
    const shape = decodesOf([100, 200]);
    const without = createCost(models['llama-3-8b'], devices.h200, limits, 0).stepUs(shape);
    expect(createCost(models['llama-3-8b'], devices.h200, limits, 500).stepUs(shape)).toBe(without + 500);
  });

  it('counts two operations a multiply-add: a prompt of n tokens is 2 n times the matrices, its attention and one output row', () => {
    const n = 100;
    const { layers, hidden, intermediate, vocabulary } = models['llama-3-8b'];
    const matrices = layers * (hidden * (4096 + 2 * 1024) + 4096 * hidden + 3 * hidden * intermediate);
    const attention = layers * 4 * 4096 * ((n * (n + 1)) / 2);
    const flops = createCost(models['llama-3-8b'], devices.h200, limits).flops(prefillOf([[n, 0]]));
    expect(flops).toBe(2 * n * matrices + attention + 2 * hidden * vocabulary);
  });

  it('reads the weights once a step, and the keys and values of every context', () => {
    const model = models['llama-3-8b'];
    const cost = createCost(model, devices.h200, limits);
    const contexts = cost.bytes?.(decodesOf([100, 200])) ?? 0;
    // 32 layers, keys and values of 8 heads of 128 in 2 bytes.
    expect(contexts - streamedWeightBytes(model)).toBe(300 * 32 * 2 * 8 * 128 * 2);
    expect((cost.bytes?.(prefillOf([[100, 200]])) ?? 0) - contexts).toBe(0);
  });

  it('says that small decodes wait for memory and large prompts for arithmetic', () => {
    const cost = createCost(models['llama-3-8b'], devices.h200, limits);
    const limitOf = (shape: BatchShape) => cost.explain(shape).find((part) => part.operator === 'gate-up')?.limit;
    expect(limitOf(decodesOf([500]))).toBe('bandwidth');
    expect(limitOf(prefillOf([[2048, 0]]))).toBe('compute');
  });

  it('makes one long context among short ones dear, because few thread blocks read it', () => {
    const cost = createCost(models['llama-3-8b'], devices.h200, limits);
    const uneven = [8192, ...Array.from({ length: 63 }, () => 256)];
    const even = uneven.map(() => 380);
    expect(cost.stepUs(decodesOf(uneven))).toBeGreaterThan(2 * cost.stepUs(decodesOf(even)));
  });

  it('charges an empty batch nothing but the overhead', () => {
    const cost = createCost(models['llama-3-8b'], devices.h200, limits, 12);
    expect(cost.explain(createBatchShape(0)).at(-1)).toMatchObject({ operator: 'overhead', us: 12, limit: 'host' });
    expect(cost.flops(createBatchShape(0))).toBe(0);
  });
});
