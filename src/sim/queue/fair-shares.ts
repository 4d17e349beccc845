import { type Batch, EntryFlag } from '../batch.ts';
import type { SetObserver } from '../policy/decode-set.ts';
import { Status } from '../request.ts';
import type { Sequences } from '../sequences.ts';

/** Price of a prompt token and of an output token: those of the paper. */
const PROMPT_PRICE = 1;
const OUTPUT_PRICE = 2;

/**
 * What each user has been served: the virtual token counter (VTC) of Sheng et al., Fairness in Serving Large Language
 * Models, OSDI 2024, algorithm 2. A prompt is paid for when it is taken from the queue, all of it, an output token when the
 * step that computes it is launched. Whoever had nothing waiting is lifted to the least counter among those who wait, so
 * that nobody saves up service by being away; if nobody waits, to that of the user who left the queue last.
 *
 * Where the paper is silent: what is computed again after a preemption is not paid twice, and what the prefix cache gives
 * is paid as if computed. A request that goes back without having been started gets its price back.
 *
 * One account serves all queues of an engine. It also counts members of the decode set by user, since their tokens appear in
 * no batch one by one.
 */
export class FairShares implements SetObserver {
  private readonly sequences: Sequences;
  /** By user: what it has been served, in prompt tokens, and how many of its requests wait. */
  private served: number[] = [];
  private waiting: number[] = [];
  /** Members of the decode set, by user; only users who have some. */
  private readonly members = new Map<number, number>();
  /** Live requests whose prompt is paid for. */
  private readonly paid = new Set<number>();
  private lastUser = -1;

  constructor(sequences: Sequences) {
    this.sequences = sequences;
  }

  userOf(request: number): number {
    return this.sequences.requests.user[request];
  }

  servedTo(user: number): number {
    return this.served[user];
  }

  /** What taking a request costs its user. */
  priceOf(request: number): number {
    return this.paid.has(request) ? 0 : PROMPT_PRICE * this.sequences.requests.promptTokens[request];
  }

  /** A new request joins a queue. */
  arrives(request: number): void {
    const user = this.userOf(request);
    while (this.served.length <= user) {
      this.served.push(0);
      this.waiting.push(0);
    }
    if (this.waiting[user]++ === 0) this.lift(user);
  }

  /** A request that was taken or preempted joins a queue again. */
  cameBack(request: number): void {
    const { status, computed, requests } = this.sequences;
    const user = this.userOf(request);
    this.waiting[user]++;
    if (status[request] !== Status.waiting || computed[request] > 0 || !this.paid.delete(request)) return;
    this.served[user] -= PROMPT_PRICE * requests.promptTokens[request];
  }

  /** A request is taken from a queue, to be served. */
  taken(request: number): void {
    this.served[this.userOf(request)] += this.priceOf(request);
    this.paid.add(request);
    this.left(request);
  }

  /** A request leaves a queue. */
  left(request: number): void {
    const user = this.userOf(request);
    this.waiting[user]--;
    this.lastUser = user;
  }

  ended(request: number): void {
    this.paid.delete(request);
  }

  /** A step is launched: who gets a token from it pays. */
  launched(batch: Batch): void {
    for (let i = 0; i < batch.count; i++) {
      const flags = batch.flags[i];
      if ((flags & EntryFlag.samples) === 0) continue;
      // Drafts to be verified are computed too.
      const tokens = (flags & EntryFlag.prefill) === 0 ? batch.tokens[i] : 1;
      this.served[this.userOf(batch.request[i])] += OUTPUT_PRICE * tokens;
    }
    if (batch.setSize === 0) return;
    for (const [user, members] of this.members) this.served[user] += OUTPUT_PRICE * members;
  }

  joined(request: number): void {
    const user = this.userOf(request);
    this.members.set(user, (this.members.get(user) ?? 0) + 1);
  }

  parted(request: number): void {
    const user = this.userOf(request);
    const members = (this.members.get(user) ?? 0) - 1;
    if (members > 0) this.members.set(user, members);
    else this.members.delete(user);
  }

  save(): FairSharesState {
    return {
      served: this.served.slice(),
      waiting: this.waiting.slice(),
      paid: [...this.paid].sort((a, b) => a - b),
      lastUser: this.lastUser,
    };
  }

  /** Call it when the decode set is empty. */
  restore(state: FairSharesState): void {
    this.served = state.served.slice();
    this.waiting = state.waiting.slice();
    this.paid.clear();
    for (const request of state.paid) this.paid.add(request);
    this.lastUser = state.lastUser;
  }

  /** `user` has just begun to wait, and counts among those who do. */
  private lift(user: number): void {
    let least = Number.POSITIVE_INFINITY;
    for (let other = 0; other < this.waiting.length; other++) {
      if (other !== user && this.waiting[other] > 0) least = Math.min(least, this.served[other]);
    }
    if (least === Number.POSITIVE_INFINITY && this.lastUser >= 0) least = this.served[this.lastUser];
    if (least < Number.POSITIVE_INFINITY) this.served[user] = Math.max(this.served[user], least);
  }
}

export interface FairSharesState {
  readonly served: readonly number[];
  readonly waiting: readonly number[];
  readonly paid: readonly number[];
  readonly lastUser: number;
}
