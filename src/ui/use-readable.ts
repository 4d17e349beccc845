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

/**
 * Each frame with new words costs a style, a layout and a paint of the page, however few they are: most frames have none. But no
 * frame bears all.
 */
const wordsEveryMs = 50;
const mostWordsAFrame = 4;

/** The last frame with new words, and how many it has. */
const last = { ms: Number.NEGATIVE_INFINITY, words: 0 };

function hasPlace(nowMs: number): boolean {
  if (nowMs === last.ms) return last.words < mostWordsAFrame;
  return nowMs - last.ms > wordsEveryMs - 1;
}

function takePlace(nowMs: number): void {
  last.words = nowMs === last.ms ? last.words + 1 : 1;
  last.ms = nowMs;
}

/** The playback store, told late. A value that waits comes with the first frame in which it is due and has a place. */
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
        if (nowMs - lastMs < everyMs || !hasPlace(nowMs)) return;
        lastMs = nowMs;
        takePlace(nowMs);
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
