import type { EngineAbout } from '../entry.ts';
import { draftsAndImages } from './what-if.ts';

export const about: EngineAbout = {
  version: 'v0.1 to v0.4, as re-implemented in sarathi-serve (osdi branch)',
  source: 'arXiv 2309.06180; microsoft/sarathi-serve, vllm_scheduler.py',
  notModelled: [
    { en: 'Beam search and parallel sampling with shared blocks.', zh: '共享块的束搜索与并行采样。' },
    {
      en: 'A pipeline is one scheduler with as many batches in flight as stages; the real one had a scheduler and a part of the blocks for each.',
      zh: '流水线由一个调度器管理，在途批数等于级数；真实系统为每一级各设一个调度器和一部分块。',
    },
    { en: 'Swapping is not compared with a recording.', zh: '换出未与录制的运行对比。' },
    draftsAndImages,
  ],
};
