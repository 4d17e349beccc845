import { expect, it } from 'vitest';
import { sampleResult } from '../batch/sample.ts';
import { largestChange, numbersOfRun, relative, spreadOf } from './model.ts';

const numbers = numbersOfRun(
  sampleResult([
    [0, 100, 10, 10, 20_000, 120_000, 4],
    [0, 100, 10, 10, 40_000, 340_000, 4],
  ]),
);

it('tells a change by the number that changed most', () => {
  const after = { ...numbers, ttftP99: numbers.ttftP99 * 1.2, tokensPerS: numbers.tokensPerS * 0.5 };
  const change = largestChange(numbers, after);
  expect(change).toEqual({ metric: 'tokensPerS', before: numbers.tokensPerS, after: numbers.tokensPerS / 2 });
  expect(change === null ? 0 : relative(change)).toBeCloseTo(-0.5);
});

it('has no headline for less than half a per cent', () => {
  expect(largestChange(numbers, { ...numbers, e2eP50: numbers.e2eP50 * 1.004 })).toBeNull();
  expect(largestChange(numbers, { ...numbers, e2eP50: numbers.e2eP50 * 1.006 })?.metric).toBe('e2eP50');
});

it('counts from nought too', () => {
  expect(largestChange({ ...numbers, preemptions: 0 }, { ...numbers, preemptions: 3 })?.metric).toBe('preemptions');
  expect(largestChange({ ...numbers, preemptions: 0 }, { ...numbers, preemptions: 0 })).toBeNull();
});

it('spans the changes of several seeds', () => {
  const pair = (factor: number) => [numbers, { ...numbers, ttftP50: numbers.ttftP50 * factor }] as const;
  const [low, high] = spreadOf('ttftP50', [pair(0.8), pair(0.6), pair(1.1)]);
  expect([low, high].map((x) => Math.round(x * 100))).toEqual([-40, 10]);
});
