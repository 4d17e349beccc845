import type { ModelSpec } from './model.ts';

/** Models for drafting beside a larger one, and for devices with little memory. */
export type SmallModelId = 'llama-3.2-3b' | 'llama-3.2-1b';

const llama32 = {
  kvHeads: 8,
  intermediate: 8192,
  vocabulary: 128256,
  weightElementBytes: 2,
  kvElementBytes: 2,
  maxPosition: 131072,
  tiedEmbeddings: true,
  attentionBias: false,
} as const;

/**
 * With the values of their published `config.json`, in bfloat16. They share Llama-3's vocabulary, so they can draft
 * for it.
 */
export const smallModels: Readonly<Record<SmallModelId, ModelSpec>> = {
  'llama-3.2-3b': {
    ...llama32,
    id: 'llama-3.2-3b',
    name: 'Llama-3.2-3B',
    layers: 28,
    hidden: 3072,
    heads: 24,
    headDim: 128,
  },
  'llama-3.2-1b': {
    ...llama32,
    id: 'llama-3.2-1b',
    name: 'Llama-3.2-1B',
    layers: 16,
    hidden: 2048,
    heads: 32,
    headDim: 64,
  },
};
