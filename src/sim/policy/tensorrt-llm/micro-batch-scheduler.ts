import { Because } from '../../decision.ts';
import { cut, type Stop } from './capacity-scheduler.ts';
import { chunkCost, chunkEqually, chunkInOrder, keptDrafts } from './chunking.ts';
import type { RequestView } from './request-view.ts';
import type { ChunkingPolicy } from './settings.ts';

/**
 * TensorRT-LLM's second scheduler: who of those that fit takes part in the step, by tokens and number of requests. The results
 * of the last `select` are in its columns. Source: microBatchScheduler.cpp and scheduler.py, `PyMicroBatchScheduler` (main of
 * 2026); one beam, no LoRA.
 */
export class MicroBatchScheduler {
  /** Prompts, and how many tokens of each; with chunks, those that are done with this one come last. */
  readonly contexts: number[] = [];
  readonly chunks: number[] = [];
  /** Drafts that each prompt verifies with this chunk. */
  readonly contextDrafts: number[] = [];
  readonly generations: number[] = [];
  /** Left out because their last possible token is on its way. */
  readonly completing: number[] = [];
  /** The first that was left out of those that could have taken part. */
  readonly stop: Stop = { request: -1, because: Because.none, need: 0, have: 0 };
  /** Some prompt got less than all. */
  isTrimmed = false;
  private readonly view: RequestView;
  /** null = prompts are not split. */
  private readonly chunking: ChunkingPolicy | null;
  private readonly unit: number;
  private readonly chunked: number[] = [];
  private readonly remaining: number[] = [];
  private readonly reusable: number[] = [];
  private readonly drafts: number[] = [];

  /** `unit`: a chunk that is not the last is a multiple of it. */
  constructor(view: RequestView, chunking: ChunkingPolicy | null, unit: number) {
    this.view = view;
    this.chunking = chunking;
    this.unit = unit;
  }

  /** Selects from the fitting requests, in their order. `reusable`: tokens that the cache spares each. */
  select(fitting: readonly number[], reusable: readonly number[], maxTokens: number, maxRequests: number): void {
    const { view, contexts, chunks, generations, completing, chunked } = this;
    for (const list of [contexts, chunks, this.contextDrafts, completing]) cut(list, 0);
    for (const list of [chunked, this.remaining, this.reusable, this.drafts]) cut(list, 0);
    let decodes = 0;
    this.stop.request = -1;
    this.isTrimmed = false;
    let tokens = 0;
    let count = 0;
    let wanted = 0;
    let isLarger = false;
    for (let i = 0; i < fitting.length; i++) {
      const request = fitting[i];
      if (view.isInFlight(request)) continue;
      if (view.isToComplete(request)) {
        completing.push(request);
        continue;
      }
      if (count >= maxRequests) {
        this.stopAt(request, Because.seats, 1, maxRequests);
        break;
      }
      const drafts = view.drafts(request);
      if (view.isGenerating(request)) {
        if (tokens + 1 + drafts > maxTokens) {
          this.stopAt(request, Because.tokenBudget, 1 + drafts, maxTokens - tokens);
          break;
        }
        tokens += 1 + drafts;
        generations[decodes++] = request;
      } else {
        const remaining = view.remaining(request);
        const cost = chunkCost(remaining, reusable[i], remaining);
        if (this.chunking === null) {
          const least = Math.max(1, cost + drafts);
          if (tokens + least > maxTokens) {
            this.stopAt(request, Because.tokenBudget, least, maxTokens - tokens);
            break;
          }
          tokens += least;
          contexts.push(request);
          chunks.push(remaining);
          this.contextDrafts.push(drafts);
        } else {
          isLarger ||= cost + drafts > maxTokens;
          wanted += cost + drafts;
          chunked.push(request);
          this.remaining.push(remaining);
          this.reusable.push(reusable[i]);
          this.drafts.push(drafts);
        }
      }
      count++;
    }
    cut(generations, decodes);
    if (chunked.length === 0) return;
    const left = maxTokens - tokens;
    if (isLarger || wanted > left) this.addChunks(left, maxTokens);
    else {
      contexts.push(...chunked);
      chunks.push(...this.remaining);
      this.contextDrafts.push(...this.drafts);
    }
  }

  private addChunks(capacity: number, maxTokens: number): void {
    const { chunked, remaining, reusable } = this;
    const divide = this.chunking === 'equal_progress' ? chunkEqually : chunkInOrder;
    const chunks = divide(remaining, reusable, capacity, this.unit);
    const drafts = keptDrafts(chunks, remaining, reusable, this.drafts, capacity, this.unit, maxTokens);
    for (const isLast of [false, true]) {
      for (let i = 0; i < chunks.length; i++) {
        if (chunks[i] === 0 || (chunks[i] === remaining[i]) !== isLast) continue;
        this.contexts.push(chunked[i]);
        this.chunks.push(chunks[i]);
        this.contextDrafts.push(drafts[i]);
      }
    }
    const none = chunks.indexOf(0);
    if (none >= 0) {
      const used = chunks.reduce((sum, chunk, i) => sum + chunkCost(chunk, reusable[i], remaining[i]), 0);
      const wanted = chunkCost(remaining[none], reusable[none], remaining[none]);
      this.stopAt(chunked[none], Because.tokenBudget, wanted, capacity - used);
    }
    this.isTrimmed = chunks.some((chunk, i) => chunk < remaining[i]);
  }

  private stopAt(request: number, because: Because, need: number, have: number): void {
    Object.assign(this.stop, { request, because, need, have });
  }
}
