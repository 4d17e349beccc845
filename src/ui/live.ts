import { useMemo } from 'react';
import { type Playback, playbackStore } from '../state/playback.ts';

/** What is shown at a moment. */
export type Shown = Pick<Playback, 'frame' | 'pinned'>;

/**
 * What pictures need of the shown step. It is made when a picture, a hand or a word asks for it, once a step: while the run
 * plays, steps go from the store to the canvas without React, and nothing is made for a picture that nobody sees.
 */
export interface Live<M> {
  /** Of the shown step. */
  now(): M;
  /** The one that was made last: that of the step before, until somebody asks for the shown one. */
  last(): M;
}

export function liveOf<M>(make: (shown: Shown) => M): Live<M> {
  let held: { readonly of: Shown; readonly made: M } | null = null;
  const now = () => {
    const shown = playbackStore.getState();
    if (held === null || !isSame(held.of, shown)) held = { of: shown, made: make(shown) };
    return held.made;
  };
  return { now, last: () => (held === null ? now() : held.made) };
}

/** `make` is the same function as long as it makes the same of a step (`useCallback`). */
export function useLive<M>(make: (shown: Shown) => M): Live<M> {
  return useMemo(() => liveOf(make), [make]);
}

/** Calls whenever another step is shown, or another one beside it. */
export function onShown(changed: () => void): () => void {
  return playbackStore.subscribe((now, before) => {
    if (!isSame(now, before)) changed();
  });
}

function isSame(one: Shown, other: Shown): boolean {
  return one.frame === other.frame && one.pinned === other.pinned;
}
