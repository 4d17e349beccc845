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
  },
  {
    ...ofMemory,
    ...flip,
    name: 'kv-unified',
    flag: '-kvu, --kv-unified',
    default: false,
    isUsed: (knobs: Knobs) => !isAuto(knobs),
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
  },
  {
    ...own,
    ...flip,
    name: 'cont-batching',
    flag: '-cb, --cont-batching',
    default: true,
  },
  {
    ...own,
    ...flip,
    name: 'cache-prompt',
    flag: '--cache-prompt',
    default: true,
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
  },
  {
    ...own,
    ...flip,
    name: 'context-shift',
    flag: '--context-shift',
    default: false,
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
  },
];

/** Whether the number of slots is the server's own choice. */
export function isAuto(knobs: Knobs): boolean {
  return Number(knobs.parallel ?? 0) === 0;
}
