import type { WaitingQueue } from '../queue/queue.ts';
import { withhold, withholdFrom } from '../queue/withhold.ts';

/**
 * Tasks that wait for a slot of llama.cpp's server. Who comes while all slots are busy is deferred; each slot that is released
 * puts the first deferred one in front of everybody, so of several released at once the last one is next.
 * Source: `defer` and `pop_deferred_task` in tools/server/server-queue.cpp (master of 2026-05-01).
 */
export class LlamaTasks {
  /** Who was deferred, and who came since. */
  private readonly queue: WaitingQueue;
  /** How many of them were deferred. */
  private deferred = 0;
  /** Deferred ones whose slot has been released. */
  private front: number[] = [];

  constructor(queue: WaitingQueue) {
    this.queue = queue;
  }

  get size(): number {
    return this.front.length + this.queue.size;
  }

  /** The next one as things stand; -1 = nobody waits. */
  peek(): number {
    return this.front[0] ?? this.queue.peek();
  }

  list(): number[] {
    return [...this.front, ...this.queue.list()];
  }

  add(request: number): void {
    this.queue.add(request);
  }

  take(): number {
    return this.front.shift() ?? this.queue.takeHead();
  }

  /** No slot is left for those who wait. */
  defer(): void {
    this.deferred = this.queue.size;
  }

  /** A slot is released. */
  popDeferred(): void {
    if (this.deferred === 0) return;
    this.deferred--;
    this.front.unshift(this.queue.takeHead());
  }

  remove(request: number): void {
    this.front = this.front.filter((other) => other !== request);
    const place = this.queue.list().indexOf(request);
    this.queue.remove(request);
    if (place >= 0 && place < this.deferred) this.deferred--;
  }

  /** Takes a task out as though it did not wait. Returns what puts it back where it stood; null = it is not here. */
  withhold(request: number): (() => void) | null {
    const toFront = withholdFrom(this.front, request);
    if (toFront !== null) return () => toFront(this.front);
    const isDeferred = this.queue.list().indexOf(request) < this.deferred;
    const putBack = withhold(this.queue, request);
    if (putBack === null) return null;
    if (isDeferred) this.deferred--;
    return () => {
      const areAll = this.deferred === this.queue.size;
      putBack();
      if (isDeferred || areAll) this.deferred++;
    };
  }

  save(): LlamaTasksState {
    return { queue: this.queue.save(), deferred: this.deferred, front: this.front.slice() };
  }

  restore(state: LlamaTasksState): void {
    this.queue.restore(state.queue);
    this.deferred = state.deferred;
    this.front = state.front.slice();
  }
}

export interface LlamaTasksState {
  readonly queue: unknown;
  readonly deferred: number;
  readonly front: readonly number[];
}
