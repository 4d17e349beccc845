import type { EngineAbout } from '../entry.ts';

export const about: EngineAbout = {
  version: 'master of 2026-05-01',
  source: 'llama.cpp: tools/server (server-context.cpp, server-queue.cpp, server-task.cpp), common/arg.cpp',
  notModelled: [
    {
      en: 'Its own kernels and GGUF files: a step costs what the device’s profile says for the model’s precision; layers on the CPU (-ngl) are not offered.',
      zh: '它自己的内核与 GGUF 文件：步时按设备档案和模型精度计算；不支持把部分层放在 CPU 上（-ngl）。',
    },
    {
      en: 'Micro-batches of equal length a sequence, which it makes when the KV cache is not unified; shifting keys takes no time.',
      zh: '非统一缓存时按序列等长切分的微批；键的移位不计时间。',
    },
    {
      en: 'Saving and clearing idle slots before their cells are wanted (--cache-idle-slots), sliding windows, recurrent models and their checkpoints.',
      zh: '提前保存并清空空闲槽位（--cache-idle-slots）、滑动窗口、循环模型及其检查点。',
    },
    {
      en: 'The drafter’s own judgement (--draft-p-min): it always offers as many drafts as it may.',
      zh: '草稿模型自身的概率门槛（--draft-p-min）：总是给出允许的最多草稿。',
    },
    {
      en: 'Images (mtmd) are encoded and computed as tokens of the batch; the real server computes each at once, while the batch is put together, and has them with neither drafts nor context shifts.',
      zh: '图像（mtmd）作为批中的 token 编码和计算；真实服务器在组批时一次算完每张图像，且不与草稿或上下文移位并用。',
    },
    {
      en: 'Embeddings, several answers to one prompt, and requests that name their slot.',
      zh: '嵌入、同一提示的多个回答，以及指定槽位的请求。',
    },
    {
      en: 'A context is not rounded up to 256 tokens, and a token that begins every text (BOS) is not kept by itself.',
      zh: '上下文不取整到 256 的倍数；起始符（BOS）不会单独保留。',
    },
  ],
};
