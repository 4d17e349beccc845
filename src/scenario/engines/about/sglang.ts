import type { EngineAbout } from '../entry.ts';

export const about: EngineAbout = {
  version: 'v0.5.9 era, main of 2026-02-26 (d2b3c7fb14d9)',
  source:
    'sgl-project/sglang: scheduler.py, schedule_policy.py, schedule_batch.py, radix_cache.py, allocator.py, server_args.py',
  notModelled: [
    {
      en: 'CPU time of the scheduler, which overlap hides; set host time for a step to see what it would cost without.',
      zh: '调度器的 CPU 时间（重叠调度会隐藏它）；可设置每步主机时间查看不重叠时的代价。',
    },
    {
      en: 'Where the real server ends for want of memory (a chunk beside decodes that outgrew the estimate), the cut prompt is retracted and computed again.',
      zh: '真实服务器因显存不足而终止之处（分块时解码超出估计），此处改为撤回被分块的提示并重新计算。',
    },
    {
      en: 'The cache in host memory (HiCache), pipeline and data parallelism, separate prefill and decode servers.',
      zh: '主机内存缓存（HiCache）、流水线与数据并行、预填充与解码分离。',
    },
    {
      en: 'Speculation of version 2, which overlaps; which branch of a tree is right (the acceptance rate is that one of them is); n-grams that branch (12 tokens there: set 11 drafts); drafts that a request near the end of the pool has no room for (longer requests are refused).',
      zh: '可重叠的第 2 版推测解码；草稿树中哪个分支正确（接受率指其中之一正确）；带分支的 n-gram（真实服务器为 12 个 token：可设 11 个草稿）；请求接近池容量而放不下草稿的情形（此处拒绝更长的请求）。',
    },
    {
      en: 'The cache of image embeddings (100 MB): an image is encoded in the step that first touches it, and again for every request that finds no keys and values of it; the real server encodes all images of a request at once.',
      zh: '图像嵌入缓存（100 MB）：图像在首次触及的步中编码，未命中其键值的每个请求都重新编码；真实服务器会一次编码一个请求的全部图像。',
    },
    {
      en: 'LoRA adapters, grammars, a limit to the queue, and requests that the client cuts.',
      zh: 'LoRA 适配器、语法约束、队列上限，以及客户端截断的请求。',
    },
    {
      en: 'A chunk is a whole number of pages; the real server refuses other sizes.',
      zh: '块大小取整页；真实服务器会拒绝其他大小。',
    },
  ],
};
