/** What a setting lost against the best one, over time. Worked out from trials, wherever they were run. */

import type { TuningWindows } from '../sim/tuning/tuner.ts';
import type { TrialParts, TrialResult } from './learned-trials.ts';

/** A curve: at each time its value, in order of time. */
export interface Curve {
  readonly timeUs: readonly number[];
  readonly value: readonly number[];
}

/** One way to order the queue, with what it lost against the oracle. */
export interface PredictorRow {
  readonly trial: TrialResult;
  /** Mean over requests, against the oracle's; negative if better. */
  readonly regretE2eUs: number;
  readonly regretNormalisedUs: number;
  /** Mean error of the predictions made in each part of the run; empty without predictions. */
  readonly error: Curve;
  /** The same for the requests that had arrived up to a time: it ends at `regretE2eUs`. */
  readonly regret: Curve;
}

/** Each trial of predictors beside the oracle's; null as long as that one is not there. */
export function predictorRows(trials: readonly TrialResult[]): PredictorRow[] | null {
  const oracle = trials.find((trial) => trial.id === 'oracle');
  if (oracle === undefined) return null;
  return trials.map((trial) => {
    const { parts } = trial;
    const timeUs = [...parts.arrivalUs];
    const regret = meansSoFar(parts).map((mean, i) => mean - meansSoFar(oracle.parts)[i]);
    const judged = timeUs.map((us, i) => ({ us, i })).filter(({ i }) => parts.finished[i] > 0);
    const hasErrors = !Number.isNaN(trial.predictionError);
    return {
      trial,
      regretE2eUs: trial.e2e.meanUs - oracle.e2e.meanUs,
      regretNormalisedUs: trial.normalisedUs - oracle.normalisedUs,
      error: hasErrors
        ? { timeUs: judged.map(({ us }) => us), value: judged.map(({ i }) => parts.error[i] / parts.finished[i]) }
        : { timeUs: [], value: [] },
      regret: { timeUs, value: regret },
    };
  });
}

/** Mean latency of the finished requests up to the end of each part. */
function meansSoFar({ e2eUs, finished }: TrialParts): number[] {
  let sum = 0;
  let count = 0;
  return Array.from(e2eUs, (us, i) => {
    sum += us;
    count += finished[i];
    return count > 0 ? sum / count : 0;
  });
}

/** The bandit beside its arms, each kept all the time on the same traffic. */
export interface BanditStudy {
  readonly arms: readonly string[];
  readonly windows: TuningWindows;
  /** Requests worth a reward over the whole run: of the bandit, and of each arm. */
  readonly reward: number;
  readonly rewardOfArms: readonly number[];
  /** The arm that got most, known only afterwards. */
  readonly bestArm: number;
  /** Requests that the best arm would have served within the limits beyond the bandit's; negative if the bandit did better. */
  readonly regret: number;
  /** Share of the requests ending in a window that kept the limits; windows in which none ended are left out. */
  readonly rewardRate: Curve;
  /** Reward so far, of the bandit and of each arm. */
  readonly cumulative: Curve;
  readonly cumulativeOfArms: readonly Curve[];
  /** Regret so far against the arm that is best over the whole run. */
  readonly regretOverTime: Curve;
}

/** Judges a bandit from its own trial and one of each arm; null as long as one is missing. */
export function banditStudy(trials: readonly TrialResult[]): BanditStudy | null {
  const windows = trials.find((trial) => trial.id === 'bandit')?.windows;
  const { arms } = trials[0] ?? { arms: [] };
  const fixed = arms.flatMap((_, arm) => trials.find((trial) => trial.id === `arm-${arm}`)?.windows ?? []);
  if (windows === undefined || windows === null || fixed.length < arms.length) return null;
  const rewardOfArms = fixed.map(rewardOf);
  const bestArm = rewardOfArms.indexOf(Math.max(...rewardOfArms));
  const cumulative = cumulativeOf(windows);
  const cumulativeOfArms = fixed.map(cumulativeOf);
  const best = cumulativeOfArms[bestArm];
  // In a window in which nothing was launched a curve has no step: regret is looked at where either has one.
  const timeUs = [...new Set([...cumulative.timeUs, ...best.timeUs])].sort((a, b) => a - b);
  return {
    arms,
    windows,
    reward: rewardOf(windows),
    rewardOfArms,
    bestArm,
    regret: rewardOfArms[bestArm] - rewardOf(windows),
    rewardRate: ratesOf(windows),
    cumulative,
    cumulativeOfArms,
    regretOverTime: { timeUs, value: timeUs.map((us) => valueAt(best, us) - valueAt(cumulative, us)) },
  };
}

/** The last value of a curve up to a time; 0 before it begins. */
export function valueAt({ timeUs, value }: Curve, us: number): number {
  let low = 0;
  let high = timeUs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timeUs[middle] <= us) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : value[low - 1];
}

function rewardOf({ kept }: TuningWindows): number {
  return kept.reduce((sum, n) => sum + n, 0);
}

/** A window's reward counts from its end on. */
function cumulativeOf({ endUs, kept }: TuningWindows): Curve {
  let sum = 0;
  return {
    timeUs: [...endUs],
    value: Array.from(kept, (n) => {
      sum += n;
      return sum;
    }),
  };
}

function ratesOf({ count, startUs, kept, ended }: TuningWindows): Curve {
  const judged = Array.from({ length: count }, (_, w) => w).filter((w) => ended[w] > 0);
  return { timeUs: judged.map((w) => startUs[w]), value: judged.map((w) => kept[w] / ended[w]) };
}
