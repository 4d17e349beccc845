import { expect, it } from 'vitest';
import type { RunResult } from '../../protocol/run.ts';
import { flagsOf } from './flags.ts';

/** Three bins of a second: ten steps in the first, none that starts in the second, five in the last half of the third. */
const run = {
  series: { count: 3, binUs: 1e6, firstStep: Float64Array.of(0, 10, 10) },
  summary: { durationUs: 2.5e6, steps: 15 },
} as unknown as RunResult;
const placesOf = (...steps: number[]) =>
  flagsOf(
    steps.map((step) => ({ step, text: '', question: null })),
    run,
  ).map(({ at }) => at);

it('puts flags where their steps are in time', () => {
  expect(placesOf(0, 5)).toEqual([0, 0.2]);
  expect(placesOf(10)[0]).toBeCloseTo(0.8);
  expect(placesOf(14)[0]).toBe(1);
});

it('leaves out bookmarks after the end of the run', () => {
  expect(placesOf(3, 15, 99)).toHaveLength(1);
});

it('puts them in order, as their steps are', () => {
  const places = placesOf(...Array.from({ length: 15 }, (_, i) => i));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});
