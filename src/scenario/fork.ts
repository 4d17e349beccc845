/** A run whose past is another scenario's: knobs that change while the engine runs. */

import type { EngineConfig } from '../sim/engine-config.ts';
import { type Limits, limitsOf } from '../sim/limits.ts';
import { type Built, build, type Materials } from './build.ts';
import { engineOf } from './engines/engines.ts';
import type { Knobs } from './knobs.ts';
import { orderArms } from './queueing.ts';
import type { Result } from './result.ts';
import { differences } from './value.ts';

/** Where a run leaves another one. */
export interface Fork {
  /** The scenario before. */
  readonly base: Knobs;
  /** The first step under the other knobs. */
  readonly step: number;
}

export interface BuiltFork extends Built {
  /** Whether the change comes into force at the step. If not, the whole run is under the new knobs: they cannot change while the engine runs. */
  readonly isFromStep: boolean;
}

/** Knobs that an engine may go on with when they change, and the limits that they set. */
const liveKnobs: Readonly<Record<string, readonly (keyof Limits)[]>> = {
  'max-num-batched-tokens': ['maxNumBatchedTokens', 'maxNumScheduledTokens'],
  'max-num-seqs': ['maxNumSeqs'],
  'long-prefill-token-threshold': ['longPrefillTokenThreshold'],
  'queue-order': ['queue'],
};

/** Builds `knobs` as a change of `fork.base` at a step, as far as they can change then. */
export function buildFork(knobs: Knobs, fork: Fork, materials: Materials = {}): Result<BuiltFork> {
  const after = build(knobs, materials);
  if (!after.ok) return after;
  const before = build(fork.base, materials);
  const whole: Result<BuiltFork> = { ok: true, value: { ...after.value, isFromStep: false } };
  if (!before.ok || !mayChange(fork.base, knobs, before.value.config, after.value.config)) return whole;
  const [from, to] = [limitsOf(before.value.config), limitsOf(after.value.config)];
  // An engine that runs keeps the pool that it has laid out, whatever a step's activations would leave for it.
  const { numBlocks, maxModelLen } = before.value.config;
  const { blocks, kvPoolBytes } = before.value.facts;
  const config: EngineConfig = {
    ...after.value.config,
    numBlocks,
    maxModelLen,
    maxNumBatchedTokens: Math.max(from.maxNumBatchedTokens, to.maxNumBatchedTokens),
    maxNumScheduledTokens: Math.max(from.maxNumScheduledTokens, to.maxNumScheduledTokens),
    maxNumSeqs: Math.max(from.maxNumSeqs, to.maxNumSeqs),
    queue: from.queue,
    change: { atStep: fork.step, before: from, after: to },
  };
  const facts = { ...after.value.facts, blocks, kvPoolBytes, maxModelLen };
  return { ok: true, value: { ...after.value, config, facts, isFromStep: true } };
}

/** Names of the knobs that differ and cannot change while the engine runs. */
export function fixedDifferences(base: Knobs, knobs: Knobs): readonly string[] {
  const live = engineOf(knobs.engine)?.live ?? [];
  return differences(knobs, base).filter((name) => {
    const limits = liveKnobs[name];
    return limits === undefined || !limits.every((limit) => limit === 'queue' || live.includes(limit));
  });
}

function mayChange(base: Knobs, knobs: Knobs, before: EngineConfig, after: EngineConfig): boolean {
  if (knobs.preset !== base.preset || fixedDifferences(base, knobs).length > 0) return false;
  if (before.tuning !== null || after.tuning !== null) return false;
  const orders: readonly string[] = orderArms;
  const isSameOrder = before.queue === after.queue;
  if (!isSameOrder && !(orders.includes(before.queue) && orders.includes(after.queue))) return false;
  // What else follows from the knobs must be the same.
  return rest(before) === rest(after);
}

/** A configuration without its limits and its pool, as a text that equal ones share. */
function rest(config: EngineConfig): string {
  const limits = [...Object.keys(limitsOf(config)), 'numBlocks', 'maxModelLen'];
  return JSON.stringify(Object.entries(config).filter(([name]) => !limits.includes(name)));
}
