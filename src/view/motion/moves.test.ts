import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Frame } from '../../protocol/frame.ts';
import { testFrame, testQueue, testRunning } from '../rows/testing.ts';
import { movesBetween } from './moves.ts';

function frameOf(step: number, waiting: readonly number[], running: readonly number[]): Frame {
  return testFrame([], {
    step,
    queue: testQueue(waiting.map((request) => ({ request, promptTokens: 10, waitedUs: 0 }))),
    running: testRunning(running.map((request) => ({ request }))),
  });
}

const said = (before: Frame, after: Frame, most?: number) => {
  const { each, groups } = movesBetween(before, after, most);
  return [
    ...each.map(({ request, from, to }) => `r${request} ${from} ${to}`),
    ...groups.map(({ count, from, to }) => `+${count} ${from} ${to}`),
  ];
};

test('who is taken, who is preempted and who ends; nobody who stays', () => {
  const before = frameOf(7, [4, 5], [1, 2, 3]);
  const after = frameOf(8, [2, 5], [1, 4]);
  expect(said(before, after)).toEqual(['r2 batch queue', 'r3 batch gone', 'r4 queue batch']);
});

test('a request that comes and is taken within one step has passed through the queue', () => {
  expect(said(frameOf(1, [], []), frameOf(2, [], [9]))).toEqual(['r9 queue batch']);
});

test('a step back is the same the other way round, a jump is another picture', () => {
  const before = frameOf(7, [4, 5], [1, 2, 3]);
  const after = frameOf(8, [2, 5], [1, 4]);
  expect(said(after, before)).toEqual(['r2 queue batch', 'r3 gone batch', 'r4 batch queue']);
  expect(said(before, frameOf(9, [2, 5], [1, 4]))).toEqual([]);
  expect(said(before, frameOf(7, [2, 5], [1, 4]))).toEqual([]);
});

test('60 move, the others are counted', () => {
  const many = Array.from({ length: 95 }, (_, request) => request);
  const { each, groups } = movesBetween(frameOf(0, many, []), frameOf(1, [], many));
  expect([each.length, groups]).toEqual([60, [{ from: 'queue', to: 'batch', count: 35 }]]);
});

test('the others are counted by the way they go, and go the other way when stepping back', () => {
  const before = frameOf(7, [7, 8, 9], [1, 2, 3, 4, 5, 6]);
  const after = frameOf(8, [1, 2, 3], [6, 7, 8, 9]);
  expect(said(before, after, 1)).toEqual(['r1 batch queue', '+2 batch queue', '+2 batch gone', '+3 queue batch']);
  expect(said(after, before, 1)).toEqual(['r1 queue batch', '+2 queue batch', '+2 gone batch', '+3 batch queue']);
});

test('every request changes place at most once, from where it was to where it is', () => {
  const places = fc.array(fc.constantFrom('queue', 'batch', 'gone'), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(places, places, (was, is) => {
      const at = (list: readonly string[], place: string) => list.flatMap((each, r) => (each === place ? [r] : []));
      const before = frameOf(3, at(was, 'queue'), at(was, 'batch'));
      const after = frameOf(4, at(is, 'queue'), at(is, 'batch'));
      const { each } = movesBetween(before, after);
      expect(new Set(each.map(({ request }) => request)).size).toBe(each.length);
      for (const { request, from, to } of each) {
        expect(is[request]).toBe(to);
        if (was[request] !== 'gone') expect(was[request]).toBe(from);
      }
      const ran = at(was, 'batch').filter((r) => is[r] !== 'batch');
      const came = at(is, 'batch').filter((r) => was[r] !== 'batch');
      expect(each.length).toBe(ran.length + came.length);
    }),
  );
});
