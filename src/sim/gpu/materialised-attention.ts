/**
 * Attention that writes its scores to memory: what FlashAttention saves (T. Dao and others, arXiv 2205.14135, section
 * 2.2 and algorithm 0). In the type of the activations the score matrix of heads x queries x keys is written by the
 * first product, read and written by scale and mask, read and written by the softmax, and read by the second product:
 * six passes. Both products are computed in full, also the half that a causal mask throws away. An implementation that
 * does the softmax in float32 step by step moves several times as many bytes.
 */

import type { BatchShape } from './cost.ts';
import type { OperatorCoefficients } from './device.ts';
import { chunkHeadDim, kvBytesPerToken, type ModelSpec } from './model.ts';
import { elementwiseUs, smoothMax, streamUs } from './operators.ts';

/** Passes over the scores that neither product makes: scale and mask, softmax; each reads and writes them. */
const KERNELS_BETWEEN = 2;
/** Copies of the score matrix alive at once: scores in, probabilities out. */
const COPIES = 2;

/** One layer's attention of everything in the step. */
export function materialisedAttentionUs(model: ModelSpec, operators: OperatorCoefficients, shape: BatchShape): number {
  let queries = shape.decodes + shape.drafts;
  let keys = shape.decodeContextSum;
  // A decode that verifies drafts has a row for each of them: every key of its context meets all of them, about.
  let scores = shape.decodeContextSum + shape.draftPairs;
  for (let i = 0; i < shape.chunkCount; i++) {
    const seen = shape.chunkNew[i] + shape.chunkCached[i];
    queries += shape.chunkNew[i];
    keys += seen;
    scores += shape.chunkNew[i] * seen;
  }
  if (queries === 0) return 0;
  const { heads, layers, weightElementBytes: bytes } = model;
  const headDim = chunkHeadDim(model);
  const { gemm, elementwise } = operators;
  const scoreBytes = heads * scores * bytes;
  // Each product reads or writes the scores once, the queries or outputs once, and the keys or the values once.
  const memoryUs = streamUs(
    scoreBytes + heads * headDim * queries * bytes + (keys * kvBytesPerToken(model)) / (2 * layers),
    gemm,
  );
  const computeUs = (2 * headDim * heads * scores) / (gemm.flopsPerS * 1e-6);
  const productUs = gemm.fixedUs + smoothMax(memoryUs, computeUs);
  return 2 * productUs + KERNELS_BETWEEN * elementwiseUs(elementwise, 2 * scoreBytes);
}

/** Device memory for the score matrix of one layer: `queries` new tokens that each see up to `keys` tokens. */
export function scoreMatrixBytes(model: ModelSpec, queries: number, keys: number): number {
  return COPIES * model.heads * queries * keys * model.weightElementBytes;
}
