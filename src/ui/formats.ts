import type { Language } from '../i18n/i18n.ts';
import * as format from './format.ts';

/** The formats of `format.ts` bound to the chosen language. */
export interface Format {
  readonly language: Language;
  count(value: number): string;
  number(value: number, decimals?: number): string;
  compact(value: number): string;
  duration(us: number): string;
  clock(us: number): string;
  bytes(bytes: number): string;
  rate(perSecond: number, what: string): string;
  percent(share: number): string;
}

export function formatsOf(language: Language): Format {
  return {
    language,
    count: (value) => format.formatCount(value, language),
    number: (value, decimals) => format.formatNumber(value, language, decimals),
    compact: (value) => format.formatCompact(value, language),
    duration: (us) => format.formatDuration(us, language),
    clock: format.formatClock,
    bytes: (bytes) => format.formatBytes(bytes, language),
    rate: (perSecond, what) => format.formatRate(perSecond, what, language),
    percent: (share) => format.formatPercent(share, language),
  };
}
