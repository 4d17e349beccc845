import type { KnobEntry } from '../scenario/knob-entry.ts';
import { knobValue } from '../scenario/registry.ts';
import { expectation, parseValue, writeValue } from '../scenario/value.ts';
import type { Session } from '../state/session.ts';

/** Says what was wrong with a typed value of a knob; the knob keeps the value it has. */
export function refuseTyped(session: Session, entry: KnobEntry, typed: string): void {
  const { knobs, report } = session.scenario.getState();
  const parsed = parseValue(entry, typed.trim());
  const isOutOfRange = !parsed.ok && parsed.code === 'out-of-range';
  report([
    {
      code: isOutOfRange ? 'out-of-range' : 'invalid-value',
      field: entry.name,
      found: typed,
      expected: expectation(entry),
      used: writeValue(knobValue(knobs, entry)),
    },
  ]);
}
