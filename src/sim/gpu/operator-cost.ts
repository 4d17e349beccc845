/** G: the cost model. Turns the shape of a batch into time, operator by operator, for one model on one device. */

import type { BatchShape, CostModel, Limit, OperatorName, OperatorTime, StepPart } from './cost.ts';
import type { DeviceProfile } from './device.ts';
import { materialisedAttentionUs } from './materialised-attention.ts';
import {
  attentionFlopsPerPair,
  causalPairs,
  kvBytesPerToken,
  linearFlopsPerToken,
  lmHeadFlopsPerSample,
  type ModelSpec,
  matrixElementBytes,
  qkvWidth,
  streamedWeightBytes,
  upProjections,
} from './model.ts';
import {
  type ChunkSums,
  chunkThroughputUs,
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
  const flopsPerPair = attentionFlopsPerPair(model);
  const weightBytes = streamedWeightBytes(model);
  const kvTokenBytes = kvBytesPerToken(model);
  const kvHeadBytes = 2 * model.headDim * model.kvElementBytes;
  const isFused = attention === 'fused';
  // Asked at every step: most models have none.
  const hasParts = parts.length > 0;

  const denseUs = tabulated(limits.maxTokens, (tokens) => sumUs(tokenOperators(model, device, tokens)));
  const outputUs = tabulated(limits.maxSequences, (rows) => sumUs(sampleOperators(model, device, rows)));

  // One object for all steps, so that a step allocates nothing.
  const chunks: ChunkSums = { pairs: 0, queries: 0, longestNew: 0, longest: 0 };

  function sumChunks(shape: BatchShape): void {
    let pairs = 0;
    let queries = 0;
    let longestNew = 0;
    let longest = 0;
    for (let i = 0; i < shape.chunkCount; i++) {
      const fresh = shape.chunkNew[i];
      const cached = shape.chunkCached[i];
      pairs += causalPairs(fresh, cached);
      queries += fresh;
      if (fresh > longestNew) longestNew = fresh;
      if (fresh + cached > longest) longest = fresh + cached;
    }
    chunks.pairs = pairs;
    chunks.queries = queries;
    chunks.longestNew = longestNew;
    chunks.longest = longest;
  }

  function prefillUs(): number {
    return layers * prefillAttentionUs(operators.prefillAttention, chunks, model.heads, model.headDim);
  }

  function decodeUs(shape: BatchShape): number {
    const { decodes, decodeContextSum, decodeContextMax } = shape;
    const { decodeAttention } = operators;
    const us = decodeAttentionUs(
      decodeAttention,
      decodes,
      decodeContextSum,
      decodeContextMax,
      model.kvHeads,
      kvHeadBytes,
    );
    if (shape.drafts === 0) return layers * us;
    // Drafts share the context that is read for their sequence; only their arithmetic comes on top, and is hidden.
    const pairs = decodeContextSum + shape.draftPairs;
    const queries = decodes + shape.drafts;
    const verifyUs = chunkThroughputUs(operators.prefillAttention, { pairs, queries }, model.heads, model.headDim);
    return layers * Math.max(us, verifyUs);
  }

  /** Attention of a step with decodes and chunks. */
  function mixedUs(shape: BatchShape): number {
    const { joinedAttention } = operators;
    if (joinedAttention === null) return decodeUs(shape) + prefillUs();
    const joinedUs = joinedAttentionUs(
      operators.prefillAttention,
      operators.decodeAttention,
      joinedAttention,
      chunks,
      model.heads,
      model.headDim,
      shape.decodes,
      shape.decodeContextSum * model.kvHeads * kvHeadBytes,
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

  return {
    stepUs(shape) {
      let us = overheadUs + denseUs(shape.tokens) + outputUs(shape.samples) + attentionUs(shape);
      if (hasParts) for (const part of parts) us += part.us(shape);
      return Math.max(1, Math.round(us));
    },

    flops(shape) {
      let pairs = shape.decodeContextSum + shape.draftPairs;
      for (let i = 0; i < shape.chunkCount; i++) pairs += causalPairs(shape.chunkNew[i], shape.chunkCached[i]);
      let flops = shape.tokens * flopsPerToken + shape.samples * flopsPerSample + pairs * flopsPerPair;
      if (hasParts) for (const part of parts) flops += part.flops(shape);
      return flops;
    },

    bytes(shape) {
      let context = shape.decodeContextSum;
      for (let i = 0; i < shape.chunkCount; i++) context += shape.chunkNew[i] + shape.chunkCached[i];
      let bytes = weightBytes + context * kvTokenBytes;
      if (hasParts) for (const part of parts) bytes += part.bytes(shape);
      return bytes;
    },

    explain(shape) {
      const dense = tokenOperators(model, device, shape.tokens);
      const [embedding, normRope, qkv, output, gateUp, activation, down] = dense;
      const attentionTimes: OperatorTime[] = [];
      const allUs = attentionUs(shape);
      // Where one kernel does both, the decodes are charged what the step costs beyond its chunks.
      const chunksUs = shape.chunkCount > 0 ? attentionUs(withoutDecodes(shape)) : 0;
      if (shape.chunkCount > 0) attentionTimes.push(prefillAttentionTime(model, device, shape, chunksUs, isFused));
      if (shape.decodes > 0) attentionTimes.push(decodeAttentionTime(model, device, shape, allUs - chunksUs));
      const others = parts.map(({ operator, limit, us, flops, bytes }) => ({
        operator,
        us: us(shape),
        limit,
        flops: flops(shape),
        bytes: bytes(shape),
      }));
      const overhead: OperatorTime = { operator: 'overhead', us: overheadUs, limit: 'host', flops: 0, bytes: 0 };
      return [
        embedding,
        normRope,
        qkv,
        ...attentionTimes,
        output,
        gateUp,
        activation,
        down,
        ...sampleOperators(model, device, shape.samples),
        ...others,
        overhead,
      ];
    },
  };
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
  let keys = 0;
  let scores = 0;
  for (let i = 0; i < shape.chunkCount; i++) {
    const fresh = shape.chunkNew[i];
    const seen = fresh + shape.chunkCached[i];
    pairs += causalPairs(fresh, shape.chunkCached[i]);
    queries += fresh;
    keys += seen;
    scores += fresh * seen;
  }
  const scoreBytes = isFused ? 0 : 6 * layers * heads * scores * model.weightElementBytes;
  const isShort = us < 2 * layers * device.operators.prefillAttention.fixedUs;
  return {
    operator: 'attention-prefill',
    us,
    limit: !isFused ? 'bandwidth' : isShort ? 'latency' : 'compute',
    flops: pairs * attentionFlopsPerPair(model),
    bytes: keys * kvBytesPerToken(model) + queryBytes(model, queries) + scoreBytes,
  };
}

/** Attention of the decodes of a step in all layers; `us` is its time. */
function decodeAttentionTime(model: ModelSpec, device: DeviceProfile, shape: BatchShape, us: number): OperatorTime {
  const isShort = us < 2 * model.layers * device.operators.decodeAttention.fixedUs;
  return {
    operator: 'attention-decode',
    us,
    limit: isShort ? 'latency' : 'bandwidth',
    flops: (shape.decodeContextSum + shape.draftPairs) * attentionFlopsPerPair(model),
    bytes: shape.decodeContextSum * kvBytesPerToken(model) + queryBytes(model, shape.decodes + shape.drafts),
  };
}

/** Queries read and outputs written by attention in all layers. */
function queryBytes({ layers, heads, headDim, weightElementBytes }: ModelSpec, queries: number): number {
  return 2 * layers * heads * headDim * weightElementBytes * queries;
}

/** Operators whose time follows from the tokens of the step, summed over all layers. */
function tokenOperators(model: ModelSpec, device: DeviceProfile, tokens: number): OperatorTime[] {
  const { elementwise } = device.operators;
  const { layers, hidden, intermediate } = model;
  const row = model.weightElementBytes * tokens;
  // Reads and writes: residual and output of a norm; queries and keys in place, keys and values into the cache; gate, up and product.
  const normBytes = 4 * hidden * row;
  const ropeBytes = 2 * qkvWidth(model) * row;
  const activationBytes = (upProjections(model) + 1) * intermediate * row;
  const embeddingBytes = 2 * hidden * row;
  const normUs = elementwiseUs(elementwise, normBytes);
  const ropeUs = elementwiseUs(elementwise, ropeBytes);
  const activationUs = layers * elementwiseUs(elementwise, activationBytes);
  const embeddingUs = elementwiseUs(elementwise, embeddingBytes);
  const small = layers * (2 * normUs + ropeUs) + normUs + castUs(model, device, tokens);
  const smallLimit = limitOf(elementwise.fixedUs, 0, normUs - elementwise.fixedUs);
  return [
    { operator: 'embedding', us: embeddingUs, limit: smallLimit, flops: 0, bytes: embeddingBytes },
    {
      operator: 'norm-rope',
      us: small,
      limit: smallLimit,
      flops: 0,
      bytes: layers * (2 * normBytes + ropeBytes) + normBytes + castBytes(model, device, tokens),
    },
    linear(model, device, 'qkv', tokens, hidden, qkvWidth(model)),
    linear(model, device, 'o-proj', tokens, model.heads * model.headDim, hidden),
    linear(model, device, 'gate-up', tokens, hidden, upProjections(model) * intermediate),
    { operator: 'activation', us: activationUs, limit: smallLimit, flops: 0, bytes: layers * activationBytes },
    linear(model, device, 'down', tokens, intermediate, hidden),
  ];
}

/** Time in which rows are brought to 8 bits for the four products of each layer: read in 16, written in 8; 0 where they stay. */
function castUs(model: ModelSpec, device: DeviceProfile, tokens: number): number {
  const { elementwise, layerGemm } = device.operators;
  if (layerGemm === undefined) return 0;
  const { layers, hidden, intermediate, heads, headDim } = model;
  const us = (width: number): number => elementwiseUs(elementwise, 3 * width * tokens);
  return layers * (2 * us(hidden) + us(heads * headDim) + us(intermediate));
}

/** What those conversions move. */
function castBytes(
  { layers, hidden, intermediate, heads, headDim }: ModelSpec,
  device: DeviceProfile,
  tokens: number,
): number {
  if (device.operators.layerGemm === undefined) return 0;
  return 3 * layers * tokens * (2 * hidden + heads * headDim + intermediate);
}

/** Operators whose time follows from the sampled rows. */
function sampleOperators(model: ModelSpec, device: DeviceProfile, rows: number): OperatorTime[] {
  if (rows === 0) return [];
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

function linear(
  model: ModelSpec,
  device: DeviceProfile,
  operator: OperatorName,
  m: number,
  k: number,
  n: number,
): OperatorTime {
  const gemm = device.operators.layerGemm ?? device.operators.gemm;
  const bytes = matrixElementBytes(model);
  const us = model.layers * gemmUs(gemm, m, k, n, bytes, model.weightElementBytes);
  return {
    operator,
    us,
    limit: gemmLimit(gemm, m, k, n, bytes, model.weightElementBytes),
    flops: model.layers * 2 * m * k * n,
    bytes: model.layers * productBytes(m, k, n, bytes, model.weightElementBytes),
  };
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
