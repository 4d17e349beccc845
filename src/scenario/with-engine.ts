import type { Knobs } from './knobs.ts';
import { withChoice } from './value.ts';

/** The scenario with another engine and that engine's defaults; the length of sequences and the pool stay. */
export function withEngine(knobs: Knobs, engine: string): Knobs {
  return { ...withChoice(knobs, 'engine', engine), 'max-model-len': knobs['max-model-len'] };
}
