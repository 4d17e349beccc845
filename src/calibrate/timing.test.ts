import { describe, expect, it } from 'vitest';
import { findClockStep, greatestCommonDivisor, median } from './timing.ts';
import { isRising } from './warm-up.ts';

describe('clocks', () => {
  it('finds the step of a coarse clock', () => {
    let calls = 0;
    const coarse = () => Math.floor(calls++ / 7) * 0.1;
    expect(findClockStep(coarse)).toBeCloseTo(100, 6);
  });

  it('answers 0 for a clock that stands still', () => {
    expect(findClockStep(() => 5)).toBe(0);
  });

  it('finds the rounding of stamps', () => {
    const stamps = [65_536n * 12n, 65_536n * 35n, 65_536n * 36n];
    expect(stamps.reduce(greatestCommonDivisor, 0n)).toBe(65_536n);
  });
});

describe('median', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[7], 7],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });
});

describe('isRising', () => {
  it.each([
    [[10, 10, 10, 10], false],
    [[10, 10, 10, 11], true],
    [[5, 10, 10, 10, 10], false],
    [[9, 9, 9], false],
  ])('%j: %s', (rates, expected) => {
    expect(isRising(rates)).toBe(expected);
  });
});
