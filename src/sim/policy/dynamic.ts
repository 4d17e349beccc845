import type { PolicyKind } from './kind.ts';
import type { PolicyContext } from './policy.ts';
import { StaticPolicy } from './static.ts';

/** What only this policy is told, under the names of Triton's model configuration in camel case. */
export interface DynamicSettings {
  readonly maxBatchSize: number;
  /** Sizes that need not wait for more, in any order. */
  readonly preferredBatchSizes: readonly number[];
  /** How long the request that came first may wait for a batch of such a size; 0 = not at all. */
  readonly maxQueueDelayUs: number;
}

/**
 * A dynamic batcher in front of a static batch, as in Triton Inference Server (its documentation of `dynamic_batching`): when
 * the one model instance is free, the largest preferred size that can be formed is formed. Else the first request may
 * wait a while for one; after that, or when the largest size is there, whoever waits is taken. The batch runs until its last
 * row is done.
 */
export class DynamicPolicy extends StaticPolicy {
  private readonly settings: DynamicSettings;

  constructor(context: PolicyContext, settings: DynamicSettings) {
    super(context);
    this.settings = settings;
  }

  protected override get fullSize(): number {
    return Math.min(this.settings.maxBatchSize, this.context.config.maxNumSeqs);
  }

  protected override dueSize(nowUs: number): number {
    const { preferredBatchSizes, maxQueueDelayUs } = this.settings;
    const most = this.fullSize;
    const possible = Math.min(this.queue.size, most);
    let preferred = 0;
    let next = most;
    for (const size of preferredBatchSizes) {
      if (size <= possible) preferred = Math.max(preferred, size);
      else next = Math.min(next, size);
    }
    if (preferred > 0) return preferred;
    if (possible === most) return most;
    return this.hasWaited(nowUs, maxQueueDelayUs, next) ? most : 0;
  }
}

export const dynamic: PolicyKind<DynamicSettings> = {
  id: 'dynamic',
  defaults: { maxBatchSize: 8, preferredBatchSizes: [], maxQueueDelayUs: 0 },
  createPolicy: (context, settings) => new DynamicPolicy(context, settings),
};
