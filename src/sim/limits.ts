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
  /** Order of the waiting queue; `QueueOrders.switchTo` changes it. */
  queue: QueueOrder;
}

/** The limits that a configuration begins with. */
export function initialLimits({ maxNumBatchedTokens, maxNumScheduledTokens, queue }: EngineConfig): Limits {
  return { maxNumBatchedTokens, maxNumScheduledTokens, queue };
}
