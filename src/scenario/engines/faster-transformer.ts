import { pipelineStages } from '../phases/layout.ts';
import { prefixCacheOf } from '../phases/prefix-cache.ts';
import { anyMemory, cachedLimits, poolKnobs } from './common.ts';
import type { EngineEntry } from './entry.ts';

/** FasterTransformer behind a queue. */
export const fasterTransformer: EngineEntry = {
  id: 'faster-transformer',
  name: { en: 'FasterTransformer (request-level)', zh: 'FasterTransformer（请求级调度）' },
  sentence: {
    en: 'Takes the earliest requests as one batch and begins the next when the last of them is done; rows that are done leave.',
    zh: '把最早的请求作为一批，等其中最后一个完成才开始下一批；已完成的行离开。',
  },
  about: () => import('./about/faster-transformer.ts').then((m) => m.about),
  memories: anyMemory,
  reads: [...poolKnobs, 'max-num-seqs'],
  defaults: { memory: 'contiguous', 'max-num-seqs': 128, 'max-model-len': 2048 },
  phases: ['speculation', 'multimodal', 'prefix-cache', 'pipeline'],
  knobs: [],
  limits: (knobs) => ({ ...cachedLimits(knobs), tokenBudget: 2048, wholePrompts: true }),
  configure: (knobs) => ({
    policy: 'faster-transformer',
    batchesInFlight: pipelineStages(knobs),
    enablePrefixCaching: prefixCacheOf(knobs, false).isOn,
  }),
};
