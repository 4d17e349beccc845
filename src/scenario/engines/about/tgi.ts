import type { EngineAbout } from '../entry.ts';

export const about: EngineAbout = {
  version: 'v3 backend, main of 2026-01-08 (db931fcf)',
  source:
    'huggingface/text-generation-inference: backends/v3 (backend.rs, queue.rs, block_allocator.rs, radix.rs), launcher, server (flash_causal_lm.py)',
  notModelled: [
    {
      en: 'A request without an answer limit reserves the longest answer possible.',
      zh: '未设回答上限的请求会预留可能的最长回答。',
    },
    {
      en: 'A prompt that was sent back to the queue before it was computed does not become findable, as it does by mistake in the real server.',
      zh: '未经计算即退回队列的提示不会变得可复用；真实服务器会误将其加入缓存。',
    },
    {
      en: 'How it encodes images: here in the forward that first touches them; their prompts are not cached.',
      zh: '图像的编码方式：此处在首次触及的前向中编码；带图像的提示不缓存。',
    },
    {
      en: 'Medusa heads, grammars, LoRA adapters and several answers to a request.',
      zh: 'Medusa 头、语法约束、LoRA 适配器，以及一个请求的多个回答。',
    },
    {
      en: 'Decodes beside prompts cost as much as alone; the real server runs such steps without captured graphs.',
      zh: '与提示同步的解码与单独解码成本相同；真实服务器在这类步中不使用已捕获的计算图。',
    },
  ],
};
