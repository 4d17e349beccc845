import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withinHostUs } from './collectives.ts';
import { type BatchShape, createBatchShape } from './cost.ts';
import { devices } from './device.ts';
import { kvBytesPerToken, type ModelId, models, parameters } from './model.ts';
import { createCost } from './operator-cost.ts';
import { libraryOnly } from './peer-link.ts';
import { canSplit, createParallelCost, rankModel } from './tensor-parallel.ts';
import { decodesOf, prefillOf, shapeOf } from './testing.ts';

interface MeasuredStep {
  readonly model: ModelId;
  readonly ranks: number;
  /** Whether the ranks sent each other their sums, or one rank's share was timed alone. */
  readonly messages: boolean;
  readonly kind: string;
  readonly decodes: number;
  readonly contextSum: number;
  readonly contextMax: number;
  readonly chunks: readonly (readonly [number, number])[];
  readonly samples: number;
  readonly us: number;
}

const limits = { maxTokens: 64, maxSequences: 8 };
const file = new URL('./testdata/h200-tensor-parallel-steps.json', import.meta.url);
const { steps }: { steps: readonly MeasuredStep[] } = JSON.parse(readFileSync(file, 'utf8'));

function shapeFrom(step: MeasuredStep): BatchShape {
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
  return shape;
}

/** The steps were run with NCCL's all-reduces. */
const h200 = { ...devices.h200, peerLink: devices.h200.peerLink && libraryOnly(devices.h200.peerLink) };

function errors(rows: readonly MeasuredStep[]): number[] {
  return rows
    .map(({ model, ranks, messages, us, ...rest }) => {
      const cost = messages
        ? createParallelCost(models[model], h200, ranks, limits)
        : createCost(rankModel(models[model], ranks), h200, limits);
      return Math.abs(cost.stepUs(shapeFrom({ model, ranks, messages, us, ...rest })) / us - 1);
    })
    .sort((a, b) => a - b);
}

describe('against measured steps of ranks, to which no constant was fitted', () => {
  it('one rank of four and of eight, without messages: median within 4 %', () => {
    const found = errors(steps.filter((step) => !step.messages));
    expect(found).toHaveLength(24);
    expect(found[12]).toBeLessThan(0.04);
    expect(found[23]).toBeLessThan(0.15);
  });

  it('two H200 with their all-reduces: median within 5 %', () => {
    const found = errors(steps.filter((step) => step.messages));
    expect(found).toHaveLength(22);
    expect(found[11]).toBeLessThan(0.05);
    expect(found[21]).toBeLessThan(0.15);
  });
});

describe('rankModel', () => {
  it('is the model itself for one rank, and its cost the same to the last bit', () => {
    expect(rankModel(models['llama-3-8b'], 1)).toBe(models['llama-3-8b']);
    const shape = shapeOf({ contexts: [100, 2000], chunks: [[300, 50]] });
    const alone = createCost(models['llama-3-8b'], devices.h100, limits);
    expect(createParallelCost(models['llama-3-8b'], devices.h100, 1, limits).stepUs(shape)).toBe(alone.stepUs(shape));
  });

  it('divides weights and keys and values, but for norms and copied heads', () => {
    const whole = models['llama-2-70b'];
    for (const ranks of [2, 4, 8]) {
      const rank = rankModel(whole, ranks);
      expect(kvBytesPerToken(rank) * ranks).toBe(kvBytesPerToken(whole));
      expect((parameters(rank) * ranks) / parameters(whole)).toBeGreaterThanOrEqual(1);
      expect((parameters(rank) * ranks) / parameters(whole)).toBeLessThan(1.001);
    }
    // Two key-value heads among four ranks: each rank has a copy of one.
    const qwen = models['qwen2.5-1.5b'];
    expect(canSplit(qwen, 4)).toBe(true);
    expect(kvBytesPerToken(rankModel(qwen, 4))).toBe(kvBytesPerToken(qwen) / 2);
  });

  it('says which models cannot be divided', () => {
    expect(canSplit(models['qwen2.5-0.5b'], 4)).toBe(false);
    expect(canSplit(models['llama-3-8b'], 8)).toBe(true);
    expect(canSplit(models['turing-nlg-17b'], 8)).toBe(false);
  });
});

describe('messages', () => {
  it('grow with the bytes and the ranks', () => {
    const link = devices['a100-80'].peerLink;
    if (link === null) throw new Error('the A100 has a link');
    const size = fc.integer({ min: 0, max: 1e8 });
    fc.assert(
      fc.property(size, size, fc.constantFrom(2, 4, 8), (a, b, ranks) => {
        const [small, large] = [Math.min(a, b), Math.max(a, b)];
        const us = (n: number, bytes: number) => withinHostUs(link, 'all-reduce', n, bytes);
        expect(us(ranks, small)).toBeLessThanOrEqual(us(ranks, large));
        expect(us(ranks, large)).toBeLessThan(us(2 * ranks, large));
      }),
    );
    expect(withinHostUs(link, 'all-reduce', 1, 1e6)).toBe(0);
  });

  it('are part of the explanation, which says where all the time goes', () => {
    const cost = createParallelCost(models['llama-2-70b'], devices['a100-80'], 4, limits);
    for (const shape of [decodesOf([700, 900]), prefillOf([[2048, 0]])]) {
      const parts = cost.explain(shape);
      const sum = parts.reduce((us, part) => us + part.us, 0);
      expect(Math.abs(sum - cost.stepUs(shape))).toBeLessThanOrEqual(1);
      expect(parts.find((part) => part.operator === 'all-reduce')?.us).toBeGreaterThan(0);
    }
  });

  it('wait to start where they are short, for the link where they are long', () => {
    const cost = createParallelCost(models['llama-2-70b'], devices['a100-80'], 4, limits);
    const limitOf = (shape: BatchShape) => cost.explain(shape).find(({ operator }) => operator === 'all-reduce')?.limit;
    expect(limitOf(decodesOf([700, 90]))).toBe('latency');
    expect(limitOf(prefillOf([[16_384, 0]]))).toBe('link');
  });

  it('make a long prompt of a 70B model faster with more ranks, though by less than the ranks', () => {
    const us = (ranks: number) =>
      createParallelCost(models['llama-2-70b'], devices['a100-80'], ranks, limits).stepUs(prefillOf([[2048, 0]]));
    expect(us(4)).toBeLessThan(us(2));
    expect(us(4)).toBeGreaterThan(us(2) / 2);
  });
});

describe('parameters of published models', () => {
  const sizes: readonly (readonly [ModelId, number])[] = [
    ['opt-13b', 12.853e9],
    ['opt-66b', 65.72e9],
    ['llama-7b', 6.738e9],
    ['llama-13b', 13.016e9],
    ['llama-2-70b', 68.977e9],
    ['llama-3-70b', 70.554e9],
    ['mistral-7b', 7.242e9],
    ['yi-34b', 34.389e9],
    ['gpt-j-6b', 6.051e9],
    ['turing-nlg-17b', 17.2e9],
    ['gpt-3-175b', 174.6e9],
    ['falcon-180b', 178.7e9],
  ];
  for (const [model, expected] of sizes)
    it(`${model}: within 1 % of ${expected / 1e9} billion`, () => {
      expect(Math.abs(parameters(models[model]) / expected - 1)).toBeLessThan(0.01);
    });
});
