import { pipelineStages } from '../phases/layout.ts';
import { prefixCacheOf } from '../phases/prefix-cache.ts';
import { anyMemory, cachedLimits, poolKnobs } from './common.ts';
import type { EngineEntry } from './entry.ts';

/** vLLM of 2023. */
export const vllm2023: EngineEntry = {
  id: 'vllm-2023',
  name: { en: 'vLLM of 2023 (prompts first)', zh: '2023 年的 vLLM（提示优先）' },
  sentence: {
    en: 'As long as a waiting prompt fits, a step is whole prompts only and all decodes stand still.',
    zh: '只要有等待的提示放得下，一步就只计算整个提示，所有解码停住。',
  },
  about: () => import('./about/vllm-2023.ts').then((m) => m.about),
  memories: anyMemory,
  reads: [...poolKnobs, 'max-num-batched-tokens', 'max-num-seqs', 'watermark', 'preemption-mode', 'swap-space'],
  defaults: { 'max-num-batched-tokens': 2560, 'max-num-seqs': 256, watermark: 0.01 },
  phases: ['speculation', 'multimodal', 'prefix-cache', 'pipeline'],
  flags: { 'pipeline-parallel-size': '--pipeline-parallel-size' },
  knobs: [],
  limits: (knobs) => ({
    ...cachedLimits(knobs),
    wholePrompts: true,
    host: {
      gib: knobs.memory === 'paged' && knobs['preemption-mode'] === 'swap' ? knobs['swap-space'] : 0,
      knob: 'swap-space',
    },
  }),
  configure: (knobs) => ({
    policy: 'vllm-2023',
    batchesInFlight: pipelineStages(knobs),
    enablePrefixCaching: prefixCacheOf(knobs, false).isOn,
    watermark: knobs.watermark,
    preemption: knobs['preemption-mode'],
  }),
};
