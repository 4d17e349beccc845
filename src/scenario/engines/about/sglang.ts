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
      en: 'Speculative decoding, the cache in host memory (HiCache), pipeline and data parallelism, separate prefill and decode servers.',
      zh: '推测解码、主机内存缓存（HiCache）、流水线与数据并行、预填充与解码分离。',
    },
    {
      en: 'LoRA adapters, grammars, images, a limit to the queue, and requests that the client cuts.',
      zh: 'LoRA 适配器、语法约束、图像、队列上限，以及客户端截断的请求。',
    },
    {
      en: 'A chunk is a whole number of pages; the real server refuses other sizes.',
      zh: '块大小取整页；真实服务器会拒绝其他大小。',
    },
  ],
};
