import type { EngineAbout } from '../entry.ts';
import { draftsAndImages } from './what-if.ts';

export const about: EngineAbout = {
  version: 'init_inference, arXiv 2207.00032 (2022); read at DeepSpeed edaa722',
  source: 'DeepSpeed: deepspeed/inference/engine.py, config.py; arXiv 2207.00032',
  notModelled: [
    {
      en: 'Its launches and bandwidths are assumptions (middles of commonly given ranges: 4 to 6 or 15 to 20 launches of 4 µs a layer, 0.75 to 0.85 or 0.5 to 0.6 of the bandwidth), not measurements.',
      zh: '启动次数与带宽是假设（取常见范围的中值：每层 4–6 或 15–20 次、每次 4 微秒；带宽的 0.75–0.85 或 0.5–0.6），并非测量值。',
    },
    {
      en: 'ZeRO-Inference: weights in host memory or on a drive, streamed layer by layer.',
      zh: 'ZeRO-Inference：权重放在主机内存或硬盘中，逐层读取。',
    },
    {
      en: 'A sequence that outgrows its row fails when it does so; here it is refused when it comes.',
      zh: '超出本行工作区的序列在超出时才失败；此处在到达时即拒绝。',
    },
    {
      en: 'Activations are set aside for 8,192 tokens of prompts, whatever the batch.',
      zh: '激活值显存按 8,192 个提示 token 预留，与批大小无关。',
    },
    { en: 'INT8 by mixture of quantisation, and min_out_tokens.', zh: '混合量化的 INT8，以及 min_out_tokens。' },
    draftsAndImages,
  ],
};
