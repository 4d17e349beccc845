import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Frame } from '../protocol/frame.ts';
import type { Bookmark } from '../scenario/lecture.ts';
import { presetOf } from '../scenario/presets.ts';
import {
  answer,
  answersStore,
  askAgain,
  goToBookmark,
  neighbourOf,
  notChosen,
  openQuestion,
  placeAt,
  watchQuestions,
} from './lecture.ts';
import { playbackStore } from './playback.ts';
import { createScenarioStore } from './scenario.ts';
import type { Session } from './session.ts';

const caption = (step: number): Bookmark => ({ step, text: `at ${step}`, question: null });
const question = (step: number): Bookmark => ({
  step,
  text: `what at ${step}`,
  question: { choices: ['a', 'b'], answer: 1, because: '' },
});
const bookmarks = [caption(2), question(5), caption(8), question(9)];

const pause = vi.fn(() => playbackStore.setState({ isPlaying: false }));
const seekStep = vi.fn();
let session: Session;
const show = (step: number) => playbackStore.setState({ frame: { step } as Frame });

beforeEach(() => {
  const scenario = createScenarioStore(presetOf('tiny-paged').knobs);
  session = { scenario, pause, seekStep } as unknown as Session;
  answersStore.setState({ given: new Map() });
  playbackStore.setState({ frame: null, isPlaying: false, stopAt: Number.POSITIVE_INFINITY });
  vi.clearAllMocks();
});
let unwatch = () => {};
afterEach(() => unwatch());

it('finds the bookmark of a step and its neighbours', () => {
  expect([-1, 1, 2, 4, 5, 100].map((step) => placeAt(bookmarks, step))).toEqual([-1, -1, 0, 0, 1, 3]);
  expect(neighbourOf(bookmarks, 2, 1)?.step).toBe(5);
  expect(neighbourOf(bookmarks, 2, -1)).toBeUndefined();
  expect(neighbourOf(bookmarks, 7, -1)?.step).toBe(5);
});

it('knows which question is open from a step on', () => {
  expect(openQuestion(bookmarks, 0, new Map())?.step).toBe(5);
  expect(openQuestion(bookmarks, 6, new Map())?.step).toBe(9);
  answer(bookmarks[1], 0);
  expect(openQuestion(bookmarks, 0, answersStore.getState().given)?.step).toBe(9);
  // Another text is another question.
  const other = [{ ...bookmarks[1], text: 'what else' }];
  expect(openQuestion(other, 0, answersStore.getState().given)?.step).toBe(5);
});

it('stops at a question until it is answered', () => {
  unwatch = watchQuestions(session);
  expect(playbackStore.getState().stopAt).toBe(Number.POSITIVE_INFINITY);
  session.scenario.getState().mark(bookmarks);
  expect(playbackStore.getState().stopAt).toBe(5);
  playbackStore.setState({ isPlaying: true });
  show(4);
  expect(pause).not.toHaveBeenCalled();
  show(5);
  expect(pause).toHaveBeenCalledTimes(1);
  answer(bookmarks[1], notChosen);
  expect(playbackStore.getState().stopAt).toBe(9);
  askAgain(bookmarks[1]);
  expect(playbackStore.getState().stopAt).toBe(5);
  session.scenario.getState().undo();
  expect(playbackStore.getState().stopAt).toBe(Number.POSITIVE_INFINITY);
});

it('lets a reader choose a later bookmark all the same', () => {
  unwatch = watchQuestions(session);
  session.scenario.getState().mark(bookmarks);
  goToBookmark(session, bookmarks[2]);
  expect(seekStep).toHaveBeenCalledWith(8);
  expect(playbackStore.getState().stopAt).toBe(8);
  show(8);
  expect(playbackStore.getState().stopAt).toBe(9);
});

it('stops nothing once nobody watches', () => {
  session.scenario.getState().mark(bookmarks);
  watchQuestions(session)();
  expect(playbackStore.getState().stopAt).toBe(Number.POSITIVE_INFINITY);
});
