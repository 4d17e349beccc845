/** G: the cost model. Turns the shape of a batch into time, operator by operator, for one model on one device. */

import type { BatchShape, CostModel, Limit, OperatorName, OperatorTime, StepPart } from './cost.ts';
import type { DeviceProfile } from './device.ts';
import { distinctExperts, groupedGemm } from './experts.ts';
import { type LayerProduct, layerProducts, qkvWidth, upProjections } from './layer-products.ts';
import { materialisedAttentionUs } from './materialised-attention.ts';
import {
  attentionFlopsPerPair,
  cachedHeads,
  causalPairs,
  chunkHeadDim,
  decodeHeadDim,
  kvBytesPerToken,
  linearFlopsPerToken,
  lmHeadFlopsPerSample,
  type ModelSpec,
  matrixElementBytes,
  streamedWeightBytes,
} from './model.ts';
import {
  addChunk,
  chunkThroughputUs,
  clearChunkSums,
  createChunkSums,
  decodeAttentionUs,
  elementwiseUs,
  type GemmCoefficients,
  gemmComputeUs,
  gemmMemoryUs,
  gemmUs,
  headNormUs,
  joinedAttentionUs,
  prefillAttentionUs,
  samplingUs,
} from './operators.ts';

/** Sizes up to which times are tabulated. Larger batches are right too, only slower to look up. */
export interface CostLimits {
  /** Tokens of a step: the token budget. */
  readonly maxTokens: number;
  /** Sequences of a step: the seats. */
  readonly maxSequences: number;
}

/** What a step does otherwise, or beside the model's own forward pass. */
export interface StepOptions {
  /** `materialised`: the scores are written to memory, as before FlashAttention. Left out: `fused`. */
  readonly attention?: 'fused' | 'materialised';
  readonly parts?: readonly StepPart[];
}

interface DenseTime {
  readonly operator: OperatorName;
  readonly us: number;
  readonly limit: Limit;
}

/**
 * Times of `model` on `device`, as a sum over operators that run one after the other.
 *
 * Linear and elementwise operators depend on the tokens of the step alone and the output projection on the sampled
 * rows, so both are tables; attention is computed for each step from the sums that the shape carries.
 * @param overheadUs time a step in which the device waits for the host; left out: the device's own figure
 */
