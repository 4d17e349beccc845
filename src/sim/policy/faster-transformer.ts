import type { Batch } from '../batch.ts';
import { Because, Bound } from '../decision.ts';
import { IterationPolicy } from './iteration.ts';
import type { Flips } from './policy.ts';

/**
 * FasterTransformer behind a scheduler: a batch runs until all its requests have ended, then the next one is formed. Rows
 * that have ended cost nothing any more, unlike in `static`. In a pipeline another batch is formed when all that run are
 * in flight. Meant for contiguous memory.
 */
export class FasterTransformerPolicy extends IterationPolicy {
  override get flips(): Flips {
    const flips = super.flips;
    return {
      ...flips,
      fixed: (because, request) => (because === Because.batchRunning ? 'batchRuns' : flips.fixed(because, request)),
    };
  }

  protected override fill(nowUs: number, batch: Batch): void {
    const joined = batch.count;
    this.running.push(...this.addDecodes(batch));
    if (batch.count > joined) {
      if (this.queue.size > 0 && batch.preemptions === 0) this.hold(batch, Bound.batch, Because.batchRunning, 0, 0);
      return;
    }
    while (this.queue.size > 0) {
      const request = this.queue.head();
      if (!this.admitHead(nowUs, batch)) break;
      this.addPrefill(batch, request, this.restOfPrompt(request));
    }
  }
}
