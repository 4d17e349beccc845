import type { EngineAbout } from '../entry.ts';
import { draftsAndImages } from './what-if.ts';

export const about: EngineAbout = {
  version: 'OSDI 2024, sarathi-serve (osdi branch)',
  source: 'microsoft/sarathi-serve, sarathi_scheduler.py',
  notModelled: [
    {
      en: 'The dynamic chunk schedule has no knob; recorded runs use it.',
      zh: '动态块大小没有旋钮；录制的运行中用到了它。',
    },
    draftsAndImages,
  ],
};
