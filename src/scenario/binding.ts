/** Which knobs limit a run: a knob that binds in no step can be moved without any effect, and the page says so. */

import { Bound } from '../sim/decision.ts';
import type { Knobs } from './knobs.ts';
import { isRead, knobEntry, type TunableName } from './registry.ts';

export interface Binding {
  readonly knob: TunableName;
  /** Steps in which it was this knob that kept the step from doing more. */
  readonly steps: number;
  /** Of all steps, 0 to 1. */
  readonly share: number;
}

/** The knobs behind each `Bound`. Several can be behind one: all of them set the number of blocks. */
const behind: readonly (readonly [bound: number, knobs: readonly TunableName[]])[] = [
  [Bound.tokenBudget, ['max-num-batched-tokens']],
  [Bound.seats, ['max-num-seqs']],
  [Bound.blocks, ['num-gpu-blocks-override', 'gpu-memory-utilization']],
  [Bound.batch, ['batch-size']],
];

/**
 * How often each limiting knob binds, for those that the scenario reads.
 * @param stepsByBound `Summary.stepsByBound` of a finished run
 */
export function bindings(knobs: Knobs, stepsByBound: readonly number[]): readonly Binding[] {
  const steps = stepsByBound.reduce((sum, n) => sum + n, 0);
  return behind.flatMap(([bound, names]) =>
    names
      .filter((name) => isRead(knobEntry(name), knobs) && setsTheLimit(name, knobs))
      .map((knob) => ({
        knob,
        steps: stepsByBound[bound] ?? 0,
        share: steps > 0 ? (stepsByBound[bound] ?? 0) / steps : 0,
      })),
  );
}

/** The knobs that bind in no step. */
export function idleKnobs(knobs: Knobs, stepsByBound: readonly number[]): readonly TunableName[] {
  return bindings(knobs, stepsByBound)
    .filter((b) => b.steps === 0)
    .map((b) => b.knob);
}

/** An override of the number of blocks makes the share of the memory meaningless, and the other way round. */
function setsTheLimit(name: TunableName, knobs: Knobs): boolean {
  return name !== 'gpu-memory-utilization' || knobs['num-gpu-blocks-override'] === 0;
}
