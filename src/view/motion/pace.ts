/**
 * How much may move at which pace. Motion explains identity (this card became that slice) or cause (these blocks left
 * because of that request); where a step passes before the eye can follow, nothing moves.
 */

import type { Playback } from '../../state/playback.ts';

/** What a pace leaves time for; `sampled`: not even every step is drawn. */
export type Band = 'travel' | 'fade' | 'still' | 'sampled';

/** How a change is shown: by travel, by fading in place, by fading and a mark that stays for the step, or not at all. */
export type Look = 'travel' | 'fade' | 'mark' | 'none';

/** Steps a second up to which things travel, up to which they fade, and up to which every step is drawn. */
const travelUpTo = 4;
const fadeUpTo = 8;
const drawnUpTo = 60;

/**
 * Steps a second at the shown step: the inverse of how long it stays on screen. 0 while paused, where a step stays as
 * long as one likes. A long step among short ones has time for its motion, and that is when there is something to see.
 */
export function paceOf({ isPlaying, frame, speed }: Pick<Playback, 'isPlaying' | 'frame' | 'speed'>): number {
  if (!isPlaying || frame === null || frame.window.count === 0) return 0;
  const { startUs, endUs, count } = frame.window;
  return (speed * 1e6) / Math.max(1, endUs[count - 1] - startUs[count - 1]);
}

export function bandOf(stepsPerS: number): Band {
  if (stepsPerS <= travelUpTo) return 'travel';
  if (stepsPerS <= fadeUpTo) return 'fade';
  return stepsPerS <= drawnUpTo ? 'still' : 'sampled';
}

export function lookOf(stepsPerS: number, motion: 'full' | 'reduced'): Look {
  const band = bandOf(stepsPerS);
  if (band === 'still' || band === 'sampled') return 'none';
  return motion === 'reduced' ? 'mark' : band;
}

/** All starts of one step's travels lie within so many milliseconds. */
const staggerMs = 60;
/** A travel takes 180 to 240 milliseconds, and less where the step does not stay that long. */
const travelMs = { least: 180, most: 240 };
export const fadeMs = 120;
/** Lost blocks stay hatched so long, and a found prefix glows so long, where the step stays long enough. */
const holdMs = 300;

/** How long a step stays on screen, in milliseconds; endless while paused. */
const stayMs = (stepsPerS: number): number => (stepsPerS === 0 ? Number.POSITIVE_INFINITY : 1000 / stepsPerS);

export function travelTime(stepsPerS: number): number {
  return Math.max(travelMs.least, Math.min(travelMs.most, stayMs(stepsPerS) - staggerMs));
}

/** When the `at`-th of `count` travels starts, milliseconds. */
export function delayOf(at: number, count: number): number {
  return count < 2 ? 0 : (at / (count - 1)) * staggerMs;
}

/** How long changed blocks keep their texture before it fades, milliseconds. */
export function holdTime(stepsPerS: number): number {
  return Math.max(0, Math.min(holdMs, stayMs(stepsPerS) - fadeMs));
}

/** No area flashes more often than this within a second (WCAG 2.3.1). */
const mostFlashes = 3;

/** Whether a flash may start at `nowMs`, given the starts of the flashes before it; `starts` then holds it too. */
export function mayFlash(starts: number[], nowMs: number): boolean {
  while (starts.length > 0 && starts[0] <= nowMs - 1000) starts.shift();
  if (starts.length >= mostFlashes) return false;
  starts.push(nowMs);
  return true;
}

/** Frames over which it is measured how many steps pass from one to the next. */
export const sampledFrames = 30;

/** Of how many steps one is shown, from the numbers of the last shown steps, oldest first; 1 where every step is. */
export function sampledEvery(steps: readonly number[]): number {
  if (steps.length < 2) return 1;
  return Math.max(1, Math.round((steps[steps.length - 1] - steps[0]) / (steps.length - 1)));
}
