/** A lecture while it is given: which bookmark is shown, which questions are answered, and where nothing goes past. */

import { createStore } from 'zustand/vanilla';
import type { Bookmark } from '../scenario/lecture.ts';
import { playbackStore } from './playback.ts';
import type { Session } from './session.ts';

/** The answer was shown without a choice. */
export const notChosen = -1;

export interface Answers {
  /** Chosen place by question; `notChosen` where the answer was only shown. Lost on reload, on purpose. */
  readonly given: ReadonlyMap<string, number>;
}

export const answersStore = createStore<Answers>()(() => ({ given: new Map() }));

/** A question is the same as long as it asks the same at the same step. */
export function questionKey({ step, text }: Bookmark): string {
  return `${step} ${text}`;
}

export function answer(bookmark: Bookmark, choice: number): void {
  answersStore.setState(({ given }) => ({ given: new Map(given).set(questionKey(bookmark), choice) }));
}

export function askAgain(bookmark: Bookmark): void {
  answersStore.setState(({ given }) => {
    const left = new Map(given);
    left.delete(questionKey(bookmark));
    return { given: left };
  });
}

/** Place of the bookmark at the shown step, or of the last one before it; -1 before the first. */
export function placeAt(bookmarks: readonly Bookmark[], step: number): number {
  return bookmarks.findLastIndex((bookmark) => bookmark.step <= step);
}

/** The next or previous bookmark from a step on. */
export function neighbourOf(bookmarks: readonly Bookmark[], step: number, direction: 1 | -1): Bookmark | undefined {
  return direction > 0 ? bookmarks.find((each) => each.step > step) : bookmarks.findLast((each) => each.step < step);
}

/** The first question from a step on that waits for its answer. */
export function openQuestion(
  bookmarks: readonly Bookmark[],
  step: number,
  given: Answers['given'],
): Bookmark | undefined {
  return bookmarks.find((each) => each.step >= step && each.question !== null && !given.has(questionKey(each)));
}

/** Goes to a bookmark of the reader's choice, past questions that were not answered. */
export function goToBookmark(session: Session, { step }: Bookmark): void {
  playbackStore.setState({ stopAt: Math.max(playbackStore.getState().stopAt, step) });
  session.seekStep(step);
}

/** Keeps the run from going past a question until it is answered. Returns what ends that. */
export function watchQuestions(session: Session): () => void {
  const update = () => {
    const { frame, isPlaying, stopAt } = playbackStore.getState();
    const { bookmarks } = session.scenario.getState();
    const open = openQuestion(bookmarks, frame?.step ?? 0, answersStore.getState().given);
    const next = open?.step ?? Number.POSITIVE_INFINITY;
    if (next !== stopAt) playbackStore.setState({ stopAt: next });
    if (isPlaying && frame?.step === next) session.pause();
  };
  let frame = playbackStore.getState().frame;
  const stops = [
    playbackStore.subscribe((now) => {
      if (now.frame === frame) return;
      frame = now.frame;
      update();
    }),
    session.scenario.subscribe((now, before) => now.bookmarks !== before.bookmarks && update()),
    answersStore.subscribe(update),
  ];
  update();
  return () => {
    for (const stop of stops) stop();
    playbackStore.setState({ stopAt: Number.POSITIVE_INFINITY });
  };
}
