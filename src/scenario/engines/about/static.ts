import type { EngineAbout } from '../entry.ts';
import { draftsAndImages } from './what-if.ts';

export const about: EngineAbout = {
  version: 'Hugging Face Transformers generate, 2022',
  source: 'microsoft/sarathi-serve (osdi branch), faster_transformer_scheduler.py; transformers generate()',
  notModelled: [
    {
      en: 'Tokens are streamed as they come, which plain generate does not do.',
      zh: 'token 逐个流式返回，而普通的 generate 并不这样做。',
    },
    draftsAndImages,
  ],
};
