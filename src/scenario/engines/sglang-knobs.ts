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
      zero: { en: 'by pool size; 48 with drafts', zh: '按池大小；推测解码时 48' },
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
    },
  },
  {
    ...own,
    ...flip,
    name: 'disable-cuda-graph',
    flag: '--disable-cuda-graph',
    text: {
      label: { en: 'No CUDA graphs', zh: '关闭 CUDA 图' },
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
    },
  },
  {
    ...own,
    ...flip,
    name: 'ignore-eos',
    isUsed: (knobs) => !isCaching(knobs),
    text: {
      label: { en: 'Output length known', zh: '输出长度已知' },
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
    },
  },
  {
    ...ofMemory,
    ...flip,
    name: 'disable-radix-cache',
    flag: '--disable-radix-cache',
    text: {
      label: { en: 'No radix cache', zh: '关闭前缀树缓存' },
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
      choices: {
        lru: { en: 'Least recently used', zh: '最久未使用' },
        lfu: { en: 'Least frequently used', zh: '最少使用' },
      },
    },
  },
];
