import type { WaitingQueue } from './queue.ts';

/** First come, first served. Who comes back, preempted or not, goes to the front. A ring buffer. */
export class FcfsQueue implements WaitingQueue {
  size = 0;
  private ring = new Int32Array(64);
  private first = 0;

  head(): number {
    return this.ring[this.first];
  }

  peek(): number {
    return this.size > 0 ? this.head() : -1;
  }

  takeHead(): number {
    const request = this.ring[this.first];
    this.first = (this.first + 1) & (this.ring.length - 1);
    this.size--;
    return request;
  }

  add(request: number): void {
    if (this.size === this.ring.length) this.grow();
    this.ring[(this.first + this.size) & (this.ring.length - 1)] = request;
    this.size++;
  }

  putBack(request: number): void {
    if (this.size === this.ring.length) this.grow();
    this.first = (this.first - 1) & (this.ring.length - 1);
    this.ring[this.first] = request;
    this.size++;
  }

  remove(request: number): boolean {
    const rest = this.list();
    const at = rest.indexOf(request);
    if (at < 0) return false;
    rest.splice(at, 1);
    this.restore(rest);
    return true;
  }

  list(): number[] {
    const mask = this.ring.length - 1;
    return Array.from({ length: this.size }, (_, i) => this.ring[(this.first + i) & mask]);
  }

  clear(): void {
    this.size = 0;
    this.first = 0;
  }

  /** Requests are numbered as they arrive. */
  isBefore(a: number, b: number): boolean {
    return a < b;
  }

  save(): readonly number[] {
    return this.list();
  }

  restore(state: unknown): void {
    this.clear();
    for (const request of state as readonly number[]) this.add(request);
  }

  private grow(): void {
    const all = this.list();
    this.ring = new Int32Array(this.ring.length * 2);
    this.ring.set(all);
    this.first = 0;
  }
}