export function createCost(
  model: ModelSpec,
  device: DeviceProfile,
  limits: CostLimits,
  overheadUs: number = device.stepOverheadUs,
  { attention = 'fused', parts = [] }: StepOptions = {},
): CostModel {
  const { operators } = device;
  const { layers } = model;
  const flopsPerToken = linearFlopsPerToken(model);
  const flopsPerSample = lmHeadFlopsPerSample(model);
  const chunkDim = chunkHeadDim(model);
  const decodeDim = decodeHeadDim(model);
  const flopsPerChunkPair = attentionFlopsPerPair(model, chunkDim);
  const flopsPerDecodePair = attentionFlopsPerPair(model, decodeDim);
  const kvTokenBytes = kvBytesPerToken(model);
  const cached = cachedHeads(model);
  const hasLatent = model.latent !== undefined;
  const isFused = attention === 'fused';
  // Asked at every step: most models have none.
  const hasParts = parts.length > 0;

  const weightBytes = tabulated(limits.maxTokens, (tokens) => streamedWeightBytes(model, tokens));
  // A step that only encodes images leaves the model alone.
  const denseUs = tabulated(limits.maxTokens, (tokens) =>
    tokens === 0 ? 0 : sumUs(tokenOperators(model, device, tokens)),
  );
  const outputUs = tabulated(limits.maxSequences, (rows) => sumUs(sampleOperators(model, device, rows)));

  const absorbUs = tabulated(limits.maxTokens, (queries) => absorbed(model, device, queries).us);
  const expandUs = tabulated(limits.maxTokens, (keys) => expanded(model, device, keys).us);

  // One object for all steps, so that a step allocates nothing.
  const chunks = createChunkSums();

  function sumChunks(shape: BatchShape): void {
    clearChunkSums(chunks);
    for (let i = 0; i < shape.chunkCount; i++) {
      addChunk(chunks, shape.chunkNew[i], shape.chunkCached[i], operators.joinedAttention);
    }
  }

  /** Attention of the chunks alone. */
  function prefillUs(): number {
    const { joinedAttention, prefillAttention } = operators;
    const us =
      joinedAttention === null
        ? prefillAttentionUs(prefillAttention, chunks, model.heads, chunkDim)
        : joinedAttentionUs(joinedAttention, chunks, model.heads, chunkDim, cached.heads, cached.bytes, 0, 0, 0);
    return layers * us;
  }

  function decodeUs(shape: BatchShape): number {
    const { decodes, decodeContextSum, decodeContextMax } = shape;
    const { decodeAttention } = operators;
    const us = decodeAttentionUs(
      decodeAttention,
      decodes,
      decodeContextSum,
      decodeContextMax,
      cached.heads,
      cached.bytes,
    );
    return layers * Math.max(us, decodeComputeUs(shape));
  }

  /** Arithmetic of one layer's decodes, where it may take longer than reading their contexts; 0 where it does not. */
  function decodeComputeUs({ decodes, decodeContextSum, drafts, draftPairs }: BatchShape): number {
    if (drafts === 0 && !hasLatent) return 0;
    // Drafts share the context that is read for their sequence; only their arithmetic comes on top, and is hidden. A
    // latent is met by all heads: their queries fill whole tiles, of which nothing is masked.
    const pairs = decodeContextSum + draftPairs;
    const queries = hasLatent ? 0 : decodes + drafts;
    return chunkThroughputUs(operators.prefillAttention, { pairs, queries }, model.heads, decodeDim);
  }

  /** Attention of a step with decodes and chunks. */
  function mixedUs(shape: BatchShape): number {
    const { joinedAttention } = operators;
    // Decodes that meet a latent need a kernel of their own.
    if (joinedAttention === null || hasLatent) return decodeUs(shape) + prefillUs();
    const joinedUs = joinedAttentionUs(
      joinedAttention,
      chunks,
      model.heads,
      chunkDim,
      cached.heads,
      cached.bytes,
      shape.decodes,
      shape.decodeContextSum,
      shape.decodeContextMax,
    );
    // A small chunk must not make the decodes cheaper than they are alone.
    return Math.max(layers * joinedUs, decodeUs(shape));
  }

  function fusedUs(shape: BatchShape): number {
    if (shape.chunkCount === 0) return shape.decodes === 0 ? 0 : decodeUs(shape);
    sumChunks(shape);
    return shape.decodes === 0 ? prefillUs() : mixedUs(shape);
  }

  function attentionUs(shape: BatchShape): number {
    const us = fusedUs(shape);
    // The fused kernel is never the slower one: where it would be, the formulas are at the end of their range.
    return isFused ? us : Math.max(us, layers * materialisedAttentionUs(model, operators, shape));
  }

  /** Bringing latents and heads together: for decodes on the side of the queries, for chunks on that of keys and values. */
  function latentUs(shape: BatchShape): number {
    const queries = shape.decodes + shape.drafts;
    const keys = keysOfChunks(shape);
    return (queries > 0 ? absorbUs(queries) : 0) + (keys > 0 ? expandUs(keys) : 0);
  }

  return {
    stepUs(shape) {
      let us = overheadUs + denseUs(shape.tokens) + outputUs(shape.samples) + attentionUs(shape);
      if (hasLatent) us += latentUs(shape);
      if (hasParts) for (const part of parts) us += part.us(shape);
      return Math.max(1, Math.round(us));
    },

    flops(shape) {
      const decodePairs = shape.decodeContextSum + shape.draftPairs;
      let chunkPairs = 0;
      for (let i = 0; i < shape.chunkCount; i++) chunkPairs += causalPairs(shape.chunkNew[i], shape.chunkCached[i]);
      let flops = shape.tokens * flopsPerToken + shape.samples * flopsPerSample;
      flops += decodePairs * flopsPerDecodePair + chunkPairs * flopsPerChunkPair;
      if (hasParts) for (const part of parts) flops += part.flops(shape);
      return flops;
    },

    bytes(shape) {
      const context = shape.decodeContextSum + keysOfChunks(shape);
      let bytes = shape.tokens === 0 ? 0 : weightBytes(shape.tokens) + context * kvTokenBytes;
      if (hasParts) for (const part of parts) bytes += part.bytes(shape);
      return bytes;
    },

    explain(shape) {
      const others = parts.map((part) => ({ operator: part.operator, us: part.us(shape), limit: part.limit }));
      const overhead: OperatorTime = { operator: 'overhead', us: overheadUs, limit: 'host' };
      if (shape.tokens === 0) return [...others, overhead];
      const dense = tokenOperators(model, device, shape.tokens);
      const behindAttention = dense.findIndex(({ operator }) => operator === 'o-proj');
      const attentionTimes: OperatorTime[] = [];
      const allUs = attentionUs(shape);
      // Where one kernel does both, the decodes are charged what the step costs beyond its chunks.
      const chunksUs = shape.chunkCount > 0 ? attentionUs(withoutDecodes(shape)) : 0;
      const limit = isFused ? 'compute' : 'bandwidth';
      if (shape.chunkCount > 0) {
        if (hasLatent) attentionTimes.push(expanded(model, device, keysOfChunks(shape)));
        attentionTimes.push({ operator: 'attention-prefill', us: chunksUs, limit });
      }
      if (shape.decodes > 0) {
        if (hasLatent) attentionTimes.push(absorbed(model, device, shape.decodes + shape.drafts));
        const us = allUs - chunksUs;
        const isComputing = hasLatent && isFused && us <= layers * decodeComputeUs(shape);
        attentionTimes.push({ operator: 'attention-decode', us, limit: isComputing ? 'compute' : 'bandwidth' });
      }
      return [
        ...dense.slice(0, behindAttention),
        ...attentionTimes,
        ...dense.slice(behindAttention),
        ...sampleOperators(model, device, shape.samples),
        ...others,
        overhead,
      ];
    },
  };
}

