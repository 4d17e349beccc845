/** What the commands of a lecture do; loaded with the first of them. */

import { createStore } from 'zustand/vanilla';
import { type Bookmark, plainStaging } from '../scenario/lecture.ts';
import { withBookmark, withoutBookmark } from '../scenario/lecture-link.ts';
import { answer, answersStore, goToBookmark, neighbourOf, notChosen, openQuestion } from '../state/lecture.ts';
import { playbackStore } from '../state/playback.ts';
import type { Session } from '../state/session.ts';
import { uiStore } from './ui-store.ts';

/** The bookmark that is being written, if one is. */
export interface Editing {
  /** The step it had when it was opened; null = it is a new one. */
  readonly from: number | null;
  readonly bookmark: Bookmark;
}

export const editingStore = createStore<{ readonly editing: Editing | null }>()(() => ({ editing: null }));

/** Opens the bookmark of a step for editing, a new one where there is none. */
export function edit(session: Session, step = playbackStore.getState().frame?.step ?? -1): void {
  if (step < 0) return;
  session.pause();
  const known = session.scenario.getState().bookmarks.find((each) => each.step === step);
  const bookmark = known ?? { step, text: '', question: null };
  uiStore.setState({ isLecturing: true, dialog: null });
  editingStore.setState({ editing: { from: known === undefined ? null : step, bookmark } });
}

export function stopEditing(): void {
  editingStore.setState({ editing: null });
  uiStore.setState({ isLecturing: false });
}

/** Keeps what was written. Whoever writes a question is not asked it. */
export function keep(session: Session, { from }: Editing, bookmark: Bookmark): void {
  const { bookmarks, mark } = session.scenario.getState();
  if (bookmark.question !== null) answer(bookmark, notChosen);
  mark(withBookmark(from === null ? bookmarks : withoutBookmark(bookmarks, from), bookmark));
  stopEditing();
}

export function remove(session: Session, step: number): void {
  const { bookmarks, mark } = session.scenario.getState();
  mark(withoutBookmark(bookmarks, step));
}

/** To the next or previous bookmark. A question on the way is asked; one that is being asked shows its answer first. */
export function goBy(session: Session, direction: 1 | -1): void {
  const { bookmarks } = session.scenario.getState();
  const step = playbackStore.getState().frame?.step ?? -1;
  const next = neighbourOf(bookmarks, step, direction);
  const open = openQuestion(bookmarks, step, answersStore.getState().given);
  if (direction > 0 && open?.step === step) answer(open, notChosen);
  else if (next !== undefined) goToBookmark(session, next);
}

export function leavePresentation(session: Session): void {
  const { staging } = session.scenario.getState();
  session.scenario.setState({ staging: { ...plainStaging, locked: staging.locked } });
}
