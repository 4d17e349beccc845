/**
 * Knobs that no engine brings along and that a scenario names only where they differ from their defaults: lengths and
 * sessions of a workload, the layout over several GPUs, what a software stack adds to a step, and those of the queue
 * (`queue-knobs.ts`). With their words.
 */

import type { LengthSetId } from '../workload/length-sets.ts';
import type { KnobEntry, KnobText } from './knob-entry.ts';
import type { Knobs, KnobValue } from './knobs.ts';
import { queueKnobs } from './queue-knobs.ts';

/** An entry with its words, read whatever the engine. */
type CommonKnob = KnobEntry & { readonly readBy: 'all'; readonly text: KnobText };

const ofLengths = {
  group: 'workload',
  readBy: 'all',
  workloads: ['lengths', 'sessions'],
  change: 'start',
  since: 1,
} as const;
const ofSessions = { ...ofLengths, workloads: ['sessions'] } as const;
const ofHardware = { group: 'hardware', readBy: 'all', change: 'start', since: 1 } as const;

const sets = ['sharegpt', 'alpaca', 'openchat', 'arxiv', 'translation'] satisfies LengthSetId[];
const isGiven = (knobs: Knobs) => !sets.some((set) => set === commonKnob(knobs, 'lengths'));
const isSpread = (knobs: Knobs) => isGiven(knobs) && commonKnob(knobs, 'lengths') !== 'fixed';

/** Whether the cache of a batch is one tensor: contiguous memory, or an engine that brings one along. */
const isOneTensor = (knobs: Knobs) => knobs.memory !== 'paged' || knobs.engine === 'tgi-2023';

const tokens = { type: 'number', unit: 'tokens', min: 1, max: 200_000, step: 1, scale: 'log', zero: false } as const;
const spread = { type: 'number', unit: 'share', min: 0, max: 1, step: 0.01, scale: 'linear', zero: true } as const;
const count = { type: 'integer', unit: 'none', min: 1, step: 1, zero: false } as const;
const microseconds = { type: 'number', unit: 'us', min: 1, step: 1, scale: 'log', zero: true } as const;

const spreadHelp = {
  en: 'Half the width of a uniform distribution, or the standard deviation of a normal one, as a share of the mean.',
  zh: '均匀分布的半宽，或正态分布的标准差，占均值的比例。',
} as const;

