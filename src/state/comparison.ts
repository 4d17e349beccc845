import { createStore } from 'zustand/vanilla';
import type { CursorLink } from '../protocol/messages.ts';
import type { RunResult } from '../protocol/run.ts';
import type { Knobs } from '../scenario/knobs.ts';

/** The run that stays beside those that come. */
export interface Pinned {
  readonly knobs: Knobs;
  readonly result: RunResult;
}

/** Two runs side by side: A is pinned, B is the scenario as it is. */
export interface Comparison {
  /** Null = nothing is compared. */
  readonly pinned: Pinned | null;
  /** The step from which on changed knobs hold, as far as the engine can change them while it runs; null = from the beginning. */
  readonly fromStep: number | null;
  /** Which moment of A is shown with B's. */
  readonly link: CursorLink;
}

export const comparisonStore = createStore<Comparison>()(() => ({ pinned: null, fromStep: null, link: 'time' }));
