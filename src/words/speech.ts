import { type Language, type Translate, translator } from '../i18n/i18n.ts';
import { type PluralKey, plural } from '../i18n/plural.ts';
import { type Format, formatsOf } from '../ui/formats.ts';

/** What sentences are made with: messages and numbers of one language. */
export interface Speech {
  readonly t: Translate;
  readonly format: Format;
}

export function speechOf(language: Language): Speech {
  return { t: translator(language), format: formatsOf(language) };
}

/** A number with its noun in the right form. */
export function counted({ t, format }: Speech, key: PluralKey, count: number): string {
  return plural(t, format.language, key, count, { count: format.count(count) });
}

/** A relative change with its sign: −38 %. */
export function signed(change: number, { format }: Speech): string {
  if (!Number.isFinite(change)) return '–';
  return `${change > 0 ? '+' : change < 0 ? '−' : ''}${format.percent(Math.abs(change))}`;
}
