/** G: what a decoder-only transformer is, as data, and the sizes and work that follow from it. */

import { type PublishedModelId, publishedModels } from './dense-models.ts';
import { type ExpertModelId, expertModels } from './expert-models.ts';
import { distinctExperts } from './experts.ts';
import { layerProducts, matrixElements, qkvWidth } from './layer-products.ts';
import type { Precision } from './precision.ts';
import { type SmallModelId, smallModels } from './small-models.ts';

export type ModelId =
  | 'llama-3.1-8b'
  | 'llama-3-8b'
  | 'llama-2-7b'
  | 'qwen2.5-1.5b'
  | 'qwen2.5-0.5b'
  | SmallModelId
  | PublishedModelId
  | ExpertModelId;

/** Experts in place of one feed-forward layer. */
export interface ExpertSpec {
  /** Experts of a layer, of which the router chooses `perToken` for each token. */
  readonly count: number;
  readonly perToken: number;
  /** Further experts of the same width that every token meets. */
  readonly shared: number;
  /** Width of one expert. */
  readonly intermediate: number;
  /** First layers that have one feed-forward layer of the model's own width instead. */
  readonly denseLayers: number;
  /** Experts of a layer that a device has, where they are divided one by one; left out: all of them. */
  readonly held?: number;
}

/**
 * Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434, section 2.1): a token's keys and values of all heads are
 * made from one short vector, and that is what is cached, beside one key part that carries the position.
 */
export interface LatentSpec {
  /** Elements of the cached vector. */
  readonly kvRank: number;
  /** Elements of the vector that queries are made from; 0 = from the hidden state. */
  readonly queryRank: number;
  /** Elements of a query or key that carry the position (its key part is cached, one for all heads), and of the others. */
  readonly ropeDim: number;
  readonly nopeDim: number;
  /** Elements of a value. */
  readonly valueDim: number;
}

/** Shape and precision of a decoder-only model. */
export interface ModelSpec {
  readonly id: ModelId | 'own';
  readonly name: string;
  readonly layers: number;
  readonly hidden: number;
  /** Width of the feed-forward layer; of the dense ones, where others have experts. */
  readonly intermediate: number;
  /** Gate, up and down projections (SwiGLU), as left out; or, `plain`, one up and one down. */
  readonly feedForward?: 'gated' | 'plain';
  readonly heads: number;
  /** Fewer than `heads`: grouped-query attention. */
  readonly kvHeads: number;
  /** Elements of a query or key of one head. */
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
  /** Whether queries and keys have norms of their own (Qwen3). Left out: no. */
  readonly queryKeyNorm?: boolean;
  /** Rows of a table of learned positions; left out: none (rotary positions have no weights). */
  readonly learnedPositions?: number;
  /** The precision of the layers' matrices as they are published; left out: 16 bits. */
  readonly publishedIn?: Precision;
  /** Left out: every layer has one feed-forward layer. */
  readonly experts?: ExpertSpec;
  /** Left out: keys and values themselves are cached. */
  readonly latent?: LatentSpec;
  /** Left out: embedding, final norm and output projection are there. */
  readonly ends?: EndsSpec;
}

/** What a stage of a pipeline has beside its layers: the first one embeds tokens, the last one has norm and output projection. */
export interface EndsSpec {
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** Of a whole model. */
export const bothEnds: EndsSpec = { isFirst: true, isLast: true };

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
  ...expertModels,
};

/** All parameters of the model; tied embeddings are counted once. */
export function parameters(model: ModelSpec): number {
  const { layers, hidden, headDim, vocabulary, latent } = model;
  const attentionNorms = latent === undefined ? 0 : latent.kvRank + latent.queryRank;
  const norms =
    2 * hidden +
    (model.attentionBias ? qkvWidth(model) : 0) +
    (model.queryKeyNorm === true ? 2 * headDim : 0) +
    attentionNorms;
  const { isFirst, isLast } = model.ends ?? bothEnds;
  const copies = (isFirst ? 1 : 0) + (isLast && !(isFirst && model.tiedEmbeddings) ? 1 : 0);
  const embeddings = copies * vocabulary * hidden;
  const positions = isFirst ? (model.learnedPositions ?? 0) * hidden : 0;
  const finalNorm = isLast ? hidden : 0;
  return matrixElements(model) + layers * norms + finalNorm + embeddings + positions;
}

/** Parameters without the experts that a token does not meet. */
export function activeParameters(model: ModelSpec): number {
  let idle = 0;
  for (const { layers, matrices, perToken, inputs, outputs } of layerProducts(model))
    idle += layers * (matrices - perToken) * inputs * outputs;
  return parameters(model) - idle;
}

