import type { EngineAbout } from '../entry.ts';
import { draftsAndImages } from './what-if.ts';

export const about: EngineAbout = {
  version: '2022, as re-implemented in sarathi-serve (osdi branch)',
  source: 'microsoft/sarathi-serve, faster_transformer_scheduler.py; arXiv 2309.06180, section 6.1',
  notModelled: [
    { en: 'Its own kernels: steps cost what they cost the other engines.', zh: '它自己的内核：步时与其他引擎相同。' },
    draftsAndImages,
  ],
};
