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

  protected override fill(nowUs: number, batch: Batch): void {
    this.wakeUs = Number.POSITIVE_INFINITY;
    const wasDecodeTurn = this.isDecodeTurn;
    if (!wasDecodeTurn) {
      this.continuePrompts(batch);
      if (batch.count === 0) this.admitPrompts(nowUs, batch);
    }
    this.isDecodeTurn = batch.count > 0;
    if (batch.count === 0) this.decode(nowUs, batch, wasDecodeTurn);
    if (this.queue.size === 0 || batch.bound !== Bound.nothingLeft) return;
    this.hold(batch, Bound.batch, Because.notItsTurn, 0, 0);
  }

  private decode(nowUs: number, batch: Batch, isTheirTurn: boolean): void {
    // Nobody changes places here: those with prompt left stay among the others, in order of arrival.
    this.running.push(...this.addDecodes(batch));
    this.running.sort((a, b) => a - b);
    // A turn of decodes without any passes by; the chunks are next, at once.
    if (isTheirTurn && batch.count === 0) this.wakeUs = nowUs;
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
