/** What may have been meant where a problem is a name that is none. Loaded with the first notice. */

import { nearestNames } from './nearest.ts';
import { presets } from './presets.ts';
import type { Problem } from './problem.ts';
import { findKnob, registry } from './registry.ts';

/** So many names are listed where one is wrong; of more the likeliest are named. */
export const few = 8;

export interface Hint {
  /** The likeliest names. */
  readonly near: readonly string[];
  /** How many there are to choose from, all of them in the glossary; 0 = they are elsewhere. */
  readonly count: number;
}

/** Null where no name is what is wrong. */
export function hintOf({ code, field = '', found = '', expected = '' }: Problem): Hint | null {
  // A knob that is known is named by a problem within its value.
  if (code === 'unknown-key') return findKnob(field) === undefined ? hint(field, knobNames()) : null;
  if (code !== 'invalid-value') return null;
  const ids = presets.map(({ id }) => id);
  if (expected === 'name of a preset') return { near: nearestNames(found, ids), count: 0 };
  if (expected === 'names of knobs, or all') return hint(found, knobNames());
  const names = expected.split('|');
  // A switch has two values, and neither is what somebody nearly wrote: `no` is one slip from `on`.
  if (names.length < 3) return null;
  // In a link, what begins so is of the other one of two runs.
  const isKnob = findKnob(field.replace(/^b\./, '')) !== undefined;
  return { near: nearestNames(found, names), count: isKnob ? names.length : 0 };
}

function hint(typed: string, names: readonly string[]): Hint {
  return { near: nearestNames(typed, names), count: names.length };
}

function knobNames(): readonly string[] {
  return registry().map(({ name }) => name);
}
