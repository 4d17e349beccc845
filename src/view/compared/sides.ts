/** The two runs of a comparison as the panels see them. */

import { useMemo } from 'react';
import { useStore } from 'zustand';
import { comparisonStore } from '../../state/comparison.ts';
import { playbackStore } from '../../state/playback.ts';
import { runStore } from '../../state/run.ts';
import type { Side } from './words.ts';

/** A and B at the linked moments; null where nothing is compared, or not everything is there yet. */
export function useSides(): { readonly a: Side; readonly b: Side } | null {
  const before = useStore(comparisonStore, (s) => s.pinned?.result ?? null);
  const result = useStore(runStore, (s) => s.result);
  const frame = useStore(playbackStore, (s) => s.frame);
  const pinned = useStore(playbackStore, (s) => s.pinned);
  return useMemo(() => {
    if (before === null || result === null || frame === null || pinned === null) return null;
    return { a: { frame: pinned, result: before }, b: { frame, result } };
  }, [before, result, frame, pinned]);
}
