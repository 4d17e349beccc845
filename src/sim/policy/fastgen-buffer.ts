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
  /** Smaller is further in front. */
  private readonly place = new Map<number, number>();
  private firstPlace = 0;
  private lastPlace = 0;

  constructor(prompts: WaitingQueue) {
    this.prompts = prompts;
  }

  get size(): number {
    return this.place.size;
  }

  /** All of it, front first. */
  list(): number[] {
    return [...this.place].sort((a, b) => a[1] - b[1]).map(([request]) => request);
  }

  addPrompt(request: number): void {
    this.prompts.add(request);
    this.place.set(request, ++this.lastPlace);
  }

  addGeneration(request: number): void {
    this.generations.push(request);
    this.place.set(request, ++this.lastPlace);
  }

  /** The rest of a prompt goes to the front. */
  putRest(request: number): void {
    this.rests.unshift(request);
    this.place.set(request, --this.firstPlace);
  }

  takePrompt(): number {
    const request = this.prompts.takeHead();
    this.place.delete(request);
    return request;
  }

  takeRest(): void {
    const request = this.rests.shift();
    if (request !== undefined) this.place.delete(request);
  }

  /** Takes generations out that are to run; `taken` is in their order. */
  takeGenerations(taken: readonly number[]): void {
    const { generations, place } = this;
    let next = 0;
    let kept = 0;
    for (const request of generations) {
      if (request === taken[next]) {
        place.delete(request);
        next++;
      } else generations[kept++] = request;
    }
    generations.length = kept;
  }

  /** The last entry that holds KV; -1 = none does. */
  lastHolder(): number {
    const { place } = this;
    let last = -1;
    for (const list of [this.rests, this.generations])
      for (const request of list) if (last < 0 || placeOf(place, request) > placeOf(place, last)) last = request;
    return last;
  }

  /** Takes out whatever kind of entry a request has. */
  remove(request: number): void {
    if (!this.place.delete(request)) return;
    for (const list of [this.rests, this.generations]) {
      const at = list.indexOf(request);
      if (at >= 0) list.splice(at, 1);
    }
    this.prompts.remove(request);
  }

  save(): FastGenBufferState {
    const { rests, generations, place, firstPlace, lastPlace } = this;
    return {
      prompts: this.prompts.save(),
      rests: rests.slice(),
      generations: generations.slice(),
      place: [...place].sort((a, b) => a[1] - b[1]),
      firstPlace,
      lastPlace,
    };
  }

  restore(state: FastGenBufferState): void {
    this.prompts.restore(state.prompts);
    this.rests.splice(0, Number.POSITIVE_INFINITY, ...state.rests);
    this.generations.splice(0, Number.POSITIVE_INFINITY, ...state.generations);
    this.place.clear();
    for (const [request, place] of state.place) this.place.set(request, place);
    this.firstPlace = state.firstPlace;
    this.lastPlace = state.lastPlace;
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

function placeOf(places: ReadonlyMap<number, number>, request: number): number {
  return places.get(request) ?? 0;
}
