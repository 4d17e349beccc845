interface Prefill {
  readonly request: number;
  readonly promptTokens: number;
  readonly work: number;
}

/**
 * What a router believes that an instance still has to prefill: what it sent, first in, first out, until the instance has
 * so few prompt tokens ahead that the first must be done. `work` is in whatever unit the router counts.
 */
export class PendingPrefills {
  private queue: Prefill[] = [];
  private promptTokens = 0;
  private work = 0;

  push(request: number, promptTokens: number, work: number): void {
    this.queue.push({ request, promptTokens, work });
    this.promptTokens += promptTokens;
    this.work += work;
  }

  /** Work that is left when `tokensAhead` prompt tokens are. A prefill counts whole until it is done. */
  left(tokensAhead: number): number {
    let done = 0;
    for (const { promptTokens, work } of this.queue) {
      if (this.promptTokens - promptTokens < tokensAhead) break;
      this.promptTokens -= promptTokens;
      this.work -= work;
      done++;
    }
    if (done > 0) this.queue = this.queue.slice(done);
    return this.queue.length === 0 ? 0 : this.work;
  }

  /** A request has ended, done or not. */
  remove(request: number): void {
    const at = this.queue.findIndex((prefill) => prefill.request === request);
    if (at < 0) return;
    const [{ promptTokens, work }] = this.queue.splice(at, 1);
    this.promptTokens -= promptTokens;
    this.work -= work;
  }
}
