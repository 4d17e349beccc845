import type { EngineConfig } from './engine-config.ts';
import type { QueueOrder } from './queue/queue.ts';

/**
 * What may change while an engine runs. A policy reads these at every step and never keeps a copy; what is not here is
 * read from the configuration. A limit is never above what the configuration says, so memory may be laid out after that.
 */
export interface Limits {
  /** Token budget of a step. */
  maxNumBatchedTokens: number;
  /** Scheduled-token budget; never above the other one. */
  maxNumScheduledTokens: number;
  /** Seats. Whoever runs when they become fewer goes on; nobody is admitted until one is free again. */
  maxNumSeqs: number;
  /** Longest prefill chunk; 0 = no limit. */
  longPrefillTokenThreshold: number;
  /** Order of the waiting queue; `QueueOrders.switchTo` changes it. */
  queue: QueueOrder;
  /** Numbers of tokens for which a step was captured as a graph: they follow from the others. */
  graphSizes: readonly number[];
}

/** Limits of the engine from one step of a run on. */
export interface LimitChange {
  /** Number of the first step under the new limits: so many were launched under the old ones. */
  readonly atStep: number;
  readonly before: Readonly<Limits>;
  readonly after: Readonly<Limits>;
}

/** The limits that a configuration begins with. */
export function initialLimits(config: EngineConfig): Limits {
  return { ...(config.change?.before ?? limitsOf(config)) };
}

/** The limits that a configuration says. */
export function limitsOf(config: EngineConfig): Limits {
  const { maxNumBatchedTokens, maxNumScheduledTokens, maxNumSeqs, longPrefillTokenThreshold, queue, graphSizes } =
    config;
  return { maxNumBatchedTokens, maxNumScheduledTokens, maxNumSeqs, longPrefillTokenThreshold, queue, graphSizes };
}
