import { type Language, type Translate, translator } from '../i18n/i18n.ts';
import { type Format, formatsOf } from '../ui/formats.ts';

/** What sentences are made with: messages and numbers of one language. */
export interface Speech {
  readonly t: Translate;
  readonly format: Format;
}

export function speechOf(language: Language): Speech {
  return { t: translator(language), format: formatsOf(language) };
}

/** What is smaller is written as 0 %. */
const least = 0.0005;

/** A relative change with its sign: −38 %. */
export function signed(change: number, { format }: Pick<Speech, 'format'>): string {
  if (!Number.isFinite(change)) return '–';
  return `${change >= least ? '+' : change <= -least ? '−' : ''}${format.percent(Math.abs(change))}`;
}
