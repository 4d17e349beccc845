/** Who changes place from one step to the next. */

import type { Frame } from '../../protocol/frame.ts';

/** Where a request is to be seen: its card, its row, or nowhere (before it came, after it ended). */
export type Station = 'queue' | 'batch' | 'gone';

/** A change of place. */
export interface Way {
  readonly from: Station;
  readonly to: Station;
}

export interface Move extends Way {
  readonly request: number;
}

/** Requests that go the same way together. */
export interface Group extends Way {
  readonly count: number;
}

export interface Moves {
  /** In the order in which they start. */
  readonly each: readonly Move[];
  /** The others go as one group for each way, which only says how many they are. */
  readonly groups: readonly Group[];
}

/** More than these cannot be followed. */
const mostMoves = 60;

/**
 * What moves between two frames. Only neighbouring steps are one change to follow; a jump is another picture. Stepping
 * back is the same change the other way round.
 */
export function movesBetween(before: Frame, after: Frame, most = mostMoves): Moves {
  if (after.step === before.step + 1) return forward(before, after, most);
  if (before.step !== after.step + 1) return { each: [], groups: [] };
  const { each, groups } = forward(after, before, most);
  return { each: each.map(back), groups: groups.map(back) };
}

function back<T extends Way>(way: T): T {
  return { ...way, from: way.to, to: way.from };
}

function forward(before: Frame, after: Frame, most: number): Moves {
  const waits = new Set(after.queue.request);
  const ran = new Set(before.running.request);
  const runs = new Set(after.running.request);
  const moves: Move[] = [];
  // Who loses its place goes first, then who leaves: that is what makes room for those who come.
  for (const request of ran) if (waits.has(request)) moves.push({ request, from: 'batch', to: 'queue' });
  for (const request of ran) {
    if (!runs.has(request) && !waits.has(request)) moves.push({ request, from: 'batch', to: 'gone' });
  }
  for (const request of runs) {
    // Who comes and is taken within one step has passed through the queue unseen.
    if (!ran.has(request)) moves.push({ request, from: 'queue', to: 'batch' });
  }
  return { each: moves.slice(0, most), groups: groupsOf(moves.slice(most)) };
}

function groupsOf(moves: readonly Move[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const { from, to } of moves) {
    const way = `${from} ${to}`;
    groups.set(way, { from, to, count: (groups.get(way)?.count ?? 0) + 1 });
  }
  return [...groups.values()];
}
