import { Status } from '../request.ts';
import type { Sequences } from '../sequences.ts';
import type { QueueOrder, WaitingQueue } from './queue.ts';

/**
 * A queue whose order can be changed. Who has been preempted goes into the new queue as one that comes back, the others as if
 * they arrived now, each by arrival.
 */
export class SwitchingQueue implements WaitingQueue {
  private order: QueueOrder;
  private queue: WaitingQueue;
  private readonly sequences: Sequences;
  private readonly create: (order: QueueOrder) => WaitingQueue;
  /** Queues of orders that have had their turn: all but the present one are empty. */
  private readonly queues = new Map<QueueOrder, WaitingQueue>();

  constructor(order: QueueOrder, sequences: Sequences, create: (order: QueueOrder) => WaitingQueue) {
    this.order = order;
    this.sequences = sequences;
    this.create = create;
    this.queue = this.queueOf(order);
  }

  switchTo(order: QueueOrder): void {
    if (order === this.order) return;
    const requests = this.queue.list().sort((a, b) => a - b);
    this.queue.clear();
    this.order = order;
    this.queue = this.queueOf(order);
    const isBack = (request: number) => this.sequences.status[request] === Status.preempted;
    for (const request of requests) if (!isBack(request)) this.queue.add(request);
    for (const request of requests.reverse()) if (isBack(request)) this.queue.putBack(request);
  }

  get size(): number {
    return this.queue.size;
  }

  head(): number {
    return this.queue.head();
  }

  peek(): number {
    return this.queue.peek();
  }

  takeHead(): number {
    return this.queue.takeHead();
  }

  add(request: number): void {
    this.queue.add(request);
  }

  putBack(request: number): void {
    this.queue.putBack(request);
  }

  remove(request: number): boolean {
    return this.queue.remove(request);
  }

  list(): number[] {
    return this.queue.list();
  }

  clear(): void {
    this.queue.clear();
  }

  isBefore(a: number, b: number): boolean {
    return this.queue.isBefore(a, b);
  }

  save(): SwitchingState {
    return { order: this.order, queue: this.queue.save() };
  }

  restore(state: unknown): void {
    const { order, queue } = state as SwitchingState;
    this.queue.clear();
    this.order = order;
    this.queue = this.queueOf(order);
    this.queue.restore(queue);
  }

  private queueOf(order: QueueOrder): WaitingQueue {
    const known = this.queues.get(order);
    if (known !== undefined) return known;
    const queue = this.create(order);
    this.queues.set(order, queue);
    return queue;
  }
}

interface SwitchingState {
  readonly order: QueueOrder;
  readonly queue: unknown;
}
