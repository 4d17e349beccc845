/** Reads and writes a knob's value as text, as links, files and command lines do. */

import { engineOf } from './engines/engines.ts';
import type { KnobEntry, NumberKnob } from './knob-entry.ts';
import type { Knobs, KnobValue } from './knobs.ts';
import { isOwn } from './own/text.ts';
import type { ProblemCode } from './problem.ts';
import { defaultOf, findKnob, isShared, knobValue, registry } from './registry.ts';
import type { Result } from './result.ts';

export type { KnobValue };

/** A value, or what is wrong with the text and what would have been right. */
export type Parsed =
  | { readonly ok: true; readonly value: KnobValue }
  | { readonly ok: false; readonly code: ProblemCode; readonly expected: string };

const wholeNumber = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;
/** What is left of a number when a link is cut within it: `0.`, `-`, `1e`. */
const cutNumber = /^-?(\d+\.|\d+(\.\d+)?e[+-]?)?$/i;

const switches: Readonly<Record<string, boolean>> = {
  on: true,
  off: false,
  true: true,
  false: false,
  '1': true,
  '0': false,
};

/** Reads a value. Never throws. */
export function parseValue(entry: KnobEntry, text: string): Parsed {
  if (text === '') return { ok: false, code: 'truncated-link', expected: expectation(entry) };
  if (entry.type === 'choice') return checkValue(entry, text);
  if (entry.type === 'switch') return checkValue(entry, Object.hasOwn(switches, text) ? switches[text] : text);
  if (wholeNumber.test(text)) return checkValue(entry, Number(text));
  return { ok: false, code: cutNumber.test(text) ? 'truncated-link' : 'invalid-value', expected: expectation(entry) };
}

/** Checks a value that is typed already, as in a file. */
export function checkValue(entry: KnobEntry, value: unknown): Parsed {
  const wrong = (code: ProblemCode): Parsed => ({ ok: false, code, expected: expectation(entry) });
  if (entry.type === 'switch') return typeof value === 'boolean' ? { ok: true, value } : wrong('invalid-value');
  if (entry.type === 'choice') {
    if (entry.own !== undefined && typeof value === 'string' && isOwn(value)) return ownValue(entry.own(value));
    // The registry lists exactly the values of the knob's type, so the string is one of them.
    return typeof value === 'string' && entry.choices.includes(value)
      ? { ok: true, value: value as KnobValue }
      : wrong('invalid-value');
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) return wrong('invalid-value');
  if (entry.type === 'integer' && !Number.isInteger(value)) return wrong('invalid-value');
  if (value === 0 && entry.zero) return { ok: true, value: 0 };
  return value < entry.min || value > entry.max ? wrong('out-of-range') : { ok: true, value };
}

/** A thing of one's own, or the first thing that is wrong with it. */
function ownValue(read: Result<string>): Parsed {
  if (read.ok) return read;
  const [{ code, field, expected = 'own:1,...' }] = read.problems;
  return { ok: false, code, expected: field === undefined ? expected : `${field}: ${expected}` };
}

/** Writes a value so that `parseValue` reads it back. */
export function writeValue(value: KnobValue): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  // A minus in front of nought would make equal states unequal.
  return String(value === 0 ? 0 : value);
}

/** What a value has to be, in the notation of a usage line: `16..131072 or 0`, `on|off`, `paged|contiguous`. */
export function expectation(entry: KnobEntry): string {
  if (entry.type === 'switch') return 'on|off';
  if (entry.type === 'choice') return entry.choices.join('|');
  return `${entry.type === 'integer' ? 'integer ' : ''}${entry.min}..${entry.max}${entry.zero && entry.min > 0 ? ' or 0' : ''}`;
}

/** The nearest allowed value on the knob's grid; for controls, which cannot be wrong. */
export function clampValue(entry: NumberKnob, value: number): number {
  if (entry.zero && value <= 0) return 0;
  const bounded = Math.min(entry.max, Math.max(entry.min, value));
  const onGrid = Math.round(bounded / entry.step) * entry.step;
  // Steps such as 0.01 are not exact in binary; ten decimals are more than any knob has.
  return Math.min(entry.max, Math.max(entry.min, Number(onGrid.toFixed(10))));
}

/**
 * Sets one knob as a person does: with another engine, knobs that stand at the default of the engine before go to the
 * default of the new one, and a memory manager that the new one cannot use gives way to its first. Links and files name
 * every value that differs from the preset, so they use `withValue`.
 */
export function withChoice(knobs: Knobs, name: string, value: KnobValue): Knobs {
  let changed = withValue(knobs, name, value);
  if (name !== 'engine') return changed;
  for (const entry of registry()) {
    const before = defaultOf(entry, knobs.engine);
    const after = defaultOf(entry, changed.engine);
    if (before !== after && knobValue(knobs, entry) === before) changed = withValue(changed, entry.name, after);
  }
  const memories = engineOf(changed.engine)?.memories ?? [];
  const isUsable = memories.length === 0 || memories.includes(changed.memory);
  return isUsable ? changed : withValue(changed, 'memory', memories[0]);
}

/** Sets one knob, named by its entry, to a checked value. An engine's own knob at its default is not named. */
export function withValue(knobs: Knobs, name: string, value: KnobValue): Knobs {
  const entry = findKnob(name);
  if (entry === undefined || isShared(entry) || value !== entry.default) return { ...knobs, [name]: value };
  const { [name]: _, ...others } = knobs;
  // What is left out is an engine's own knob; the shared ones are all still there.
  return others as Knobs;
}

/** The knobs in which two scenarios differ, in the registry's order. */
export function differences(knobs: Knobs, from: Knobs): readonly string[] {
  return registry()
    .filter((entry) => !Object.is(plain(knobValue(knobs, entry)), plain(knobValue(from, entry))))
    .map((entry) => entry.name);
}

function plain(value: KnobValue): KnobValue {
  return value === 0 ? 0 : value;
}
