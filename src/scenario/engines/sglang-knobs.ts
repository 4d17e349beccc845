/** SGLang's knobs under their real flags (`server_args.py`, commit d2b3c7f), with their words. */

import { Bound } from '../../sim/decision.ts';
import type { EngineKnob } from '../knob-entry.ts';
import type { Knobs } from '../knobs.ts';
import { draftMethodOf } from '../phases/speculation.ts';

const own = { group: 'engine', readBy: 'engines', change: 'start', since: 1 } as const;
const ofMemory = { ...own, group: 'memory' } as const;
const whole = { type: 'integer', step: 1, scale: 'log' } as const;
const flip = { type: 'switch', unit: 'none', default: false } as const;

/** Whether prompts may be split. */
export const isChunking = (knobs: Knobs) => knobs['disable-chunked-prefill'] !== true;
/** Whether what was computed is kept to be hit. */
export const isCaching = (knobs: Knobs) => knobs['disable-radix-cache'] !== true;
/** Whether priorities count: two of the orders know them. */
export const hasPriorities = (knobs: Knobs) =>
  knobs['enable-priority-scheduling'] === true && ordersWithPriority(knobs);
const ordersWithPriority = (knobs: Knobs) => ['fcfs', 'lof'].includes(String(knobs['schedule-policy'] ?? 'fcfs'));
/** Whether drafts can have branches: n-grams are one chain here. */
export const hasTree = (knobs: Knobs) => ['eagle', 'draft_model'].includes(draftMethodOf(knobs));
const hasBranches = (knobs: Knobs) => hasTree(knobs) && Number(knobs['speculative-eagle-topk'] ?? 1) > 1;
const mayMix = (knobs: Knobs) => isChunking(knobs) && draftMethodOf(knobs) === 'off';
const hasGraphs = (knobs: Knobs) => knobs['disable-cuda-graph'] !== true;

