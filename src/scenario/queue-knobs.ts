/** Knobs of Q that work with any engine: the order of its queue, what is predicted, who asks, and the learner that turns a knob while it runs. */

import type { KnobEntry, KnobText } from './knob-entry.ts';
import type { Knobs, KnobValue } from './knobs.ts';

type QueueKnob = KnobEntry & { readonly readBy: 'all'; readonly text: KnobText };

const ofQueue = { group: 'engine', readBy: 'all', change: 'start', since: 1 } as const;
const ofPeople = { group: 'workload', readBy: 'all', change: 'start', since: 1 } as const;
const milliseconds = { type: 'integer', unit: 'ms', min: 1, step: 1, scale: 'log', zero: false } as const;

const isTuned = (knobs: Knobs) => queueKnob(knobs, 'bandit') !== 'off';
const tunesOrder = (knobs: Knobs) => queueKnob(knobs, 'bandit') === 'queue-order';
const isPredicted = (knobs: Knobs) => tunesOrder(knobs) || queueKnob(knobs, 'queue-order') === 'shortest-job';

export const queueKnobs: readonly QueueKnob[] = [
  {
    ...ofPeople,
    name: 'users',
    type: 'integer',
    unit: 'users',
    default: 1,
    min: 1,
    max: 1000,
    step: 1,
    scale: 'log',
    zero: false,
    text: {
      label: { en: 'Users', zh: '用户数' },
      help: {
        en: 'How many users share the engine. They do not ask equally often: of two the first sends four fifths of the requests, of ten about two thirds.',
        zh: '多少个用户共用引擎。提问频率不同：两个用户时第一个发出五分之四的请求，十个用户时约三分之二。',
      },
    },
  },
  {
    ...ofPeople,
    name: 'urgent-share',
    type: 'number',
    unit: 'share',
    default: 0,
    min: 0,
    max: 1,
    step: 0.01,
    scale: 'linear',
    zero: true,
    text: {
      label: { en: 'Urgent requests', zh: '紧急请求' },
      help: {
        en: 'Share of the requests with a better priority; only a queue by priority asks for it.',
        zh: '优先级较高的请求所占比例；只有按优先级排队时才起作用。',
      },
    },
  },
  {
    ...ofQueue,
    name: 'queue-order',
    type: 'choice',
    unit: 'none',
    default: 'own',
    choices: ['own', 'fcfs', 'priority', 'longest-prefix', 'shortest-job', 'fair-share'],
    isUsed: (knobs) => !tunesOrder(knobs),
    text: {
      label: { en: 'Queue order', zh: '排队次序' },
      help: {
        en: 'Who is next among those who wait: whoever came first, is most urgent, finds most of its prompt in the cache, has the shortest answer ahead by the prediction, or whose user was served least.',
        zh: '等待者中谁是下一个：最先到的、最紧急的、提示在缓存中命中最多的、预测的回答最短的，或所属用户得到服务最少的。',
      },
      choices: {
        own: { en: 'The engine’s own', zh: '引擎自身的' },
        fcfs: { en: 'First come, first served', zh: '先来先服务' },
        priority: { en: 'Priority', zh: '优先级' },
        'longest-prefix': { en: 'Longest cached prefix', zh: '最长缓存前缀' },
        'shortest-job': { en: 'Shortest predicted answer', zh: '预测回答最短' },
        'fair-share': { en: 'Fair share a user', zh: '用户公平共享' },
      },
    },
  },
  {
    ...ofQueue,
    name: 'length-prediction',
    type: 'choice',
    unit: 'none',
    default: 'none',
    choices: ['none', 'oracle', 'noisy', 'learned'],
    isUsed: isPredicted,
    text: {
      label: { en: 'Predicted length', zh: '长度预测' },
      help: {
        en: 'What the queue knows of an answer’s length before it is there: nothing, the truth, the truth with an error, or what requests that finished earlier in this run have shown.',
        zh: '回答出现之前队列对其长度知道多少：一无所知、真实值、带误差的真实值，或本次运行中已完成的请求所显示的规律。',
      },
      choices: {
        none: { en: 'None', zh: '无' },
        oracle: { en: 'Oracle: the truth', zh: '先知：真实值' },
        noisy: { en: 'The truth with an error', zh: '带误差的真实值' },
        learned: { en: 'Learned in this run', zh: '在本次运行中学习' },
      },
    },
  },
  {
    ...ofQueue,
    name: 'prediction-error',
    type: 'number',
    unit: 'none',
    default: 0.5,
    min: 0.01,
    max: 5,
    step: 0.01,
    scale: 'linear',
    zero: true,
    isUsed: (knobs) => isPredicted(knobs) && queueKnob(knobs, 'length-prediction') === 'noisy',
    text: {
      label: { en: 'Prediction error', zh: '预测误差' },
      help: {
        en: 'Deviation of the logarithm of prediction over truth: with 0.5 a third of the predictions are off by more than a factor of 1.6.',
        zh: '预测与真实值之比的对数的标准差：0.5 时三分之一的预测偏差超过 1.6 倍。',
      },
      zero: { en: 'none: the oracle', zh: '无：即先知' },
    },
  },
  {
    ...ofQueue,
    name: 'bandit',
    type: 'choice',
    unit: 'none',
    default: 'off',
    choices: ['off', 'token-budget', 'queue-order'],
    text: {
      label: { en: 'Bandit', zh: '多臂赌博机' },
      help: {
        en: 'A learner that chooses the token budget or the queue order anew in every window, by how many requests kept both limits in windows that began like it.',
        zh: '一个学习器：在每个时间窗重新选择 token 预算或排队次序，依据相似时间窗中同时满足两个时限的请求比例。',
      },
      choices: {
        off: { en: 'Off', zh: '关闭' },
        'token-budget': { en: 'Chooses the token budget', zh: '选择 token 预算' },
        'queue-order': { en: 'Chooses the queue order', zh: '选择排队次序' },
      },
    },
  },
  {
    ...ofQueue,
    name: 'bandit-rule',
    type: 'choice',
    unit: 'none',
    default: 'ucb',
    choices: ['ucb', 'discounted-ucb', 'epsilon-greedy'],
    isUsed: isTuned,
    text: {
      label: { en: 'How it explores', zh: '探索方式' },
      help: {
        en: 'It takes what could be best given how seldom it was tried; or does so with a memory that fades; or what was best so far, and one time in ten anything.',
        zh: '选择考虑到尝试次数后可能最好的；或同样如此但记忆会淡化；或选择迄今最好的，而十次中有一次随机。',
      },
      choices: {
        ucb: { en: 'Upper confidence bound', zh: '置信上界（UCB）' },
        'discounted-ucb': { en: 'The same, discounted', zh: '折扣置信上界' },
        'epsilon-greedy': { en: 'Epsilon-greedy', zh: 'ε-贪心' },
      },
    },
  },
  {
    ...ofQueue,
    ...milliseconds,
    name: 'bandit-window-ms',
    default: 10_000,
    min: 100,
    max: 600_000,
    isUsed: isTuned,
    text: {
      label: { en: 'Window', zh: '时间窗' },
      help: {
        en: 'How long a choice stands before it is judged; short windows learn soon from few requests.',
        zh: '一次选择保持多久后接受评判；时间窗越短，学得越快，但依据的请求越少。',
      },
    },
  },
  {
    ...ofQueue,
    ...milliseconds,
    name: 'slo-ttft-ms',
    default: 1000,
    max: 600_000,
    isUsed: isTuned,
    text: {
      label: { en: 'Limit of first token', zh: '首 token 时限' },
      help: {
        en: 'A request is worth a reward if its first token came within this time.',
        zh: '首 token 在此时间内到达的请求才有奖励。',
      },
    },
  },
  {
    ...ofQueue,
    ...milliseconds,
    name: 'slo-tpot-ms',
    default: 50,
    max: 10_000,
    isUsed: isTuned,
    text: {
      label: { en: 'Limit a token', zh: '每 token 时限' },
      help: {
        en: 'A request is worth a reward if its mean time between tokens is within this.',
        zh: 'token 间平均时间在此之内的请求才有奖励。',
      },
    },
  },
];

/** What a scenario has for one of these knobs. A name that is none is an error of the program. */
export function queueKnob(knobs: Knobs, name: string): KnobValue {
  const entry = queueKnobs.find((e) => e.name === name);
  if (entry === undefined) throw new Error(`no such knob of the queue: ${name}`);
  return knobs[name] ?? entry.default;
}
