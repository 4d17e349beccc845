/** Models with experts and with latents: sizes against published totals, and cost against an obviously right slow twin. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatchShape } from './cost.ts';
import { devices } from './device.ts';
import { distinctExperts, paidRows } from './experts.ts';
import { kvCapacity } from './kv-capacity.ts';
import {
  activeParameters,
  kvBytesPerToken,
  type ModelSpec,
  models,
  parameters,
  streamedWeightBytes,
  weightBytes,
} from './model.ts';
import { createCost } from './operator-cost.ts';
import {
  chunkThroughputUs,
  decodeAttentionUs,
  elementwiseUs,
  gemmUs,
  prefillAttentionUs,
  samplingUs,
  smoothMax,
  streamUs,
} from './operators.ts';
import { deviceFor, heldPrecision, quantised } from './precision.ts';
import { canSplit, createParallelCost, rankModel } from './tensor-parallel.ts';
import { decodesOf, prefillOf, type StepSketch, shapeOf } from './testing.ts';

const limits = { maxTokens: 512, maxSequences: 64 };
const mixtral = models['mixtral-8x7b'];
const qwen = models['qwen3-30b-a3b'];
const deepseek = models['deepseek-v3'];
const { h200 } = devices;

/** All matrices of a layer, one by one, as a person would list them; `expert` = those of one expert. */
function matricesOf(model: ModelSpec, layer: number): { all: [number, number][]; expert: [number, number][] } {
  const { hidden, heads, kvHeads, headDim, latent, experts } = model;
  const all: [number, number][] = [];
  if (latent === undefined) {
    for (const width of [heads, kvHeads, kvHeads]) all.push([hidden, width * headDim]);
    all.push([heads * headDim, hidden]);
  } else {
    const { kvRank, queryRank, ropeDim, nopeDim, valueDim } = latent;
    all.push([hidden, queryRank], [queryRank, heads * (nopeDim + ropeDim)]);
    all.push([hidden, kvRank + ropeDim], [kvRank, heads * nopeDim], [kvRank, heads * valueDim]);
    all.push([heads * valueDim, hidden]);
  }
  if (experts === undefined || layer < experts.denseLayers) {
    const width = model.intermediate;
    all.push([hidden, width], [hidden, width], [width, hidden]);
    return { all, expert: [] };
  }
  const width = experts.intermediate;
  const expert: [number, number][] = [
    [hidden, width],
    [hidden, width],
    [width, hidden],
  ];
  all.push([hidden, experts.count]);
  for (let i = 0; i < experts.shared + experts.count; i++) all.push(...expert);
  return { all, expert };
}

const elementsOf = (matrices: readonly [number, number][]): number => matrices.reduce((sum, [k, n]) => sum + k * n, 0);

