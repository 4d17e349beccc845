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
  },
  {
    ...own,
    ...flip,
    name: 'disable-chunked-prefill',
    flag: '--chunked-prefill-size -1',
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
  },
  {
    ...own,
    ...flip,
    name: 'enable-mixed-chunk',
    flag: '--enable-mixed-chunk',
    isUsed: mayMix,
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
  },
  {
    ...own,
    ...flip,
    name: 'disable-overlap-schedule',
    flag: '--disable-overlap-schedule',
    isUsed: (knobs) => draftMethodOf(knobs) === 'off',
  },
  {
    ...own,
    ...flip,
    name: 'enable-priority-scheduling',
    flag: '--enable-priority-scheduling',
    isUsed: ordersWithPriority,
  },
  {
    ...own,
    ...flip,
    name: 'schedule-low-priority-values-first',
    flag: '--schedule-low-priority-values-first',
    isUsed: hasPriorities,
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
  },
  {
    ...own,
    ...flip,
    name: 'disable-cuda-graph',
    flag: '--disable-cuda-graph',
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
  },
  {
    ...own,
    ...flip,
    name: 'ignore-eos',
    isUsed: (knobs) => !isCaching(knobs),
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
  },
  {
    ...ofMemory,
    ...flip,
    name: 'disable-radix-cache',
    flag: '--disable-radix-cache',
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
  },
];
