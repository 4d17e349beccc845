/** Reads the knobs that an engine or a phase brings along, with their types. */

import type { KnobEntry } from '../knob-entry.ts';
import type { Knobs, KnobValue } from '../knobs.ts';

/** Reader of an engine's own knobs: what the scenario does not name has its default. A name that is none is an error of the program. */
export function ownKnobReader(entries: readonly KnobEntry[], knobs: Knobs) {
  const read = (name: string): KnobValue => {
    const entry = entries.find((e) => e.name === name);
    if (entry === undefined) throw new Error(`no such knob: ${name}`);
    return knobs[name] ?? entry.default;
  };
  return {
    number: (name: string): number => Number(read(name)),
    isOn: (name: string): boolean => read(name) === true,
    choice: (name: string): string => String(read(name)),
  };
}
