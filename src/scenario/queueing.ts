/** Knobs of Q -> what the configuration says of it. */

import type { EngineConfig } from '../sim/engine-config.ts';
import type { PredictionConfig } from '../sim/queue/predict/predictor.ts';
import type { QueueOrder } from '../sim/queue/queue.ts';
import type { BanditRule } from '../sim/tuning/bandit.ts';
import type { TunableOrder, TuningConfig } from '../sim/tuning/tuner.ts';
import type { EngineEntry } from './engines/entry.ts';
import type { Knobs } from './knobs.ts';
import { queueKnob } from './queue-knobs.ts';
import type { Result } from './result.ts';

/** Orders that the bandit chooses from. */
export const orderArms: readonly TunableOrder[] = ['fcfs', 'shortest-job', 'longest-prefix'];

/** Waiting requests at which the load counts as higher. */
const loadLevels = [1, 16];

/** The configuration with the queue that the knobs ask for, or why the engine cannot have it. */
export function withQueue(config: EngineConfig, knobs: Knobs, entry: EngineEntry): Result<EngineConfig> {
  const bandit = queueKnob(knobs, 'bandit');
  const order = queueKnob(knobs, 'queue-order');
  if (bandit === 'token-budget' && !mayTuneBudget(config, entry)) {
    const expected = 'off|queue-order';
    return { ok: false, problems: [{ code: 'budget-is-fixed', field: 'bandit', found: String(bandit), expected }] };
  }
  const queue = bandit === 'queue-order' ? orderArms[0] : order === 'own' ? config.queue : (order as QueueOrder);
  const tuning = tuningOf(config, knobs);
  return { ok: true, value: { ...config, queue, prediction: predictionOf(knobs), tuning } };
}

/** Budgets that the bandit chooses from: the engine's own, a quarter and a sixteenth of it. */
export function budgetArms(tokenBudget: number): readonly number[] {
  const arms = [1, 4, 16].map((part) => Math.max(Math.min(64, tokenBudget), Math.floor(tokenBudget / part)));
  return [...new Set(arms)];
}

/** Whether the engine can go on with another token budget between two steps: it must be able to cut a prompt. */
function mayTuneBudget(config: EngineConfig, entry: EngineEntry): boolean {
  return entry.live?.includes('maxNumBatchedTokens') === true && config.enableChunkedPrefill;
}

function predictionOf(knobs: Knobs): PredictionConfig {
  const kind = queueKnob(knobs, 'length-prediction') as PredictionConfig['kind'];
  return { kind, sigma: Number(queueKnob(knobs, 'prediction-error')), seed: knobs.seed };
}

function tuningOf(config: EngineConfig, knobs: Knobs): TuningConfig | null {
  const common = {
    rule: ruleOf(String(queueKnob(knobs, 'bandit-rule'))),
    windowUs: Number(queueKnob(knobs, 'bandit-window-ms')) * 1000,
    loadLevels,
    ttftUs: Number(queueKnob(knobs, 'slo-ttft-ms')) * 1000,
    tpotUs: Number(queueKnob(knobs, 'slo-tpot-ms')) * 1000,
    seed: knobs.seed,
  };
  switch (queueKnob(knobs, 'bandit')) {
    case 'token-budget':
      return { ...common, what: 'token-budget', arms: budgetArms(config.maxNumBatchedTokens) };
    case 'queue-order':
      return { ...common, what: 'queue-order', arms: orderArms };
    default:
      return null;
  }
}

/**
 * Width of the confidence bound. UCB1 proves its bound with sqrt(2), for rewards that are 0 or 1; here a reward is a mean over
 * a window and varies little, and a run has few windows: with sqrt(2) most of them go into trying what is known to be bad.
 */
const exploration = 0.2;

function ruleOf(name: string): BanditRule {
  switch (name) {
    case 'epsilon-greedy':
      return { kind: 'epsilon-greedy', epsilon: 0.1 };
    case 'discounted-ucb':
      return { kind: 'discounted-ucb', exploration, discount: 0.98 };
    default:
      return { kind: 'ucb', exploration };
  }
}
