import type { WaitingQueue } from '../queue/queue.ts';

/**
 * Everything that waits for the next forward of FastGen, in one order: first the rest of a prompt that was cut, then what
 * earlier forwards left over, then what came since. Prompts and generations are gone through apart, so they are kept
 * apart, and `place` tells where in the whole buffer an entry stands. Source: `self.buffer` in
 * mii/batching/ragged_batching.py (DeepSpeed-MII, 8abdd98).
 */
export class FastGenBuffer {
  /** Prompts of which nothing is computed, or nothing any more. */
  readonly prompts: WaitingQueue;
  /** Rests of prompts that were cut. */
  readonly rests: number[] = [];
  /** Sequences that have produced a token. */
  readonly generations: number[] = [];
  /** By request, of those that are here: smaller is further in front. */
  private place = new Float64Array(1024);
  private firstPlace = 0;
  private lastPlace = 0;

  constructor(prompts: WaitingQueue) {
    this.prompts = prompts;
  }

  get size(): number {
    return this.prompts.size + this.rests.length + this.generations.length;
  }

  /** All of it, front first. */
  list(): number[] {
    const { place } = this;
    return [...this.prompts.list(), ...this.rests, ...this.generations].sort((a, b) => place[a] - place[b]);
  }

  addPrompt(request: number): void {
    if (request >= this.place.length) this.grow(request);
    this.prompts.add(request);
    this.place[request] = ++this.lastPlace;
  }

  addGeneration(request: number): void {
    this.generations.push(request);
    this.place[request] = ++this.lastPlace;
  }

  /** The rest of a prompt goes to the front. */
  putRest(request: number): void {
    this.rests.unshift(request);
    this.place[request] = --this.firstPlace;
  }

  takePrompt(): number {
    return this.prompts.takeHead();
  }

  takeRest(): void {
    this.rests.shift();
  }

  /** Takes generations out that are to run; `taken` is in their order. */
  takeGenerations(taken: readonly number[]): void {
    const { generations } = this;
    if (taken.length === generations.length) {
      generations.length = 0;
      return;
    }
    let next = 0;
    let kept = 0;
    for (const request of generations) {
      if (request === taken[next]) next++;
      else generations[kept++] = request;
    }
    generations.length = kept;
  }

  /** The last entry that holds KV, of all but one; -1 = none does. */
  lastHolder(except = -1): number {
    const { place } = this;
    let last = -1;
    for (const list of [this.rests, this.generations])
      for (const request of list) {
        if (request !== except && (last < 0 || place[request] > place[last])) last = request;
      }
    return last;
  }

  /** Takes out whatever kind of entry a request has. */
  remove(request: number): void {
    for (const list of [this.rests, this.generations]) {
      const at = list.indexOf(request);
      if (at >= 0) list.splice(at, 1);
    }
    this.prompts.remove(request);
  }

  save(): FastGenBufferState {
    const { rests, generations, firstPlace, lastPlace } = this;
    return {
      prompts: this.prompts.save(),
      rests: rests.slice(),
      generations: generations.slice(),
      place: this.list().map((request) => [request, this.place[request]]),
      firstPlace,
      lastPlace,
    };
  }

  restore(state: FastGenBufferState): void {
    this.prompts.restore(state.prompts);
    this.rests.splice(0, Number.POSITIVE_INFINITY, ...state.rests);
    this.generations.splice(0, Number.POSITIVE_INFINITY, ...state.generations);
    for (const [request, place] of state.place) {
      if (request >= this.place.length) this.grow(request);
      this.place[request] = place;
    }
    this.firstPlace = state.firstPlace;
    this.lastPlace = state.lastPlace;
  }

  private grow(request: number): void {
    const longer = new Float64Array(Math.max(request + 1, 2 * this.place.length));
    longer.set(this.place);
    this.place = longer;
  }
}

export interface FastGenBufferState {
  readonly prompts: unknown;
  readonly rests: readonly number[];
  readonly generations: readonly number[];
  readonly place: readonly (readonly [request: number, place: number])[];
  readonly firstPlace: number;
  readonly lastPlace: number;
}
