/**
 * Azure LLM inference traces 2023 and 2024: CSV with the columns TIMESTAMP, ContextTokens, GeneratedTokens.
 * No field is ever quoted, so the lines are cut at commas here and no CSV library is needed.
 */

import type { Importer } from './importer.ts';
import type { RowCollector } from './rows.ts';

export const AZURE_COLUMNS = ['TIMESTAMP', 'ContextTokens', 'GeneratedTokens'] as const;
const TIME_FORMAT = 'YYYY-MM-DD hh:mm:ss.fffffff';

/** Positions of the three columns in a header (further columns are allowed), or the names of those that are missing. */
export function azureColumns(
  header: string,
): { at: readonly [number, number, number] } | { missing: readonly string[] } {
  const names = header.split(',').map((name) => name.trim().replaceAll('"', '').toLowerCase());
  const at = AZURE_COLUMNS.map((column) => names.indexOf(column.toLowerCase()));
  const missing = AZURE_COLUMNS.filter((_, i) => at[i] < 0);
  return missing.length > 0 ? { missing } : { at: [at[0], at[1], at[2]] };
}

/** An importer of the lines after the header. */
export function azureImporter(at: readonly [number, number, number]): Importer {
  const fieldCount = Math.max(...at) + 1;
  const [timeAt, promptAt, outputAt] = at;
  /** The second that times count from: the whole second of the first row. Keeps the fraction of the others exact. */
  let originS = Number.NaN;
  return {
    line(text: string, line: number, rows: RowCollector) {
      const fields = text.split(',');
      if (fields.length < fieldCount) {
        rows.drop(line, 'CSV', text, AZURE_COLUMNS.join(','));
        return;
      }
      const time = fields[timeAt].trim();
      const seconds = parseSeconds(time);
      if (Number.isNaN(seconds)) {
        rows.drop(line, AZURE_COLUMNS[0], time, TIME_FORMAT);
        return;
      }
      const promptTokens = parseCount(fields[promptAt]);
      if (!rows.isLength(line, AZURE_COLUMNS[1], promptTokens, fields[promptAt])) return;
      const outputTokens = parseCount(fields[outputAt]);
      if (!rows.isLength(line, AZURE_COLUMNS[2], outputTokens, fields[outputAt])) return;
      if (Number.isNaN(originS)) originS = seconds;
      rows.add(line, (seconds - originS) * 1e6 + parseFractionUs(time), promptTokens, outputTokens);
    },
  };
}

/** A whole number, or NaN. Read digit by digit: files have millions of lines. */
function parseCount(field: string): number {
  const text = field.trim();
  const isNegative = text.startsWith('-');
  let value = 0;
  for (let i = isNegative ? 1 : 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  if (text.length === (isNegative ? 1 : 0)) return Number.NaN;
  return isNegative ? -value : value;
}

/** What may follow the second: up to 9 digits, and no zone or `Z` or `+01:00`. */
const TIME_END = /^(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/;
const SHAPE = '0000-00-00 00:00:00';

/**
 * Whole seconds since 1970-01-01 (UTC, or local time where the text has no zone), without the fraction. NaN if `text`
 * is not like `2023-11-16 18:15:46.6805900`; a `T` may stand for the space.
 */
function parseSeconds(text: string): number {
  for (let i = 0; i < SHAPE.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (SHAPE.charCodeAt(i) === 48) {
      if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    } else if (text[i] !== SHAPE[i] && !(i === 10 && text[i] === 'T')) return Number.NaN;
  }
  const end = TIME_END.exec(text.slice(SHAPE.length));
  if (end === null) return Number.NaN;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return Number.NaN;
  const zone = end[1];
  let zoneS = 0;
  if (zone !== undefined && zone !== 'Z') {
    zoneS = (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))) * 60 * (zone.startsWith('-') ? -1 : 1);
  }
  return ((daysSince1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second - zoneS;
}

function twoDigits(text: string, at: number): number {
  return (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;
}

/** Microseconds of the digits behind the second, with tenths where the file has 100-ns digits. */
function parseFractionUs(text: string): number {
  if (text[SHAPE.length] !== '.') return 0;
  let digits = 0;
  let value = 0;
  for (let i = SHAPE.length + 1; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
    digits++;
  }
  for (; digits < 9; digits++) value *= 10;
  return value / 1000;
}

/** Days of the Gregorian calendar, counted in years that begin in March, so that the leap day comes last. */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const monthFromMarch = (month + 9) % 12;
  const daysBefore = Math.floor((153 * monthFromMarch + 2) / 5);
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return 365 * y + leapDays + daysBefore + day - 1 - 719468;
}
