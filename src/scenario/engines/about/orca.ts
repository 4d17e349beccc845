import type { EngineAbout } from '../entry.ts';
import { draftsAndImages } from './what-if.ts';

export const about: EngineAbout = {
  version: 'OSDI 2022, as re-implemented in sarathi-serve (osdi branch)',
  source: 'Yu et al., OSDI 2022; arXiv 2309.06180, section 6.1; microsoft/sarathi-serve, orca_scheduler.py',
  notModelled: [
    {
      en: 'Selective batching is free: no cost of splitting attention by request.',
      zh: '选择性批处理不计代价：按请求拆分注意力没有开销。',
    },
    draftsAndImages,
  ],
};
