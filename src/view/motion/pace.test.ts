import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testFrame } from '../rows/testing.ts';
import { bandOf, delayOf, fadeMs, holdTime, lookOf, mayFlash, paceOf, sampledEvery, travelTime } from './pace.ts';

describe('the pace', () => {
  const frame = testFrame([
    { startUs: 0, endUs: 5_000, entries: [] },
    { startUs: 5_000, endUs: 30_000, entries: [] },
  ]);

  test('is how long the shown step stays, whatever the steps before it took', () => {
    // 25 ms at a tenth of real time stay for a quarter of a second.
    expect(paceOf({ isPlaying: true, frame, speed: 0.1 })).toBeCloseTo(4);
    expect(paceOf({ isPlaying: true, frame, speed: 10 })).toBeCloseTo(400);
  });

  test('is none while paused and before the first step', () => {
    expect(paceOf({ isPlaying: false, frame, speed: 1000 })).toBe(0);
    expect(paceOf({ isPlaying: true, frame: null, speed: 1 })).toBe(0);
    expect(paceOf({ isPlaying: true, frame: testFrame([]), speed: 1 })).toBe(0);
  });
});

test('bands end at 4, 8 and 60 steps a second', () => {
  const at = [0, 4, 4.01, 8, 8.01, 60, 60.01, 5000];
  expect(at.map(bandOf)).toEqual(['travel', 'travel', 'fade', 'fade', 'still', 'still', 'sampled', 'sampled']);
});

test('with reduced motion nothing travels; what moved is marked', () => {
  expect([0, 4, 8, 9, 500].map((pace) => lookOf(pace, 'full'))).toEqual(['travel', 'travel', 'fade', 'none', 'none']);
  expect([0, 4, 8, 9, 500].map((pace) => lookOf(pace, 'reduced'))).toEqual(['mark', 'mark', 'mark', 'none', 'none']);
});

test('travels take 180 to 240 milliseconds, start within 60, and end while the step is still there', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 4, noNaN: true }), fc.integer({ min: 1, max: 60 }), (pace, count) => {
      const time = travelTime(pace);
      const delays = Array.from({ length: count }, (_, at) => delayOf(at, count));
      expect(time).toBeGreaterThanOrEqual(180);
      expect(time).toBeLessThanOrEqual(240);
      expect(Math.max(...delays)).toBeLessThanOrEqual(60);
      expect(delays).toEqual([...delays].sort((a, b) => a - b));
      if (pace > 0) expect(time + Math.max(...delays)).toBeLessThanOrEqual(1000 / pace);
    }),
  );
});

test('lost blocks stay hatched for 300 milliseconds, less where the step is shorter', () => {
  expect([0, 1, 4, 8].map(holdTime)).toEqual([300, 300, 250 - fadeMs, 125 - fadeMs]);
  expect(holdTime(50)).toBe(0);
});

test('nothing flashes more than three times in any second', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 60 }), (gaps) => {
      const starts: number[] = [];
      const allowed: number[] = [];
      let nowMs = 0;
      for (const gap of gaps) {
        nowMs += gap;
        if (mayFlash(starts, nowMs)) allowed.push(nowMs);
      }
      for (const from of allowed) expect(allowed.filter((at) => at >= from && at < from + 1000).length).toBeLessThan(4);
      // And no flash is held back without need.
      expect(allowed.length).toBeGreaterThanOrEqual(Math.min(3, gaps.length));
    }),
  );
});

test('of how many steps one is shown follows from the steps that were', () => {
  expect(sampledEvery([])).toBe(1);
  expect(sampledEvery([7])).toBe(1);
  expect(sampledEvery([7, 8, 9])).toBe(1);
  expect(sampledEvery([0, 12, 24, 35, 48])).toBe(12);
  // A jump back to the beginning is no sampling.
  expect(sampledEvery([400, 12])).toBe(1);
});