describe('sizes', () => {
  it.each([mixtral, qwen, deepseek])(
    'of $name are those of its matrices, layer by layer and expert by expert',
    (model) => {
      const { layers, hidden, vocabulary, headDim, latent, experts } = model;
      let all = 2 * vocabulary * hidden + hidden;
      let active = all;
      for (let layer = 0; layer < layers; layer++) {
        const { all: matrices, expert } = matricesOf(model, layer);
        const norms =
          2 * hidden + (model.queryKeyNorm ? 2 * headDim : 0) + (latent ? latent.kvRank + latent.queryRank : 0);
        all += elementsOf(matrices) + norms;
        const idle = expert.length > 0 && experts ? experts.count - experts.perToken : 0;
        active += elementsOf(matrices) + norms - idle * elementsOf(expert);
      }
      expect(parameters(model)).toBe(all);
      expect(activeParameters(model)).toBe(active);
    },
  );

  // Model cards of Mixtral-8x7B, Qwen3-30B-A3B (its 3.3 billion are cut off, not rounded), Qwen3-32B.
  it.each([
    ['mixtral-8x7b', 46.7e9, 12.9e9, 0.005],
    ['qwen3-30b-a3b', 30.5e9, 3.35e9, 0.005],
    ['qwen3-32b', 32.8e9, 32.8e9, 0.005],
  ] as const)('%s: the published totals', (id, total, active, share) => {
    expect(Math.abs(parameters(models[id]) / total - 1)).toBeLessThan(share);
    expect(Math.abs(activeParameters(models[id]) / active - 1)).toBeLessThan(share);
  });

  it('deepseek-v3: 671 billion, 36.6 of them active, output head included and embedding not (README_WEIGHTS.md)', () => {
    const embedding = deepseek.vocabulary * deepseek.hidden;
    expect(Math.abs(parameters(deepseek) / 671e9 - 1)).toBeLessThan(0.001);
    expect(Math.abs((activeParameters(deepseek) - embedding) / 36.6e9 - 1)).toBeLessThan(0.005);
    expect(Math.abs((activeParameters(deepseek) - embedding / 2) / 37e9 - 1)).toBeLessThan(0.01);
  });

  it('of a token: 576 elements a layer from latents, 70 KB where keys and values themselves would take 4 MB', () => {
    expect(kvBytesPerToken(deepseek)).toBe(61 * 576 * 2);
    expect(kvBytesPerToken(qwen)).toBe(48 * 2 * 4 * 128 * 2);
    expect(kvBytesPerToken(mixtral)).toBe(131_072);
  });

  it('of weights: DeepSeek-V3 takes a byte an element, 2 GB for the copy that decodes use, and 16 bits for the rest', () => {
    const copy = 61 * 128 * 512 * 256 * 2;
    const inSixteen = 2 * deepseek.vocabulary * deepseek.hidden + 58 * 7168 * 256;
    const atLeast = parameters(deepseek) + inSixteen + copy;
    expect(weightBytes(deepseek) / atLeast).toBeGreaterThanOrEqual(1);
    expect(weightBytes(deepseek) / atLeast).toBeLessThan(1.0001);
    expect(weightBytes(qwen)).toBe(2 * parameters(qwen));
    expect(heldPrecision(deepseek, 'bf16')).toBe('fp8');
    expect(heldPrecision(qwen, 'bf16')).toBe('bf16');
    expect(heldPrecision(deepseek, 'int4')).toBe('int4');
  });

  it('of what a step reads: one token reads its own experts, many tokens read all', () => {
    const embedding = 2 * qwen.vocabulary * qwen.hidden;
    const norms = 2 * (48 * (2 * qwen.hidden + 2 * qwen.headDim) + qwen.hidden);
    expect(streamedWeightBytes(qwen)).toBe(2 * activeParameters(qwen) - embedding - norms);
    expect(streamedWeightBytes(qwen, 4096) / (2 * parameters(qwen) - embedding - norms)).toBeCloseTo(1, 9);
  });
});

describe('several GPUs', () => {
  it('have DeepSeek-V3 in eight parts, each with the whole latent', () => {
    expect(canSplit(deepseek, 8)).toBe(true);
    expect(canSplit(deepseek, 3)).toBe(false);
    expect(canSplit(qwen, 8)).toBe(true);
    // 768 columns an expert are no 5 times anything that 32 heads are.
    expect(canSplit({ ...qwen, heads: 40, kvHeads: 8 }, 5)).toBe(false);
    const rank = rankModel(deepseek, 8);
    expect(kvBytesPerToken(rank)).toBe(kvBytesPerToken(deepseek));
    expect(kvBytesPerToken(rankModel(qwen, 4))).toBe(kvBytesPerToken(qwen) / 4);
    // What makes latents and their queries is on every rank, and the router.
    const copied = 61 * 7168 * (1536 + 576) + 58 * 7168 * 256;
    const norms = parameters(rank) * 8 - parameters(deepseek) - 7 * copied;
    expect(norms / parameters(deepseek)).toBeLessThan(0.0001);
    expect(norms).toBeGreaterThan(0);
  });

  it('leave DeepSeek-V3 room for half a million cached tokens on eight H200, and none on eight H100', () => {
    const settings = {
      blockSize: 64,
      kvShare: { of: 'total', share: 0.9 } as const,
      maxTokens: 8192,
      maxSequences: 256,
    };
    const of = (device: typeof h200) =>
      kvCapacity(rankModel(deepseek, 8), device, { ...settings, logits: deepseek.vocabulary });
    // 8 x 150.1 GB at 0.9 less 675 GB: about 48 GB a GPU, 70 KB a token.
    expect(of(h200).blocks * 64).toBeGreaterThan(500_000);
    expect(of(h200).blocks * 64).toBeLessThan(700_000);
    expect(of(devices.h100).poolBytes).toBeLessThan(0);
  });

  it('do not read fewer latents each, so a long context gains less than with grouped queries', () => {
    const long = decodesOf(Array(32).fill(60_000));
    const us = (model: ModelSpec, ranks: number) =>
      createParallelCost(model, h200, ranks, limits)
        .explain(long)
        .find(({ operator }) => operator === 'attention-decode')?.us ?? 0;
    expect(us(deepseek, 4) / us(deepseek, 8)).toBeLessThan(us(mixtral, 4) / us(mixtral, 8));
    expect(us(mixtral, 4) / us(mixtral, 8)).toBeGreaterThan(1.7);
  });
});

