/** G: the cost model. Turns the shape of a batch into time, operator by operator, for one model on one device. */

import type { BatchShape, CostModel, Limit, OperatorName, OperatorTime, StepPart } from './cost.ts';
import type { DeviceProfile } from './device.ts';
import { distinctExperts, groupedGemm } from './experts.ts';
import { type LayerProduct, layerProducts, qkvWidth, upProjections } from './layer-products.ts';
import { materialisedAttentionUs } from './materialised-attention.ts';
import {
  attentionFlopsPerPair,
  bothEnds,
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
  // Keys and values of cached tokens are made again, those of new ones are among the products of their rows.
  const expandedFlopsPerKey = hasLatent ? expanded(model, device, 1).flops : 0;
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
    const us = joinedAttentionUs(
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
    return layers * Math.max(us, decodeComputeUs(shape));
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
      if (hasLatent) flops += cachedOfChunks(shape) * expandedFlopsPerKey;
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
      const others = parts.map(({ operator, limit, us, flops, bytes }) => ({
        operator,
        us: us(shape),
        limit,
        flops: flops(shape),
        bytes: bytes(shape),
      }));
      const overhead: OperatorTime = { operator: 'overhead', us: overheadUs, limit: 'host', flops: 0, bytes: 0 };
      if (shape.tokens === 0) return [...others, overhead];
      const dense = tokenOperators(model, device, shape.tokens);
      const behindAttention = dense.findIndex(({ operator }) => operator === 'o-proj');
      const attentionTimes: OperatorTime[] = [];
      const allUs = attentionUs(shape);
      // Where one kernel does both, the decodes are charged what the step costs beyond its chunks.
      const chunksUs = shape.chunkCount > 0 ? attentionUs(withoutDecodes(shape)) : 0;
      if (shape.chunkCount > 0) {
        if (hasLatent) attentionTimes.push(expanded(model, device, keysOfChunks(shape)));
        attentionTimes.push(prefillAttentionTime(model, device, shape, chunksUs, isFused));
      }
      if (shape.decodes > 0) {
        if (hasLatent) attentionTimes.push(absorbed(model, device, shape.decodes + shape.drafts));
        const us = allUs - chunksUs;
        const isComputing = hasLatent && isFused && us <= layers * decodeComputeUs(shape);
        attentionTimes.push(decodeAttentionTime(model, device, shape, us, isComputing));
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

/** Keys among those that were computed in earlier steps. */
function cachedOfChunks(shape: BatchShape): number {
  let keys = 0;
  for (let i = 0; i < shape.chunkCount; i++) keys += shape.chunkCached[i];
  return keys;
}

/** The prefill chunks of a step alone. */
function withoutDecodes(shape: BatchShape): BatchShape {
  return { ...shape, decodes: 0, decodeContextSum: 0, decodeContextMax: 0, drafts: 0, draftPairs: 0 };
}

/** Attention of the chunks of a step in all layers; `us` is its time. Written scores pass memory six times. */
function prefillAttentionTime(
  model: ModelSpec,
  device: DeviceProfile,
  shape: BatchShape,
  us: number,
  isFused: boolean,
): OperatorTime {
  const { layers, heads } = model;
  let pairs = 0;
  let queries = 0;
  let scores = 0;
  for (let i = 0; i < shape.chunkCount; i++) {
    const fresh = shape.chunkNew[i];
    pairs += causalPairs(fresh, shape.chunkCached[i]);
    queries += fresh;
    scores += fresh * (fresh + shape.chunkCached[i]);
  }
  const scoreBytes = isFused ? 0 : 6 * layers * heads * scores * model.weightElementBytes;
  const isShort = us < 2 * layers * device.operators.prefillAttention.fixedUs;
  const headDim = chunkHeadDim(model);
  return {
    operator: 'attention-prefill',
    us,
    limit: !isFused ? 'bandwidth' : isShort ? 'latency' : 'compute',
    flops: pairs * attentionFlopsPerPair(model, headDim),
    bytes: keysOfChunks(shape) * kvBytesPerToken(model) + queryBytes(model, headDim, queries) + scoreBytes,
  };
}

/** Attention of the decodes of a step in all layers; `us` is its time. */
function decodeAttentionTime(
  model: ModelSpec,
  device: DeviceProfile,
  shape: BatchShape,
  us: number,
  isComputing: boolean,
): OperatorTime {
  const isShort = us < 2 * model.layers * device.operators.decodeAttention.fixedUs;
  const headDim = decodeHeadDim(model);
  return {
    operator: 'attention-decode',
    us,
    limit: isComputing ? 'compute' : isShort ? 'latency' : 'bandwidth',
    flops: (shape.decodeContextSum + shape.draftPairs) * attentionFlopsPerPair(model, headDim),
    bytes: shape.decodeContextSum * kvBytesPerToken(model) + queryBytes(model, headDim, shape.decodes + shape.drafts),
  };
}

/** Queries read and outputs written by attention in all layers. */
function queryBytes({ layers, heads, weightElementBytes }: ModelSpec, headDim: number, queries: number): number {
  return 2 * layers * heads * headDim * weightElementBytes * queries;
}

/** Operators whose time follows from the tokens of the step, summed over all layers, in the order in which they run. */
function tokenOperators(model: ModelSpec, device: DeviceProfile, tokens: number): OperatorTime[] {
  const { elementwise } = device.operators;
  const { hidden } = model;
  const row = model.weightElementBytes * tokens;
  const normUs = elementwiseUs(elementwise, 4 * hidden * row, 2 * hidden * row, 'norm', tokens);
  const limit = limitOf(elementwise.fixedUs, 0, normUs - elementwise.fixedUs);
  const small = smallWork(model, device, tokens, normUs);
  const casts = castWork(model, device, tokens);
  const times: OperatorTime[] = [];
  if ((model.ends ?? bothEnds).isFirst) {
    times.push({
      operator: 'embedding',
      us: elementwiseUs(elementwise, 2 * hidden * row, undefined, 'embedding', tokens),
      limit,
      flops: 0,
      bytes: 2 * hidden * row,
    });
  }
  times.push({ operator: 'norm-rope', us: small.us + casts.us, limit, flops: 0, bytes: small.bytes + casts.bytes });
  for (const product of layerProducts(model)) {
    const { name, layers } = product;
    if (name === 'kv-up') continue;
    // Gate, up and their product, between the two matrices of a feed-forward layer; of experts also their sum, at the end.
    const between = (operator: OperatorName, elements: number, rows = tokens): void => {
      const bytes = elements * row;
      const us = elementwiseUs(elementwise, bytes, undefined, 'activation', rows);
      times.push({ operator, us: layers * us, limit, flops: 0, bytes: layers * bytes });
    };
    if (name === 'down') between('activation', (upProjections(model) + 1) * product.inputs);
    if (name === 'expert-down')
      between(
        'expert-activation',
        (upProjections(model) + 1) * product.perToken * product.inputs,
        product.perToken * tokens,
      );
    times.push(productTime(model, device, product, name, tokens));
    if (name === 'expert-down') between('expert-sum', (product.perToken + 1) * hidden);
  }
  return times;
}

/** Time of elementwise work, and what it moves. */
interface ElementwiseWork {
  readonly us: number;
  readonly bytes: number;
}

/** Norms, positions and the writing of keys and values, and what else is elementwise around attention. `normUs`: one norm. */
function smallWork(model: ModelSpec, device: DeviceProfile, tokens: number, normUs: number): ElementwiseWork {
  const { elementwise } = device.operators;
  const { layers, hidden, heads, kvHeads, headDim, queryKeyNorm, latent } = model;
  const row = model.weightElementBytes * tokens;
  // All of them in place: what is written replaces what was read.
  const us = (bytes: number): number => elementwiseUs(elementwise, bytes, bytes / 2, 'rotation', tokens);
  const norms = 4 * hidden * row;
  const finalNorm = (model.ends ?? bothEnds).isLast ? norms : 0;
  const finalUs = finalNorm > 0 ? elementwiseUs(elementwise, norms, norms / 2, 'final-norm', tokens) : 0;
  // Reads and writes: residual and output of a norm; queries and keys in place, keys and values into the cache.
  if (latent === undefined) {
    const headBytes = queryKeyNorm === true ? 2 * (heads + kvHeads) * headDim * row : 0;
    const headsUs =
      headBytes > 0 ? elementwiseUs(elementwise, headBytes, headBytes / 2, 'head-norm', (heads + kvHeads) * tokens) : 0;
    const rotated = 2 * qkvWidth(model) * row;
    return {
      us: layers * (2 * normUs + us(rotated) + headsUs) + finalUs,
      bytes: layers * (2 * norms + rotated + headBytes) + finalNorm,
    };
  }
  const { kvRank, queryRank, ropeDim } = latent;
  const ranks = 2 * (kvRank + queryRank) * row;
  const rotated = 2 * (heads * ropeDim + kvRank + ropeDim) * row;
  return {
    us: layers * (2 * normUs + us(ranks) + us(rotated)) + finalUs,
    bytes: layers * (2 * norms + ranks + rotated) + finalNorm,
  };
}

/**
 * Bringing rows to 8 bits for the products of each layer: read in 16, written in 8; nothing where they stay. Experts share
 * the rows that come in.
 */
function castWork(model: ModelSpec, device: DeviceProfile, tokens: number): ElementwiseWork {
  const { elementwise, layerGemm } = device.operators;
  let us = 0;
  let bytes = 0;
  if (layerGemm === undefined) return { us, bytes };
  for (const { name, layers, inputs, perToken, isQuantised } of layerProducts(model)) {
    if (!isQuantised || name === 'kv-up' || name === 'shared-gate-up') continue;
    const moved = 3 * (name === 'expert-gate-up' ? 1 : perToken) * inputs * tokens;
    us += layers * elementwiseUs(elementwise, moved);
    bytes += layers * moved;
  }
  return { us, bytes };
}

/** Queries of decodes brought to the latent, and what they found there to values: two products, in 16 bits, in all layers. */
function absorbed(model: ModelSpec, device: DeviceProfile, queries: number): OperatorTime {
  const { layers, heads, latent, weightElementBytes: bytes } = model;
  const { gemm } = device.operators;
  const { kvRank, nopeDim, valueDim } = latent ?? { kvRank: 0, nopeDim: 0, valueDim: 0 };
  const width = heads * kvRank;
  const product = (elements: number): number => gemmUs(gemm, queries, elements, width, bytes);
  const moved =
    productBytes(queries, nopeDim, width, bytes, bytes) + productBytes(queries, valueDim, width, bytes, bytes);
  return {
    operator: 'kv-absorb',
    us: layers * (product(nopeDim) + product(valueDim)),
    limit: gemmLimit(gemm, queries, nopeDim, width, bytes, bytes),
    flops: 2 * layers * queries * (nopeDim + valueDim) * width,
    bytes: layers * moved,
  };
}

/** Keys and values of all heads made from latents, cached ones too, in all layers. */
function expanded(model: ModelSpec, device: DeviceProfile, keys: number): OperatorTime {
  const product = layerProducts(model).find(({ name }) => name === 'kv-up');
  if (product === undefined) return { operator: 'kv-expand', us: 0, limit: 'latency', flops: 0, bytes: 0 };
  return productTime(model, device, product, 'kv-expand', keys);
}

/** Operators whose time follows from the sampled rows. */
function sampleOperators(model: ModelSpec, device: DeviceProfile, rows: number): OperatorTime[] {
  if (rows === 0 || !(model.ends ?? bothEnds).isLast) return [];
  const { gemm, sampling } = device.operators;
  const { hidden, vocabulary } = model;
  return [
    {
      operator: 'lm-head',
      us: gemmUs(gemm, rows, hidden, vocabulary, model.weightElementBytes),
      limit: gemmLimit(gemm, rows, hidden, vocabulary, model.weightElementBytes, model.weightElementBytes),
      flops: rows * lmHeadFlopsPerSample(model),
      bytes: productBytes(rows, hidden, vocabulary, model.weightElementBytes, model.weightElementBytes),
    },
    {
      operator: 'sampling',
      us: samplingUs(sampling, rows),
      limit: sampling.perRowUs * rows > sampling.fixedUs ? 'bandwidth' : 'latency',
      flops: 0,
      bytes: rows * vocabulary * model.weightElementBytes,
    },
  ];
}

/** One product of all layers that have it, for the rows of `tokens` tokens. */
function productTime(
  model: ModelSpec,
  device: DeviceProfile,
  product: LayerProduct,
  operator: OperatorName,
  tokens: number,
): OperatorTime {
  const { inputs: k, outputs: n, layers, matrices, perToken, isQuantised } = product;
  const { gemm: plain, layerGemm = plain } = device.operators;
  const gemm = isQuantised ? layerGemm : plain;
  const rowBytes = model.weightElementBytes;
  const bytes = isQuantised ? matrixElementBytes(model) : rowBytes;
  const met = matrices === 1 ? 1 : distinctExperts(matrices, perToken, tokens);
  const rows = tokens * perToken;
  const work = {
    operator,
    flops: layers * 2 * rows * k * n,
    bytes: layers * (bytes * met * k * n + rowBytes * rows * (k + n)),
  };
  if (matrices === 1)
    return {
      ...work,
      us: layers * gemmUs(gemm, tokens, k, n, bytes, rowBytes),
      limit: gemmLimit(gemm, tokens, k, n, bytes, rowBytes),
    };
  const { us, computeUs, memoryUs } = groupedGemm(gemm, met, rows, k, n, bytes, rowBytes);
  return { ...work, us: layers * us, limit: limitOf(gemm.fixedUs, computeUs, memoryUs) };
}

/** Weights read, rows read and rows written by a product of [m, k] and [k, n]. */
function productBytes(m: number, k: number, n: number, weightBytes: number, rowBytes: number): number {
  return weightBytes * k * n + rowBytes * (m * k + m * n);
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

function sumUs(times: readonly OperatorTime[]): number {
  let us = 0;
  for (const time of times) us += time.us;
  return us;
}

/** A function of a whole number whose values up to `last` are computed once, when they are first asked for. */
export function tabulated(last: number, us: (size: number) => number): (size: number) => number {
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