export const commonKnobs: readonly CommonKnob[] = [
  ...queueKnobs,
  {
    ...ofLengths,
    name: 'lengths',
    type: 'choice',
    unit: 'none',
    default: 'sharegpt',
    choices: [...sets, 'fixed', 'uniform', 'normal'],
    text: {
      label: { en: 'Lengths', zh: '长度分布' },
      help: {
        en: 'How long prompts and answers are: as in a known collection, or about given means.',
        zh: '提示和回答有多长：取自已知的数据集，或围绕给定的均值。',
      },
      choices: {
        sharegpt: { en: 'ShareGPT (vLLM paper)', zh: 'ShareGPT（vLLM 论文）' },
        alpaca: { en: 'Alpaca (vLLM paper)', zh: 'Alpaca（vLLM 论文）' },
        openchat: { en: 'OpenChat with history', zh: 'OpenChat（含历史）' },
        arxiv: { en: 'arXiv summaries', zh: 'arXiv 摘要' },
        translation: { en: 'Translated sentences', zh: '句子翻译' },
        fixed: { en: 'All the same', zh: '全部相同' },
        uniform: { en: 'Uniform about a mean', zh: '均值附近均匀分布' },
        normal: { en: 'Normal about a mean', zh: '均值附近正态分布' },
      },
    },
  },
  {
    ...ofLengths,
    ...tokens,
    name: 'prompt-tokens',
    default: 512,
    isUsed: isGiven,
    text: {
      label: { en: 'Prompt, mean', zh: '提示均长' },
      help: {
        en: 'Mean tokens of a prompt; in sessions, of what a call adds to it.',
        zh: '提示的平均 token 数；在会话中是每次调用新增的部分。',
      },
    },
  },
  {
    ...ofLengths,
    ...spread,
    name: 'prompt-spread',
    default: 0.3,
    isUsed: isSpread,
    text: { label: { en: 'Prompt, spread', zh: '提示离散度' }, help: spreadHelp },
  },
  {
    ...ofLengths,
    ...tokens,
    name: 'output-tokens',
    default: 128,
    isUsed: isGiven,
    text: {
      label: { en: 'Answer, mean', zh: '回答均长' },
      help: { en: 'Mean tokens of an answer.', zh: '回答的平均 token 数。' },
    },
  },
  {
    ...ofLengths,
    ...spread,
    name: 'output-spread',
    default: 0.3,
    isUsed: isSpread,
    text: { label: { en: 'Answer, spread', zh: '回答离散度' }, help: spreadHelp },
  },
  {
    ...ofSessions,
    ...count,
    name: 'prefix-groups',
    default: 1,
    max: 10_000,
    scale: 'log',
    text: {
      label: { en: 'Different prefixes', zh: '不同前缀数' },
      help: {
        en: 'How many different beginnings the prompts have; sessions that follow each other share one.',
        zh: '提示有多少种不同的开头；相邻的会话使用同一种。',
      },
    },
  },
  {
    ...ofSessions,
    ...tokens,
    type: 'integer',
    name: 'prefix-tokens',
    default: 512,
    zero: true,
    text: {
      label: { en: 'Shared prefix', zh: '共享前缀' },
      help: {
        en: 'Tokens with which every prompt of a group begins: instructions, examples, a document.',
        zh: '同组的每个提示开头相同的 token 数：指令、示例或文档。',
      },
      zero: { en: 'none', zh: '无' },
    },
  },
  {
    ...ofSessions,
    ...count,
    name: 'turns',
    default: 4,
    max: 32,
    scale: 'linear',
    text: {
      label: { en: 'Turns', zh: '轮数' },
      help: {
        en: 'Calls of a session one after another; each prompt is everything said before and a new question.',
        zh: '一次会话中先后的调用；每个提示是之前的全部内容加上新问题。',
      },
    },
  },
  {
    ...ofSessions,
    ...count,
    name: 'branches',
    default: 1,
    max: 8,
    scale: 'linear',
    text: {
      label: { en: 'Branches', zh: '分支数' },
      help: {
        en: 'Calls that follow on each answer at the same time: 1 is a conversation, more is a tree of thoughts.',
        zh: '每个回答之后同时进行的调用数：1 是对话，更多是思维树。',
      },
    },
  },
  {
    ...ofSessions,
    ...count,
    name: 'rounds',
    default: 1,
    max: 8,
    scale: 'linear',
    text: {
      label: { en: 'Rounds', zh: '重复次数' },
      help: {
        en: 'How often all sessions are gone through, with equal prompts; a round starts when the one before has ended.',
        zh: '全部会话用相同的提示进行多少遍；上一遍结束后才开始下一遍。',
      },
    },
  },
  {
    ...ofHardware,
    ...count,
    name: 'tensor-parallel-size',
    flag: '--tensor-parallel-size',
    default: 1,
    max: 8,
    scale: 'linear',
    text: {
      label: { en: 'Tensor parallel GPUs', zh: '张量并行 GPU 数' },
      help: {
        en: 'GPUs of one host that share every layer: each has its part of weights, keys and values, and all add up their results twice a layer.',
        zh: '同一主机上共同计算每一层的 GPU 数：各存一部分权重、键和值，每层相加结果两次。',
      },
    },
  },
  {
    ...ofHardware,
    ...microseconds,
    name: 'launch-us-per-layer',
    default: 0,
    max: 10_000,
    text: {
      label: { en: 'Launches a layer', zh: '每层启动耗时' },
      help: {
        en: 'Time the host takes to launch the kernels of one layer; a step is never shorter than all its layers take to be launched.',
        zh: '主机启动一层内核所需的时间；一步不会短于启动全部层的时间。',
      },
      zero: { en: 'captured graphs', zh: '已捕获的计算图' },
    },
  },
  {
    ...ofHardware,
    ...microseconds,
    name: 'host-us-per-step',
    default: 0,
    max: 1_000_000,
    text: {
      label: { en: 'Host time a step', zh: '每步主机耗时' },
      help: {
        en: 'Time a step in which the GPU waits for the host: scheduling, sampling, answering.',
        zh: '每一步中 GPU 等待主机的时间：调度、采样、返回结果。',
      },
      zero: { en: 'hidden', zh: '已隐藏' },
    },
  },
  {
    ...ofHardware,
    name: 'kv-concatenation',
    type: 'switch',
    unit: 'none',
    default: false,
    isUsed: isOneTensor,
    text: {
      label: { en: 'Cache copied every step', zh: '每步复制缓存' },
      help: {
        en: 'Every decode step copies all keys and values to tensors that are one token longer, as Transformers’ cache did in 2023.',
        zh: '每个解码步把全部键和值复制到长一个 token 的张量中，如 2023 年 Transformers 的缓存。',
      },
    },
  },
];

/** Whether a scenario's cache is copied to a longer tensor in every step. */
export function copiesCache(knobs: Knobs): boolean {
  return isOneTensor(knobs) && commonKnob(knobs, 'kv-concatenation') === true;
}

/** What a scenario has for one of these knobs. A name that is none is an error of the program. */
export function commonKnob(knobs: Knobs, name: string): KnobValue {
  const entry = commonKnobs.find((e) => e.name === name);
  if (entry === undefined) throw new Error(`no such common knob: ${name}`);
  return knobs[name] ?? entry.default;
}
