import type { RequestTable } from '../request.ts';
import type { WaitingQueue } from './queue.ts';

/** Smaller priority value first, then earlier arrival, then smaller id. A binary heap. */
export class PriorityQueue implements WaitingQueue {
  private readonly heap: number[] = [];
  private readonly requests: RequestTable;

  constructor(requests: RequestTable) {
    this.requests = requests;
  }

  get size(): number {
    return this.heap.length;
  }

  head(): number {
    return this.heap[0];
  }

  takeHead(): number {
    const head = this.heap[0];
    const last = this.heap.pop();
    if (last !== undefined && this.heap.length > 0) this.siftDown(0, last);
    return head;
  }

  add(request: number): void {
    let at = this.heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(this.requests, request, this.heap[parent])) break;
      this.heap[at] = this.heap[parent];
      at = parent;
    }
    this.heap[at] = request;
  }

  putBack(request: number): void {
    this.add(request);
  }

  remove(request: number): boolean {
    const rest = this.heap.filter((r) => r !== request);
    if (rest.length === this.heap.length) return false;
    this.refill(rest);
    return true;
  }

  list(): number[] {
    return this.heap.slice().sort((a, b) => (isBefore(this.requests, a, b) ? -1 : 1));
  }

  isBefore(a: number, b: number): boolean {
    return isBefore(this.requests, a, b);
  }

  save(): readonly number[] {
    return this.list();
  }

  restore(state: unknown): void {
    this.refill(state as readonly number[]);
  }

  private refill(requests: readonly number[]): void {
    this.heap.length = 0;
    for (const request of requests) this.add(request);
  }

  private siftDown(from: number, request: number): void {
    const size = this.heap.length;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && isBefore(this.requests, this.heap[child + 1], this.heap[child])) child++;
      if (!isBefore(this.requests, this.heap[child], request)) break;
      this.heap[at] = this.heap[child];
      at = child;
    }
    this.heap[at] = request;
  }
}

/** Whether request a is served before request b under the priority order. */
export function isBefore(requests: RequestTable, a: number, b: number): boolean {
  const byPriority = requests.priority[a] - requests.priority[b];
  if (byPriority !== 0) return byPriority < 0;
  const byArrival = requests.arrivalUs[a] - requests.arrivalUs[b];
  return byArrival !== 0 ? byArrival < 0 : a < b;
}
