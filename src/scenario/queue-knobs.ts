/** Knobs of Q that work with any engine: the order of its queue, what is predicted, who asks, and the learner that turns a knob while it runs. */

import type { KnobEntry } from './knob-entry.ts';
import type { Knobs, KnobValue } from './knobs.ts';

type QueueKnob = KnobEntry & { readonly readBy: 'all' };

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
  },
  {
    ...ofQueue,
    name: 'queue-order',
    type: 'choice',
    unit: 'none',
    default: 'own',
    choices: ['own', 'fcfs', 'priority', 'longest-prefix', 'shortest-job', 'fair-share'],
    isUsed: (knobs) => !tunesOrder(knobs),
  },
  {
    ...ofQueue,
    name: 'length-prediction',
    type: 'choice',
    unit: 'none',
    default: 'none',
    choices: ['none', 'oracle', 'noisy', 'learned'],
    isUsed: isPredicted,
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
  },
  {
    ...ofQueue,
    name: 'bandit',
    type: 'choice',
    unit: 'none',
    default: 'off',
    choices: ['off', 'token-budget', 'queue-order'],
  },
  {
    ...ofQueue,
    name: 'bandit-rule',
    type: 'choice',
    unit: 'none',
    default: 'ucb',
    choices: ['ucb', 'discounted-ucb', 'epsilon-greedy'],
    isUsed: isTuned,
  },
  {
    ...ofQueue,
    ...milliseconds,
    name: 'bandit-window-ms',
    default: 10_000,
    min: 100,
    max: 600_000,
    isUsed: isTuned,
  },
  {
    ...ofQueue,
    ...milliseconds,
    name: 'slo-ttft-ms',
    default: 1000,
    max: 600_000,
    isUsed: isTuned,
  },
  {
    ...ofQueue,
    ...milliseconds,
    name: 'slo-tpot-ms',
    default: 50,
    max: 10_000,
    isUsed: isTuned,
  },
];

/** What a scenario has for one of these knobs. A name that is none is an error of the program. */
export function queueKnob(knobs: Knobs, name: string): KnobValue {
  const entry = queueKnobs.find((e) => e.name === name);
  if (entry === undefined) throw new Error(`no such knob of the queue: ${name}`);
  return knobs[name] ?? entry.default;
}