export const sglangKnobs: readonly EngineKnob[] = [
  {
    ...own,
    name: 'schedule-policy',
    flag: '--schedule-policy',
    type: 'choice',
    unit: 'none',
    default: 'fcfs',
    choices: ['fcfs', 'lpm', 'dfs-weight', 'lof', 'random', 'routing-key'],
    text: {
      label: { en: 'Queue order', zh: '队列顺序' },
      help: {
        en: 'Who is offered a place first whenever a prefill is tried.',
        zh: '每次尝试预填充时，先考虑谁。',
      },
      choices: {
        fcfs: { en: 'First come first served', zh: '先来先服务' },
        lpm: { en: 'Longest cached prefix', zh: '最长缓存前缀优先' },
        'dfs-weight': { en: 'Heaviest branch of the tree', zh: '按前缀树分支权重' },
        lof: { en: 'Longest output', zh: '最长输出优先' },
        random: { en: 'Random', zh: '随机' },
        'routing-key': { en: 'Users who run already', zh: '已在运行的用户优先' },
      },
    },
  },
  {
    ...own,
    name: 'schedule-conservativeness',
    flag: '--schedule-conservativeness',
    type: 'number',
    unit: 'none',
    default: 1,
    min: 0.05,
    max: 1.5,
    step: 0.05,
    scale: 'linear',
    zero: false,
    text: {
      label: { en: 'Conservativeness', zh: '保守程度' },
      help: {
        en: 'How much of the output that running requests may still ask for is kept free; less admits more, and retracts more.',
        zh: '为运行中请求可能的剩余输出预留多少；越小接纳越多，撤回也越多。',
      },
    },
  },
  {
    ...own,
    ...whole,
    name: 'chunked-prefill-size',
    flag: '--chunked-prefill-size',
    unit: 'tokens',
    binds: Bound.tokenBudget,
    isUsed: isChunking,
    default: 0,
    min: 16,
    max: 131_072,
    zero: true,
    text: {
      label: { en: 'Prompt tokens a step', zh: '每步提示 token' },
      help: {
        en: 'Most prompt tokens of a step; a longer prompt is computed in chunks, one such prompt at a time.',
        zh: '一步的提示 token 上限；更长的提示分块计算，同一时刻只有一个这样的提示。',
      },
      zero: { en: 'by GPU memory', zh: '按显存' },
    },
  },
  {
    ...own,
    ...flip,
    name: 'disable-chunked-prefill',
    flag: '--chunked-prefill-size -1',
    text: {
      label: { en: 'Whole prompts', zh: '提示不分块' },
      help: {
        en: 'Prompts are never split: a step computes as many as fit, and decodes wait for all of it.',
        zh: '提示从不拆分：一步计算能放下的全部提示，解码等待其完成。',
      },
    },
  },
  {
    ...own,
    ...whole,
    name: 'max-prefill-tokens',
    flag: '--max-prefill-tokens',
    unit: 'tokens',
    binds: Bound.tokenBudget,
    default: 16_384,
    min: 16,
    max: 1_048_576,
    zero: false,
    text: {
      label: { en: 'Input budget', zh: '输入预算' },
      help: {
        en: 'Most prompt tokens of a step, split or not; only its first request may exceed it.',
        zh: '一步的提示 token 上限，无论是否分块；只有第一个请求可以超出。',
      },
    },
  },
  {
    ...own,
    ...whole,
    name: 'prefill-max-requests',
    flag: '--prefill-max-requests',
    unit: 'requests',
    default: 0,
    min: 1,
    max: 4096,
    zero: true,
    text: {
      label: { en: 'Prompts a step', zh: '每步提示数' },
      help: { en: 'Most requests whose prompts share a step.', zh: '同一步中一起计算提示的请求上限。' },
      zero: { en: 'no limit', zh: '不限' },
    },
  },
  {
    ...own,
    ...flip,
    name: 'enable-mixed-chunk',
    flag: '--enable-mixed-chunk',
    isUsed: mayMix,
    text: {
      label: { en: 'Decodes beside prompts', zh: '解码与提示同步' },
      help: {
        en: 'Running requests get their token in the steps of prompts too, instead of waiting for them.',
        zh: '计算提示的步中，运行中的请求也得到 token，而不是等待。',
      },
    },
  },
  {
    ...own,
    ...whole,
    name: 'max-running-requests',
    flag: '--max-running-requests',
    unit: 'sequences',
    binds: Bound.seats,
    default: 0,
    min: 1,
    max: 8192,
    zero: true,
    text: {
      label: { en: 'Running requests', zh: '运行请求上限' },
      help: { en: 'Most requests that run at once.', zh: '同时运行的请求上限。' },
      zero: {
        en: 'by the size of the pool, 2048 to 4096; 48 with drafts',
        zh: '按池大小，2048 至 4096；推测解码时为 48',
      },
    },
  },
  {
    ...own,
    ...flip,
    name: 'disable-overlap-schedule',
    flag: '--disable-overlap-schedule',
    isUsed: (knobs) => draftMethodOf(knobs) === 'off',
    text: {
      label: { en: 'No overlap', zh: '关闭重叠调度' },
      help: {
        en: 'Each step is scheduled when the results of the one before are known; with overlap the end of a request is seen a step late.',
        zh: '得知上一步结果后才调度下一步；重叠时，请求的结束会晚一步被发现。',
      },
    },
  },
  {
    ...own,
    ...flip,
    name: 'enable-priority-scheduling',
    flag: '--enable-priority-scheduling',
    isUsed: ordersWithPriority,
    text: {
      label: { en: 'Priorities', zh: '优先级调度' },
      help: {
        en: 'The more important go first, and take the place of running requests that are less important by more than the threshold.',
        zh: '更重要的请求在前，并可占用重要性低于其超过阈值的运行中请求的位置。',
      },
    },
  },
  {
    ...own,
    ...flip,
    name: 'schedule-low-priority-values-first',
    flag: '--schedule-low-priority-values-first',
    isUsed: hasPriorities,
    text: {
      label: { en: 'Small values first', zh: '小值优先' },
      help: {
        en: 'Small priority values are the important ones; off: large ones.',
        zh: '优先级数值小者重要；关闭时数值大者重要。',
      },
    },
  },
  {
    ...own,
    ...whole,
    name: 'priority-scheduling-preemption-threshold',
    flag: '--priority-scheduling-preemption-threshold',
    unit: 'none',
    isUsed: hasPriorities,
    default: 10,
    min: 0,
    max: 1000,
    scale: 'linear',
    zero: true,
    text: {
      label: { en: 'Preemption threshold', zh: '抢占阈值' },
      help: {
        en: 'A running request is preempted only for one whose priority differs by more than this.',
        zh: '只有优先级之差超过此值，运行中的请求才会被抢占。',
      },
    },
  },
  {
    ...own,
    ...flip,
    name: 'disable-cuda-graph',
    flag: '--disable-cuda-graph',
    text: {
      label: { en: 'No CUDA graphs', zh: '关闭 CUDA 图' },
      help: {
        en: 'Decode batches are not padded to the size of a captured graph; what launches would cost then is not counted.',
        zh: '解码批不再填充到已捕获图的大小；由此增加的启动开销不计。',
      },
    },
  },
  {
    ...own,
    ...whole,
    name: 'cuda-graph-max-bs',
    flag: '--cuda-graph-max-bs',
    unit: 'sequences',
    isUsed: hasGraphs,
    default: 0,
    min: 1,
    max: 4096,
    zero: true,
    text: {
      label: { en: 'Largest captured batch', zh: '最大捕获批' },
      help: {
        en: 'Decode batches up to this size are padded to the next captured one; larger ones run as they are.',
        zh: '不超过此大小的解码批填充到下一个已捕获的大小；更大的按原样运行。',
      },
      zero: { en: 'by GPU memory', zh: '按显存' },
    },
  },
  {
    ...own,
    ...whole,
    name: 'speculative-eagle-topk',
    flag: '--speculative-eagle-topk',
    unit: 'none',
    isUsed: hasTree,
    default: 1,
    min: 1,
    max: 16,
    scale: 'linear',
    zero: false,
    text: {
      label: { en: 'Branches of drafts', zh: '草稿分支数' },
      help: {
        en: 'Drafts that each pass goes on from; with several, the acceptance rate is that one of them is right.',
        zh: '每次前向延伸的分支数；多于一个时，接受率指其中之一正确的概率。',
      },
    },
  },
  {
    ...own,
    ...whole,
    name: 'speculative-num-draft-tokens',
    flag: '--speculative-num-draft-tokens',
    unit: 'tokens',
    isUsed: hasBranches,
    default: 8,
    min: 2,
    max: 64,
    scale: 'linear',
    zero: false,
    text: {
      label: { en: 'Verified tokens', zh: '验证的 token' },
      help: {
        en: 'Tokens of a request that a step verifies, the last known one among them.',
        zh: '每步为一个请求验证的 token 数，含最后一个已知 token。',
      },
    },
  },
  {
    ...own,
    ...flip,
    name: 'ignore-eos',
    isUsed: (knobs) => !isCaching(knobs),
    text: {
      label: { en: 'Output length known', zh: '输出长度已知' },
      help: {
        en: 'Requests that end by length say so (ignore_eos), as those of the benchmark client do: without a cache their ends are foreseen exactly.',
        zh: '按长度结束的请求会声明（ignore_eos，基准测试客户端即如此）：无缓存时可精确预见其结束。',
      },
    },
  },
  {
    ...ofMemory,
    name: 'mem-fraction-static',
    flag: '--mem-fraction-static',
    type: 'number',
    unit: 'share',
    binds: Bound.blocks,
    isUsed: (knobs) => knobs['kv-tokens'] === 0,
    default: 0,
    min: 0.01,
    max: 0.99,
    step: 0.001,
    scale: 'linear',
    zero: true,
    text: {
      label: { en: 'Static memory', zh: '静态显存占比' },
      help: {
        en: 'Share of the GPU memory for weights and KV; activations and graphs take the rest.',
        zh: '权重和 KV 占显存的比例；其余留给激活和图。',
      },
      zero: { en: 'computed', zh: '自动计算' },
    },
  },
  {
    ...ofMemory,
    ...whole,
    name: 'context-length',
    flag: '--context-length',
    unit: 'tokens',
    default: 0,
    min: 16,
    max: 1_048_576,
    zero: true,
    text: {
      label: { en: 'Context length', zh: '上下文长度' },
      help: {
        en: 'Longest sequence, prompt and output; a few tokens less are served.',
        zh: '最长序列，含提示与输出；实际可用略少几个 token。',
      },
      zero: { en: 'what the model knows and the pool holds', zh: '取模型与池的上限' },
    },
  },
  {
    ...ofMemory,
    ...whole,
    name: 'page-size',
    flag: '--page-size',
    unit: 'tokens',
    default: 1,
    min: 1,
    max: 256,
    zero: false,
    text: {
      label: { en: 'Page size', zh: '页大小' },
      help: {
        en: 'Tokens of a page: slots are handed out and shared in whole pages.',
        zh: '一页的 token 数：槽位按整页分配和共享。',
      },
    },
  },
  {
    ...ofMemory,
    ...flip,
    name: 'disable-radix-cache',
    flag: '--disable-radix-cache',
    text: {
      label: { en: 'No radix cache', zh: '关闭前缀树缓存' },
      help: {
        en: 'Nothing that was computed is kept for others; every request owns its slots.',
        zh: '计算过的内容不留给他人；每个请求独占自己的槽位。',
      },
    },
  },
  {
    ...ofMemory,
    name: 'radix-eviction-policy',
    flag: '--radix-eviction-policy',
    type: 'choice',
    unit: 'none',
    isUsed: isCaching,
    default: 'lru',
    choices: ['lru', 'lfu'],
    text: {
      label: { en: 'Eviction', zh: '淘汰策略' },
      help: {
        en: 'Which unlocked leaf of the tree is lost first; hits are not counted in this version, so both do the same.',
        zh: '先淘汰前缀树的哪个未锁定叶子；此版本不统计命中数，两者效果相同。',
      },
      choices: {
        lru: { en: 'Least recently used', zh: '最久未使用' },
        lfu: { en: 'Least frequently used', zh: '最少使用' },
      },
    },
  },
];
