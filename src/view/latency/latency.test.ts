import { describe, expect, it } from 'vitest';
import { translator } from '../../i18n/i18n.ts';
import type { RunResult } from '../../protocol/run.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light } from '../../ui/theme.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { sampleBand } from '../band/sample.ts';
import { type OutcomeSample, sampleDistribution, sampleResult } from '../batch/sample.ts';
import { draw, hit } from './draw.ts';
import { type LatencyInput, latencyModel, latencyOf } from './model.ts';
import { readoutOf } from './words.ts';

/** Requests whose times spread over about a decade; `slow` stretches the slowest tenth. */
function result(count: number, slow: number): RunResult {
  const rows = Array.from({ length: count }, (_, i): OutcomeSample => {
    const ttft = 20_000 + ((i * 7919) % 997) * 60 * (i % 10 === 0 ? slow : 1);
    return [
      i * 50_000,
      200,
      41,
      i * 50_000 + 1000,
      i * 50_000 + ttft,
      i * 50_000 + ttft + 40 * (9000 + (i % 13) * 500),
      4,
    ];
  });
  const made = sampleResult(rows);
  const gaps = Array.from({ length: count * 40 }, (_, i) => 8000 + ((i * 31) % 101) * 40 + (i % 50 === 0 ? 90_000 : 0));
  return {
    ...made,
    fingerprint: `${count}-${slow}`,
    distributions: { ...made.distributions, itl: sampleDistribution(gaps) },
  };
}

const many = result(400, 20);
const faster = result(400, 2);
const few = result(30, 2);
const format = formatsOf('en');

function model(more: Partial<LatencyInput> = {}, language: 'en' | 'zh' = 'en') {
  const input: LatencyInput = { result: many, before: null, band: null, selected: -1, shape: 'histogram', ...more };
  return latencyModel(input, translator(language), formatsOf(language));
}

const size = { width: 360, height: 260 };

function svg(shown: ReturnType<typeof model>, theme = light, at = size): string {
  const painter = createSvgPainter(at, theme.page);
  draw(painter, shown, theme, at);
  return painter.toSvg();
}

describe('latency model', () => {
  it('shares all values among the bars', () => {
    for (const metric of model().metrics) {
      expect(metric.bars.reduce((sum, bar) => sum + bar.share, 0)).toBeCloseTo(1, 10);
      for (const bar of metric.bars) expect(bar.highUs).toBeGreaterThan(bar.lowUs);
    }
  });

  it('ends the cumulative curve at all values, at the slowest', () => {
    for (const metric of model().metrics) {
      expect(metric.curve.at(-1)?.share).toBeCloseTo(1, 10);
      expect(metric.curve.at(-1)?.us).toBe(many.distributions[metric.metric].maxUs);
    }
  });

  it('refuses P99 and shows each value under 100 of them', () => {
    const [ttft, itl] = model({ result: few }).metrics;
    expect(ttft.dots).toHaveLength(30);
    expect(ttft.bars).toHaveLength(0);
    expect(ttft.percentiles.map((mark) => mark.label.slice(0, 3))).toEqual(['P50', 'P90']);
    expect(ttft.refusal).toBe('no P99: 30 values, 100 needed');
    expect(itl.percentiles).toHaveLength(3);
    expect(itl.refusal).toBe('');
  });

  it('tells the change at P99 with its sign', () => {
    const [ttft, itl] = model({ result: faster, before: many }).metrics;
    expect(ttft.change).toMatch(/^P99 .+ → .+ \(−\d+.%\)$/);
    expect(model({ result: many, before: faster }).metrics[0].change).toMatch(/\(\+[\d,]+.%\)$/);
    expect(itl.change).toMatch(/, as before$/);
  });

  it('tells the slowest value, which no percentile holds', () => {
    const plain = (text: string) => text.replaceAll('\u00a0', ' ');
    expect(plain(model().metrics[1].worst)).toBe('max 102 ms');
    expect(plain(model({ result: faster, before: many }).metrics[0].worst)).toMatch(/^max 1\.\d+ s → 1\d\d ms$/);
    expect(model({ result: sampleResult([]) }).metrics[0].worst).toBe('');
  });

  it('knows the metrics of a request', () => {
    const { outcomes } = sampleResult([
      [1000, 10, 5, 2000, 5000, 13_000, 4],
      [1000, 10, 1, 2000, 5000, 5000, 4],
      [1000, 10, 5, Number.NaN, Number.NaN, Number.NaN, 1],
    ]);
    expect(latencyOf('ttft', outcomes, 0)).toBe(4000);
    expect(latencyOf('tpot', outcomes, 0)).toBe(2000);
    expect(latencyOf('e2e', outcomes, 0)).toBe(12_000);
    expect(latencyOf('tpot', outcomes, 1)).toBeNaN();
    expect(latencyOf('ttft', outcomes, 2)).toBeNaN();
    expect(latencyOf('ttft', outcomes, 3)).toBeNaN();
  });

  it('stands empty before a run and without finished requests', () => {
    expect(model({ result: null }).metrics).toEqual([]);
    const [ttft] = model({ result: sampleResult([]) }).metrics;
    expect([ttft.count, ttft.refusal, ttft.percentiles.length]).toEqual([0, 'no P99 yet', 0]);
  });
});

