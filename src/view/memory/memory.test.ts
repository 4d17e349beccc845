import { describe, expect, it } from 'vitest';
import { translator } from '../../i18n/i18n.ts';
import '../../i18n/later-messages.ts';
import type { RunResult } from '../../protocol/run.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light, type Theme } from '../../ui/theme.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { sampleResult } from '../batch/sample.ts';
import { draw, hit } from './draw.ts';
import { memoryModel, partsOf, sharesAt } from './model.ts';
import { sentenceOf } from './words.ts';

const t = translator('en');
const format = formatsOf('en');
const size = { width: 480, height: 200 };

/** Three and a half bins of a second; 1,000 blocks of 16 tokens. */
function sample(): RunResult {
  const base = sampleResult([]);
  const column = (...values: number[]) => Float64Array.from(values, (value) => value * 1e6);
  return {
    ...base,
    summary: { ...base.summary, durationUs: 3_500_000 },
    series: {
      ...base.series,
      count: 4,
      binUs: 1_000_000,
      usedBlocksUs: column(500, 800, 200, 0),
      wastedTokensUs: column(1600, 3200, 320, 0),
      reservedTokensUs: column(800, 1600, 0, 0),
      externalBlocksUs: column(0, 100, 0, 0),
      cachedBlocksUs: column(100, 50, 400, 150),
    },
  };
}

const model = memoryModel(sample());
if (model === null) throw new Error('there is a run');

describe('memory model', () => {
  it('splits each stretch of time into parts that sum to the pool', () => {
    for (const row of [...model.rows, model.whole]) {
      expect(Object.values(row).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10);
    }
    expect(model.rows[1]).toEqual({
      useful: expect.closeTo((800 * 16 - 3200) / 16_000, 10),
      internal: expect.closeTo(0.1, 10),
      reserved: expect.closeTo(0.1, 10),
      external: expect.closeTo(0.1, 10),
      cached: expect.closeTo(0.05, 10),
      free: expect.closeTo(0.05, 10),
    });
  });

  it('divides the last bin by the half of it that the run reached', () => {
    expect(model.rows[3].cached).toBeCloseTo(0.3, 10);
  });

  it('weighs the whole run by time', () => {
    expect(model.whole.cached).toBeCloseTo(700 / 1000 / 3.5, 10);
  });

  it('reads a moment, after the end the last one, and the whole for none', () => {
    expect(sharesAt(model, 1_200_000)).toBe(model.rows[1]);
    expect(sharesAt(model, 99e6)).toBe(model.rows[3]);
    expect(sharesAt(model, Number.NaN)).toBe(model.whole);
  });

  it('gives the bar of the KV panel tokens and bytes', () => {
    const [useful] = partsOf(model, model.rows[0]);
    expect(useful).toMatchObject({ name: 'useful', tokens: expect.closeTo(6400, 6), share: expect.closeTo(0.4, 10) });
    expect(useful.bytes).toBeCloseTo(6400 * 131_072, 3);
  });

  it('is nothing without a run', () => {
    expect(memoryModel(null)).toBeNull();
    expect(memoryModel(sampleResult([]))).toBeNull();
  });
});

describe('memory drawing', () => {
  function svg(theme: Theme, shown: ReturnType<typeof memoryModel> = model, pointedUs = Number.NaN): string {
    const painter = createSvgPainter(size, theme.page);
    const picture = { model: shown, nowUs: 1_300_000, pointedUs, t, format };
    draw(painter, picture, theme, size);
    return painter.toSvg();
  }

  it.each([light, dark])('draws the parts, $name', async (theme) => {
    await expect(svg(theme)).toMatchFileSnapshot(`testdata/parts-${theme.name}.svg`);
  });

  it('draws another run in outline, over the longer of the two', async () => {
    const base = sample();
    const half = (column: Float64Array) => column.map((value) => value / 2);
    const less: RunResult = {
      ...base,
      summary: { ...base.summary, durationUs: 4_000_000 },
      series: { ...base.series, usedBlocksUs: half(base.series.usedBlocksUs) },
    };
    const both = memoryModel(base, less);
    expect(both?.spanUs).toBe(4_000_000);
    await expect(svg(light, both)).toMatchFileSnapshot('testdata/pinned.svg');
  });

  it('says after the end of one of two runs only what is known of the other', async () => {
    const base = sample();
    const longer: RunResult = { ...base, summary: { ...base.summary, durationUs: 7_000_000 } };
    const [first, second] = [memoryModel(base, longer), memoryModel(longer, base)];
    if (first === null || second === null) throw new Error('there are runs');
    const ended = 'At 4.000 s: B had ended at 3.500 s.';
    const plain = (text: string) => text.replaceAll('\u00a0', ' ');
    const said = (shown: typeof first, us: number) => plain(sentenceOf(shown, us, t, format));
    expect(said(first, 4_000_000)).toBe(ended);
    expect(said(first, 3_500_000)).toBe('At 3.500 s: cached 30 %, free 70 %.');
    expect(said(second, 4_000_000)).toMatch(/^At 4.000 s: .*, free/);
    expect(plain(svg(light, first, 4_000_000))).toContain(ended);
    // Nothing is drawn of the shorter run beyond the half of the axis that it lasts.
    const free = (shown: typeof first) => /<rect x="34" y="4" width="([\d.]+)"/.exec(svg(light, shown))?.[1];
    expect([free(first), free(second)]).toEqual(['221', '442']);
    // A's outline, and brackets over the bar as long as A lasts: what is cached, and what is free.
    const lines = (shown: typeof first) =>
      svg(light, shown, 4_000_000).split(`stroke="${light.ink}" stroke-width="1.25"`).length - 1;
    expect([lines(first), lines(second)]).toEqual([1 + 2, 1]);
  });

  it('draws no NaN without a run', () => {
    expect(svg(light, null)).not.toContain('NaN');
  });

  it('finds the time under a point', () => {
    expect(hit(model, size, 34, 20)).toBe(0);
    expect(hit(model, size, 476, 20)).toBeCloseTo(3_500_000, 6);
    expect(hit(model, size, 10, 20)).toBeNull();
    expect(hit(model, size, 100, 190)).toBeNull();
  });
});

it('names every part that is there', () => {
  expect(sentenceOf(model, 1_300_000, t, format).replaceAll('\u00a0', ' ')).toBe(
    'At 1.300 s: useful 60 %, internal 10 %, reserved 10 %, external 10 %, cached 5 %, free 5 %.',
  );
});
