import { anyMemory, poolKnobs, vllmLimits } from './common.ts';
import type { EngineEntry } from './entry.ts';

/** Orca. */
export const orca: EngineEntry = {
  id: 'orca',
  name: { en: 'Orca (iteration-level)', zh: 'Orca（迭代级调度）' },
  sentence: {
    en: 'Requests join and leave at every step, but each reserves one contiguous piece of memory when it joins.',
    zh: '请求在每一步都可加入和离开，但加入时各自预留一段连续显存。',
  },
  version: 'OSDI 2022, as re-implemented in sarathi-serve (osdi branch)',
  source: 'Yu et al., OSDI 2022; arXiv 2309.06180, section 6.1; microsoft/sarathi-serve, orca_scheduler.py',
  notModelled: [
    {
      en: 'Selective batching is free: no cost of splitting attention by request.',
      zh: '选择性批处理不计代价：按请求拆分注意力没有开销。',
    },
    { en: 'Pipelines: one GPU only.', zh: '流水线：只有一个 GPU。' },
  ],
  memories: anyMemory,
  reads: [...poolKnobs, 'max-num-seqs'],
  defaults: { memory: 'contiguous', 'max-num-seqs': 128, 'max-model-len': 2048 },
  knobs: [],
  // Nothing limits the prompts of a step but the seats.
  limits: (knobs) => ({ ...vllmLimits(knobs), tokenBudget: 2048, wholePrompts: true }),
  configure: () => ({ policy: 'orca' }),
};
