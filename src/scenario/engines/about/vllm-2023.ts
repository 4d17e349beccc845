import type { EngineAbout } from '../entry.ts';
import { draftsAndImages } from './what-if.ts';

export const about: EngineAbout = {
  version: 'v0.1 to v0.4, as re-implemented in sarathi-serve (osdi branch)',
  source: 'arXiv 2309.06180; microsoft/sarathi-serve, vllm_scheduler.py',
  notModelled: [
    { en: 'Beam search and parallel sampling with shared blocks.', zh: '共享块的束搜索与并行采样。' },
    { en: 'Swapping is not compared with a recording.', zh: '换出未与录制的运行对比。' },
    draftsAndImages,
  ],
};
