import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { build } from '../build.ts';
import { decode } from '../link.ts';
import { simulatorVersion } from '../version.ts';
import sheetFile from './headlines.json';
import { markdownOf } from './markdown.ts';
import { missingRows } from './missing.ts';
import { Probe } from './probe.ts';
import { headlineRows } from './rows.ts';
import { chosenRows, runRow } from './run.ts';
import { type Sheet, sheetOf } from './sheet.ts';
import { largestMovingAverage } from './token-gaps.ts';
import { compare } from './verdict.ts';

const sheet = sheetFile as unknown as Sheet;
const remake = 'npm run -s headlines';

describe('the stored table', () => {
  it('has every row, with the words and the comparison of today', () => {
    const stored = new Map(sheet.rows.map(({ id, ours, sides, runs }) => [id, { id, ours, sides, runs }]));
    expect([...stored.keys()], remake).toEqual(headlineRows.map(({ id }) => id));
    expect(sheet, remake).toEqual(JSON.parse(JSON.stringify(sheetOf(headlineRows, missingRows, stored, null))));
    expect(sheet.simulator).toBe(simulatorVersion);
  });

  it('is the document', () => {
    expect(readFileSync(new URL('../../../docs/headlines.md', import.meta.url), 'utf8'), remake).toBe(
      markdownOf(sheet, remake),
    );
  });

  it('has ids of its own, words in both languages, and a remark and assumptions for every row', () => {
    const ids = [...sheet.rows, ...sheet.missing].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, claim, assumptions, remark, sides } of sheet.rows)
      for (const text of [claim, assumptions, remark, ...sides.map((side) => side.name)])
        expect(text.en && text.zh, id).toBeTruthy();
    for (const { id, claim, because } of sheet.missing)
      for (const text of [claim, because]) expect(text.en && text.zh, id).toBeTruthy();
  });

  it('links to scenarios that can be built, without anything unknown in them', () => {
    for (const { id, sides } of sheet.rows)
      for (const { link } of sides) {
        const { knobs, problems } = decode(link);
        expect(problems, id).toEqual([]);
        expect(build(knobs).ok, id).toBe(true);
      }
  });

  // The cheap rows, of every way to measure one: they take seconds together. All others are measured by the command.
  it.each([
    'H2-7b-tgi',
    'H3',
    'H4b',
    'H5b-prefill',
    'H5b-colocated',
    'H5b-split',
    'H8-mmlu',
    'H9b',
    'H9d',
    'H11',
    'H12b',
    'H13-1024',
  ])('%s is what a run gives now, to the last bit', (id) => {
    const stored = sheet.rows.find((row) => row.id === id);
    const [row] = chosenRows(headlineRows, [id]);
    const now = runRow(row, new Probe());
    expect(now.ours, remake).toBe(stored?.ours);
    expect(now.sides.map(({ link, fingerprint }) => ({ link, fingerprint }))).toEqual(
      stored?.sides.map(({ link, fingerprint }) => ({ link, fingerprint })),
    );
  });
});

describe('compare', () => {
  const band = { low: 2, high: 4, mark: 'V', source: '' } as const;
  it('says within, or how far from the nearest end', () => {
    expect(compare(3, band)).toEqual({ verdict: 'within', difference: 0 });
    expect(compare(5, band)).toEqual({ verdict: 'above', difference: 0.25 });
    expect(compare(1, band)).toEqual({ verdict: 'below', difference: -0.5 });
  });
  it('takes ten percent of a single number for near', () => {
    expect(compare(2.1, { ...band, high: 2 }).verdict).toBe('near');
    expect(compare(2.3, { ...band, high: 2 }).verdict).toBe('above');
  });
  it('takes less than a maximum for no contradiction', () => {
    expect(compare(1, { ...band, low: 0 })).toEqual({ verdict: 'below-most', difference: -0.75 });
    expect(compare(5, { ...band, low: 0 }).verdict).toBe('above');
  });
});

describe('largestMovingAverage', () => {
  it('weighs as the plots of FastGen do: pandas ewm(span=16).mean()', () => {
    expect(largestMovingAverage([])).toBe(0);
    expect(largestMovingAverage([5])).toBe(5);
    // Second value: (3 + 1 * (15 / 17)) / (1 + 15 / 17).
    expect(largestMovingAverage([1, 3])).toBeCloseTo((3 + 15 / 17) / (32 / 17), 12);
    expect(largestMovingAverage([1, 1, 1, 1])).toBeCloseTo(1, 12);
  });
  it('forgets: one long gap among short ones counts for an eighth of itself at most', () => {
    const gaps = [...Array.from({ length: 100 }, () => 1), 9, ...Array.from({ length: 20 }, () => 1)];
    expect(largestMovingAverage(gaps)).toBeCloseTo(1 + 8 * (2 / 17), 3);
  });
});
