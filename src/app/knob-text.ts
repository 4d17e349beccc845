import type { Translate } from '../i18n/i18n.ts';
import { plural } from '../i18n/plural.ts';
import type { KnobEntry, KnobUnit, NumberKnob } from '../scenario/knob-entry.ts';
import type { KnobValue } from '../scenario/knobs.ts';
import type { Format } from '../ui/use-format.ts';
import type { KnobWords } from './use-knob-words.ts';

/** Any knob's value in words. */
export function valueText(entry: KnobEntry, value: KnobValue, words: KnobWords, t: Translate, format: Format): string {
  switch (entry.type) {
    case 'switch':
      return t(value === true ? 'switch.on' : 'switch.off');
    case 'choice':
      return words.choice(entry, String(value));
    default:
      return knobText(entry, Number(value), words.zero(entry), t, format);
  }
}

/** A knob's value with its unit; 0 in words where it means something else than nought. */
export function knobText(entry: NumberKnob, value: number, zero: string | null, t: Translate, format: Format): string {
  if (value === 0 && zero !== null) return zero;
  if (entry.unit === 'share') return format.percent(value);
  const number = entry.type === 'integer' ? format.count(value) : format.number(value);
  return entry.unit === 'none' ? number : `${number}\u00a0${unitText(entry.unit, value, t, format)}`;
}

function unitText(unit: KnobUnit, value: number, t: Translate, format: Format): string {
  switch (unit) {
    case 'requests':
    case 'clients':
    case 'users':
    case 'tokens':
    case 'sequences':
    case 'blocks':
      return plural(t, format.language, `unit.${unit}`, value);
    default:
      return t(`unit.${unit}`);
  }
}
