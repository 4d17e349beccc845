import type { Batch } from '../batch.ts';
import { Because, Bound } from '../decision.ts';
import type { IterationState } from './iteration.ts';
import { SarathiPolicy } from './sarathi.ts';

/**
 * Chunked prefill without mixed batches, an ablation of Sarathi-Serve: steps of prompt chunks and steps of decodes take
 * turns. Prompts that were begun are done before new ones join. A turn of chunks without anything to compute goes to the decodes.
 */
export class SimpleChunkingPolicy extends SarathiPolicy {
  private isDecodeTurn = false;

  override schedule(nowUs: number, batch: Batch): void {
    if (!this.isDecodeTurn) {
      this.continuePrompts(batch);
      if (batch.count === 0) this.admitPrompts(nowUs, batch);
    }
    this.isDecodeTurn = batch.count > 0;
    if (batch.count > 0) return;
    this.running.push(...this.addDecodes(batch));
    if (this.queue.size > 0 && batch.preemptions > 0) this.hold(batch, Bound.blocks, Because.preemptedThisStep, 0, 0);
    else if (this.queue.size > 0 && batch.bound === Bound.nothingLeft) {
      this.hold(batch, Bound.tokenBudget, Because.tokenBudget, this.context.sequences.known(this.queue.head()), 0);
    }
  }

  override save(): IterationState & { readonly isDecodeTurn: boolean } {
    return { ...super.save(), isDecodeTurn: this.isDecodeTurn };
  }

  override restore(saved: unknown): void {
    super.restore(saved);
    this.isDecodeTurn = (saved as { isDecodeTurn: boolean }).isDecodeTurn;
  }

  private continuePrompts(batch: Batch): void {
    const { inFlight } = this.context.sequences;
    for (const request of [...this.prefilling.keys()].sort((a, b) => a - b)) {
      if (inFlight[request] > 0) continue;
      const tokens = this.chunk(request, this.restOfPrompt(request), batch);
      if (tokens > 0) this.addPrefill(batch, request, tokens);
      else batch.bound = Bound.tokenBudget;
    }
  }
}
