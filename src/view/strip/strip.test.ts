import { describe, expect, it, test } from 'vitest';
import { translator } from '../../i18n/i18n.ts';
import type { RunResult } from '../../protocol/run.ts';
import type { Band } from '../../scenario/band.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light } from '../../ui/theme.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { sampleBand } from '../band/sample.ts';
import { sampleResult } from '../batch/sample.ts';
import { drawGround, drawNow, hit } from './draw.ts';
import { binAt, stripModel } from './model.ts';
import { sentenceOf } from './words.ts';

const count = 21;
const binUs = 500_000;
const column = (value: (i: number) => number) => Float64Array.from({ length: count }, (_, i) => value(i));

/** Ten and a quarter seconds in bins of half a second: the last bin is half full. */
function sample(): RunResult {
  const base = sampleResult([]);
  return {
    ...base,
    summary: { ...base.summary, durationUs: 10_250_000 },
    series: {
      ...base.series,
      count,
      binUs,
      busyUs: column((i) => (i === 20 ? 125_000 : binUs * (0.4 + (i % 5) * 0.1))),
      prefillTokens: column((i) => (i % 4 === 0 ? 4000 : 200)),
      decodeTokens: column((i) => (i === 20 ? 300 : 300 + i * 20)),
      waitingUs: column((i) => (i === 20 ? 0.5 : 1) * binUs * (i % 7)),
      usedBlocksUs: column((i) => 1000 * binUs * (i === 20 ? 0.25 : i / 25)),
      wastedTokensUs: column((i) => 1000 * 16 * binUs * (i === 20 ? 0.25 : i / 25) * 0.04),
    },
  };
}

const model = (result: RunResult | null, nowUs: number, language: 'en' | 'zh' = 'en', band: Band | null = null) =>
  stripModel(result, band, nowUs, translator(language), formatsOf(language));

const band = sampleBand(sample(), 0.9, 1.15, { low: 0.9, high: 1 });

const size = { width: 360, height: 170 };

const drawAll = (...picture: Parameters<typeof drawNow>) => {
  drawGround(...picture);
  drawNow(...picture);
};

function svg(shown: ReturnType<typeof model>, theme = light): string {
  const painter = createSvgPainter(size, theme.page);
  drawAll(painter, shown, theme, size);
  return painter.toSvg();
}

