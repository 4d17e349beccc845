import { describe, expect, it } from 'vitest';
import { type Language, translator } from '../../i18n/i18n.ts';
import type { Layout, LayoutResult, LayoutRow } from '../../scenario/layouts/layouts.ts';
import { presetOf } from '../../scenario/presets.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light, type Theme } from '../../ui/theme.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { drawLayouts } from './draw.ts';
import { type LayoutOrder, type LayoutsModel, layoutsModel, nextOrder } from './model.ts';

const { knobs } = presetOf('azure-chat');
const size = { width: 560, height: 240 };
const byGoodput: LayoutOrder = { column: 'goodput', isDescending: true };

const layout = (replicas: number, tensor: number, pipeline = 1, prefills = 0): Layout => ({
  replicas,
  tensor,
  pipeline,
  prefills,
  idle: 0,
});

function built(of: Layout, goodputPerS: number, ttftP99Us: number, more: Partial<LayoutResult> = {}): LayoutRow {
  return {
    ok: true,
    layout: of,
    knobs,
    attainment: goodputPerS / 5,
    goodputPerS,
    ttftP50Us: ttftP99Us / 5,
    ttftP99Us,
    tpotP50Us: 9000,
    tpotP99Us: 21_000,
    kvTokens: 400_000 * of.replicas,
    links: [],
    ...more,
  };
}

const rows: readonly LayoutRow[] = [
  built(layout(8, 1), 3.2, 480_000),
  {
    ok: false,
    layout: layout(1, 1, 16),
    knobs,
    problems: [{ code: 'model-does-not-fit', field: 'model', found: 'x' }],
  },
  built(layout(4, 2), 4, 210_000, { links: [{ use: 'tensor', evidence: 'measured', isExtrapolated: false }] }),
  built(layout(8, 1, 1, 2), 2, 900_000, { links: [{ use: 'kv', evidence: 'estimated', isExtrapolated: false }] }),
  built(layout(1, 16), 0, 12_000_000, {
    tpotP99Us: Number.NaN,
    links: [{ use: 'tensor', evidence: 'measured', isExtrapolated: true }],
  }),
];

const model = (of = rows, order: LayoutOrder = null, isRunning = false, language: Language = 'en') =>
  layoutsModel(of, order, isRunning, translator(language), formatsOf(language));
const names = (of: LayoutsModel) => of.lines.map(({ fullName }) => fullName);
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

function svg({ picture }: LayoutsModel, theme: Theme = light): string {
  const painter = createSvgPainter(size, theme.page);
  drawLayouts(painter, picture, theme, size);
  return painter.toSvg();
}

describe('the table of layouts', () => {
  it('has the best on top, marked and said, and what cannot be built at the end', () => {
    const shown = model();
    expect(names(shown)).toEqual([
      '4 × TP2 × PP1',
      '8 × TP1 × PP1',
      '8 × TP1 × PP1, 2 prefill : 6 decode',
      '1 × TP16 × PP1',
      '1 × TP1 × PP16',
    ]);
    expect(shown.lines.map(({ isBest }) => isBest)).toEqual([true, false, false, false, false]);
    expect(shown.lines.at(-1)?.cells).toBeNull();
    expect(plain(shown.sentence)).toBe(
      '4 × TP2 × PP1 is best: 4/s within the limits, 80 % of all requests, TTFT P99 210 ms, TPOT P99 21 ms.',
    );
  });

  it('is ordered by any column, both ways; what has no value stays behind', () => {
    const last = ['1 × TP16 × PP1', '1 × TP1 × PP16'];
    for (const isDescending of [false, true]) {
      expect(names(model(rows, { column: 'tpotP99', isDescending })).slice(-2)).toEqual(last);
      expect(names(model(rows, { column: 'ttftP99', isDescending })).at(-1)).toBe(last[1]);
    }
    expect(names(model(rows, { column: 'ttftP99', isDescending: true }))[0]).toBe(last[0]);
    expect(names(model(rows, { column: 'split', isDescending: true }))[0]).toMatch(/2 prefill : 6 decode/);
    expect(names(model(rows, { column: 'layout', isDescending: false })).slice(0, 3)).toEqual([
      '8 × TP1 × PP1',
      '8 × TP1 × PP1, 2 prefill : 6 decode',
      '4 × TP2 × PP1',
    ]);
  });

  it('is ordered by goodput itself where that is asked for', () => {
    const close = [built(layout(8, 1), 4.0, 300_000), built(layout(4, 2), 3.99, 200_000)];
    expect(names(model(close))[0]).toBe('4 × TP2 × PP1');
    expect(names(model(close, byGoodput))[0]).toBe('8 × TP1 × PP1');
  });

  it('is turned over by a second press, and begins with what is good', () => {
    expect(nextOrder(byGoodput, 'goodput')).toEqual({ column: 'goodput', isDescending: false });
    expect(nextOrder(byGoodput, 'ttftP99')).toEqual({ column: 'ttftP99', isDescending: false });
    expect(nextOrder({ column: 'idle', isDescending: false }, 'kv')).toEqual({ column: 'kv', isDescending: true });
  });

  it('says how well links are known, with a mark for each', () => {
    const links = model().lines.flatMap((line) => line.links.map(({ mark, text }) => `${mark} ${text}`));
    expect(links).toEqual(['● TP measured', '○ KV estimated', '◌ TP measured, extrapolated']);
  });

  it('speaks of the best so far while others are still simulated', () => {
    expect(model(rows, null, true).sentence).toMatch(/^Best so far is 4 × TP2/);
    expect(model([], null, true).sentence).toBe('');
  });

  it('says where traffic tells no layouts apart, and where none keeps the limits', () => {
    const easy = [built(layout(8, 1), 4.99, 90_000), built(layout(4, 2), 4.98, 80_000), built(layout(2, 4), 3, 70_000)];
    expect(model(easy).sentence).toMatch(/Within 1.% of its goodput: 1 more\./);
    expect(model(rows).sentence).not.toMatch(/Within 1.%/);
    expect(model([built(layout(8, 1), 0, 9e6)]).sentence).toBe('No layout serves a request within the limits.');
    expect(model([built(layout(8, 1), 0, 9e6)]).lines[0].isBest).toBe(false);
  });
});

it('is drawn', async () => {
  await expect(svg(model())).toMatchFileSnapshot('testdata/layouts.svg');
  await expect(svg(model(rows, null, false, 'zh'), dark)).toMatchFileSnapshot('testdata/layouts-zh.svg');
  expect(svg(model([]))).not.toContain('<circle');
});
