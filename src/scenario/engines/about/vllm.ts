import type { EngineAbout } from '../entry.ts';

export const about: EngineAbout = {
  version: 'V1 scheduler, main of 2026-08-17 (017e9f44)',
  source: 'vllm/v1/core/sched/scheduler.py, kv_cache_manager.py, block_pool.py',
  notModelled: [
    {
      en: 'Host time of the scheduler: every profile has it as 0, or within the measured step. Without asynchronous scheduling real steps wait for it.',
      zh: '调度器的主机时间：在所有设备档案中为 0，或已含在测得的步时中。关闭异步调度时，真实的步要等待它。',
    },
    {
      en: 'Graphs of larger numbers of tokens for drafts, and what launching every kernel costs without graphs.',
      zh: '为草稿 token 捕获的更大的图，以及没有图时逐个启动内核的开销。',
    },
    {
      en: 'Drafts in a pipeline, asynchronous pipelines of models with experts, and the empty steps that take a place in flight while a request waits for its token to leave the last stage.',
      zh: '流水线中的草稿、专家模型的异步流水线，以及请求等待其 token 离开最后一级时占用在途位置的空步。',
    },
    {
      en: 'Data-parallel ranks with a scheduler and a pool each: they are one pool of as many blocks, seats and tokens, with requests spread evenly, and the fullest rank decides. Without expert parallelism (columns of experts over all ranks) and for dense models (replicas) there are none.',
      zh: '各有调度器和 KV 池的数据并行 rank：此处合为一个池，块、席位和 token 数按 rank 数相加，请求均匀分布，由最满的 rank 决定。不启用专家并行时（专家的列分布在所有 rank 上）以及稠密模型（多个副本）没有这种分组。',
    },
    {
      en: 'Context parallelism within tensor ranks (--decode-context-parallel-size), and exchanges of keys and values that are hidden behind computing.',
      zh: '张量并行 rank 之内的上下文并行（--decode-context-parallel-size），以及被计算掩盖的键值交换。',
    },
    {
      en: 'Structured output, LoRA and several KV-cache groups in one model.',
      zh: '结构化输出、LoRA，以及同一模型中的多个 KV 缓存组。',
    },
  ],
};
