import { useRef, useState, useSyncExternalStore } from 'react';
import { type Playback, playbackStore } from '../state/playback.ts';
import { frameLoop } from './frame-loop.ts';

/** Words that change more often cannot be read, and every change is a layout of the page. */
const readableMs = 200;

/** Something of what is shown, for words: while it plays, a new value at most every `everyMs` of frame time. The last one always arrives. */
export function useReadable<V>(select: (state: Playback) => V, everyMs = readableMs): V {
  const [source] = useState(() => readableSource(everyMs));
  return useSyncExternalStore(source.subscribe, () => select(source.state()));
}

/** The same for words of what pictures are made of (`Live`): `words` is called when they are due. */
export function useReadableWords<V>(words: () => V): V {
  const isDue = useReadable((s) => s) === playbackStore.getState();
  const held = useRef<V>(undefined);
  if (isDue || held.current === undefined) held.current = words();
  return held.current;
}

/** When a value was last let through: one a frame, so that not all words of the page are laid out in the same frame. */
let lastTakenMs = Number.NEGATIVE_INFINITY;

/** The playback store, told late. A value that waits comes with the first frame in which it is due and no other came. */
function readableSource(everyMs: number) {
  let shown = playbackStore.getState();
  return {
    state: () => shown,
    subscribe(changed: () => void): () => void {
      let lastMs = Number.NEGATIVE_INFINITY;
      let stopWaiting: (() => void) | null = null;
      const take = () => {
        stopWaiting?.();
        stopWaiting = null;
        shown = playbackStore.getState();
        changed();
      };
      const tick = (nowMs: number) => {
        if (nowMs - lastMs < everyMs || nowMs === lastTakenMs) return;
        lastMs = nowMs;
        lastTakenMs = nowMs;
        take();
      };
      take();
      const unsubscribe = playbackStore.subscribe(({ isPlaying }) => {
        if (!isPlaying) take();
        else stopWaiting ??= frameLoop.everyFrame(tick);
      });
      return () => {
        unsubscribe();
        stopWaiting?.();
      };
    },
  };
}
