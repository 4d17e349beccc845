import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createBatchShape } from './cost.ts';
import { devices } from './device.ts';
import { type ModelId, models } from './model.ts';
import { createCost } from './operator-cost.ts';
import { decodesOf, prefillOf } from './testing.ts';

interface MeasuredStep {
  readonly model: ModelId;
  readonly kind: 'decode' | 'prefill' | 'mixed';
  readonly decodes: number;
  readonly contextSum: number;
  readonly contextMax: number;
  readonly chunks: readonly (readonly [number, number])[];
  readonly samples: number;
  readonly us: number;
}

const file = new URL('./testdata/h200-steps.json', import.meta.url);
const { steps }: { steps: readonly MeasuredStep[] } = JSON.parse(readFileSync(file, 'utf8'));

/** Signed relative error of one step. */
function errorOf(step: MeasuredStep): number {
  const shape = createBatchShape(step.chunks.length);
  shape.decodes = step.decodes;
  shape.decodeContextSum = step.contextSum;
  shape.decodeContextMax = step.contextMax;
  shape.samples = step.samples;
  shape.tokens = step.decodes;
  for (const [fresh, cached] of step.chunks) {
    shape.chunkNew[shape.chunkCount] = fresh;
    shape.chunkCached[shape.chunkCount] = cached;
    shape.chunkCount++;
    shape.tokens += fresh;
  }
  const cost = createCost(models[step.model], devices.h200, { maxTokens: 0, maxSequences: 0 });
  return cost.stepUs(shape) / step.us - 1;
}

/** Value below which a share `q` of the absolute errors lies. */
function quantile(rows: readonly MeasuredStep[], q: number): number {
  const errors = rows.map((row) => Math.abs(errorOf(row))).sort((a, b) => a - b);
  return errors[Math.min(errors.length - 1, Math.floor(q * errors.length))];
}

/** Constants were fitted to the even rows (see `tools/fit-profile.mjs`), so the odd ones are the better evidence. */
const heldOut = steps.filter((_, i) => i % 2 === 1);

describe('the H200 profile against measured whole steps that no constant was fitted to', () => {
  for (const kind of ['decode', 'prefill', 'mixed'] as const) {
    it(`Llama-3-8B, ${kind}: median within 3 %, 95 % within 10 %`, () => {
      const rows = heldOut.filter((row) => row.model === 'llama-3-8b' && row.kind === kind);
      expect(rows.length).toBeGreaterThanOrEqual(9);
      expect(quantile(rows, 0.5)).toBeLessThanOrEqual(0.03);
      expect(quantile(rows, 0.95)).toBeLessThanOrEqual(0.1);
    });
  }

  it('states the error that it has', () => {
    const rows = heldOut.filter((row) => row.model === 'llama-3-8b');
    expect(devices.h200.error.count).toBe(rows.length);
    expect(devices.h200.error.median).toBeCloseTo(quantile(rows, 0.5), 3);
    expect(devices.h200.error.p95).toBeCloseTo(quantile(rows, 0.95), 3);
  });

  it('holds for other shapes too: median within 5 %', () => {
    for (const model of ['llama-2-7b', 'qwen2.5-1.5b'] as const) {
      const rows = heldOut.filter((row) => row.model === model);
      expect(quantile(rows, 0.5)).toBeLessThanOrEqual(0.05);
    }
  });
});

describe('figures of the H200 that people know', () => {
  const cost = createCost(models['llama-3-8b'], devices.h200, { maxTokens: 8192, maxSequences: 256 });
  const within = (us: number, expected: number, share: number) =>
    expect(Math.abs(us / expected - 1)).toBeLessThan(share);

  it('one prompt of 8,192 tokens takes 236 ms', () => within(cost.stepUs(prefillOf([[8192, 0]])), 236_276, 0.03));
  it('one decode takes 4.48 ms', () => within(cost.stepUs(decodesOf([256])), 4483, 0.03));
  it('32 decodes take 4.99 ms', () => within(cost.stepUs(decodesOf(Array(32).fill(256))), 4985, 0.03));
});
