import { useState } from 'react';
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

/** The result before the last edit, or null. `edit` is compared by identity. */
export function useBaseline(result: RunResult | null, edit: unknown): RunResult | null {
  const [shown, setShown] = useState<Shown>({ result, edit, before: null });
  if (shown.result === result) return shown.before;
  const next = advance(shown, result, edit);
  setShown(next);
  return next.before;
}
