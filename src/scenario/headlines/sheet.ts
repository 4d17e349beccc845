/** The table of published results as data: what the command writes, and the page and the document show. */

import type { Text } from '../knob-entry.ts';
import { simulatorVersion } from '../version.ts';
import type { HeadlineRow, HeadlineUnit, Mark, MissingRow, Published, RowResult } from './entry.ts';
import { type Comparison, compare } from './verdict.ts';

/** A row with its numbers and all its words. */
export interface SheetRow extends Comparison {
  readonly id: string;
  readonly claim: Text;
  readonly published: Published;
  readonly unit: HeadlineUnit;
  readonly sideUnit: HeadlineUnit;
  readonly ours: number;
  readonly sides: readonly {
    readonly name: Text;
    readonly value: number;
    readonly link: string;
    readonly fingerprint: string;
  }[];
  readonly assumptions: Text;
  readonly remark: Text;
  readonly runs: number;
}

export interface Sheet {
  /** Version of the simulation that gave the numbers. */
  readonly simulator: number;
  readonly rows: readonly SheetRow[];
  readonly missing: readonly MissingRow[];
}

/** Puts a row's words and its numbers together. */
export function sheetRow(row: HeadlineRow, result: RowResult): SheetRow {
  const { id, claim, published, unit, sideUnit, assumptions, remark } = row;
  const { ours, runs } = result;
  const comparison = compare(ours, published);
  const sides = result.sides.map(({ value, link, fingerprint }, i) => ({
    name: row.sides[i].name,
    value,
    link,
    fingerprint,
  }));
  return {
    id,
    claim,
    published,
    unit,
    sideUnit,
    ours,
    ...comparison,
    difference: short(comparison.difference),
    sides,
    assumptions,
    remark,
    runs,
  };
}

/** The sheet in the order of `rows`: new results where there are some, those of `before` elsewhere. Rows with neither are left out. */
export function sheetOf(
  rows: readonly HeadlineRow[],
  missing: readonly MissingRow[],
  results: ReadonlyMap<string, RowResult>,
  before: Sheet | null,
): Sheet {
  const known = new Map(before?.rows.map((row) => [row.id, row]));
  const kept = rows.flatMap((row) => {
    const result = results.get(row.id) ?? known.get(row.id);
    return result === undefined ? [] : [sheetRow(row, result)];
  });
  return { simulator: simulatorVersion, rows: kept, missing };
}

/** Meaning of the marks. */
export const markWords: Readonly<Record<Mark, Text>> = {
  V: { en: 'read in a primary source', zh: '在第一手资料中读到' },
  A: { en: 'read in the abstract of the paper', zh: '在论文摘要中读到' },
  M: { en: 'from the paper, not re-verified', zh: '来自论文，未重新核对' },
  S: { en: 'a range that is commonly quoted; no single source states it', zh: '常被引用的范围，没有单一来源' },
};

/** Words of the verdicts. */
export const verdictWords: Readonly<Record<Comparison['verdict'], Text>> = {
  within: { en: 'within the published range', zh: '在已发表的范围内' },
  near: { en: 'within 10 %', zh: '相差不到 10 %' },
  'below-most': { en: 'below the published maximum', zh: '低于已发表的最大值' },
  below: { en: 'below', zh: '偏低' },
  above: { en: 'above', zh: '偏高' },
};

/** A published number in words: `2.2`, `14-24`, `up to 22`. */
export function publishedText({ low, high }: Published, upTo: string): string {
  if (low === 0) return `${upTo}${number(high)}`;
  return low === high ? number(low) : `${number(low)}–${number(high)}`;
}

/** Three significant digits, without an exponent. */
export function number(x: number): string {
  const short = Number(x.toPrecision(3));
  return short >= 1000 ? short.toLocaleString('en-US') : String(short);
}

/** Units behind a number. */
const unitWords: Readonly<Record<HeadlineUnit, Text>> = {
  x: { en: '×', zh: '×' },
  'requests/s': { en: ' requests/s', zh: ' 请求/秒' },
  'requests/min': { en: ' requests/min', zh: ' 请求/分' },
  'tokens/s': { en: ' tokens/s', zh: ' token/秒' },
  tokens: { en: ' tokens', zh: ' 个 token' },
  requests: { en: ' requests', zh: ' 个请求' },
  ms: { en: ' ms', zh: ' 毫秒' },
  s: { en: ' s', zh: ' 秒' },
  '%': { en: ' %', zh: ' %' },
};

/** A number with its unit, held together by spaces that do not break. */
export function withUnit(text: string, unit: HeadlineUnit, language: keyof Text = 'en'): string {
  return `${text}${unitWords[unit][language].replaceAll(' ', '\u00a0')}`;
}

/** A signed percentage, `0` where there is no difference. */
export function differenceText(difference: number): string {
  const percent = Math.round(difference * 100);
  return percent === 0 ? '0' : `${percent > 0 ? '+' : '−'}${Math.abs(percent)} %`;
}

function short(x: number): number {
  return Number(x.toFixed(4));
}
