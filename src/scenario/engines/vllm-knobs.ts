import type { EngineKnob } from '../knob-entry.ts';
import type { Knobs } from '../knobs.ts';

const own = { group: 'engine', readBy: 'engines', change: 'start', since: 1 } as const;

/** vLLM's knobs of captured graphs; those that others have too are common ones. */
export const vllmKnobs: readonly EngineKnob[] = [
  {
    ...own,
    name: 'enforce-eager',
    flag: '--enforce-eager',
    type: 'switch',
    unit: 'none',
    default: false,
  },
  {
    ...own,
    name: 'max-cudagraph-capture-size',
    flag: '--max-cudagraph-capture-size',
    type: 'integer',
    unit: 'tokens',
    isUsed: (knobs: Knobs) => knobs['enforce-eager'] !== true,
    default: 0,
    min: 1,
    max: 8192,
    step: 1,
    scale: 'log',
    zero: true,
  },
];