/** The time of a step, layer by layer, from the operators themselves. */
function slowUs(model: ModelSpec, shape: BatchShape): number {
  const device = deviceFor(h200, heldPrecision(model, 'bf16'));
  const { elementwise, gemm, layerGemm = gemm, prefillAttention, decodeAttention, sampling } = device.operators;
  const { hidden, heads, kvHeads, headDim, latent, experts, intermediate } = model;
  const m = shape.tokens;
  const bytes = model.matrixElementBytes ?? 2;
  const move = (elements: number) => elementwiseUs(elementwise, 2 * elements * m);
  const cast = (elements: number) => (device.operators.layerGemm ? elementwiseUs(elementwise, 3 * elements * m) : 0);
  const product = (k: number, n: number, rows = m) => gemmUs(layerGemm, rows, k, n, bytes, 2);
  const wide = (k: number, n: number, rows = m) => gemmUs(gemm, rows, k, n, 2, 2);
  const chunks = { pairs: 0, queries: 0, longestNew: 0, longest: 0 };
  let keys = 0;
  for (let i = 0; i < shape.chunkCount; i++) {
    const [fresh, cached] = [shape.chunkNew[i], shape.chunkCached[i]];
    for (let q = 1; q <= fresh; q++) chunks.pairs += cached + q;
    chunks.queries += fresh;
    chunks.longestNew = Math.max(chunks.longestNew, fresh);
    chunks.longest = Math.max(chunks.longest, fresh + cached);
    keys += fresh + cached;
  }
  let us = move(2 * hidden) + move(4 * hidden);
  for (let layer = 0; layer < model.layers; layer++) {
    us += 2 * move(4 * hidden);
    if (latent === undefined) {
      us += move(2 * (heads + 2 * kvHeads) * headDim);
      if (model.queryKeyNorm) us += move(2 * (heads + kvHeads) * headDim);
      us += cast(hidden) + product(hidden, (heads + 2 * kvHeads) * headDim);
      us += prefillAttentionUs(prefillAttention, chunks, heads, headDim);
      us += decodeAttentionUs(
        decodeAttention,
        shape.decodes,
        shape.decodeContextSum,
        shape.decodeContextMax,
        kvHeads,
        4 * headDim,
      );
      us += cast(heads * headDim) + product(heads * headDim, hidden);
    } else {
      const { kvRank, queryRank, ropeDim, nopeDim, valueDim } = latent;
      us += move(2 * (kvRank + queryRank)) + move(2 * (heads * ropeDim + kvRank + ropeDim));
      us += cast(hidden) + product(hidden, queryRank + kvRank + ropeDim);
      us += cast(queryRank) + product(queryRank, heads * (nopeDim + ropeDim));
      if (keys > 0) us += product(kvRank, heads * (nopeDim + valueDim), keys);
      us += prefillAttentionUs(prefillAttention, chunks, heads, (nopeDim + ropeDim + valueDim) / 2);
      if (shape.decodes > 0) {
        us += wide(nopeDim, heads * kvRank, shape.decodes) + wide(valueDim, heads * kvRank, shape.decodes);
        const readUs = decodeAttentionUs(
          decodeAttention,
          shape.decodes,
          shape.decodeContextSum,
          shape.decodeContextMax,
          1,
          2 * (kvRank + ropeDim),
        );
        const pairs = shape.decodeContextSum;
        const dim = (2 * kvRank + ropeDim) / 2;
        us += Math.max(readUs, chunkThroughputUs(prefillAttention, { pairs, queries: 0 }, heads, dim));
      }
      us += cast(heads * valueDim) + product(heads * valueDim, hidden);
    }
    if (experts === undefined || layer < experts.denseLayers) {
      us += cast(hidden) + product(hidden, 2 * intermediate);
      us += move(3 * intermediate);
      us += cast(intermediate) + product(intermediate, hidden);
      continue;
    }
    const { count, perToken, shared, intermediate: width } = experts;
    const met = distinctExperts(count, perToken, m);
    const grouped = (k: number, n: number) => {
      let weights = 0;
      let paid = layerGemm.wastedRows;
      // Each of the experts is met with the same chance, and if it is, has its share of the rows.
      for (let expert = 0; expert < count; expert++) {
        weights += (met / count) * bytes * k * n;
        paid += (met / count) * paidRows((m * perToken) / met, layerGemm.tileRows);
      }
      const memory = streamUs(weights + 2 * m * perToken * (k + n), layerGemm);
      return layerGemm.fixedUs + smoothMax(memory, (2 * k * n * paid) / (layerGemm.flopsPerS * 1e-6));
    };
    us += wide(hidden, count);
    us += cast(hidden) + grouped(hidden, 2 * width);
    us += move(3 * perToken * width);
    us += cast(perToken * width) + grouped(width, hidden);
    us += move((perToken + 1) * hidden);
    if (shared > 0) us += product(hidden, 2 * shared * width) + cast(shared * width) + product(shared * width, hidden);
  }
  return us + wide(hidden, model.vocabulary, shape.samples) + samplingUs(sampling, shape.samples);
}

