import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NumberKnob } from '../../scenario/knob-entry.ts';
import { knobEntry, registry } from '../../scenario/registry.ts';
import { checkValue } from '../../scenario/value.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light } from '../../ui/theme.ts';
import type { ChangeNumbers } from '../comparison/model.ts';
import { drawSweep, plotOf } from './draw.ts';
import { nearestPoint, type SweepOptions, type SweepRun, sweepModel } from './model.ts';
import { outwards, sweepValues } from './values.ts';

const numberKnob = (name: string) => knobEntry(name) as NumberKnob;
const numberKnobs = registry().filter(
  (entry): entry is NumberKnob => entry.type === 'integer' || entry.type === 'number',
);

describe('values of a sweep', () => {
  it('are allowed, ascending, few, and hold the present one, for every knob', () => {
    const anyCase = fc.constantFrom(...numberKnobs).chain((entry) =>
      fc.record({
        entry: fc.constant(entry),
        share: fc.double({ min: 0, max: 1, noNaN: true }),
        isZero: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(anyCase, ({ entry, share, isZero }) => {
        const inside = entry.min + Math.round((share * (entry.max - entry.min)) / entry.step) * entry.step;
        const present = isZero && entry.zero ? 0 : Math.min(entry.max, Number(inside.toFixed(9)));
        const values = sweepValues(entry, present);
        expect(values).toContain(present);
        expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
        expect(values.length).toBeLessThanOrEqual(16);
        for (const value of values) expect(checkValue(entry, value)).toEqual({ ok: true, value });
      }),
    );
  });

  it('are equal factors apart on a log scale, around the present one', () => {
    expect(sweepValues(numberKnob('max-num-batched-tokens'), 2048)).toEqual([
      128, 220, 390, 680, 1200, 2048, 3600, 6200, 11_000, 19_000, 32_768,
    ]);
    const values = sweepValues(numberKnob('rate'), 8);
    expect(values).toHaveLength(11);
    expect([values[0], values[5], values[10]]).toEqual([0.5, 8, 128]);
    for (let i = 1; i < values.length; i++) expect(values[i] / values[i - 1]).toBeCloseTo(256 ** 0.1, 0);
  });

  it('are simulated from the present one outwards', () => {
    expect(outwards([1, 2, 4, 8, 16], 4)).toEqual([4, 2, 8, 1, 16]);
    expect(outwards([0, 1, 2], 0)).toEqual([0, 1, 2]);
  });
});

const entry = numberKnob('rate');
const numbers = (ttftP99: number): ChangeNumbers => ({
  itlMax: 1,
  ttftP99,
  ttftP50: 1,
  tpotP50: 1,
  e2eP50: 1,
  tokensPerS: 1,
  preemptions: 0,
});
const values = [1, 2, 4, 8, 16];
const runs: readonly SweepRun[] = [
  { value: 4, numbers: numbers(100_000) },
  { value: 2, numbers: numbers(60_000) },
  { value: 8, numbers: numbers(300_000) },
  { value: 1, numbers: numbers(50_000) },
  { value: 4, numbers: numbers(140_000) },
  { value: 2, numbers: numbers(60_000) },
  { value: 8, numbers: numbers(500_000) },
  { value: 16, numbers: null },
];
const options: SweepOptions = {
  metric: 'ttftP99',
  present: 4,
  mark: null,
  presentWord: 'now',
  xText: String,
  yText: (us) => `${us / 1000} ms`,
};

describe('the chart of a knob', () => {
  it('has mean and spread at every value', () => {
    const { points, top, yTicks } = sweepModel(entry, values, runs, options);
    expect(points.map(({ x }) => x)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(points.map(({ mean, low, high }) => [mean, low, high])).toEqual([
      [50_000, 50_000, 50_000],
      [60_000, 60_000, 60_000],
      [120_000, 100_000, 140_000],
      [400_000, 300_000, 500_000],
      [Number.NaN, Number.NaN, Number.NaN],
    ]);
    expect(points.map(({ isPresent }) => isPresent)).toEqual([false, false, true, false, false]);
    expect(points.map(({ isFailed }) => isFailed)).toEqual([false, false, false, false, true]);
    expect(top).toBe(600_000);
    expect(yTicks.map(({ label }) => label)).toEqual(['0 ms', '200 ms', '400 ms', '600 ms']);
  });

  it('puts a value that is no place on the scale aside', () => {
    const { points } = sweepModel(numberKnob('kv-tokens'), [0, 1000, 10_000], [], { ...options, present: 0 });
    expect(points.map(({ x }) => x)).toEqual([0, 0.12, 1]);
  });

  it('finds the point under a place', () => {
    const model = sweepModel(entry, values, runs, options);
    expect([-1, 0.1, 0.13, 0.9, 2].map((x) => nearestPoint(model, x))).toEqual([0, 0, 1, 4, 4]);
  });

  it('has room for its marks on any size', () => {
    const plot = plotOf({ width: 240, height: 180 });
    expect(plot.right).toBeGreaterThan(plot.left + 100);
  });

  it.each([light, dark])('draws, $name', async (theme) => {
    const mark = { value: 6.5, low: 5.8, high: 7.2, label: 'keeps the promise' };
    const size = { width: 260, height: 180 };
    const painter = createSvgPainter(size, theme.page);
    drawSweep(painter, sweepModel(entry, values, runs, { ...options, mark }), 3, theme, size);
    await expect(painter.toSvg()).toMatchFileSnapshot(`testdata/chart-${theme.name}.svg`);
  });

  it('draws nothing but axes before the first run, and nothing that is no number', () => {
    const size = { width: 260, height: 180 };
    const painter = createSvgPainter(size, light.page);
    drawSweep(painter, sweepModel(entry, values, [], options), -1, light, size);
    expect(painter.toSvg()).not.toContain('NaN');
    expect(painter.toSvg()).not.toContain('<circle');
  });
});
