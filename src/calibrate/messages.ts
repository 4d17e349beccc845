/** What crosses the border between the page and the calibration worker. Plain data only. */

import type { CalibrationProgress, Outcome } from './benchmark.ts';
import type { StopReason } from './device.ts';

export type ToWorker = { readonly kind: 'start' } | { readonly kind: 'stop'; readonly reason: StopReason };

/** `done` is the last message; it follows a `stop` too. */
export type FromWorker =
  | { readonly kind: 'progress'; readonly progress: CalibrationProgress }
  | { readonly kind: 'done'; readonly outcome: Outcome };