describe('strip model', () => {
  it('divides sums by the time they cover, in the cut last bin too', () => {
    const [throughput, queue, gpu, kv, fragmentation] = model(sample(), 0).lanes;
    expect(throughput.layers[0].values[1]).toBe(640);
    expect(throughput.layers[0].values[20]).toBe(1200);
    expect(queue.totals[20]).toBe(6);
    expect(gpu.layers[0].values[20]).toBe(0.5);
    expect(kv.layers[0].values[20]).toBe(0.5);
    expect(kv.layers[0].values[10]).toBeCloseTo(0.4, 10);
    expect(fragmentation.layers[0].values[10]).toBeCloseTo(0.04, 10);
    expect(fragmentation.layers[0].values[0]).toBe(0);
  });

  it('joins bins that are too fine to be seen, without losing tokens', () => {
    const base = sample();
    const fine = { count: 1000, binUs: 10_000 };
    const ones = Float64Array.from({ length: 1000 }, () => 1);
    const series = { ...base.series, ...fine, busyUs: ones, waitingUs: ones, prefillTokens: ones, decodeTokens: ones };
    const summary = { ...base.summary, durationUs: 10_000_000, steps: 1000 };
    const shown = model({ ...base, summary, series }, 9_999_999);
    expect(shown.binUs).toBe(60_000);
    expect(shown.lanes[0].totals).toHaveLength(167);
    expect(shown.lanes[0].totals.every((rate) => Math.abs(rate - 200) < 1e-9)).toBe(true);
    expect(shown.lanes[0].now).toBe('200');
  });

  it('weighs the mean rate by time', () => {
    const result = sample();
    const { series, summary } = result;
    const tokens = [...series.prefillTokens, ...series.decodeTokens].reduce((sum, value) => sum + value, 0);
    expect(model(result, 0).lanes[0].meanValue).toBeCloseTo((tokens / summary.durationUs) * 1e6, 6);
  });

  it('bounds the rate by the runs with shorter and with longer steps', () => {
    const [lane, ...others] = model(sample(), 0, 'en', band).lanes;
    expect(others.map((each) => each.band)).toEqual([null, null, null, null]);
    const { low, high } = lane.band ?? { low: [], high: [] };
    const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0) / 40;
    expect(low.every((value, i) => value <= high[i])).toBe(true);
    // The same tokens in nine tenths of the time, and in 1.15 times as much; the shorter run ends before the axis does.
    const meanRate = lane.meanValue;
    expect(sum(high) / meanRate).toBeGreaterThan(1);
    expect(sum(low) / meanRate).toBeLessThan(1 / 1.1);
    expect(lane.top).toBeGreaterThanOrEqual(Math.max(...high));
  });

  it('reads the values at the cursor, at and after the end those of the last bin', () => {
    expect(model(sample(), 5_100_000).lanes[2].now).toBe(formatsOf('en').percent(0.4));
    expect(binAt({ count, binUs }, 99_000_000)).toBe(20);
    expect(binAt({ count, binUs }, Number.NaN)).toBe(-1);
    expect(binAt({ count: 0, binUs }, 5)).toBe(-1);
    expect(model(sample(), Number.NaN).lanes[2].now).toBe('');
  });

  it.each([
    [10_250_000, 2_000_000],
    [90_000, 20_000],
    [1_170_000_000, 300_000_000],
    [3_600_000_000, 600_000_000],
  ])('divides %i us into steps of %i us', (durationUs, stepUs) => {
    const base = sample();
    const { times } = model({ ...base, summary: { ...base.summary, durationUs } }, 0);
    expect(times[1].us).toBe(stepUs);
    expect(times[times.length - 1].us).toBeLessThanOrEqual(durationUs);
  });

  it('lists the headline numbers', () => {
    expect(model(sample(), 0).headlines.map((each) => each.value.replaceAll('\u00a0', ' '))).toEqual([
      '340',
      '1.25',
      '75 %',
      '21 %',
      '41 % / 97 %',
      '1.2 %',
      '2',
      '120 tokens',
      '0 tokens',
    ]);
  });

  it('stands empty before a run', () => {
    expect(model(null, Number.NaN).lanes).toEqual([]);
    expect(svg(model(null, Number.NaN))).toContain('No run yet');
  });
});

