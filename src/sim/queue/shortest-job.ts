import type { Sequences } from '../sequences.ts';
import { HeapQueue } from './heap.ts';

/**
 * Shortest job first: fewest output tokens left by the prediction made at arrival, then arrival. Nobody is stopped for a
 * shorter one: the order says who is admitted next. Without a prediction all jobs look alike, and it is first come, first
 * served. Only the output counts: where prompts are most of the work, as in code completion, the shortest answer need not be
 * the shortest job.
 *
 * Who comes back stands by what is then left of its prediction, at least one token: who has outrun its prediction counts as
 * nearly done, as far as anybody knows.
 */
export class ShortestJobQueue extends HeapQueue {
  private readonly sequences: Sequences;
  private readonly left: TokensLeft;

  constructor(sequences: Sequences, left: TokensLeft) {
    super((a, b) => left.of(a) < left.of(b) || (left.of(a) === left.of(b) && a < b));
    this.sequences = sequences;
    this.left = left;
  }

  override add(request: number): void {
    const { predicted, generated } = this.sequences;
    this.left.set(request, Math.max(1, predicted[request] - generated[request]));
    super.add(request);
  }

  override save(): ShortestJobState {
    const requests = this.list();
    return { requests, left: requests.map((request) => this.left.of(request)) };
  }

  /** What was left stays what it was: tokens in flight may have come since. */
  override restore(state: unknown): void {
    const { requests, left } = state as ShortestJobState;
    requests.forEach((request, i) => {
      this.left.set(request, left[i]);
    });
    super.restore(requests);
  }
}

/** Tokens left of requests when they began to wait, for all queues of an engine. It stands still while they wait, as a heap needs it. */
export class TokensLeft {
  private tokens = new Float64Array(0);

  of(request: number): number {
    return this.tokens[request];
  }

  set(request: number, tokens: number): void {
    if (request >= this.tokens.length) {
      const longer = new Float64Array(Math.max(1024, 2 * request));
      longer.set(this.tokens);
      this.tokens = longer;
    }
    this.tokens[request] = tokens;
  }
}

interface ShortestJobState {
  readonly requests: readonly number[];
  readonly left: readonly number[];
}
