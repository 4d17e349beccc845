/** Knobs of llama.cpp's server under its real flags (common/arg.cpp, master of 2026-05-01), with their words. */

import { Bound } from '../../sim/decision.ts';
import type { EngineKnob } from '../knob-entry.ts';
import type { Knobs } from '../knobs.ts';

const own = { group: 'engine', readBy: 'engines', change: 'start', since: 1 } as const;
const ofMemory = { ...own, group: 'memory' } as const;
const whole = { type: 'integer', step: 1, scale: 'log', zero: false } as const;
const flip = { type: 'switch', unit: 'none' } as const;

export const llamaCppKnobs: readonly EngineKnob[] = [
  {
    ...ofMemory,
    ...whole,
    name: 'ctx-size',
    flag: '-c, --ctx-size',
    unit: 'tokens',
    binds: Bound.blocks,
    zero: true,
    default: 0,
    min: 256,
    max: 1_048_576,
    text: {
      label: { en: 'Context', zh: '上下文' },
      help: {
        en: 'Cells of the KV cache, one a token, for all slots together.',
        zh: 'KV 缓存的单元数（每个 token 一个），所有槽位合计。',
      },
      zero: { en: 'from the model, as far as it fits', zh: '取自模型，以放得下为限' },
    },
  },
  {
    ...own,
    ...whole,
    name: 'parallel',
    flag: '-np, --parallel',
    unit: 'sequences',
    binds: Bound.seats,
    zero: true,
    default: 0,
    min: 1,
    max: 256,
    text: {
      label: { en: 'Slots', zh: '槽位' },
      help: {
        en: 'Requests that are served at once; the others wait for a slot.',
        zh: '同时服务的请求数；其余等待槽位。',
      },
      zero: { en: 'auto: 4, unified', zh: '自动：4 个，统一缓存' },
    },
  },
  {
    ...ofMemory,
    ...flip,
    name: 'kv-unified',
    flag: '-kvu, --kv-unified',
    default: false,
    isUsed: (knobs: Knobs) => !isAuto(knobs),
    text: {
      label: { en: 'Unified KV cache', zh: '统一 KV 缓存' },
      help: {
        en: 'All slots share all cells, and idle ones lose their tokens when cells run out; else each slot has the same part for itself.',
        zh: '所有槽位共用全部单元，不足时空闲槽位失去其内容；否则每个槽位各有相同的一份。',
      },
    },
  },
  {
    ...own,
    ...whole,
    name: 'llama-batch-size',
    flag: '-b, --batch-size',
    unit: 'tokens',
    binds: Bound.tokenBudget,
    default: 2048,
    min: 16,
    max: 131_072,
    text: {
      label: { en: 'Batch', zh: '批大小' },
      help: {
        en: 'Tokens of an iteration: one for each slot that generates, then prompts in the order of the slots. Everybody waits for all of it.',
        zh: '一次迭代的 token 数：每个正在生成的槽位一个，再按槽位顺序放提示；所有槽位都要等它结束。',
      },
    },
  },
  {
    ...own,
    ...whole,
    name: 'ubatch-size',
    flag: '-ub, --ubatch-size',
    unit: 'tokens',
    default: 512,
    min: 1,
    max: 131_072,
    text: {
      label: { en: 'Micro-batch', zh: '微批大小' },
      help: {
        en: 'Tokens that are computed at once: a batch is divided into such pieces, and each reads all weights.',
        zh: '一次计算的 token 数：批被切成这样的小块，每块都要读一遍权重。',
      },
    },
  },
  {
    ...own,
    ...flip,
    name: 'cont-batching',
    flag: '-cb, --cont-batching',
    default: true,
    text: {
      label: { en: 'Continuous batching', zh: '连续批处理' },
      help: { en: 'Prompts are computed while other slots generate.', zh: '其他槽位生成时也计算提示。' },
    },
  },
  {
    ...own,
    ...flip,
    name: 'cache-prompt',
    flag: '--cache-prompt',
    default: true,
    text: {
      label: { en: 'Keep the beginning', zh: '保留相同开头' },
      help: {
        en: 'A prompt keeps what its slot still has of its beginning from the request before.',
        zh: '提示沿用其槽位中上一个请求留下的相同开头。',
      },
    },
  },
  {
    ...own,
    ...whole,
    name: 'cache-reuse',
    flag: '--cache-reuse',
    unit: 'tokens',
    zero: true,
    isUsed: (knobs: Knobs) => knobs['cache-prompt'] !== false,
    default: 0,
    min: 1,
    max: 131_072,
    text: {
      label: { en: 'Reused chunks', zh: '复用片段' },
      help: {
        en: 'Smallest later piece of a slot’s tokens that a new prompt takes over by shifting its keys.',
        zh: '新提示可通过移位键来沿用的后续片段的最小长度。',
      },
      zero: { en: 'off', zh: '关' },
    },
  },
  {
    ...ofMemory,
    ...whole,
    name: 'cache-ram',
    flag: '-cram, --cache-ram',
    unit: 'MiB',
    zero: true,
    default: 8192,
    min: 1,
    max: 4_194_304,
    text: {
      label: { en: 'Prompt cache in RAM', zh: '内存提示缓存' },
      help: {
        en: 'Host memory for what slots held before they were given to others; the oldest goes first, but one stays.',
        zh: '存放槽位让出前内容的主机内存；先丢弃最旧的，但至少保留一个。',
      },
      zero: { en: 'off', zh: '关' },
    },
  },
  {
    ...own,
    name: 'slot-prompt-similarity',
    flag: '-sps, --slot-prompt-similarity',
    type: 'number',
    unit: 'share',
    default: 0.1,
    min: 0,
    max: 1,
    step: 0.01,
    scale: 'linear',
    zero: true,
    text: {
      label: { en: 'Slot similarity', zh: '槽位相似度' },
      help: {
        en: 'Share of a prompt that an idle slot must hold to be chosen for it; else the slot that was used longest ago is.',
        zh: '空闲槽位须含有提示的这一比例才会被选中；否则选最久未用的槽位。',
      },
      zero: { en: 'off', zh: '关' },
    },
  },
  {
    ...own,
    ...flip,
    name: 'context-shift',
    flag: '--context-shift',
    default: false,
    text: {
      label: { en: 'Context shift', zh: '上下文移位' },
      help: {
        en: 'A slot whose context is full drops half of it and goes on, instead of ending its request.',
        zh: '上下文已满的槽位丢弃一半后继续，而不是结束请求。',
      },
    },
  },
  {
    ...own,
    ...whole,
    name: 'keep',
    flag: '--keep',
    unit: 'tokens',
    zero: true,
    isUsed: (knobs: Knobs) => knobs['context-shift'] === true,
    default: 0,
    min: 1,
    max: 131_072,
    text: {
      label: { en: 'Kept at the front', zh: '保留的开头' },
      help: {
        en: 'Tokens at the beginning of the prompt that a context shift never drops.',
        zh: '上下文移位时始终保留的提示开头 token 数。',
      },
      zero: { en: 'none', zh: '不保留' },
    },
  },
  {
    ...own,
    ...whole,
    name: 'draft-min',
    flag: '--draft-min',
    unit: 'tokens',
    zero: true,
    isUsed: (knobs: Knobs) => (knobs['speculative-method'] ?? 'off') !== 'off',
    default: 0,
    min: 1,
    max: 16,
    scale: 'linear',
    text: {
      label: { en: 'Fewest drafts', zh: '最少草稿数' },
      help: { en: 'Fewer drafts than this are not verified.', zh: '草稿少于此数则不验证。' },
      zero: { en: 'any number', zh: '不限' },
    },
  },
];

/** Whether the number of slots is the server's own choice. */
export function isAuto(knobs: Knobs): boolean {
  return Number(knobs.parallel ?? 0) === 0;
}
