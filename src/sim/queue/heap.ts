import type { WaitingQueue } from './queue.ts';

/**
 * A queue in an order that does not change while a request waits: a binary heap. `isBefore` must be a strict order of all
 * requests, so that nothing depends on how the heap came about.
 */
export class HeapQueue implements WaitingQueue {
  readonly isBefore: (a: number, b: number) => boolean;
  private readonly heap: number[] = [];

  constructor(isBefore: (a: number, b: number) => boolean) {
    this.isBefore = isBefore;
  }

  get size(): number {
    return this.heap.length;
  }

  head(): number {
    return this.heap[0];
  }

  peek(): number {
    return this.size > 0 ? this.head() : -1;
  }

  takeHead(): number {
    const head = this.heap[0];
    const last = this.heap.pop();
    if (last !== undefined && this.heap.length > 0) this.siftDown(0, last);
    return head;
  }

  add(request: number): void {
    this.siftUp(this.heap.length, request);
  }

  putBack(request: number): void {
    this.add(request);
  }

  remove(request: number): boolean {
    const at = this.heap.indexOf(request);
    if (at < 0) return false;
    const last = this.heap.pop();
    if (last === undefined || at === this.heap.length) return true;
    // The last one takes the place, and goes up or down from there.
    const above = (at - 1) >> 1;
    if (at > 0 && this.isBefore(last, this.heap[above])) this.siftUp(at, last);
    else this.siftDown(at, last);
    return true;
  }

  list(): number[] {
    return this.heap.slice().sort((a, b) => (this.isBefore(a, b) ? -1 : 1));
  }

  clear(): void {
    this.heap.length = 0;
  }

  save(): unknown {
    return this.list();
  }

  restore(state: unknown): void {
    this.clear();
    // A sorted list is a heap.
    this.heap.push(...(state as readonly number[]));
  }

  private siftUp(from: number, request: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.isBefore(request, this.heap[parent])) break;
      this.heap[at] = this.heap[parent];
      at = parent;
    }
    this.heap[at] = request;
  }

  private siftDown(from: number, request: number): void {
    const size = this.heap.length;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.isBefore(this.heap[child + 1], this.heap[child])) child++;
      if (!this.isBefore(this.heap[child], request)) break;
      this.heap[at] = this.heap[child];
      at = child;
    }
    this.heap[at] = request;
  }
}
