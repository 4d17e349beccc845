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
}

/** While one edit goes on the result before it stays, so that a drag compares with where it began and not with its last pixel. */
export function advance(shown: Shown, result: RunResult | null, edit: unknown): Shown {
  const isSameEdit = shown.edit === edit;
  return { result, edit, before: isSameEdit ? shown.before : shown.result };
}

/** Outlives the panel: maximising or hiding it must not forget what it was compared with. */
const shownStore = createStore<Shown>()(() => ({ result: null, edit: null, before: null }));

/** The result before the last edit, or null. `edit` is compared by identity. */
export function useBaseline(result: RunResult | null, edit: unknown): RunResult | null {
  useLayoutEffect(() => {
    shownStore.setState((shown) => (shown.result === result ? shown : advance(shown, result, edit)));
  }, [result, edit]);
  return useStore(shownStore, (shown) => (shown.result === result ? shown.before : null));
}
