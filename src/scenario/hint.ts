/** What may have been meant where a problem is a name that is none. Loaded with the first notice. */

import { nearestNames } from './nearest.ts';
import { presets } from './presets.ts';
import type { Problem } from './problem.ts';
import { findKnob, registry } from './registry.ts';

export interface Hint {
  /** The likeliest names. */
  readonly near: readonly string[];
  /** How many there are to choose from. */
  readonly count: number;
}

/** Null where no name is what is wrong. */
export function hintOf({ code, field = '', found = '', expected = '' }: Problem): Hint | null {
  // A knob that is known is named by a problem within its value.
  if (code === 'unknown-key') return findKnob(field) === undefined ? hint(field, knobNames()) : null;
  const names = code === 'invalid-value' ? namesOf(expected) : [];
  return names.length > 1 ? hint(found, names) : null;
}

function hint(typed: string, names: readonly string[]): Hint {
  return { near: nearestNames(typed, names), count: names.length };
}

/** All names that an expectation stands for. */
function namesOf(expected: string): readonly string[] {
  if (expected === 'name of a preset') return presets.map(({ id }) => id);
  if (expected === 'names of knobs, or all') return knobNames();
  return expected.split('|');
}

function knobNames(): readonly string[] {
  return registry().map(({ name }) => name);
}
