/** Which knobs limit a run: a knob that binds in no step can be moved without any effect, and the page says so. */

import type { KnobEntry } from './knob-entry.ts';
import type { Knobs } from './knobs.ts';
import { isRead, registry } from './registry.ts';

export interface Binding {
  readonly knob: string;
  /** Steps in which it was this knob that kept the step from doing more. */
  readonly steps: number;
  /** Of all steps, 0 to 1. */
  readonly share: number;
}

/**
 * How often each limiting knob binds, for those that the scenario reads.
 * @param stepsByBound `Summary.stepsByBound` of a finished run
 */
export function bindings(knobs: Knobs, stepsByBound: readonly number[]): readonly Binding[] {
  const steps = stepsByBound.reduce((sum, n) => sum + n, 0);
  return registry().flatMap((entry) => {
    if (entry.binds === undefined || !isRead(entry, knobs) || !setsTheLimit(entry, knobs)) return [];
    const bound = stepsByBound[entry.binds] ?? 0;
    return [{ knob: entry.name, steps: bound, share: steps > 0 ? bound / steps : 0 }];
  });
}

/** The knobs that bind in no step. */
export function idleKnobs(knobs: Knobs, stepsByBound: readonly number[]): readonly string[] {
  return bindings(knobs, stepsByBound)
    .filter((b) => b.steps === 0)
    .map((b) => b.knob);
}

/** A number of blocks or of tokens makes the share of the memory meaningless, and the other way round. */
export function setsTheLimit({ name, unit }: KnobEntry, knobs: Knobs): boolean {
  const isNumber = knobs['num-gpu-blocks-override'] > 0 || knobs['kv-tokens'] > 0;
  if (name === 'kv-tokens') return knobs['kv-tokens'] > 0;
  return unit !== 'share' || !isNumber;
}
