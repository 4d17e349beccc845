import { pipelineStages } from '../phases/layout.ts';
import { prefixCacheOf } from '../phases/prefix-cache.ts';
import { anyMemory, cachedLimits, poolKnobs } from './common.ts';
import type { EngineEntry } from './entry.ts';

/** Orca. */
export const orca: EngineEntry = {
  id: 'orca',
  name: { en: 'Orca (iteration-level)', zh: 'Orca（迭代级调度）' },
  sentence: {
    en: 'Requests join and leave at every step, but each reserves one contiguous piece of memory when it joins.',
    zh: '请求在每一步都可加入和离开，但加入时各自预留一段连续显存。',
  },
  about: () => import('./about/orca.ts').then((m) => m.about),
  memories: anyMemory,
  reads: [...poolKnobs, 'max-num-seqs'],
  defaults: { memory: 'contiguous', 'max-num-seqs': 128, 'max-model-len': 2048 },
  phases: ['speculation', 'multimodal', 'prefix-cache', 'pipeline'],
  knobs: [],
  // Nothing limits the prompts of a step but the seats.
  limits: (knobs) => ({ ...cachedLimits(knobs), tokenBudget: 2048, wholePrompts: true }),
  configure: (knobs) => ({
    policy: 'orca',
    batchesInFlight: pipelineStages(knobs),
    enablePrefixCaching: prefixCacheOf(knobs, false).isOn,
  }),
};
