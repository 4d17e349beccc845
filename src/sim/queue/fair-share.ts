import type { FairShares } from './fair-shares.ts';
import type { WaitingQueue } from './queue.ts';

/**
 * Fair share a user: the user who has been served least comes next (`fair-shares.ts` counts); of equal ones, whose first
 * request came first. Within a user first come, first served; who comes back goes to the front of its user's requests, and
 * has paid for its prompt. The choice is made anew at every look.
 */
export class FairShareQueue implements WaitingQueue {
  size = 0;
  private readonly shares: FairShares;
  /** Requests by user, next first; only users who wait here. */
  private readonly byUser = new Map<number, number[]>();

  constructor(shares: FairShares) {
    this.shares = shares;
  }

  head(): number {
    let head = -1;
    for (const [first] of this.byUser.values()) if (head < 0 || this.isBefore(first, head)) head = first;
    return head;
  }

  peek(): number {
    return this.head();
  }

  takeHead(): number {
    const head = this.head();
    this.takeOut(head);
    this.shares.taken(head);
    return head;
  }

  add(request: number): void {
    this.shares.arrives(request);
    this.size++;
    const own = this.byUser.get(this.shares.userOf(request));
    if (own === undefined) this.byUser.set(this.shares.userOf(request), [request]);
    else own.push(request);
  }

  putBack(request: number): void {
    this.shares.cameBack(request);
    this.size++;
    const own = this.byUser.get(this.shares.userOf(request));
    if (own === undefined) this.byUser.set(this.shares.userOf(request), [request]);
    else own.unshift(request);
  }

  remove(request: number): boolean {
    const isHere = this.takeOut(request);
    if (isHere) this.shares.left(request);
    return isHere;
  }

  /** In the order in which they would be taken now, one after the other. */
  list(): number[] {
    const counters = new Map([...this.byUser.keys()].map((user) => [user, this.shares.servedTo(user)]));
    const rest = new Map([...this.byUser].map(([user, own]) => [user, own.slice().reverse()]));
    const list: number[] = [];
    while (rest.size > 0) {
      let next: { user: number; own: number[]; request: number; served: number } | null = null;
      for (const [user, own] of rest) {
        const request = own[own.length - 1];
        const served = counters.get(user) ?? 0;
        const isNext = next === null || served < next.served || (served === next.served && request < next.request);
        if (isNext) next = { user, own, request, served };
      }
      if (next === null) break;
      list.push(next.request);
      next.own.pop();
      if (next.own.length === 0) rest.delete(next.user);
      counters.set(next.user, next.served + this.shares.priceOf(next.request));
    }
    return list;
  }

  clear(): void {
    for (const own of this.byUser.values()) for (const request of own) this.shares.left(request);
    this.byUser.clear();
    this.size = 0;
  }

  isBefore(a: number, b: number): boolean {
    const first = this.shares.servedTo(this.shares.userOf(a));
    const second = this.shares.servedTo(this.shares.userOf(b));
    return first !== second ? first < second : a < b;
  }

  save(): readonly (readonly number[])[] {
    return [...this.byUser.values()].map((own) => own.slice()).sort((a, b) => a[0] - b[0]);
  }

  /** The counters, and who waits by them, come back with what all queues share. */
  restore(state: unknown): void {
    this.byUser.clear();
    this.size = 0;
    for (const own of state as readonly (readonly number[])[]) {
      this.byUser.set(this.shares.userOf(own[0]), own.slice());
      this.size += own.length;
    }
  }

  private takeOut(request: number): boolean {
    const user = this.shares.userOf(request);
    const own = this.byUser.get(user);
    const at = own?.indexOf(request) ?? -1;
    if (own === undefined || at < 0) return false;
    own.splice(at, 1);
    if (own.length === 0) this.byUser.delete(user);
    this.size--;
    return true;
  }
}
