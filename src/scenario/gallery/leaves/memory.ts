import type { GalleryBranch } from '../entry.ts';

/** The same batching with either memory: Orca, on the traffic and the GPU of the vLLM paper. */
const fixedBatching = { engine: 'orca', 'max-num-seqs': 256, requests: 400 } as const;

/** M: where keys and values go. */
export const memory: GalleryBranch = {
  id: 'memory',
  name: { en: 'KV-cache memory', zh: 'KV 缓存管理' },
  leaves: [
    {
      id: 'paged-attention',
      name: { en: 'PagedAttention', zh: '分页注意力' },
      says: {
        en: 'The same scheduler with blocks instead of one reserved piece a request: nothing is reserved in vain, so more run at once.',
        zh: '同一个调度器，用块代替每个请求一整段预留：没有白白预留的空间，同时运行的请求更多。',
      },
      sides: [
        {
          name: { en: 'pre-allocated', zh: '预分配' },
          preset: 'published',
          set: { ...fixedBatching, memory: 'contiguous' },
        },
        { name: { en: 'paged', zh: '分页' }, preset: 'published', set: { ...fixedBatching, memory: 'paged' } },
      ],
      metric: 'running',
      thumb: { kind: 'memory' },
    },
    {
      id: 'fragmentation',
      name: { en: 'Fragmentation', zh: '碎片' },
      says: {
        en: 'A guess of the output’s length wastes less than the longest length, and still most of what it takes stays empty.',
        zh: '按输出长度猜测预留，比按最长长度预留浪费得少，但占下的空间大半仍是空的。',
      },
      sides: [
        {
          name: { en: 'power of two', zh: '2 的幂' },
          preset: 'published',
          set: { ...fixedBatching, memory: 'contiguous-pow2' },
        },
        { name: { en: 'paged', zh: '分页' }, preset: 'published', set: { ...fixedBatching, memory: 'paged' } },
      ],
      metric: 'fragmentation',
      thumb: { kind: 'memory' },
    },
    {
      id: 'dynamic-growth',
      name: { en: 'Dynamic growth', zh: '动态扩展' },
      says: {
        en: 'A sequence takes a block when it needs one. With a small pool somebody then has to give its blocks back, and computes them again.',
        zh: '序列在需要时才取一个块。池子小的时候，就得有人交还自己的块，之后重新计算。',
      },
      sides: [
        { name: { en: '63 blocks', zh: '63 个块' }, preset: 'tiny-paged' },
        { name: { en: '127 blocks', zh: '127 个块' }, preset: 'tiny-paged', set: { 'num-gpu-blocks-override': 128 } },
      ],
      metric: 'preemptions',
      thumb: { kind: 'rows' },
    },
    {
      id: 'preemption-storm',
      name: { en: 'Preemption storm', zh: '抢占风暴' },
      says: {
        en: 'When memory is short, requests push each other out again and again, and the GPU computes the same prompts many times.',
        zh: '显存不足时，请求一再互相挤出，GPU 把同样的提示算了许多遍。',
      },
      sides: [
        {
          name: { en: '1,600 blocks', zh: '1,600 个块' },
          preset: 'azure-chat-x3',
          set: { requests: 1000, 'num-gpu-blocks-override': 1600, 'scheduler-reserve-full-isl': false },
        },
        { name: { en: 'all memory', zh: '全部显存' }, preset: 'azure-chat-x3', set: { requests: 1000 } },
      ],
      metric: 'preemptions',
      thumb: { kind: 'memory' },
    },
    {
      id: 'prefix-cache',
      name: { en: 'Prefix cache', zh: '前缀缓存' },
      says: {
        en: 'Everybody’s prompt begins with the same instructions: computed once, found by all others.',
        zh: '所有人的提示都以同一段指令开头：算一次，其余请求直接命中。',
      },
      sides: [
        { name: { en: 'off', zh: '关' }, preset: 'azure-chat', set: { ...shared(), 'enable-prefix-caching': false } },
        { name: { en: 'on', zh: '开' }, preset: 'azure-chat', set: shared() },
      ],
      metric: 'ttft-p50',
      thumb: { kind: 'rows', fromUs: 20_000_000, toUs: 21_000_000 },
    },
    {
      id: 'radix-tree',
      name: { en: 'Radix tree', zh: '基数树' },
      says: {
        en: 'Conversations come back with all they said before. A tree finds it to the token, and who matches most goes first.',
        zh: '对话回来时带着之前说过的一切。树能精确到 token 地找到它，命中最多的先走。',
      },
      sides: [
        {
          name: { en: 'SGLang without', zh: 'SGLang（无）' },
          preset: 'azure-chat',
          set: { engine: 'sglang', ...turns(), 'disable-radix-cache': true },
        },
        {
          name: { en: 'SGLang with its tree', zh: 'SGLang（有树）' },
          preset: 'azure-chat',
          set: { engine: 'sglang', ...turns() },
        },
      ],
      metric: 'ttft-p50',
      thumb: { kind: 'rows', fromUs: 20_000_000, toUs: 24_000_000 },
    },
  ],
};

function shared() {
  return {
    workload: 'sessions',
    lengths: 'sharegpt',
    turns: 1,
    rate: 6,
    requests: 600,
    'prefix-tokens': 4000,
  } as const;
}

function turns() {
  return { workload: 'sessions', rate: 3, requests: 600, turns: 6 } as const;
}