describe('strip drawing', () => {
  it('draws five aligned charts with a cursor', async () => {
    await expect(svg(model(sample(), 5_100_000))).toMatchFileSnapshot('testdata/charts.svg');
  });

  it('draws what the rate may be, and says how far it may be off', async () => {
    const shown = model(sample(), 5_100_000, 'en', band);
    expect(shown.headlines[0].range.replaceAll('\u00a0', ' ')).toBe('± 13 %');
    await expect(svg(shown)).toMatchFileSnapshot('testdata/band.svg');
  });

  it('draws another run in outline, over the longer of the two and under the higher top', async () => {
    const base = sample();
    const twice = { ...base.series, decodeTokens: base.series.decodeTokens.map((tokens) => tokens * 2) };
    const other = { ...base, summary: { ...base.summary, durationUs: 12_000_000 }, series: twice };
    const shown = stripModel(base, null, 5_100_000, translator('en'), formatsOf('en'), other);
    expect(shown.spanUs).toBe(12_000_000);
    const [{ top, totals, pinned }] = shown.lanes;
    expect(pinned).not.toBeNull();
    expect(top).toBe(Math.max(...totals, ...(pinned?.totals ?? [])));
    await expect(svg(shown)).toMatchFileSnapshot('testdata/pinned.svg');
  });

  it('draws the band as long as the run lasts, whose axis another run may outlast', () => {
    const longer = { ...sample(), summary: { ...sample().summary, durationUs: 20_500_000 } };
    const [t, format] = [translator('en'), formatsOf('en')];
    const ends = [null, longer].map((other) => {
      const painter = createSvgPainter(size, light.page);
      drawAll(painter, stripModel(sample(), band, 5_100_000, t, format, other), light, size);
      const [, low] = painter.toSvg().match(/d="[^"]*" fill="none" stroke="[^"]*" stroke-width="0.75"/g) ?? [];
      return Number(/L([\d.]+) [\d.]+" fill/.exec(low)?.[1]);
    });
    expect(ends).toEqual([356, 240]);
  });

  it('draws one mean a pixel no further than the run lasts', () => {
    const narrow = { width: 120, height: 170 };
    const base = sample();
    const ones = Float64Array.from({ length: 200 }, () => 1);
    const fine = { count: 200, binUs: 50_000, busyUs: ones, waitingUs: ones, prefillTokens: ones, decodeTokens: ones };
    const series = { ...base.series, ...fine, usedBlocksUs: ones, wastedTokensUs: ones };
    const own = { ...base, series, summary: { ...base.summary, durationUs: 10_000_000, steps: 2000 } };
    const longer = { ...own, summary: { ...own.summary, durationUs: 20_000_000 } };
    const painter = createSvgPainter(narrow, light.page);
    drawAll(painter, stripModel(own, null, 0, translator('en'), formatsOf('en'), longer), light, narrow);
    const gpu = /d="([^"]*)Z" fill="[^"]*" opacity="0.6"/.exec(painter.toSvg())?.[1] ?? '';
    const xs = Array.from(gpu.matchAll(/[ML]([\d.]+) /g), ([, x]) => Number(x));
    expect([Math.min(...xs), Math.max(...xs)]).toEqual([48, 86.5]);
  });

  it('draws them in the dark, in Chinese, before the first step', async () => {
    await expect(svg(model(sample(), Number.NaN, 'zh'), dark)).toMatchFileSnapshot('testdata/charts-zh.svg');
  });
});

it('says of a run that it has ended where the run beside it lasts longer', () => {
  const longer = { ...sample(), summary: { ...sample().summary, durationUs: 20_500_000 } };
  const [t, format] = [translator('en'), formatsOf('en')];
  const said = (own: RunResult, other: RunResult | null, us: number) =>
    sentenceOf(stripModel(own, null, us, t, format, other), t, format).replaceAll('\u00a0', ' ');
  expect(said(sample(), longer, 11_000_000)).toBe('At 11.000 s: B had ended at 10.250 s.');
  expect(said(sample(), longer, 10_250_000)).toMatch(/^At 10.250 s: 17.2 k tokens\/s, /);
  expect(said(sample(), null, 11_000_000)).toMatch(/^At 11.000 s: 17.2 k tokens\/s, /);
  expect(stripModel(sample(), null, 11_000_000, t, format, longer).lanes.map(({ now }) => now)).toEqual(
    Array(5).fill(''),
  );
});

test('lanes without room are left out, the last ones first', () => {
  const names = (height: number) => {
    const painter = createSvgPainter({ width: 360, height }, light.page);
    drawNow(painter, model(sample(), 0), light, { width: 360, height });
    return model(sample(), 0)
      .lanes.map(({ name }) => name)
      .filter((name) => painter.toSvg().includes(`>${name}<`)).length;
  };
  expect([16 + 5 * 11, 16 + 4 * 11, 16 + 4 * 11 - 1, 20].map(names)).toEqual([5, 4, 3, 1]);
});

describe('strip hit', () => {
  it('finds the time under the cursor line', () => {
    const shown = model(sample(), 0);
    expect(hit(shown, size, 124, 20)).toBe(0);
    expect(hit(shown, size, 356, 20)).toBe(10_250_000);
    expect(hit(shown, size, 240, 20)).toBe(5_125_000);
    expect(hit(shown, size, 50, 20)).toBeNull();
    expect(hit(model(null, 0), size, 200, 20)).toBeNull();
  });
});
