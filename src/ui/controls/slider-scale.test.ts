import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTyped } from './Slider.tsx';
import { bigStep, isWithin, neighbour, positionOf, type SliderScale, trackSteps, valueAt } from './slider-scale.ts';

const scales: readonly SliderScale[] = [
  { min: 16, max: 131_072, step: 1, scale: 'log' },
  { min: 0, floor: 16, max: 131_072, step: 1, scale: 'log' },
  { min: 0.01, max: 1, step: 0.01, scale: 'linear' },
  { min: 0, max: 0.99, step: 0.01, scale: 'linear' },
];

describe.each(scales)('slider from $min to $max, $scale', (scale) => {
  it('reaches both ends', () => {
    expect(valueAt(0, scale)).toBe(scale.min);
    expect(valueAt(trackSteps, scale)).toBe(scale.max);
  });

  it('gives allowed values that grow with the position', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: trackSteps - 1 }), (position) => {
        const value = valueAt(position, scale);
        expect(value).toBeGreaterThanOrEqual(scale.min);
        expect(value).toBeLessThanOrEqual(scale.max);
        expect(valueAt(position + 1, scale)).toBeGreaterThanOrEqual(value);
      }),
    );
  });

  it('has all its values within, and nothing beyond its ends', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: trackSteps }), (position) => {
        expect(isWithin(valueAt(position, scale), scale)).toBe(true);
      }),
    );
    expect(isWithin(scale.min - scale.step, scale)).toBe(false);
    expect(isWithin(scale.max + scale.step, scale)).toBe(false);
    expect(isWithin(Number.NaN, scale)).toBe(false);
  });

  it('keeps a value where its thumb is, within rounding', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: trackSteps }), (position) => {
        const again = positionOf(valueAt(position, scale), scale);
        // Two significant digits on a log track of four decades are at most 1.5 % of its length apart.
        const tolerance = scale.scale === 'linear' ? 6 : 60;
        expect(Math.abs(again - position)).toBeLessThanOrEqual(tolerance);
      }),
    );
  });

  it('always moves by keys until the end is reached', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: trackSteps - 1 }), fc.constantFrom(1 as const, -1 as const), (at, way) => {
        const value = valueAt(at, scale);
        const end = way === 1 ? scale.max : scale.min;
        if (value === end) return;
        expect((neighbour(value, way, scale) - value) * way).toBeGreaterThan(0);
        expect((bigStep(value, way, scale) - value) * way).toBeGreaterThan(0);
      }),
    );
  });
});

describe('typed entry', () => {
  it.each([
    ['512', 512],
    ['2,048', 2048],
    ['2k', 2000],
    ['8 tokens', 8],
    ['.5', 0.5],
    ['abc', null],
    ['', null],
  ])('reads %j as %j', (text, value) => {
    expect(parseTyped(text)).toBe(value);
  });
});
