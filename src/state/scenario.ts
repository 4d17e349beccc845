import { createStore } from 'zustand/vanilla';
import type { Knobs, KnobValue } from '../scenario/knobs.ts';
import { type Bookmark, isLocked, noBookmarks, plainStaging, type Staging } from '../scenario/lecture.ts';
import type { Problem } from '../scenario/problem.ts';
import { knobEntry, knobValue } from '../scenario/registry.ts';
import { withChoice } from '../scenario/value.ts';

/** What undo brings back. */
export interface Edition {
  readonly knobs: Knobs;
  readonly bookmarks: readonly Bookmark[];
}

/** The scenario being edited and what is said about its steps, with undo. Moving one slider is one entry, however many values it passes. */
export interface ScenarioState extends Edition {
  readonly staging: Staging;
  /** What was wrong with the link or file it came from. */
  readonly problems: readonly Problem[];
  readonly past: readonly Edition[];
  readonly future: readonly Edition[];
  /** Sets one knob, if it is not locked. Values set while `during` the same gesture replace each other in the history. */
  set(name: string, value: KnobValue, gesture?: string): void;
  /** Bookmarks stay with their preset. */
  replace(knobs: Knobs, problems?: readonly Problem[]): void;
  mark(bookmarks: readonly Bookmark[]): void;
  dismiss(problem: Problem): void;
  report(problems: readonly Problem[]): void;
  undo(): void;
  redo(): void;
}

const historyLimit = 100;

export function createScenarioStore(initial: Knobs) {
  let lastGesture = '';
  return createStore<ScenarioState>()((set) => {
    /** The next edition; the present one goes into the history. */
    const edit = (s: ScenarioState, next: Partial<Edition>): Partial<ScenarioState> => {
      lastGesture = '';
      return { ...next, past: [...s.past, editionOf(s)].slice(-historyLimit), future: [] };
    };
    return {
      knobs: initial,
      bookmarks: noBookmarks,
      staging: plainStaging,
      problems: [],
      past: [],
      future: [],
      set: (name, value, gesture = '') =>
        set((s) => {
          if (knobValue(s.knobs, knobEntry(name)) === value) return s;
          if (isLocked(s.staging, name)) return { problems: [{ code: 'knob-locked', field: name }, ...s.problems] };
          const knobs = withChoice(s.knobs, name, value);
          if (gesture !== '' && gesture === lastGesture) return { knobs, future: [] };
          const edited = edit(s, { knobs });
          lastGesture = gesture;
          return edited;
        }),
      replace: (knobs, problems = []) =>
        set((s) => {
          const isOther = knobs.preset !== s.knobs.preset;
          const left = isOther ? { bookmarks: noBookmarks, staging: plainStaging } : {};
          return { ...edit(s, { knobs }), ...left, problems };
        }),
      mark: (bookmarks) => set((s) => edit(s, { bookmarks })),
      dismiss: (problem) => set((s) => ({ problems: s.problems.filter((p) => p !== problem) })),
      // What was just done is answered first: the page shows only a few.
      report: (problems) => set((s) => ({ problems: [...problems, ...s.problems] })),
      undo: () =>
        set((s) => {
          const previous = s.past.at(-1);
          if (previous === undefined) return s;
          lastGesture = '';
          return { ...previous, past: s.past.slice(0, -1), future: [editionOf(s), ...s.future] };
        }),
      redo: () =>
        set((s) => {
          const [next, ...rest] = s.future;
          if (next === undefined) return s;
          lastGesture = '';
          return { ...next, past: [...s.past, editionOf(s)], future: rest };
        }),
    };
  });
}

function editionOf({ knobs, bookmarks }: Edition): Edition {
  return { knobs, bookmarks };
}

export type ScenarioStore = ReturnType<typeof createScenarioStore>;
