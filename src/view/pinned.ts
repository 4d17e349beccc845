/** The run that is kept beside the shown one. */

import { useStore } from 'zustand';
import type { RunResult } from '../protocol/run.ts';
import { comparisonStore } from '../state/comparison.ts';
import { runStore } from '../state/run.ts';

/** A's result while B is another run; null where nothing is compared. */
export function usePinnedResult(): RunResult | null {
  const pinned = useStore(comparisonStore, (s) => s.pinned?.result ?? null);
  const result = useStore(runStore, (s) => s.result);
  return pinned === result ? null : pinned;
}

/** Up to when both runs are the same, microseconds: infinite where they do not differ, 0 where nothing is compared. */
export function sameUntilUs(result: RunResult | null): number {
  const branching = result?.branching ?? null;
  if (branching === null) return 0;
  return branching.difference?.timeUs ?? Number.POSITIVE_INFINITY;
}
