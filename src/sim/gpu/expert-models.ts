import type { ModelSpec } from './model.ts';

/** Models whose feed-forward layers are made of experts. */
export type ExpertModelId = 'mixtral-8x7b' | 'qwen3-30b-a3b' | 'deepseek-v3';

const halfPrecision = {
  weightElementBytes: 2,
  kvElementBytes: 2,
  tiedEmbeddings: false,
  attentionBias: false,
} as const;

/** With the values of their published `config.json`. */
export const expertModels: Readonly<Record<ExpertModelId, ModelSpec>> = {
  'mixtral-8x7b': {
    ...halfPrecision,
    id: 'mixtral-8x7b',
    name: 'Mixtral-8x7B',
    layers: 32,
    hidden: 4096,
    intermediate: 14336,
    heads: 32,
    kvHeads: 8,
    headDim: 128,
    vocabulary: 32000,
    maxPosition: 32768,
    experts: { count: 8, perToken: 2, shared: 0, intermediate: 14336, denseLayers: 0 },
  },
  'qwen3-30b-a3b': {
    ...halfPrecision,
    id: 'qwen3-30b-a3b',
    name: 'Qwen3-30B-A3B',
    layers: 48,
    hidden: 2048,
    intermediate: 6144,
    heads: 32,
    kvHeads: 4,
    headDim: 128,
    vocabulary: 151936,
    maxPosition: 40960,
    queryKeyNorm: true,
    experts: { count: 128, perToken: 8, shared: 0, intermediate: 768, denseLayers: 0 },
  },
  // Published in fp8 with one scale for 128 x 128 weights; without its module for multi-token prediction.
  'deepseek-v3': {
    ...halfPrecision,
    id: 'deepseek-v3',
    name: 'DeepSeek-V3',
    publishedIn: 'fp8',
    matrixElementBytes: 1,
    layers: 61,
    hidden: 7168,
    intermediate: 18432,
    heads: 128,
    kvHeads: 128,
    headDim: 192,
    vocabulary: 129280,
    maxPosition: 163840,
    experts: { count: 256, perToken: 8, shared: 1, intermediate: 2048, denseLayers: 3 },
    latent: { kvRank: 512, queryRank: 1536, ropeDim: 64, nopeDim: 128, valueDim: 128 },
  },
};
