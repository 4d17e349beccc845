import type { Batch } from '../batch.ts';
import { IterationPolicy } from './iteration.ts';

/**
 * Orca (Yu et al., OSDI 2022): iteration-level scheduling. A step is one token for everybody who runs and the whole
 * prompts of those who join. Meant for contiguous memory: a request's longest length is reserved when it joins.
 */
export class OrcaPolicy extends IterationPolicy {
  protected override fill(nowUs: number, batch: Batch): void {
    const begun = this.addDecodes(batch);
    this.running.push(...begun);
    while (batch.preemptions === 0 && this.queue.size > 0) {
      const request = this.queue.head();
      if (!this.admitHead(nowUs, batch)) break;
      this.addPrefill(batch, request, this.restOfPrompt(request));
    }
  }
}
