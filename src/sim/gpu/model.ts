/** G: what a decoder-only transformer is, as data, and the sizes and work that follow from it. */

import { type PublishedModelId, publishedModels } from './dense-models.ts';
import { type SmallModelId, smallModels } from './small-models.ts';

export type ModelId =
  | 'llama-3.1-8b'
  | 'llama-3-8b'
  | 'llama-2-7b'
  | 'qwen2.5-1.5b'
  | 'qwen2.5-0.5b'
  | SmallModelId
  | PublishedModelId;

/** Shape and precision of a dense decoder-only model. */
export interface ModelSpec {
  readonly id: ModelId;
  readonly name: string;
  readonly layers: number;
  readonly hidden: number;
  /** Width of the feed-forward layer. */
  readonly intermediate: number;
  /** Gate, up and down projections (SwiGLU), as left out; or, `plain`, one up and one down. */
  readonly feedForward?: 'gated' | 'plain';
  readonly heads: number;
  /** Fewer than `heads`: grouped-query attention. */
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabulary: number;
  /** Bytes of one weight (and of one activation). */
  readonly weightElementBytes: number;
  /** Bytes of one element of the layers' matrices where those are quantised, scales included; left out: `weightElementBytes`. */
  readonly matrixElementBytes?: number;
  /** Bytes of one element of a cached key or value. */
  readonly kvElementBytes: number;
  /** Longest context in tokens: the upper limit of `max-model-len`. */
  readonly maxPosition: number;
  /** Whether the output projection is the embedding matrix, so that it is stored once. */
  readonly tiedEmbeddings: boolean;
  /** Whether the query, key and value projections have biases. */
  readonly attentionBias: boolean;
  /** Rows of a table of learned positions; left out: none (rotary positions have no weights). */
  readonly learnedPositions?: number;
}

/** Shape that Llama-3-8B and Llama-3.1-8B share; they differ in the length of context they were trained for. */
const llama3 = {
  layers: 32,
  hidden: 4096,
  intermediate: 14336,
  heads: 32,
  kvHeads: 8,
  headDim: 128,
  vocabulary: 128256,
  weightElementBytes: 2,
  kvElementBytes: 2,
  tiedEmbeddings: false,
  attentionBias: false,
} as const;

/** The models that a scenario can name, with the values of their published `config.json`, in bfloat16. */
export const models: Readonly<Record<ModelId, ModelSpec>> = {
  ...publishedModels,
  'llama-3.1-8b': { ...llama3, id: 'llama-3.1-8b', name: 'Llama-3.1-8B', maxPosition: 131072 },
  'llama-3-8b': { ...llama3, id: 'llama-3-8b', name: 'Llama-3-8B', maxPosition: 8192 },
  'llama-2-7b': {
    id: 'llama-2-7b',
    name: 'Llama-2-7B',
    layers: 32,
    hidden: 4096,
    intermediate: 11008,
    heads: 32,
    kvHeads: 32,
    headDim: 128,
    vocabulary: 32000,
    weightElementBytes: 2,
    kvElementBytes: 2,
    maxPosition: 4096,
    tiedEmbeddings: false,
    attentionBias: false,
  },
  'qwen2.5-1.5b': {
    id: 'qwen2.5-1.5b',
    name: 'Qwen2.5-1.5B',
    layers: 28,
    hidden: 1536,
    intermediate: 8960,
    heads: 12,
    kvHeads: 2,
    headDim: 128,
    vocabulary: 151936,
    weightElementBytes: 2,
    kvElementBytes: 2,
    maxPosition: 32768,
    tiedEmbeddings: true,
    attentionBias: true,
  },
  'qwen2.5-0.5b': {
    id: 'qwen2.5-0.5b',
    name: 'Qwen2.5-0.5B',
    layers: 24,
    hidden: 896,
    intermediate: 4864,
    heads: 14,
    kvHeads: 2,
    headDim: 64,
    vocabulary: 151936,
    weightElementBytes: 2,
    kvElementBytes: 2,
    maxPosition: 32768,
    tiedEmbeddings: true,
    attentionBias: true,
  },
  ...smallModels,
};

/** Columns of the fused query, key and value projection. */
export function qkvWidth(model: ModelSpec): number {
  return (model.heads + 2 * model.kvHeads) * model.headDim;
}

/** Matrices that the input of the feed-forward layer is multiplied with: gate and up, or up alone. */
export function upProjections(model: ModelSpec): number {
  return model.feedForward === 'plain' ? 1 : 2;
}

/** Weights of the linear operators of one layer: qkv, output, gate, up and down projections. */
export function layerMatrixElements(model: ModelSpec): number {
  const attention = model.hidden * (qkvWidth(model) + model.heads * model.headDim);
  return attention + (upProjections(model) + 1) * model.hidden * model.intermediate;
}

/** All parameters of the model; tied embeddings are counted once. */
export function parameters(model: ModelSpec): number {
  const norms = 2 * model.hidden + (model.attentionBias ? qkvWidth(model) : 0);
  const embeddings = (model.tiedEmbeddings ? 1 : 2) * model.vocabulary * model.hidden;
  const positions = (model.learnedPositions ?? 0) * model.hidden;
  return model.layers * (layerMatrixElements(model) + norms) + model.hidden + embeddings + positions;
}

/** Bytes of one element of the layers' matrices. */
export function matrixElementBytes(model: ModelSpec): number {
  return model.matrixElementBytes ?? model.weightElementBytes;
}

/** Device memory that the weights take. Quantisation leaves embeddings, output projection and norms as they are. */
export function weightBytes(model: ModelSpec): number {
  const matrices = model.layers * layerMatrixElements(model);
  return Math.ceil(matrices * matrixElementBytes(model)) + (parameters(model) - matrices) * model.weightElementBytes;
}

/** Bytes of weights that every step reads: all matrices, but only single rows of the embedding. */
export function streamedWeightBytes(model: ModelSpec): number {
  const matrices = model.layers * layerMatrixElements(model);
  return Math.ceil(matrices * matrixElementBytes(model)) + model.vocabulary * model.hidden * model.weightElementBytes;
}

/** Bytes of keys and values of one token in all layers. */
export function kvBytesPerToken(model: ModelSpec): number {
  return 2 * model.layers * model.kvHeads * model.headDim * model.kvElementBytes;
}

/** Operations of the linear operators of all layers for one token (multiply-add counts two); attention and lm-head apart. */
export function linearFlopsPerToken(model: ModelSpec): number {
  return 2 * model.layers * layerMatrixElements(model);
}

/** Operations of the output projection for one sampled row. */
export function lmHeadFlopsPerSample(model: ModelSpec): number {
  return 2 * model.hidden * model.vocabulary;
}

/** Operations of attention in all layers for one query that attends to one key: a product with the key and one with the value. */
export function attentionFlopsPerPair(model: ModelSpec): number {
  return 4 * model.layers * model.heads * model.headDim;
}

/** Query-key pairs of a causal chunk: each new token attends to all cached ones, to the new ones before it, and to itself. */
export function causalPairs(newTokens: number, cached: number): number {
  return newTokens * cached + (newTokens * (newTokens + 1)) / 2;
}