describe('latency band', () => {
  it('holds all three runs, and makes the axis reach them', () => {
    const band = sampleBand(many, 0.5, 20, { low: 0.8, high: 0.9 });
    for (const metric of model({ band }).metrics) {
      for (const { us, spread } of metric.percentiles) {
        expect(spread?.lowUs).toBeLessThanOrEqual(us);
        expect(spread?.highUs).toBeGreaterThanOrEqual(us);
        expect(metric.lowUs).toBeLessThanOrEqual(spread?.lowUs ?? 0);
        expect(metric.highUs).toBeGreaterThanOrEqual(spread?.highUs ?? Number.POSITIVE_INFINITY);
      }
    }
    const [ttft] = model({ band }).metrics;
    expect(ttft.percentiles[0].spread?.highUs).toBe(20 * ttft.percentiles[0].us);
    expect(model().metrics[0].percentiles[0].spread).toBeNull();
  });
});

describe('latency drawing', () => {
  it('draws histograms over the outline of the result before', async () => {
    const shown = model({ result: faster, before: many, selected: 7 });
    await expect(svg(shown)).toMatchFileSnapshot('testdata/histogram.svg');
  });

  it('draws cumulative curves side by side, in the dark, in Chinese', async () => {
    const shown = model({ result: faster, before: many, shape: 'cumulative' }, 'zh');
    await expect(svg(shown, dark, { width: 720, height: 300 })).toMatchFileSnapshot('testdata/cumulative.svg');
  });

  it('puts the figures into the title line where rows are low, the telling ones last to go', async () => {
    const low = { width: 346, height: 200 };
    const shown = model({ result: faster, before: many });
    const text = svg(shown, light, low);
    await expect(text).toMatchFileSnapshot('testdata/low.svg');
    expect(text).toContain(shown.metrics[0].change);
  });

  it('draws what the quantiles may be off by, and the band of the distribution', async () => {
    const band = sampleBand(many, 0.8, 1.4, { low: 0.8, high: 0.9 });
    await expect(svg(model({ band }))).toMatchFileSnapshot('testdata/band.svg');
    const wide = svg(model({ band, shape: 'cumulative' }), dark, { width: 1100, height: 320 });
    await expect(wide).toMatchFileSnapshot('testdata/band-cumulative.svg');
    // With room the labels say it too.
    const [ttft] = model({ band }).metrics;
    for (const { long, label } of ttft.percentiles) {
      expect(long.startsWith(`${label} (`)).toBe(true);
      expect(wide).toContain(long);
    }
  });

  it('draws few values as dots', async () => {
    await expect(svg(model({ result: few }))).toMatchFileSnapshot('testdata/dots.svg');
  });

  it('never writes a place that is no number', () => {
    for (const shown of [model({ result: null }), model({ result: sampleResult([]) }), model({ selected: 3 })]) {
      expect(svg(shown)).not.toContain('NaN');
    }
  });
});

describe('latency hit', () => {
  it('finds metric and value, and nothing without values', () => {
    const shown = model();
    const found = hit(shown, size, 180, 80);
    expect(found?.metric).toBe(1);
    const itl = shown.metrics[1];
    expect(found?.us).toBeGreaterThan(itl.lowUs);
    expect(found?.us).toBeLessThan(itl.highUs);
    expect(hit(shown, size, 180, 400)).toBeNull();
    expect(hit(model({ result: sampleResult([]) }), size, 180, 80)).toBeNull();
  });

  it('reads the bar under the pointer', () => {
    const shown = model();
    const tallest = [...shown.metrics[0].bars].sort((a, b) => b.share - a.share)[0];
    const at = { metric: 0, us: (tallest.lowUs + tallest.highUs) / 2 };
    expect(readoutOf(shown, at, translator('en'), format)).toContain(
      `${format.duration(tallest.lowUs)} to ${format.duration(tallest.highUs)}: ${format.percent(tallest.share)} of 400`,
    );
  });
});
