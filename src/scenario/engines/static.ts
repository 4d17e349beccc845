import { anyMemory, poolKnobs, vllmLimits } from './common.ts';
import type { EngineEntry } from './entry.ts';

/** Static batches with padding. */
export const staticBatching: EngineEntry = {
  id: 'static',
  name: { en: 'Static batches', zh: '静态批' },
  sentence: {
    en: 'A batch waits until it is full, is padded to its longest prompt and runs until its longest answer is done; nobody joins.',
    zh: '批等到满为止，按最长提示填充，运行到最长的回答完成；中途不接纳任何请求。',
  },
  about: () => import('./about/static.ts').then((m) => m.about),
  memories: anyMemory,
  reads: [...poolKnobs, 'batch-size', 'batch-timeout-ms'],
  phases: ['speculation', 'multimodal'],
  knobs: [],
  limits: (knobs) => ({ ...vllmLimits(knobs), wholePrompts: false, staticBatch: knobs['batch-size'] }),
  configure: (knobs) => ({
    policy: 'static',
    staticBatchSize: knobs['batch-size'],
    staticTimeoutUs: knobs['batch-timeout-ms'] * 1000,
  }),
};
