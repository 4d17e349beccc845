import type { Batch } from '../batch.ts';
import { Because, Bound } from '../decision.ts';
import { IterationPolicy } from './iteration.ts';

/**
 * vLLM of 2023 (v0.1 to v0.4): prefills first. As long as a waiting prompt fits, a step is whole prompts only and the
 * decodes stand still; else it is one token for everybody who runs.
 */
export class Vllm2023Policy extends IterationPolicy {
  schedule(nowUs: number, batch: Batch): void {
    this.admitPrompts(nowUs, batch);
    if (batch.count === 0) this.addDecodes(batch);
  }

  private admitPrompts(nowUs: number, batch: Batch): void {
    const { config, sequences } = this.context;
    // The limit is never below the longest sequence: no prompt is split.
    const budget = Math.max(config.maxNumBatchedTokens, config.maxModelLen);
    let total = 0;
    let longest = 0;
    while (this.queue.size > 0) {
      const request = this.queue.head();
      const tokens = sequences.known(request);
      const used = config.paddedPrefillBudget ? batch.count * longest : total;
      const wanted = config.paddedPrefillBudget ? (batch.count + 1) * Math.max(longest, tokens) : total + tokens;
      if (wanted > budget) {
        this.hold(batch, Bound.tokenBudget, Because.tokenBudget, tokens, budget - used);
        break;
      }
      if (!this.admitHead(nowUs, batch)) break;
      this.addPrefill(batch, request, tokens);
      total += tokens;
      longest = Math.max(longest, tokens);
    }
  }
}
