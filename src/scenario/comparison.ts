/** Every engine on the same traffic, side by side, and what must hold between them whatever the numbers are. */

import type { Distribution, Summary } from '../sim/metrics/result.ts';
import { Status } from '../sim/request.ts';
import type { Materials } from './build.ts';
import { engines } from './engines/engines.ts';
import type { Knobs } from './knobs.ts';
import { presetOf } from './presets.ts';
import type { Problem } from './problem.ts';
import { type Simulated, simulateScenario } from './simulate.ts';
import { withEngine } from './with-engine.ts';

/** One traffic that all engines are given. */
export interface Traffic {
  readonly id: string;
  /** What it is, in one line. */
  readonly about: string;
  readonly knobs: Knobs;
}

/** One engine on one traffic; without metrics where it cannot run. */
export interface ComparedRun {
  readonly engine: string;
  readonly knobs: Knobs;
  readonly problems: readonly Problem[];
  readonly metrics: ComparedMetrics | null;
}

export interface ComparedMetrics {
  readonly summary: Summary;
  /** Tokens of the prompts of requests that finished; the summary counts those of refused ones too. */
  readonly servedPromptTokens: number;
  readonly ttft: Distribution;
  readonly tpot: Distribution;
  readonly itl: Distribution;
  readonly e2e: Distribution;
  readonly fingerprint: string;
}

type Account = Simulated['account'];

const onH200 = { clients: 0, 'max-model-len': 2048 } as const;

/**
 * The three traffics of the table: chat that arrives faster than an old engine can serve it, with a pool in which memory
 * is scarce; code completion, nearly all prefill; and a batch job, where only throughput counts.
 */
export const traffics: readonly Traffic[] = [
  {
    id: 'chat',
    about: '1,500 requests of the Azure-shaped chat at 8 a second, sequences up to 2,048 tokens, 40,000 KV tokens',
    knobs: {
      ...presetOf('azure-chat').knobs,
      ...onH200,
      requests: 1500,
      rate: 8,
      'kv-tokens': 40_000,
    },
  },
  {
    id: 'code',
    about: '1,500 requests of the Azure-shaped code completion at 5 a second, sequences up to 8,192 tokens',
    knobs: { ...presetOf('azure-code').knobs, requests: 1500, rate: 5, 'max-model-len': 8192 },
  },
  {
    id: 'batch',
    about: '600 requests at once, sequences up to 2,048 tokens, 40,000 KV tokens',
    knobs: {
      ...presetOf('azure-chat').knobs,
      ...onH200,
      workload: 'batch',
      rate: 0,
      requests: 600,
      'kv-tokens': 40_000,
    },
  },
];

/** A run's row of the table. */
export function comparedRun(knobs: Knobs, { summary, outcomes, distributions, fingerprint }: Account): ComparedRun {
  const { ttft, tpot, itl, e2e } = distributions;
  let servedPromptTokens = 0;
  for (let r = 0; r < outcomes.count; r++) {
    if (outcomes.status[r] === Status.finished) servedPromptTokens += outcomes.promptTokens[r];
  }
  const metrics = { summary, servedPromptTokens, ttft, tpot, itl, e2e, fingerprint };
  return { engine: knobs.engine, knobs, problems: [], metrics };
}

/** The row of a scenario that cannot run. */
export function notRun(knobs: Knobs, problems: readonly Problem[]): ComparedRun {
  return { engine: knobs.engine, knobs, problems, metrics: null };
}

/** Simulates one scenario for the table. */
export function compareRun(knobs: Knobs, materials: Materials = {}): ComparedRun {
  const simulated = simulateScenario(knobs, materials);
  return simulated.ok ? comparedRun(knobs, simulated.value.account) : notRun(knobs, simulated.problems);
}

/** Every engine on one traffic, one after the other. */
export function* compareEngines(
  knobs: Knobs,
  materials: Materials = {},
  ids: readonly string[] = engines().map((entry) => entry.id),
): Generator<ComparedRun> {
  for (const id of ids) yield compareRun(withEngine(knobs, id), materials);
}
