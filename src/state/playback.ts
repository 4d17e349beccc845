import { createStore } from 'zustand/vanilla';
import type { Frame } from '../protocol/frame.ts';

/** Where the cursor stands and whether it moves. */
export interface Playback {
  /** The shown step, or null before the first frame has come. */
  readonly frame: Frame | null;
  /** What runs at the same time in the pinned run; null where none is pinned. */
  readonly pinned: Frame | null;
  readonly isPlaying: boolean;
  /** The step that nothing goes past as long as its question is not answered; infinite where none is asked. */
  readonly stopAt: number;
  /** Simulated seconds a real second; `slowest` to `fastest`, chosen on a logarithmic scale. */
  readonly speed: number;
}

export const slowest = 1e-3;
export const fastest = 1e3;

export const playbackStore = createStore<Playback>()(() => ({
  frame: null,
  pinned: null,
  isPlaying: false,
  stopAt: Number.POSITIVE_INFINITY,
  speed: 0.05,
}));
