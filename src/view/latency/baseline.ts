import { useLayoutEffect } from 'react';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { RunResult } from '../../protocol/run.ts';

/** A result, the edit it came from, and the result before that edit. */
export interface Shown {
  readonly result: RunResult | null;
  /** Identity of the edit: all values that one drag of a slider passes share it. */
  readonly edit: unknown;
  readonly before: RunResult | null;
  /** The preset it started from: runs of different presets are not compared. */
  readonly preset: string;
}

/** While one edit goes on the result before it stays, so that a drag compares with where it began and not with its last pixel. */
export function advance(shown: Shown, result: RunResult | null, edit: unknown, preset: string): Shown {
  if (shown.preset !== preset) return { result, edit, before: null, preset };
  const isSameEdit = shown.edit === edit;
  return { result, edit, before: isSameEdit ? shown.before : shown.result, preset };
}

/** Outlives the panel: maximising or hiding it must not forget what it was compared with. */
const shownStore = createStore<Shown>()(() => ({ result: null, edit: null, before: null, preset: '' }));

/** The result before the last edit, or null. `edit` is compared by identity. */
export function useBaseline(result: RunResult | null, edit: unknown, preset: string): RunResult | null {
  useLayoutEffect(() => {
    shownStore.setState((shown) => (shown.result === result ? shown : advance(shown, result, edit, preset)));
  }, [result, edit, preset]);
  return useStore(shownStore, (shown) => (shown.result === result ? shown.before : null));
}
