import { parseArgs } from 'node:util';
import { runTrials } from '../scenario/learned-scheduling.ts';
import type { LearnedSubject, TrialResult } from '../scenario/learned-trials.ts';
import { encode } from '../scenario/link.ts';
import { queueKnob } from '../scenario/queue-knobs.ts';
import { type BanditStudy, banditStudy, type PredictorRow, predictorRows } from '../scenario/regret.ts';
import { seedsOf } from '../scenario/sweep.ts';
import type { KnobValue } from '../scenario/value.ts';
import type { Command } from './command.ts';
import { Failure, problemLine, quote } from './failure.ts';
import { count, duration, percent } from './format.ts';
import { loadScenario } from './load.ts';
import { onePositional, readCount, scenarioOptions } from './study.ts';

const help = `Usage: learn SCENARIO [--what predictor|token-budget|queue-order] [--seeds N] [--trace FILE] [--engine NAME] [--model NAME|FILE] [--device NAME|FILE] [--set KNOB=VALUE]... [--json]

Judges learned scheduling on one traffic.

  --what predictor      first come, first served (none) against the shortest job first, by a predictor that learns in the
                        run, by the truth with an error (knob prediction-error) and by the truth (oracle). Prints latencies,
                        the mean absolute log error of the predictions made at arrival, and regret: what each loses
                        against the oracle in mean E2E latency and in mean latency a token. Default.
  --what token-budget   a bandit that chooses the token budget for each window, against each budget kept all the time.
  --what queue-order    the same with the order of the queue.
                        The reward is a request that ended within slo-ttft-ms and slo-tpot-ms; regret is what the best
                        fixed arm, known only afterwards, got beyond the bandit. Knobs: bandit-rule, bandit-window-ms.
  --seeds N             with N traffic seeds from the scenario's own on, default 1
`;

const subjects: readonly LearnedSubject[] = ['predictor', 'token-budget', 'queue-order'];

export const learnCommand: Command = {
  name: 'learn',
  summary: 'judges learned scheduling: predictors against the oracle, a bandit against the best fixed setting',
  help,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args,
      options: { ...scenarioOptions, what: { type: 'string', default: 'predictor' } },
      allowPositionals: true,
    });
    const scenario = onePositional(positionals);
    const subject = subjects.find((s) => s === values.what);
    if (subject === undefined) throw new Failure(`--what: found ${quote(values.what)}, expected ${subjects.join('|')}`);
    const seeds = readCount('--seeds', values.seeds ?? '1', 1, 1000);
    const { knobs, materials } = await loadScenario({ scenario, ...values }, io);
    const bySeed: unknown[] = [];
    for (const seeded of seedsOf(knobs, seeds)) {
      const trials: TrialResult[] = [];
      for (const trial of runTrials(seeded, subject, materials)) {
        if (!trial.ok) throw new Failure(trial.problems.map(problemLine).join('; '));
        trials.push(trial.value);
        io.note(`seed ${seeded.seed}: ${trial.value.id}`);
      }
      const rows = predictorRows(trials);
      const study = banditStudy(trials);
      if (!values.json && seeds > 1) io.out(`seed ${seeded.seed}\n`);
      if (!values.json)
        io.out(
          rows !== null
            ? predictorTable(rows, queueKnob(seeded, 'prediction-error'))
            : study !== null
              ? banditTable(study)
              : '',
        );
      bySeed.push({
        seed: seeded.seed,
        ...(rows === null ? {} : { rows: rows.map(rowJson) }),
        ...(study === null ? {} : banditJson(study)),
      });
    }
    if (values.json) io.out(`${JSON.stringify({ link: encode(knobs), what: subject, seeds: bySeed })}\n`);
    return 0;
  },
};

const heads = [
  'TTFT mean',
  'P50',
  'P99',
  'E2E mean',
  'P50',
  'P99',
  'E2E/token',
  'log error',
  'regret E2E',
  'regret/token',
];

function predictorTable(rows: readonly PredictorRow[], sigma: KnobValue): string {
  return aligned([
    ['prediction', ...heads],
    ...rows.map(({ trial, regretE2eUs, regretNormalisedUs }) => [
      trial.id === 'noisy' ? `noisy ${sigma}` : trial.id,
      ...[trial.ttft, trial.e2e].flatMap((l) => [duration(l.meanUs), duration(l.p50Us), duration(l.p99Us)]),
      duration(trial.normalisedUs),
      Number.isNaN(trial.predictionError) ? '-' : trial.predictionError.toFixed(3),
      duration(regretE2eUs),
      duration(regretNormalisedUs),
    ]),
  ]);
}

function banditTable(study: BanditStudy): string {
  const { windows, arms, rewardOfArms, bestArm } = study;
  const ended = windows.ended.reduce((sum, n) => sum + n, 0);
  const chosen = (arm: number) => windows.arm.reduce((sum, a) => sum + (a === arm ? 1 : 0), 0);
  const line = (name: string, reward: number, windowCount: string) => [
    name,
    count(reward),
    percent(reward / ended),
    count(rewardOfArms[bestArm] - reward),
    windowCount,
  ];
  return aligned([
    ['', 'reward', 'share', 'regret', 'windows'],
    line('bandit', study.reward, count(windows.count)),
    ...arms.map((arm, i) => line(i === bestArm ? `${arm} (best)` : arm, rewardOfArms[i], count(chosen(i)))),
  ]);
}

function rowJson({ trial, regretE2eUs, regretNormalisedUs, error, regret }: PredictorRow) {
  const ms = (us: number) => us / 1000;
  return {
    prediction: trial.id,
    finished: trial.finished,
    ...Object.fromEntries(
      (['ttft', 'e2e'] as const).flatMap((name) => [
        [`${name}MeanMs`, ms(trial[name].meanUs)],
        [`${name}P50Ms`, ms(trial[name].p50Us)],
        [`${name}P99Ms`, ms(trial[name].p99Us)],
      ]),
    ),
    e2ePerTokenMs: ms(trial.normalisedUs),
    logError: Number.isNaN(trial.predictionError) ? null : trial.predictionError,
    regretE2eMs: ms(regretE2eUs),
    regretPerTokenMs: ms(regretNormalisedUs),
    logErrorOverTime: error.timeUs.map((us, i) => ({ s: us / 1e6, error: error.value[i] })),
    regretOverTime: regret.timeUs.map((us, i) => ({ s: us / 1e6, e2eMeanMs: ms(regret.value[i]) })),
    fingerprint: trial.fingerprint,
  };
}

function banditJson({ arms, windows, reward, rewardOfArms, bestArm, regret, regretOverTime }: BanditStudy) {
  return {
    arms,
    reward,
    rewardOfArms,
    bestArm: arms[bestArm],
    regret,
    windows: Array.from({ length: windows.count }, (_, w) => ({
      s: windows.startUs[w] / 1e6,
      load: windows.context[w],
      arm: arms[windows.arm[w]],
      ended: windows.ended[w],
      kept: windows.kept[w],
    })),
    regretOverTime: regretOverTime.timeUs.map((us, i) => ({ s: us / 1e6, requests: regretOverTime.value[i] })),
  };
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows
    .map((row) => `${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')}\n`)
    .join('');
}
