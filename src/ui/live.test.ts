import { beforeEach, expect, test } from 'vitest';
import { playbackStore } from '../state/playback.ts';
import { testFrame } from '../view/rows/testing.ts';
import { liveOf, onShown } from './live.ts';

const [first, second] = [testFrame([], { nowUs: 1 }), testFrame([], { nowUs: 2 })];

beforeEach(() => playbackStore.setState({ frame: first, pinned: null, speed: 1 }));

test('is made when it is asked for, once a step and once for what is beside it', () => {
  const made: unknown[] = [];
  const live = liveOf(({ frame, pinned }) => made.push([frame, pinned]));
  expect(made).toEqual([]);
  live.now();
  playbackStore.setState({ speed: 2 });
  expect(live.now()).toBe(1);
  playbackStore.setState({ frame: second });
  playbackStore.setState({ pinned: first });
  expect(live.now()).toBe(2);
  playbackStore.setState({ pinned: null });
  expect(live.now()).toBe(3);
  expect(made).toEqual([
    [first, null],
    [second, first],
    [second, null],
  ]);
});

test('the last one stays that of the step before until the shown one is asked for', () => {
  const live = liveOf(({ frame }) => frame?.nowUs);
  expect(live.last()).toBe(1);
  playbackStore.setState({ frame: second });
  expect(live.last()).toBe(1);
  expect([live.now(), live.last()]).toEqual([2, 2]);
});

test('what is no other step, nor another one beside it, is not told', () => {
  let told = 0;
  const stop = onShown(() => {
    told += 1;
  });
  playbackStore.setState({ speed: 2, isPlaying: false });
  expect(told).toBe(0);
  playbackStore.setState({ frame: second });
  playbackStore.setState({ pinned: first });
  expect(told).toBe(2);
  stop();
  playbackStore.setState({ frame: first });
  expect(told).toBe(2);
});
