import { describe, expect, it } from 'vitest';
import type { Knobs } from './knobs.ts';
import { runTrials } from './learned-scheduling.ts';
import type { LearnedSubject, TrialResult } from './learned-trials.ts';
import { presetOf } from './presets.ts';
import { banditStudy, predictorRows, valueAt } from './regret.ts';

/** Chat that arrives faster than 64 seats can serve it for a while: a queue forms, and its order matters. */
const chat: Knobs = { ...presetOf('azure-chat').knobs, 'max-num-seqs': 64, rate: 24, requests: 1500 };
/** Code completion in bursts, eight seats: prompts say next to nothing about the answer. */
const code: Knobs = { ...presetOf('azure-code').knobs, 'max-num-seqs': 8, rate: 6, requests: 3000 };

function trials(knobs: Knobs, subject: LearnedSubject): TrialResult[] {
  return [...runTrials(knobs, subject, {})].map((trial) => {
    if (!trial.ok) throw new Error(JSON.stringify(trial.problems));
    return trial.value;
  });
}

function rowsOf(knobs: Knobs) {
  const rows = predictorRows(trials(knobs, 'predictor'));
  if (rows === null) throw new Error('no oracle');
  const [none, learned, noisy, oracle] = rows;
  return { none, learned, noisy, oracle };
}

describe('predicted lengths', () => {
  it.each([1, 2, 3, 4, 5])(
    'the oracle beats the learner, and the learner beats no prediction: chat, seed %i',
    (seed) => {
      const { none, learned, oracle } = rowsOf({ ...chat, seed });
      expect(oracle.trial.normalisedUs).toBeLessThan(learned.trial.normalisedUs);
      expect(learned.trial.normalisedUs).toBeLessThan(none.trial.normalisedUs);
      expect(oracle.trial.e2e.meanUs).toBeLessThan(learned.trial.e2e.meanUs);
      expect(learned.trial.e2e.meanUs).toBeLessThan(none.trial.e2e.meanUs);
      for (const { trial } of [none, learned, oracle]) expect(trial.finished).toBe(1500);
    },
  );

  it('a larger error of prediction loses more', () => {
    const noise = (sigma: number) => rowsOf({ ...chat, 'prediction-error': sigma }).noisy.regretNormalisedUs;
    const losses = [0, 0.3, 1, 2].map(noise);
    expect(losses[0]).toBe(0);
    for (let i = 1; i < losses.length; i++) expect(losses[i]).toBeGreaterThan(losses[i - 1]);
  });

  it('a learner that has little to learn from may lose against first come, first served', () => {
    const wins = [7, 8, 9].map((seed) => {
      const { none, learned, oracle } = rowsOf({ ...code, seed });
      expect(oracle.trial.normalisedUs).toBeLessThan(none.trial.normalisedUs);
      return learned.trial.normalisedUs < none.trial.normalisedUs;
    });
    expect(wins).toContain(false);
  });

  it('says how far predictions were off, and how that falls while the run goes on', () => {
    const { none, learned, noisy, oracle } = rowsOf(chat);
    expect(none.trial.predictionError).toBeNaN();
    expect(none.error.value).toEqual([]);
    expect(oracle.trial.predictionError).toBe(0);
    // The mean absolute value of a normal variable of deviation 0.5.
    expect(noisy.trial.predictionError).toBeCloseTo(0.5 * Math.sqrt(2 / Math.PI), 1);
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    const { value } = learned.error;
    expect(mean(value.slice(-20))).toBeLessThan(0.7 * mean(value.slice(0, 5)));
  });

  it('follows regret up to what the means of the whole run say', () => {
    const rows = rowsOf(chat);
    for (const { regretE2eUs, regret } of Object.values(rows)) {
      expect(regret.value[regret.value.length - 1]).toBeCloseTo(regretE2eUs, 0);
    }
    expect(rows.oracle.regretE2eUs).toBe(0);
  });
});

describe('the bandit', () => {
  const bursts: Knobs = {
    ...presetOf('azure-code').knobs,
    rate: 4,
    requests: 4000,
    'bandit-window-ms': 5000,
    'slo-tpot-ms': 20,
  };

  it.each([7, 8, 9])('comes near the best budget, far above the engine’s own: code in bursts, seed %i', (seed) => {
    const study = banditStudy(trials({ ...bursts, seed }, 'token-budget'));
    if (study === null) throw new Error('no bandit');
    expect(study.arms).toEqual(['8192', '2048', '512']);
    expect(study.reward).toBeGreaterThan(1.3 * study.rewardOfArms[0]);
    expect(study.reward).toBeGreaterThan(0.88 * study.rewardOfArms[study.bestArm]);
    expect(study.regret).toBe(study.rewardOfArms[study.bestArm] - study.reward);
    const { value } = study.regretOverTime;
    expect(value[value.length - 1]).toBe(study.regret);
    expect(valueAt(study.cumulative, Number.POSITIVE_INFINITY)).toBe(study.reward);
    for (const rate of study.rewardRate.value) expect(rate >= 0 && rate <= 1).toBe(true);
  });

  it('chooses between orders, with lengths that it learns if nobody predicts them', () => {
    const knobs = { ...chat, requests: 3000, 'bandit-window-ms': 5000 };
    const [bandit, ...arms] = trials(knobs, 'queue-order');
    expect(bandit.arms).toEqual(['fcfs', 'shortest-job', 'longest-prefix']);
    expect(bandit.predictionError).toBeGreaterThan(0);
    const study = banditStudy([bandit, ...arms]);
    expect(study?.bestArm).toBe(1);
    expect(study?.reward).toBeGreaterThan(study?.rewardOfArms[0] ?? Number.NaN);
    // Nothing is cached in this traffic: the longest prefix is first come, first served.
    expect(arms[2].fingerprint).toBe(arms[0].fingerprint);
  });

  it('is refused where the engine’s budget cannot change', () => {
    const [first] = runTrials({ ...presetOf('static-against-continuous').knobs }, 'token-budget', {});
    expect(first.ok ? [] : first.problems).toMatchObject([{ code: 'budget-is-fixed', field: 'bandit' }]);
    const whole = { ...bursts, 'enable-chunked-prefill': false };
    expect([...runTrials(whole, 'token-budget', {})].map((trial) => trial.ok)).toEqual([false]);
  });
});
