import { captureSizes, usualLargestGraph } from '../../sim/gpu/graph-padding.ts';
import { modelNamed } from '../hardware.ts';
import type { Knobs } from '../knobs.ts';
import { pipelineStages } from '../phases/layout.ts';
import { prefixCacheOf } from '../phases/prefix-cache.ts';
import { anyMemory, cachedLimits, poolKnobs } from './common.ts';
import type { EngineEntry, EngineSettings, Limits } from './entry.ts';
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
  phases: [
    'speculation',
    'multimodal',
    'encoder-cache',
    'prefix-cache',
    'pipeline',
    'expert-parallel',
    'context-parallel',
  ],
  flags: {
    'speculative-method': '--spec-method',
    'num-speculative-tokens': '--spec-tokens',
    'draft-model': '--spec-model',
    'disable-chunked-mm-input': '--disable-chunked-mm-input',
    'pipeline-parallel-size': '--pipeline-parallel-size',
    'enable-expert-parallel': '--enable-expert-parallel',
    'data-parallel-size': '--data-parallel-size',
    'prefill-context-parallel-size': '--prefill-context-parallel-size',
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
    ...flight(knobs),
    enableChunkedPrefill: knobs['enable-chunked-prefill'],
    longPrefillTokenThreshold: knobs['long-prefill-token-threshold'],
    enablePrefixCaching: prefixCacheOf(knobs, knobs['enable-prefix-caching']).isOn,
    watermark: knobs.watermark,
    reserveFullPrompt: knobs['scheduler-reserve-full-isl'],
    graphSizes: graphSizes(knobs, limits),
  }),
};

/**
 * As many batches in flight as there are stages; with asynchronous scheduling one more, and a request is scheduled again
 * so many calls after it sampled as there are stages (`max_concurrent_batches` in vLLM's `config/vllm.py`). That is the
 * newer model runner, which models with experts do not use by default: their pipelines are taken as synchronous.
 */
function flight(knobs: Knobs): Pick<EngineSettings, 'batchesInFlight' | 'asyncScheduling' | 'decodeCadence'> {
  const stages = pipelineStages(knobs);
  const hasNewRunner = stages === 1 || modelNamed(knobs.model)?.experts === undefined;
  const asyncScheduling = knobs['async-scheduling'] && hasNewRunner;
  return {
    batchesInFlight: stages + (asyncScheduling ? 1 : 0),
    asyncScheduling,
    decodeCadence: asyncScheduling ? stages : 1,
  };
}

function graphSizes(knobs: Knobs, { seats, tokenBudget }: Limits): number[] {
  const read = ownKnobReader(vllmKnobs, knobs);
  if (read.isOn('enforce-eager')) return [];
  return captureSizes(read.number('max-cudagraph-capture-size') || usualLargestGraph(seats, tokenBudget));
}
