import { createStore } from 'zustand/vanilla';
import type { Knobs, KnobValue } from '../scenario/knobs.ts';
import type { Problem } from '../scenario/problem.ts';
import { knobEntry, knobValue } from '../scenario/registry.ts';
import { withChoice } from '../scenario/value.ts';

/** The scenario being edited, with undo. Moving one slider is one entry, however many values it passes. */
export interface ScenarioState {
  readonly knobs: Knobs;
  /** What was wrong with the link or file it came from. */
  readonly problems: readonly Problem[];
  readonly past: readonly Knobs[];
  readonly future: readonly Knobs[];
  /** Sets one knob. Values set while `during` the same gesture replace each other in the history. */
  set(name: string, value: KnobValue, gesture?: string): void;
  replace(knobs: Knobs, problems?: readonly Problem[]): void;
  dismiss(problem: Problem): void;
  report(problems: readonly Problem[]): void;
  undo(): void;
  redo(): void;
}

const historyLimit = 100;

export function createScenarioStore(initial: Knobs) {
  let lastGesture = '';
  return createStore<ScenarioState>()((set) => ({
    knobs: initial,
    problems: [],
    past: [],
    future: [],
    set: (name, value, gesture = '') =>
      set((s) => {
        if (knobValue(s.knobs, knobEntry(name)) === value) return s;
        const knobs = withChoice(s.knobs, name, value);
        if (gesture !== '' && gesture === lastGesture) return { knobs, future: [] };
        lastGesture = gesture;
        return { knobs, past: [...s.past, s.knobs].slice(-historyLimit), future: [] };
      }),
    replace: (knobs, problems = []) =>
      set((s) => {
        lastGesture = '';
        return { knobs, problems, past: [...s.past, s.knobs].slice(-historyLimit), future: [] };
      }),
    dismiss: (problem) => set((s) => ({ problems: s.problems.filter((p) => p !== problem) })),
    // What was just done is answered first: the page shows only a few.
    report: (problems) => set((s) => ({ problems: [...problems, ...s.problems] })),
    undo: () =>
      set((s) => {
        const previous = s.past.at(-1);
        if (previous === undefined) return s;
        lastGesture = '';
        return { knobs: previous, past: s.past.slice(0, -1), future: [s.knobs, ...s.future] };
      }),
    redo: () =>
      set((s) => {
        const [next, ...rest] = s.future;
        if (next === undefined) return s;
        lastGesture = '';
        return { knobs: next, past: [...s.past, s.knobs], future: rest };
      }),
  }));
}

export type ScenarioStore = ReturnType<typeof createScenarioStore>;