describe('time', () => {
  const step: fc.Arbitrary<StepSketch> = fc
    .record({
      contexts: fc.array(fc.integer({ min: 1, max: 9000 }), { maxLength: 60 }),
      chunks: fc.array(fc.tuple(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 0, max: 3000 })), { maxLength: 3 }),
    })
    .filter(({ contexts, chunks }) => contexts.length + chunks.length > 0);

  it('is the sum over layers and experts', () => {
    fc.assert(
      fc.property(fc.constantFrom(mixtral, qwen, deepseek, models['qwen3-32b']), step, (model, sketch) => {
        const cost = createCost(model, deviceFor(h200, heldPrecision(model, 'bf16')), limits);
        const shape = shapeOf(sketch);
        const slow = slowUs(model, shape);
        expect(Math.abs(cost.stepUs(shape) - slow)).toBeLessThan(0.51 + 1e-9 * slow);
      }),
      { numRuns: 40 },
    );
  });

  it('of experts: a batch of two reads nearly twice what one reads, a large one all of them and no more', () => {
    const cost = createCost(qwen, h200, limits);
    const us = (batch: number) =>
      cost
        .explain(decodesOf(Array(batch).fill(100)))
        .filter(({ operator }) => operator.startsWith('expert-') && operator !== 'expert-activation')
        .reduce((sum, part) => sum + part.us, 0);
    const dense = createCost(models['qwen3-32b'], h200, limits);
    const denseUs = (batch: number) => dense.stepUs(decodesOf(Array(batch).fill(100)));
    expect(us(64) / us(1)).toBeGreaterThan(4);
    expect(denseUs(64) / denseUs(1)).toBeLessThan(1.3);
    expect(us(256) / us(128)).toBeLessThan(1.3);
  });

  it('of latents: arithmetic binds a decode on an H200, and reading would bind one of a model with grouped queries', () => {
    const limitOf = (model: ModelSpec, name: string) =>
      createCost(model, h200, limits)
        .explain(decodesOf(Array(128).fill(8000)))
        .find(({ operator }) => operator === name)?.limit;
    expect(limitOf(deepseek, 'attention-decode')).toBe('compute');
    expect(limitOf(qwen, 'attention-decode')).toBe('bandwidth');
    // With a sixteenth of the heads, reading binds again.
    expect(limitOf(rankModel(deepseek, 16), 'attention-decode')).toBe('bandwidth');
  });

  it('of a chunk includes the keys and values made again for what is cached', () => {
    const cost = createCost(deepseek, h200, limits);
    const us = (cached: number) =>
      cost.explain(prefillOf([[512, cached]])).find(({ operator }) => operator === 'kv-expand')?.us ?? 0;
    expect(us(16_384 - 512) / us(0)).toBeGreaterThan(10);
    expect(us(0)).toBeGreaterThan(0);
  });

  it('counts operations by hand: DeepSeek-V3 decodes one token over one key', () => {
    const { flops } = createCost(deepseek, h200, limits);
    const linear = 2 * (activeParameters(deepseek) - 2 * 129280 * 7168 - 7168 - 61 * (2 * 7168 + 512 + 1536));
    const attention = 61 * 128 * 2 * (576 + 512);
    const expandedPair = 61 * 128 * 2 * (192 + 128);
    const head = 2 * 129280 * 7168;
    expect(flops(decodesOf([1]))).toBe(linear + attention + head);
    expect(flops(prefillOf([[1, 0]]))).toBe(linear + expandedPair + head);
    // Keys and values of a hundred cached tokens are made again.
    const again = 100 * 61 * 2 * 512 * 128 * (128 + 128);
    expect(flops(prefillOf([[1, 100]]))).toBe(linear + 101 * expandedPair + again + head);
  });

  it('in fewer bits leaves the router as it is', () => {
    const router = (model: ModelSpec) =>
      createCost(model, h200, limits)
        .explain(decodesOf([100]))
        .find(({ operator }) => operator === 'router')?.us;
    expect(router(quantised(qwen, 'int4', 'bf16'))).toBe(router(qwen));
  });
});
