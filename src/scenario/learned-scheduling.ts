/**
 * Judges learned scheduling: a scenario is run under the settings to be compared, on the same traffic, and what each lost
 * against the best is worked out. One run is a trial; page and command line run them one by one.
 */

import { ln } from '../sim/math.ts';
import { Status } from '../sim/request.ts';
import { Run } from '../sim/run.ts';
import type { BanditRule } from '../sim/tuning/bandit.ts';
import type { TuningWindows } from '../sim/tuning/tuner.ts';
import { type Built, build, type Materials } from './build.ts';
import type { Knobs } from './knobs.ts';
import { queueKnob } from './queue-knobs.ts';
import type { Result } from './result.ts';

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

/** A trial that has begun; `run` goes on in slices, and `result` is there when it has ended. */
export interface RunningTrial {
  readonly run: Run;
  result(): TrialResult;
}

export function startTrial({ id, knobs, fixedArm }: Trial, materials: Materials = {}): Result<RunningTrial> {
  const built = build(knobs, materials);
  if (!built.ok) return built;
  const { config, source, cost, device } = built.value;
  const { tuning } = config;
  const rule: BanditRule | null = fixedArm === null ? null : { kind: 'fixed', arm: fixedArm };
  const run = new Run(
    tuning === null || rule === null ? config : { ...config, tuning: { ...tuning, rule } },
    source,
    cost,
    device.peakFlops,
    device.peakBytesPerS,
  );
  return { ok: true, value: { run, result: () => resultOf(id, run, built.value) } };
}

/** Makes all runs of a subject, one after the other, up to the first that cannot be built. */
export function* runTrials(
  knobs: Knobs,
  subject: LearnedSubject,
  materials: Materials,
): Generator<Result<TrialResult>> {
  const done: TrialResult[] = [];
  for (;;) {
    const trial = nextTrial(knobs, subject, done);
    if (trial === null) return;
    const started = startTrial(trial, materials);
    if (!started.ok) {
      yield started;
      return;
    }
    started.value.run.advance(Number.POSITIVE_INFINITY);
    const result = started.value.result();
    done.push(result);
    yield { ok: true, value: result };
  }
}

function resultOf(id: string, run: Run, { config }: Built): TrialResult {
  const { outcomes, distributions, summary, fingerprint } = run.account();
  const { tuner, sequences } = run.simulation.engine;
  const { tuning } = config;
  const parts = partsOf(outcomes, sequences.predicted);
  const predictions = parts.error.reduce((a, b) => a + b, 0);
  const latency = ({ meanUs, p50Us, p99Us }: Latency): Latency => ({ meanUs, p50Us, p99Us });
  return {
    id,
    requests: summary.requests,
    finished: summary.finished,
    ttft: latency(distributions.ttft),
    e2e: latency(distributions.e2e),
    normalisedUs: summary.normalisedUs,
    predictionError: config.prediction.kind === 'none' ? Number.NaN : predictions / summary.finished,
    parts,
    windows: tuner?.windows() ?? null,
    arms: tuning === null ? [] : tuning.arms.map(String),
    fingerprint,
  };
}

type Outcomes = ReturnType<Run['account']>['outcomes'];

function partsOf(outcomes: Outcomes, predicted: Float64Array): TrialParts {
  const parts = {
    finished: new Int32Array(PARTS),
    arrivalUs: new Float64Array(PARTS),
    e2eUs: new Float64Array(PARTS),
    normalisedUs: new Float64Array(PARTS),
    error: new Float64Array(PARTS),
  };
  const { count, status, arrivalUs, finishUs, outputTokens } = outcomes;
  for (let r = 0; r < count; r++) {
    const part = Math.floor((r * PARTS) / count);
    parts.arrivalUs[part] = arrivalUs[r];
    if (status[r] !== Status.finished) continue;
    parts.finished[part]++;
    parts.e2eUs[part] += finishUs[r] - arrivalUs[r];
    parts.normalisedUs[part] += (finishUs[r] - arrivalUs[r]) / outputTokens[r];
    if (predicted[r] > 0) parts.error[part] += Math.abs(ln(predicted[r] / outputTokens[r]));
  }
  return parts;
}