/** Bytes of one element of the layers' matrices. */
export function matrixElementBytes(model: ModelSpec): number {
  return model.matrixElementBytes ?? model.weightElementBytes;
}

/** Elements of the matrices that a lower precision concerns. */
function quantisedElements(model: ModelSpec): number {
  let elements = 0;
  for (const { layers, matrices, inputs, outputs, isQuantised } of layerProducts(model))
    if (isQuantised) elements += layers * matrices * inputs * outputs;
  return elements;
}

/**
 * Bytes of the matrix between latent and heads once more, cut in two and in 16 bits: decodes have no products in fewer
 * bits for it, and prompts use the whole one (vLLM, `process_weights_after_loading` in `attention/backends/mla/common.py`).
 */
function absorbedBytes({ layers, heads, latent, weightElementBytes }: ModelSpec): number {
  if (latent === undefined) return 0;
  return layers * heads * latent.kvRank * (latent.nopeDim + latent.valueDim) * weightElementBytes;
}

/** Device memory that the weights take. Quantisation leaves embeddings, output projection, routers and norms as they are. */
export function weightBytes(model: ModelSpec): number {
  const matrices = quantisedElements(model);
  const others = (parameters(model) - matrices) * model.weightElementBytes;
  return Math.ceil(matrices * matrixElementBytes(model)) + others + absorbedBytes(model);
}

/** Bytes of weights that a step reads: all matrices of which its tokens meet any, but only single rows of the embedding. */
export function streamedWeightBytes(model: ModelSpec, tokens = 1): number {
  let bytes = 0;
  for (const { layers, matrices, perToken, inputs, outputs, isQuantised } of layerProducts(model)) {
    const met = matrices === 1 ? 1 : distinctExperts(matrices, perToken, tokens);
    bytes += layers * met * inputs * outputs * (isQuantised ? matrixElementBytes(model) : model.weightElementBytes);
  }
  const { isLast } = model.ends ?? bothEnds;
  return Math.ceil(bytes) + (isLast ? model.vocabulary * model.hidden * model.weightElementBytes : 0);
}

/** Elements that a layer caches of one token: keys and values, or what both are made from. */
function cachedElements({ kvHeads, headDim, latent }: ModelSpec): number {
  return latent === undefined ? 2 * kvHeads * headDim : latent.kvRank + latent.ropeDim;
}

/** Bytes of keys and values of one token in all layers. */
export function kvBytesPerToken(model: ModelSpec): number {
  return model.layers * cachedElements(model) * model.kvElementBytes;
}

/** What decodes read of one token in one layer: heads that are read apart, and bytes of each. */
export function cachedHeads(model: ModelSpec): { readonly heads: number; readonly bytes: number } {
  // The one latent serves all heads.
  const heads = model.latent === undefined ? model.kvHeads : 1;
  return { heads, bytes: (cachedElements(model) * model.kvElementBytes) / heads };
}

/** Operations of the linear operators of all layers for one token (multiply-add counts two); attention and lm-head apart. */
export function linearFlopsPerToken(model: ModelSpec): number {
  let elements = 0;
  for (const { layers, perToken, inputs, outputs } of layerProducts(model))
    elements += layers * perToken * inputs * outputs;
  return 2 * elements;
}

/** Operations of the output projection for one sampled row. */
export function lmHeadFlopsPerSample({ hidden, vocabulary, ends = bothEnds }: ModelSpec): number {
  return ends.isLast ? 2 * hidden * vocabulary : 0;
}

/** Elements of a key and of a value that a query of one head meets, halved: the head size where both are alike. */
export function chunkHeadDim({ headDim, latent }: ModelSpec): number {
  return latent === undefined ? headDim : (latent.nopeDim + latent.ropeDim + latent.valueDim) / 2;
}

/**
 * The same for decodes. With a latent they do not make keys and values but meet the latent itself ("absorbed", section 2.1.2
 * of arXiv 2405.04434): less to read, more to compute.
 */
export function decodeHeadDim({ headDim, latent }: ModelSpec): number {
  return latent === undefined ? headDim : (latent.kvRank + latent.ropeDim + latent.kvRank) / 2;
}

/** Operations of attention in all layers for one query that attends to one key: a product with the key and one with the value. */
export function attentionFlopsPerPair(model: ModelSpec, headDim = chunkHeadDim(model)): number {
  return 4 * model.layers * model.heads * headDim;
}

/** Query-key pairs of a causal chunk: each new token attends to all cached ones, to the new ones before it, and to itself. */
export function causalPairs(newTokens: number, cached: number): number {
  return newTokens * cached + (newTokens * (newTokens + 1)) / 2;
}
