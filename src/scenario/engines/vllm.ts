import { prefixCacheOf } from '../phases/prefix-cache.ts';
import { anyMemory, cachedLimits, poolKnobs } from './common.ts';
import type { EngineEntry } from './entry.ts';

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
  phases: ['speculation', 'multimodal', 'prefix-cache'],
  knobs: [],
  limits: (knobs) => ({
    ...cachedLimits(knobs),
    wholePrompts: !knobs['enable-chunked-prefill'],
    host: {
      gib: prefixCacheOf(knobs, knobs['enable-prefix-caching']).isOn ? knobs['kv-offloading-size'] : 0,
      knob: 'kv-offloading-size',
    },
  }),
  configure: (knobs) => ({
    policy: 'vllm',
    batchesInFlight: knobs['async-scheduling'] ? 2 : 1,
    asyncScheduling: knobs['async-scheduling'],
    enableChunkedPrefill: knobs['enable-chunked-prefill'],
    longPrefillTokenThreshold: knobs['long-prefill-token-threshold'],
    enablePrefixCaching: prefixCacheOf(knobs, knobs['enable-prefix-caching']).isOn,
    watermark: knobs.watermark,
    reserveFullPrompt: knobs['scheduler-reserve-full-isl'],
  }),
};
