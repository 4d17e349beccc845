import type { ModelSpec } from './model.ts';

/** Models of published measurements: the ones that papers and projects used. */
export type PublishedModelId =
  | 'opt-13b'
  | 'opt-66b'
  | 'llama-7b'
  | 'llama-13b'
  | 'llama-2-70b'
  | 'llama-3-70b'
  | 'llama-3.1-70b'
  | 'mistral-7b'
  | 'yi-34b'
  | 'gpt-j-6b'
  | 'turing-nlg-17b'
  | 'gpt-3-175b'
  | 'falcon-180b'
  | 'qwen3-32b';

/** Half precision for weights and cache, and nothing out of the ordinary. */
const plain = {
  weightElementBytes: 2,
  kvElementBytes: 2,
  tiedEmbeddings: false,
  attentionBias: false,
} as const;

/** Llama's heads. */
const llamaHead = { ...plain, headDim: 128 } as const;

/** Two matrices in the feed-forward layer, learned positions, one matrix for embedding and output, biases everywhere. */
const gptStyle = {
  ...plain,
  feedForward: 'plain',
  tiedEmbeddings: true,
  attentionBias: true,
} as const;

const llama70 = {
  ...llamaHead,
  layers: 80,
  hidden: 8192,
  intermediate: 28672,
  heads: 64,
  kvHeads: 8,
} as const;

/**
 * With the values of their published `config.json`, in float16 or bfloat16. Turing-NLG has none: its layers, width and
 * heads are those of Microsoft's announcement (February 2020), its vocabulary is taken to be GPT-2's. GPT-3 has none either:
 * table 2.1 of its paper (arXiv 2005.14165), with GPT-2's vocabulary.
 */
export const publishedModels: Readonly<Record<PublishedModelId, ModelSpec>> = {
  'opt-13b': {
    ...gptStyle,
    id: 'opt-13b',
    name: 'OPT-13B',
    layers: 40,
    hidden: 5120,
    intermediate: 20480,
    heads: 40,
    kvHeads: 40,
    headDim: 128,
    vocabulary: 50272,
    learnedPositions: 2050,
    maxPosition: 2048,
  },
  'opt-66b': {
    ...gptStyle,
    id: 'opt-66b',
    name: 'OPT-66B',
    layers: 64,
    hidden: 9216,
    intermediate: 36864,
    heads: 72,
    kvHeads: 72,
    headDim: 128,
    vocabulary: 50272,
    learnedPositions: 2050,
    maxPosition: 2048,
  },
  'llama-7b': {
    ...llamaHead,
    id: 'llama-7b',
    name: 'LLaMA-7B',
    layers: 32,
    hidden: 4096,
    intermediate: 11008,
    heads: 32,
    kvHeads: 32,
    vocabulary: 32000,
    maxPosition: 2048,
  },
  'llama-13b': {
    ...llamaHead,
    id: 'llama-13b',
    name: 'LLaMA-13B',
    layers: 40,
    hidden: 5120,
    intermediate: 13824,
    heads: 40,
    kvHeads: 40,
    vocabulary: 32000,
    maxPosition: 2048,
  },
  'llama-2-70b': { ...llama70, id: 'llama-2-70b', name: 'Llama-2-70B', vocabulary: 32000, maxPosition: 4096 },
  'llama-3-70b': { ...llama70, id: 'llama-3-70b', name: 'Llama-3-70B', vocabulary: 128256, maxPosition: 8192 },
  'llama-3.1-70b': { ...llama70, id: 'llama-3.1-70b', name: 'Llama-3.1-70B', vocabulary: 128256, maxPosition: 131072 },
  'mistral-7b': {
    ...llamaHead,
    id: 'mistral-7b',
    name: 'Mistral-7B',
    layers: 32,
    hidden: 4096,
    intermediate: 14336,
    heads: 32,
    kvHeads: 8,
    vocabulary: 32000,
    maxPosition: 32768,
  },
  'yi-34b': {
    ...llamaHead,
    id: 'yi-34b',
    name: 'Yi-34B',
    layers: 60,
    hidden: 7168,
    intermediate: 20480,
    heads: 56,
    kvHeads: 8,
    vocabulary: 64000,
    // Of Yi-34B-200K; the paper runs it up to 16,384.
    maxPosition: 200_000,
  },
  'gpt-j-6b': {
    ...plain,
    id: 'gpt-j-6b',
    name: 'GPT-J-6B',
    feedForward: 'plain',
    layers: 28,
    hidden: 4096,
    intermediate: 16384,
    heads: 16,
    kvHeads: 16,
    headDim: 256,
    vocabulary: 50400,
    maxPosition: 2048,
  },
  'turing-nlg-17b': {
    ...gptStyle,
    id: 'turing-nlg-17b',
    name: 'Turing-NLG 17B',
    layers: 78,
    hidden: 4256,
    intermediate: 17024,
    heads: 28,
    kvHeads: 28,
    headDim: 152,
    vocabulary: 50257,
    learnedPositions: 1024,
    maxPosition: 1024,
  },
  'gpt-3-175b': {
    ...gptStyle,
    id: 'gpt-3-175b',
    name: 'GPT-3 175B',
    layers: 96,
    hidden: 12288,
    intermediate: 49152,
    heads: 96,
    kvHeads: 96,
    headDim: 128,
    vocabulary: 50257,
    learnedPositions: 2048,
    maxPosition: 2048,
  },
  // Attention and feed-forward layer side by side: vLLM adds both up at once, which is not modelled.
  'falcon-180b': {
    ...plain,
    id: 'falcon-180b',
    name: 'Falcon-180B',
    feedForward: 'plain',
    tiedEmbeddings: true,
    layers: 80,
    hidden: 14848,
    intermediate: 59392,
    heads: 232,
    kvHeads: 8,
    headDim: 64,
    vocabulary: 65024,
    maxPosition: 2048,
  },
  'qwen3-32b': {
    ...llamaHead,
    id: 'qwen3-32b',
    name: 'Qwen3-32B',
    layers: 64,
    hidden: 5120,
    intermediate: 25600,
    heads: 64,
    kvHeads: 8,
    vocabulary: 151936,
    maxPosition: 40960,
    queryKeyNorm: true,
  },
};
