/** Who changes place from one step to the next. */

import type { Frame } from '../../protocol/frame.ts';

/** Where a request is to be seen: its card, its row, or nowhere (before it came, after it ended). */
export type Station = 'queue' | 'batch' | 'gone';

export interface Move {
  readonly request: number;
  readonly from: Station;
  readonly to: Station;
}

export interface Moves {
  /** In the order in which they start. */
  readonly each: readonly Move[];
  /** The others go as one group, which only says how many they are. */
  readonly more: number;
}

/** More than these cannot be followed. */
const mostMoves = 60;

/**
 * What moves between two frames. Only neighbouring steps are one change to follow; a jump is another picture. Stepping
 * back is the same change the other way round.
 */
export function movesBetween(before: Frame, after: Frame, most = mostMoves): Moves {
  if (after.step === before.step + 1) return forward(before, after, most);
  if (before.step !== after.step + 1) return { each: [], more: 0 };
  const { each, more } = forward(after, before, most);
  return { each: each.map(({ request, from, to }) => ({ request, from: to, to: from })), more };
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
  return { each: moves.slice(0, most), more: Math.max(0, moves.length - most) };
}
