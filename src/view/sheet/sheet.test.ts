import { describe, expect, it } from 'vitest';
import { type Language, translator } from '../../i18n/i18n.ts';
import '../../i18n/later-messages.ts';
import { EntryFlag } from '../../protocol/frame.ts';
import { Because, DecisionKind } from '../../sim/decision.ts';
import { panelIds } from '../../ui/panel-store.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { sampleDecisions, sampleFrame, sampleResult, sampleWindow } from '../batch/sample.ts';
import { type Row, sorted, toText } from './sheet.ts';
import { sheetOf } from './sheets.ts';

const row = (...values: (number | string)[]): Row => ({
  cells: values.map((value) => ({ text: String(value), value })),
  request: -1,
  step: -1,
});

describe('a sheet', () => {
  it('is sorted by value and not by what is written', () => {
    const rows = [row(10, 'b'), row(9, 'a'), row(100, 'c')];
    const first = (by: Parameters<typeof sorted>[1]) => sorted(rows, by).map(({ cells }) => cells[0].value);
    expect(first({ column: 0, isDescending: false })).toEqual([9, 10, 100]);
    expect(first({ column: 0, isDescending: true })).toEqual([100, 10, 9]);
    expect(first({ column: 1, isDescending: false })).toEqual([9, 10, 100]);
    expect(first(null)).toEqual([10, 9, 100]);
  });

  it('is copied as a spreadsheet takes it', () => {
    expect(toText({ columns: ['a', 'b'], rows: [row('1\u00a0ms', 'x\ty\nz')] })).toBe('a\tb\n1 ms\tx y z');
  });
});

const frame = sampleFrame(
  sampleWindow(7, [
    { us: 9000, entries: [{ request: 0, tokens: 300, flags: EntryFlag.prefill }] },
    { us: 5000, entries: [{ request: 0, tokens: 1 }] },
  ]),
  {
    decisions: sampleDecisions([[DecisionKind.hold, 1, Because.noBlocks, 7, 3, -1]]),
    queue: {
      count: 2,
      request: Int32Array.of(1, 2),
      promptTokens: Int32Array.of(100, 200),
      waitedUs: Float64Array.of(20_000, 15_000),
      preempted: new Uint8Array(2),
      generated: new Int32Array(2),
    },
  },
);
const base = sampleResult([
  [0, 300, 3, 100, 9000, 19_000, 3],
  [500, 100, 2, 20_000, 30_000, 35_000, 3],
]);
const column = () => Float64Array.of(1, 2);
const series = Object.fromEntries(
  Object.entries(base.series).map(([name, value]) => [name, typeof value === 'number' ? value : column()]),
);
const result = { ...base, series: { ...base.series, ...series, count: 2, binUs: 5_000_000 } };

describe.each<Language>(['en', 'zh'])('panels as tables and texts, %s', (language) => {
  it.each(panelIds)('%s', (id) => {
    const sheet = sheetOf(id, { frame, result, selected: -1 }, translator(language), formatsOf(language));
    expect(sheet.columns.length).toBeGreaterThan(0);
    expect(new Set(sheet.columns).size).toBe(sheet.columns.length);
    for (const { cells } of sheet.rows) expect(cells).toHaveLength(sheet.columns.length);
    expect(`${sheet.text}${toText(sheet)}`).not.toMatch(/NaN|undefined|\{\w+\}/);
  });

  it.each(panelIds)('%s before there is anything', (id) => {
    const sheet = sheetOf(id, { frame: null, result: null, selected: -1 }, translator(language), formatsOf(language));
    expect(sheet.rows).toEqual([]);
  });
});

it('gives everybody in the queue a reason', () => {
  const { rows } = sheetOf('queue', { frame, result, selected: -1 }, translator('en'), formatsOf('en'));
  expect(rows.map(({ request, cells }) => [request, cells[4].text])).toEqual([
    [1, 'no blocks: needs 7, 3 free'],
    [2, 'behind r1, which is held'],
  ]);
});

it('lists steps from the newest on, and goes to them', () => {
  const { rows } = sheetOf('batch', { frame, result, selected: -1 }, translator('en'), formatsOf('en'));
  expect(rows.map(({ step }) => step)).toEqual([8, 7]);
});
