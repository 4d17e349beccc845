import type { EngineAbout } from '../entry.ts';

export const about: EngineAbout = {
  version: 'v0.9, models without flash attention',
  source: 'huggingface/text-generation-inference: router (queue.rs, infer.rs), server (causal_lm.py)',
  notModelled: [
    {
      en: 'Copying the keys and values whenever the batch changes takes no time.',
      zh: '批变化时复制键和值不计时间。',
    },
    {
      en: 'Running out of memory: a row that would not fit when padded waits instead.',
      zh: '显存溢出：填充后放不下的行改为等待。',
    },
    {
      en: 'Models with flash attention, whose rows this version did not pad.',
      zh: '使用 flash attention 的模型，这一版本对其不做填充。',
    },
    {
      en: 'Speculative decoding, which it had not: rows that each advance by their own drafts need places that it never counted. Images are a what-if by common rules.',
      zh: '推测解码（它没有）：各行按自己的草稿前进所需的位置从未被计入。图像是按通用规则的假设。',
    },
    {
      en: 'The limit of prompts alone (max-input-length, 1024 by default).',
      zh: '提示单独的长度上限（max-input-length，默认 1024）。',
    },
  ],
};