/** Keys that the chunks of a step see: cached and new ones. */
function keysOfChunks(shape: BatchShape): number {
  let keys = 0;
  for (let i = 0; i < shape.chunkCount; i++) keys += shape.chunkNew[i] + shape.chunkCached[i];
  return keys;
}

/** The prefill chunks of a step alone. */
function withoutDecodes(shape: BatchShape): BatchShape {
  return { ...shape, decodes: 0, decodeContextSum: 0, decodeContextMax: 0, drafts: 0, draftPairs: 0 };
}

/** Operators whose time follows from the tokens of the step, summed over all layers, in the order in which they run. */
function tokenOperators(model: ModelSpec, device: DeviceProfile, tokens: number): DenseTime[] {
  const { elementwise } = device.operators;
  const { hidden } = model;
  const row = model.weightElementBytes * tokens;
  const embeddingUs = elementwiseUs(elementwise, 2 * hidden * row, undefined, 'embedding');
  const normUs = elementwiseUs(elementwise, 4 * hidden * row, 2 * hidden * row, 'norm');
  const small = smallUs(model, device, tokens, normUs) + castUs(model, device, tokens);
  const smallLimit = limitOf(elementwise.fixedUs, 0, normUs - elementwise.fixedUs);
  const times: DenseTime[] = [
    { operator: 'embedding', us: embeddingUs, limit: smallLimit },
    { operator: 'norm-rope', us: small, limit: smallLimit },
  ];
  for (const product of layerProducts(model)) {
    const { name, layers } = product;
    if (name === 'kv-up') continue;
    // Gate, up and their product, between the two matrices of a feed-forward layer; of experts also their sum, at the end.
    const between = (operator: OperatorName, elements: number): void => {
      const us = elementwiseUs(elementwise, elements * row, undefined, 'activation');
      times.push({ operator, us: layers * us, limit: smallLimit });
    };
    if (name === 'down') between('activation', (upProjections(model) + 1) * product.inputs);
    if (name === 'expert-down')
      between('expert-activation', (upProjections(model) + 1) * product.perToken * product.inputs);
    times.push(productTime(model, device, product, name, tokens));
    if (name === 'expert-down') between('expert-sum', (product.perToken + 1) * hidden);
  }
  return times;
}

/** Norms, positions and the writing of keys and values, and what else is elementwise around attention. `normUs`: one norm. */
function smallUs(model: ModelSpec, device: DeviceProfile, tokens: number, normUs: number): number {
  const { elementwise } = device.operators;
  const { layers, hidden, heads, kvHeads, headDim, queryKeyNorm, latent } = model;
  const row = model.weightElementBytes * tokens;
  // All of them in place: what is written replaces what was read.
  const us = (elements: number): number => elementwiseUs(elementwise, elements * row, (elements * row) / 2, 'rotation');
  const finalUs = elementwiseUs(elementwise, 4 * hidden * row, 2 * hidden * row, 'final-norm');
  // Reads and writes: residual and output of a norm; queries and keys in place, keys and values into the cache.
  if (latent === undefined) {
    const headsUs = queryKeyNorm === true ? headNormUs(elementwise, 2 * (heads + kvHeads) * headDim * row) : 0;
    return layers * (2 * normUs + us(2 * qkvWidth(model)) + headsUs) + finalUs;
  }
  const { kvRank, queryRank, ropeDim } = latent;
  const rotated = heads * ropeDim + kvRank + ropeDim;
  return layers * (2 * normUs + us(2 * (kvRank + queryRank)) + us(2 * rotated)) + finalUs;
}

/**
 * Time in which rows are brought to 8 bits for the products of each layer: read in 16, written in 8; 0 where they stay.
 * Experts share the rows that come in.
 */
