import type { KnobText } from '../../knob-entry.ts';

/** Names and sentences of the engine's own knobs. */
export const words: Readonly<Record<string, KnobText>> = {
  'schedule-policy': {
    label: { en: 'Queue order', zh: '队列顺序' },
    choices: {
      fcfs: { en: 'First come first served', zh: '先来先服务' },
      lpm: { en: 'Longest cached prefix', zh: '最长缓存前缀优先' },
      'dfs-weight': { en: 'Heaviest branch of the tree', zh: '按基数树分支权重' },
      lof: { en: 'Longest output', zh: '最长输出优先' },
      random: { en: 'Random', zh: '随机' },
      'routing-key': { en: 'Users who run already', zh: '已在运行的用户优先' },
    },
    help: {
      en: 'Who is offered a place first whenever a prefill is tried.',
      zh: '每次尝试预填充时，先考虑谁。',
    },
  },
  'schedule-conservativeness': {
    label: { en: 'Conservativeness', zh: '保守程度' },
    help: {
      en: 'How much of the output that running requests may still ask for is kept free; less admits more, and retracts more.',
      zh: '为运行中请求可能的剩余输出预留多少；越小接纳越多，撤回也越多。',
    },
  },
  'chunked-prefill-size': {
    label: { en: 'Prompt tokens a step', zh: '每步提示 token' },
    zero: { en: 'by GPU memory', zh: '按显存' },
    help: {
      en: 'Most prompt tokens of a step; a longer prompt is computed in chunks, one such prompt at a time.',
      zh: '一步的提示 token 上限；更长的提示分块计算，同一时刻只有一个这样的提示。',
    },
  },
  'disable-chunked-prefill': {
    label: { en: 'Whole prompts', zh: '提示不分块' },
    help: {
      en: 'Prompts are never split: a step computes as many as fit, and decodes wait for all of it.',
      zh: '提示从不拆分：一步计算能放下的全部提示，解码等待其完成。',
    },
  },
  'max-prefill-tokens': {
    label: { en: 'Input budget', zh: '输入预算' },
    help: {
      en: 'Most prompt tokens of a step, split or not; only its first request may exceed it.',
      zh: '一步的提示 token 上限，无论是否分块；只有第一个请求可以超出。',
    },
  },
  'prefill-max-requests': {
    label: { en: 'Prompts a step', zh: '每步提示数' },
    zero: { en: 'no limit', zh: '不限' },
    help: { en: 'Most requests whose prompts share a step.', zh: '同一步中一起计算提示的请求上限。' },
  },
  'enable-mixed-chunk': {
    label: { en: 'Decodes beside prompts', zh: '解码与提示同步' },
    help: {
      en: 'Running requests get their token in the steps of prompts too, instead of waiting for them.',
      zh: '计算提示的步中，运行中的请求也得到 token，而不是等待。',
    },
  },
  'max-running-requests': {
    label: { en: 'Running requests', zh: '运行请求上限' },
    zero: { en: 'by pool size; 48 with drafts', zh: '按池大小；推测解码时 48' },
    help: { en: 'Most requests that run at once.', zh: '同时运行的请求上限。' },
  },
  'disable-overlap-schedule': {
    label: { en: 'No overlap', zh: '关闭重叠调度' },
    help: {
      en: 'Each step is scheduled when the results of the one before are known; with overlap the end of a request is seen a step late.',
      zh: '得知上一步结果后才调度下一步；重叠时，请求的结束会晚一步被发现。',
    },
  },
  'enable-priority-scheduling': {
    label: { en: 'Priorities', zh: '优先级调度' },
    help: {
      en: 'The more important go first, and take the place of running requests that are less important by more than the threshold.',
      zh: '更重要的请求在前，并可占用重要性低于其超过阈值的运行中请求的位置。',
    },
  },
  'schedule-low-priority-values-first': {
    label: { en: 'Small values first', zh: '小值优先' },
    help: {
      en: 'Small priority values are the important ones; off: large ones.',
      zh: '优先级数值小者重要；关闭时数值大者重要。',
    },
  },
  'priority-scheduling-preemption-threshold': {
    label: { en: 'Preemption threshold', zh: '抢占阈值' },
    help: {
      en: 'A running request is preempted only for one whose priority differs by more than this.',
      zh: '只有优先级之差超过此值，运行中的请求才会被抢占。',
    },
  },
  'disable-cuda-graph': {
    label: { en: 'No CUDA graphs', zh: '关闭 CUDA 图' },
    help: {
      en: 'Decode batches are not padded to the size of a captured graph; what launches would cost then is not counted.',
      zh: '解码批不再填充到已捕获图的大小；由此增加的启动开销不计。',
    },
  },
  'cuda-graph-max-bs': {
    label: { en: 'Largest captured batch', zh: '最大捕获批' },
    zero: { en: 'by GPU memory', zh: '按显存' },
    help: {
      en: 'Decode batches up to this size are padded to the next captured one; larger ones run as they are.',
      zh: '不超过此大小的解码批填充到下一个已捕获的大小；更大的按原样运行。',
    },
  },
  'speculative-eagle-topk': {
    label: { en: 'Branches of drafts', zh: '草稿分支数' },
    help: {
      en: 'Drafts that each pass goes on from; with several, the acceptance rate is that one of them is right.',
      zh: '每次前向延伸的分支数；多于一个时，接受率指其中之一正确的概率。',
    },
  },
  'speculative-num-draft-tokens': {
    label: { en: 'Verified tokens', zh: '验证的 token' },
    help: {
      en: 'Tokens of a request that a step verifies, the last known one among them.',
      zh: '每步为一个请求验证的 token 数，含最后一个已知 token。',
    },
  },
  'ignore-eos': {
    label: { en: 'Output length known', zh: '输出长度已知' },
    help: {
      en: 'Requests that end by length say so (ignore_eos), as those of the benchmark client do: without a cache their ends are foreseen exactly.',
      zh: '按长度结束的请求会声明（ignore_eos，基准测试客户端即如此）：无缓存时可精确预见其结束。',
    },
  },
  'mem-fraction-static': {
    label: { en: 'Static memory', zh: '静态显存占比' },
    zero: { en: 'computed', zh: '自动计算' },
    help: {
      en: 'Share of the GPU memory for weights and KV; activations and graphs take the rest.',
      zh: '权重和 KV 占显存的比例；其余留给激活和图。',
    },
  },
  'context-length': {
    label: { en: 'Context length', zh: '上下文长度' },
    zero: { en: 'what the model knows and the pool holds', zh: '取模型与池的上限' },
    help: {
      en: 'Longest sequence, prompt and output; a few tokens less are served.',
      zh: '最长序列，含提示与输出；实际可用略少几个 token。',
    },
  },
  'page-size': {
    label: { en: 'Page size', zh: '页大小' },
    help: {
      en: 'Tokens of a page: slots are handed out and shared in whole pages.',
      zh: '一页的 token 数：槽位按整页分配和共享。',
    },
  },
  'disable-radix-cache': {
    label: { en: 'No radix cache', zh: '关闭基数树缓存' },
    help: {
      en: 'Nothing that was computed is kept for others; every request owns its slots.',
      zh: '计算过的内容不留给他人；每个请求独占自己的槽位。',
    },
  },
  'radix-eviction-policy': {
    label: { en: 'Eviction', zh: '驱逐策略' },
    choices: {
      lru: { en: 'Least recently used', zh: '最近最少使用' },
      lfu: { en: 'Least frequently used', zh: '最少使用' },
    },
    help: {
      en: 'Which unlocked leaf of the tree is lost first; hits are not counted in this version, so both do the same.',
      zh: '先驱逐基数树的哪个未锁定叶子；此版本不统计命中数，两者效果相同。',
    },
  },
};
