/** Makes the runs that judge learned scheduling (`learned-trials.ts`), one by one; what each lost is worked out in `regret.ts`. */

import { ln } from '../sim/math.ts';
import { Status } from '../sim/request.ts';
import { Run } from '../sim/run.ts';
import type { BanditRule } from '../sim/tuning/bandit.ts';
import { type Built, buildOne, type Materials } from './build.ts';
import type { Knobs } from './knobs.ts';
import {
  type Latency,
  type LearnedSubject,
  nextTrial,
  PARTS,
  type Trial,
  type TrialParts,
  type TrialResult,
} from './learned-trials.ts';
import type { Result } from './result.ts';

/** A trial that has begun; `run` goes on in slices, and `result` is there when it has ended. */
export interface RunningTrial {
  readonly run: Run;
  result(): TrialResult;
}

export function startTrial({ id, knobs, fixedArm }: Trial, materials: Materials = {}): Result<RunningTrial> {
  const built = buildOne(knobs, materials);
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