function castUs(model: ModelSpec, device: DeviceProfile, tokens: number): number {
  const { elementwise, layerGemm } = device.operators;
  if (layerGemm === undefined) return 0;
  let us = 0;
  for (const { name, layers, inputs, perToken, isQuantised } of layerProducts(model)) {
    if (!isQuantised || name === 'kv-up' || name === 'shared-gate-up') continue;
    const rows = name === 'expert-gate-up' ? 1 : perToken;
    us += layers * elementwiseUs(elementwise, 3 * rows * inputs * tokens);
  }
  return us;
}

/** Queries of decodes brought to the latent, and what they found there to values: two products, in 16 bits, in all layers. */
function absorbed(model: ModelSpec, device: DeviceProfile, queries: number): DenseTime {
  const { layers, heads, latent, weightElementBytes: bytes } = model;
  const { gemm } = device.operators;
  const width = heads * (latent?.kvRank ?? 0);
  const product = (elements: number): number => layers * gemmUs(gemm, queries, elements, width, bytes);
  return {
    operator: 'kv-absorb',
    us: product(latent?.nopeDim ?? 0) + product(latent?.valueDim ?? 0),
    limit: gemmLimit(gemm, queries, latent?.nopeDim ?? 0, width, bytes, bytes),
  };
}

/** Keys and values of all heads made from latents, cached ones too, in all layers. */
function expanded(model: ModelSpec, device: DeviceProfile, keys: number): DenseTime {
  const product = layerProducts(model).find(({ name }) => name === 'kv-up');
  if (product === undefined) return { operator: 'kv-expand', us: 0, limit: 'latency' };
  return productTime(model, device, product, 'kv-expand', keys);
}

/** Operators whose time follows from the sampled rows. */
function sampleOperators(model: ModelSpec, device: DeviceProfile, rows: number): DenseTime[] {
  if (rows === 0) return [];
  const { gemm, sampling } = device.operators;
  const { hidden, vocabulary } = model;
  return [
    {
      operator: 'lm-head',
      us: gemmUs(gemm, rows, hidden, vocabulary, model.weightElementBytes),
      limit: gemmLimit(gemm, rows, hidden, vocabulary, model.weightElementBytes, model.weightElementBytes),
    },
    { operator: 'sampling', us: samplingUs(sampling, rows), limit: 'latency' },
  ];
}

/** One product of all layers that have it, for the rows of `tokens` tokens. */
function productTime(
  model: ModelSpec,
  device: DeviceProfile,
  product: LayerProduct,
  operator: OperatorName,
  tokens: number,
): DenseTime {
  const { inputs: k, outputs: n, layers, matrices, perToken, isQuantised } = product;
  const { gemm: plain, layerGemm = plain } = device.operators;
  const gemm = isQuantised ? layerGemm : plain;
  const rowBytes = model.weightElementBytes;
  const bytes = isQuantised ? matrixElementBytes(model) : rowBytes;
  if (matrices === 1)
    return {
      operator,
      us: layers * gemmUs(gemm, tokens, k, n, bytes, rowBytes),
      limit: gemmLimit(gemm, tokens, k, n, bytes, rowBytes),
    };
  const met = distinctExperts(matrices, perToken, tokens);
  const { us, computeUs, memoryUs } = groupedGemm(gemm, met, tokens * perToken, k, n, bytes, rowBytes);
  return { operator, us: layers * us, limit: limitOf(gemm.fixedUs, computeUs, memoryUs) };
}

function gemmLimit(
  gemm: GemmCoefficients,
  m: number,
  k: number,
  n: number,
  weightBytes: number,
  rowBytes: number,
): Limit {
  return limitOf(gemm.fixedUs, gemmComputeUs(gemm, m, k, n), gemmMemoryUs(gemm, m, k, n, weightBytes, rowBytes));
}

/** The largest of an operator's three times names what it waits for. */
function limitOf(fixedUs: number, computeUs: number, memoryUs: number): Limit {
  if (fixedUs > computeUs && fixedUs > memoryUs) return 'latency';
  return computeUs > memoryUs ? 'compute' : 'bandwidth';
}

function sumUs(times: readonly DenseTime[]): number {
  let us = 0;
  for (const time of times) us += time.us;
  return us;
}

/** A function of a whole number whose values up to `last` are computed once, when they are first asked for. */
function tabulated(last: number, us: (size: number) => number): (size: number) => number {
  const table = new Float64Array(last + 1).fill(Number.NaN);
  return (size) => {
    if (size > last) return us(size);
    const known = table[size];
    if (!Number.isNaN(known)) return known;
    const value = us(size);
    table[size] = value;
    return value;
  };
}
