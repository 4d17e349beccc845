/** The two runs of a comparison as the panels see them. */

import { useMemo } from 'react';
import { useStore } from 'zustand';
import { comparisonStore } from '../../state/comparison.ts';
import { runStore } from '../../state/run.ts';
import { useReadable } from '../../ui/use-readable.ts';
import type { Side } from './words.ts';

/** A and B at the linked moments, for words: while it plays, new ones at most every `everyMs`; null where nothing is compared, or not everything is there yet. */
export function useSides(everyMs: number): { readonly a: Side; readonly b: Side } | null {
  const before = useStore(comparisonStore, (s) => s.pinned?.result ?? null);
  const result = useStore(runStore, (s) => s.result);
  const { frame, pinned } = useReadable((s) => s, everyMs);
  return useMemo(() => {
    if (before === null || result === null || frame === null || pinned === null) return null;
    return { a: { frame: pinned, result: before }, b: { frame, result } };
  }, [before, result, frame, pinned]);
}
