import type { WaitingQueue } from './queue.ts';

/** Requests that are ranked by their hit; those behind them stand in order of arrival. */
const RANKED = 128;

/** Tokens that requests would find in the prefix cache, as last looked up, for all queues of an engine. */
export class PrefixHits {
  /** Counts the calls of the scheduler: hits are looked up at most once in each. */
  call = 0;
  private readonly findHit: (request: number) => number;
  private hits = new Int32Array(0);

  constructor(findHit: (request: number) => number) {
    this.findHit = findHit;
  }

  of(request: number): number {
    return request < this.hits.length ? this.hits[request] : 0;
  }

  lookUp(request: number): void {
    this.set(request, this.findHit(request));
  }

  set(request: number, tokens: number): void {
    if (request >= this.hits.length) {
      const longer = new Int32Array(Math.max(1024, 2 * request));
      longer.set(this.hits);
      this.hits = longer;
    }
    this.hits[request] = tokens;
  }
}

/**
 * Longest prefix first: who finds most of its tokens in the prefix cache, then arrival. Meant to serve requests with a
 * common prefix while that is still there. (SGLang calls it `lpm`.)
 *
 * The lookups are what it costs, so they are made at most once in a call of the scheduler, before anybody is admitted, and
 * only if a request has come, gone or ended since the last time; while everybody only decodes the ranks stand. Only the 128
 * requests that came first are ranked, the others follow in order of arrival. (SGLang falls back to first come, first served
 * beyond 128.)
 *
 * Who comes back is ranked like everybody else: what is left of its own blocks counts as a hit.
 */
export class LongestPrefixQueue implements WaitingQueue {
  private readonly hits: PrefixHits;
  private readonly most: number;
  /** By arrival. */
  private readonly all: number[] = [];
  /** The ranked ones, next first. */
  private ranked: number[] = [];
  private isStale = false;
  /** In which call the ranks were last made. */
  private rankedIn = -1;

  constructor(hits: PrefixHits, most = RANKED) {
    this.hits = hits;
    this.most = most;
  }

  get size(): number {
    return this.all.length;
  }

  head(): number {
    this.rank();
    return this.ranked.length > 0 ? this.ranked[0] : this.all[0];
  }

  peek(): number {
    return this.ranked[0] ?? this.all[0] ?? -1;
  }

  takeHead(): number {
    const head = this.head();
    this.remove(head);
    return head;
  }

  add(request: number): void {
    this.all.splice(placeOf(this.all, request), 0, request);
    this.isStale = true;
  }

  putBack(request: number): void {
    this.add(request);
  }

  remove(request: number): boolean {
    const at = placeOf(this.all, request);
    if (this.all[at] !== request) return false;
    this.all.splice(at, 1);
    const rank = this.ranked.indexOf(request);
    if (rank >= 0) this.ranked.splice(rank, 1);
    this.expire();
    return true;
  }

  /** As the ranks stand. */
  list(): number[] {
    const ranked = new Set(this.ranked);
    return [...this.ranked, ...this.all.filter((request) => !ranked.has(request))];
  }

  clear(): void {
    this.all.length = 0;
    this.ranked.length = 0;
    this.isStale = false;
  }

  isBefore(a: number, b: number): boolean {
    const byHit = this.hits.of(b) - this.hits.of(a);
    return byHit !== 0 ? byHit < 0 : a < b;
  }

  /** Somebody has ended: there may be more to find. */
  expire(): void {
    this.isStale = this.all.length > 0;
  }

  save(): LongestPrefixState {
    const { isStale } = this;
    const ranked = this.ranked.slice();
    const isRankedNow = this.rankedIn === this.hits.call;
    return { all: this.all.slice(), ranked, hits: ranked.map((r) => this.hits.of(r)), isStale, isRankedNow };
  }

  restore(saved: unknown): void {
    const state = saved as LongestPrefixState;
    this.clear();
    this.all.push(...state.all);
    this.ranked.push(...state.ranked);
    state.ranked.forEach((request, i) => {
      this.hits.set(request, state.hits[i]);
    });
    this.isStale = state.isStale;
    this.rankedIn = state.isRankedNow ? this.hits.call : -1;
  }

  private rank(): void {
    if (!this.isStale || this.rankedIn === this.hits.call) return;
    this.isStale = false;
    this.rankedIn = this.hits.call;
    this.ranked = this.all.slice(0, this.most);
    for (const request of this.ranked) this.hits.lookUp(request);
    this.ranked.sort((a, b) => (this.isBefore(a, b) ? -1 : 1));
  }
}

/** Where a request stands, or would stand, in a list by arrival. */
function placeOf(requests: readonly number[], request: number): number {
  let low = 0;
  let high = requests.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (requests[middle] < request) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface LongestPrefixState {
  readonly all: readonly number[];
  readonly ranked: readonly number[];
  readonly hits: readonly number[];
  readonly isStale: boolean;
  readonly isRankedNow: boolean;
}
