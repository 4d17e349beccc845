/**
 * What is run to judge learned scheduling, and what comes back: a scenario under the settings to be compared, on the same
 * traffic. One run is a trial. The page knows these without the simulator.
 */

import type { TuningWindows } from '../sim/tuning/tuner.ts';
import type { Knobs } from './knobs.ts';
import { queueKnob } from './queue-knobs.ts';

/** What is judged: a predictor of lengths, or a bandit over one of its two sets of arms. */
export type LearnedSubject = 'predictor' | 'token-budget' | 'queue-order';

/** One run to be made. */
export interface Trial {
  /** `none` (first come, first served), `learned`, `noisy`, `oracle`; `bandit`, `arm-0`, `arm-1` ... */
  readonly id: string;
  readonly knobs: Knobs;
  /** The arm that is kept all the time; null = the scenario as it is. */
  readonly fixedArm: number | null;
}

/** Parts into which the requests of a run are divided, by order of arrival, to see how things went over time. */
export const PARTS = 60;

/** What a trial came to. */
export interface TrialResult {
  readonly id: string;
  readonly requests: number;
  readonly finished: number;
  readonly ttft: Latency;
  readonly e2e: Latency;
  /** Mean over finished requests of end-to-end latency by output tokens. */
  readonly normalisedUs: number;
  /** Mean absolute natural logarithm of prediction over truth; NaN without predictions. */
  readonly predictionError: number;
  readonly parts: TrialParts;
  /** What the bandit chose and got; null without one. */
  readonly windows: TuningWindows | null;
  readonly arms: readonly string[];
  readonly fingerprint: string;
}

export interface Latency {
  readonly meanUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

/** Sums over the finished requests of each part. */
export interface TrialParts {
  readonly finished: Int32Array;
  /** Arrival of the last request of the part. */
  readonly arrivalUs: Float64Array;
  readonly e2eUs: Float64Array;
  readonly normalisedUs: Float64Array;
  /** Absolute natural logarithm of prediction over truth. */
  readonly error: Float64Array;
}

/**
 * The run to make next to judge a subject, after those that are done; null if that was all. The scenario's own engine, memory
 * and traffic stay.
 */
export function nextTrial(knobs: Knobs, subject: LearnedSubject, done: readonly TrialResult[]): Trial | null {
  if (subject === 'predictor') return predictorTrials(knobs)[done.length] ?? null;
  const base = { ...knobs, bandit: subject };
  // An order by shortest job is worth something only with a prediction.
  const isBlind = subject === 'queue-order' && queueKnob(knobs, 'length-prediction') === 'none';
  const played: Knobs = isBlind ? { ...base, 'length-prediction': 'learned' } : base;
  if (done.length === 0) return { id: 'bandit', knobs: played, fixedArm: null };
  // How many arms there are follows from the engine's budget, so the bandit's own run knows it.
  const arm = done.length - 1;
  return arm < done[0].arms.length ? { id: `arm-${arm}`, knobs: played, fixedArm: arm } : null;
}

/** First come, first served against the shortest job by every kind of prediction. */
function predictorTrials(knobs: Knobs): Trial[] {
  const base = { ...knobs, bandit: 'off' };
  const none: Knobs = { ...base, 'queue-order': 'fcfs', 'length-prediction': 'none' };
  const predicted = (id: string): Trial => ({
    id,
    knobs: { ...base, 'queue-order': 'shortest-job', 'length-prediction': id },
    fixedArm: null,
  });
  return [{ id: 'none', knobs: none, fixedArm: null }, ...['learned', 'noisy', 'oracle'].map(predicted)];
}
