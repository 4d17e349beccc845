import { captureSizes, usualLargestGraph } from '../../sim/gpu/graph-padding.ts';
import type { Knobs } from '../knobs.ts';
import { prefixCacheOf } from '../phases/prefix-cache.ts';
import { anyMemory, cachedLimits, poolKnobs } from './common.ts';
import type { EngineEntry, Limits } from './entry.ts';
import { ownKnobReader } from './own-knobs.ts';
import { vllmKnobs } from './vllm-knobs.ts';

/** vLLM of today: chunks of prompts and decodes share every step. */
export const vllm: EngineEntry = {
  id: 'vllm',
  name: { en: 'vLLM (continuous batching)', zh: 'vLLM（连续批处理）' },
  sentence: {
    en: 'Every step first gives each running request its next tokens, then admits waiting prompts in chunks into what the budget leaves.',
    zh: '每一步先给每个运行中的请求下一批 token，再用剩余的预算分块接纳等待的提示。',
  },
  about: () => import('./about/vllm.ts').then((m) => m.about),
  memories: anyMemory,
  live: ['maxNumBatchedTokens', 'maxNumScheduledTokens', 'maxNumSeqs', 'longPrefillTokenThreshold'],
  reads: [
    ...poolKnobs,
    'max-num-batched-tokens',
    'max-num-seqs',
    'enable-chunked-prefill',
    'long-prefill-token-threshold',
    'enable-prefix-caching',
    'scheduler-reserve-full-isl',
    'watermark',
    'async-scheduling',
    'kv-offloading-size',
  ],
  phases: ['speculation', 'multimodal', 'encoder-cache', 'prefix-cache'],
  flags: {
    'speculative-method': '--spec-method',
    'num-speculative-tokens': '--spec-tokens',
    'draft-model': '--spec-model',
    'disable-chunked-mm-input': '--disable-chunked-mm-input',
  },
  knobs: vllmKnobs,
  words: () => import('./words/vllm.ts').then((m) => m.words),
  limits: (knobs) => ({
    ...cachedLimits(knobs),
    wholePrompts: !knobs['enable-chunked-prefill'],
    host: {
      gib: prefixCacheOf(knobs, knobs['enable-prefix-caching']).isOn ? knobs['kv-offloading-size'] : 0,
      knob: 'kv-offloading-size',
    },
  }),
  configure: (knobs, limits) => ({
    policy: 'vllm',
    batchesInFlight: knobs['async-scheduling'] ? 2 : 1,
    asyncScheduling: knobs['async-scheduling'],
    enableChunkedPrefill: knobs['enable-chunked-prefill'],
    longPrefillTokenThreshold: knobs['long-prefill-token-threshold'],
    enablePrefixCaching: prefixCacheOf(knobs, knobs['enable-prefix-caching']).isOn,
    watermark: knobs.watermark,
    reserveFullPrompt: knobs['scheduler-reserve-full-isl'],
    graphSizes: graphSizes(knobs, limits),
  }),
};

function graphSizes(knobs: Knobs, { seats, tokenBudget }: Limits): number[] {
  const read = ownKnobReader(vllmKnobs, knobs);
  if (read.isOn('enforce-eager')) return [];
  return captureSizes(read.number('max-cudagraph-capture-size') || usualLargestGraph(seats, tokenBudget));
}
