/**
 * Knobs that no engine brings along and that a scenario names only where they differ from their defaults: lengths and
 * sessions of a workload, the layout over several GPUs, what a software stack adds to a step, and those of the queue
 * (`queue-knobs.ts`). Their words are in `engines/words/common.ts`.
 */

import type { LengthSetId } from '../workload/length-sets.ts';
import type { KnobEntry } from './knob-entry.ts';
import type { Knobs, KnobValue } from './knobs.ts';
import { queueKnobs } from './queue-knobs.ts';

/** An entry, read whatever the engine. */
type CommonKnob = KnobEntry & { readonly readBy: 'all' };

const ofLengths = {
  group: 'workload',
  readBy: 'all',
  workloads: ['lengths', 'sessions'],
  change: 'start',
  since: 1,
} as const;
const ofSessions = { ...ofLengths, workloads: ['sessions'] } as const;
const ofHardware = { group: 'hardware', readBy: 'all', change: 'start', since: 1 } as const;

const sets = ['sharegpt', 'alpaca', 'openchat', 'azure-chat', 'arxiv', 'translation'] satisfies LengthSetId[];
const isGiven = (knobs: Knobs) => !sets.some((set) => set === commonKnob(knobs, 'lengths'));
const isSpread = (knobs: Knobs) => isGiven(knobs) && commonKnob(knobs, 'lengths') !== 'fixed';

/** Whether the cache of a batch is one tensor: contiguous memory, or an engine that brings one along. */
const isOneTensor = (knobs: Knobs) => knobs.memory !== 'paged' || knobs.engine === 'tgi-2023';

const tokens = { type: 'number', unit: 'tokens', min: 1, max: 200_000, step: 1, scale: 'log', zero: false } as const;
const spread = { type: 'number', unit: 'share', min: 0, max: 1, step: 0.01, scale: 'linear', zero: true } as const;
const count = { type: 'integer', unit: 'none', min: 1, step: 1, zero: false } as const;
const microseconds = { type: 'number', unit: 'us', min: 1, step: 1, scale: 'log', zero: true } as const;

export const commonKnobs: readonly CommonKnob[] = [
  ...queueKnobs,
  {
    ...ofLengths,
    name: 'lengths',
    type: 'choice',
    unit: 'none',
    default: 'sharegpt',
    choices: [...sets, 'fixed', 'uniform', 'normal'],
  },
  {
    ...ofLengths,
    ...tokens,
    name: 'prompt-tokens',
    default: 512,
    isUsed: isGiven,
  },
  {
    ...ofLengths,
    ...spread,
    name: 'prompt-spread',
    default: 0.3,
    isUsed: isSpread,
  },
  {
    ...ofLengths,
    ...tokens,
    name: 'output-tokens',
    default: 128,
    isUsed: isGiven,
  },
  {
    ...ofLengths,
    ...spread,
    name: 'output-spread',
    default: 0.3,
    isUsed: isSpread,
  },
  {
    ...ofSessions,
    ...count,
    name: 'prefix-groups',
    default: 1,
    max: 10_000,
    scale: 'log',
  },
  {
    ...ofSessions,
    ...tokens,
    type: 'integer',
    name: 'prefix-tokens',
    default: 512,
    zero: true,
  },
  {
    ...ofSessions,
    ...count,
    name: 'turns',
    default: 4,
    max: 32,
    scale: 'linear',
  },
  {
    ...ofSessions,
    ...count,
    name: 'branches',
    default: 1,
    max: 8,
    scale: 'linear',
  },
  {
    ...ofSessions,
    ...count,
    name: 'rounds',
    default: 1,
    max: 8,
    scale: 'linear',
  },
  {
    ...ofHardware,
    ...count,
    name: 'tensor-parallel-size',
    flag: '--tensor-parallel-size',
    default: 1,
    max: 8,
    scale: 'linear',
  },
  {
    ...ofHardware,
    ...microseconds,
    name: 'launch-us-per-layer',
    default: 0,
    max: 10_000,
  },
  {
    ...ofHardware,
    ...microseconds,
    name: 'host-us-per-step',
    default: 0,
    max: 1_000_000,
  },
  {
    ...ofHardware,
    name: 'kv-concatenation',
    type: 'switch',
    unit: 'none',
    default: false,
    isUsed: isOneTensor,
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
