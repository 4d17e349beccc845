/** Numbers as people read them: the language's separators, a unit always, few digits. Feed the results to messages. */

import type { Language } from '../i18n/i18n.ts';

const locales: Readonly<Record<Language, string>> = { en: 'en', zh: 'zh-CN' };

/** A no-break space: a number and its unit stay on one line. */
const gap = '\u00a0';

const formatters = new Map<string, Intl.NumberFormat>();

function numberFormat(language: Language, maximumFractionDigits: number): Intl.NumberFormat {
  const key = `${language} ${maximumFractionDigits}`;
  const known = formatters.get(key);
  if (known !== undefined) return known;
  const made = new Intl.NumberFormat(locales[language], { maximumFractionDigits });
  formatters.set(key, made);
  return made;
}

/** At least `digits` significant digits, never fewer than the whole part has. */
function digitsOf(value: number, language: Language, digits = 3): string {
  const whole = Math.abs(value) < 1 ? 1 : Math.floor(Math.log10(Math.abs(value))) + 1;
  const decimals = value === 0 ? 0 : Math.max(0, digits - whole);
  return numberFormat(language, Math.min(decimals, 6)).format(value);
}

/** Counts below this are kept as text: a playing frame writes hundreds, and mostly those of the frame before. */
const keptCounts = 10_000;
const countTexts: Readonly<Record<Language, string[]>> = { en: [], zh: [] };

/** A whole count: 1,234. */
export function formatCount(value: number, language: Language): string {
  const isKept = value >= 0 && value < keptCounts && Number.isInteger(value) && !Object.is(value, -0);
  if (!isKept) return numberFormat(language, 0).format(value);
  const texts = countTexts[language];
  texts[value] ??= numberFormat(language, 0).format(value);
  return texts[value];
}

/** A number with at most `decimals` decimals: 0.5, 12.25. */
export function formatNumber(value: number, language: Language, decimals = 2): string {
  return numberFormat(language, decimals).format(value);
}

/** A count in little room: 950, 19.4 k, 1.2 M. */
export function formatCompact(value: number, language: Language): string {
  const size = Math.abs(value);
  if (size < 10_000) return Number.isInteger(value) ? formatCount(value, language) : digitsOf(value, language, 4);
  if (size < 999_500) return `${digitsOf(value / 1e3, language)}${gap}k`;
  if (size < 999.5e6) return `${digitsOf(value / 1e6, language)}${gap}M`;
  return `${digitsOf(value / 1e9, language)}${gap}G`;
}

/** A duration: 950 µs, 12.3 ms, 4.56 s, 3 min 20 s, 1 h 5 min. `us` is microseconds. */
export function formatDuration(us: number, language: Language): string {
  if (Number.isNaN(us)) return '–';
  const size = Math.abs(us);
  if (size === 0) return `0${gap}s`;
  if (size < 999.5) return `${digitsOf(us, language)}${gap}µs`;
  if (size < 999_500) return `${digitsOf(us / 1e3, language)}${gap}ms`;
  if (size < 119.5e6) return `${digitsOf(us / 1e6, language)}${gap}s`;
  const seconds = Math.round(us / 1e6);
  const minutes = Math.trunc(seconds / 60);
  if (Math.abs(minutes) < 60) return pair(minutes, 'min', Math.abs(seconds % 60), 's');
  return pair(Math.trunc(minutes / 60), 'h', Math.abs(minutes % 60), 'min');
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return `${large}${gap}${largeUnit}${small === 0 ? '' : `${gap}${small}${gap}${smallUnit}`}`;
}

/** A position on the simulated clock with a fixed number of characters while it moves: 0.000 s, 12.345 s, 3:20.500. */
export function formatClock(us: number): string {
  const milliseconds = Math.floor(us / 1e3);
  const rest = String(milliseconds % 1000).padStart(3, '0');
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 60) return `${seconds}.${rest}${gap}s`;
  const minutes = Math.floor(seconds / 60);
  const two = (value: number) => String(value).padStart(2, '0');
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}.${rest}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}.${rest}`;
}

/** Memory in binary units: 512 B, 128 KiB, 15.0 GiB. */
export function formatBytes(bytes: number, language: Language): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${digitsOf(value, language)}${gap}${units[unit]}`;
}

/** A rate: 12.3 tokens/s is `formatRate(12.3, 'tok', language)`. */
export function formatRate(perSecond: number, what: string, language: Language): string {
  return `${formatCompact(perSecond, language)}${gap}${what}/s`;
}

/** A share from 0 to 1 as percent: 0 %, 0.4 %, 31 %, 100 %. Nothing that is not all shows as 100 %. */
export function formatPercent(share: number, language: Language): string {
  const percent = share * 100;
  const decimals = percent !== 0 && Math.abs(percent) < 9.95 ? 1 : 0;
  const kept = percent < 100 && percent > 99 ? Math.min(percent, 99) : percent;
  return `${numberFormat(language, decimals).format(kept)}${gap}%`;
}
