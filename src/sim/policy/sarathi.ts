import type { Batch } from '../batch.ts';
import { Because, Bound } from '../decision.ts';
import { IterationPolicy } from './iteration.ts';
import type { Flips } from './policy.ts';

/**
 * Sarathi-Serve: stall-free batching. A step is all decodes, then chunks of prompts that were begun, then new prompts, as
 * far as the token budget (the chunk size) goes. Decodes are never dropped by the budget.
 */
export class SarathiPolicy extends IterationPolicy {
  protected override fill(nowUs: number, batch: Batch): void {
    for (const request of this.addDecodes(batch)) {
      const tokens = this.chunk(request, this.restOfPrompt(request), batch);
      this.running.push(request);
      if (tokens > 0) this.addPrefill(batch, request, tokens);
      else batch.bound = Bound.tokenBudget;
    }
    if (this.queue.size === 0) return;
    if (batch.preemptions > 0) {
      this.hold(batch, Bound.blocks, Because.preemptedThisStep, 0, 0);
      return;
    }
    this.admitPrompts(nowUs, batch);
  }

  protected admitPrompts(nowUs: number, batch: Batch): void {
    const { sequences } = this.context;
    while (this.queue.size > 0) {
      const request = this.queue.head();
      const rest = sequences.known(request) - this.hitOf(request);
      const tokens = this.chunk(request, rest, batch);
      if (tokens === 0) {
        this.hold(batch, Bound.tokenBudget, Because.tokenBudget, rest, 0);
        break;
      }
      if (!this.admitHead(nowUs, batch)) break;
      this.addPrefill(batch, request, tokens);
      if (tokens < rest) batch.bound = Bound.tokenBudget;
    }
  }

  override get flips(): Flips {
    return { ...super.flips, chunkUnit: 1 };
  }

  /** As many as a step may have, whoever else takes part in it. */
  protected override firstTokens(request: number, rest: number, batch: Batch): number {
    return this.chunk(request, rest, batch);
  }

  /** Tokens of a prompt that fit into this step. */
  protected chunk(request: number, rest: number, batch: Batch): number {
    const { config, limits, sequences, override } = this.context;
    const { chunkSchedule } = config;
    let size = limits.maxNumBatchedTokens;
    if (chunkSchedule !== null) {
      const { low, high, maxTokens, stages } = chunkSchedule;
      const stage = Math.min(stages - 1, Math.floor(sequences.computed[request] / Math.ceil(maxTokens / stages)));
      size = stages > 1 ? 32 * Math.round((high - (stage * (high - low)) / (stages - 1)) / 32) : high;
    }
    return override.cap(request, Math.max(0, Math.min(rest, size - batch.shape.tokens)));
  }
}
