import { type Batch, EntryFlag } from '../batch.ts';
import type { KvMemory } from '../memory/memory.ts';
import type { Sequences } from '../sequences.ts';
import { outputEnd } from './finish.ts';

/** Told who is scheduled as a member of the decode set. */
export interface SetObserver {
  joined(request: number): void;
  /** The request is not scheduled as a member any more. */
  parted(request: number): void;
}

/**
 * Sequences that do nothing but decode, advanced together: each has one more token computed in every step, so its
 * numbers follow from when it joined and are written down only when somebody needs them. A step costs as much as it has
 * events: who takes a block in it (sequences at the same place within a block take one in the same step), and whose
 * last token it is (known when it joins).
 *
 * Members are the first of the running list, in its order, which is also the order in which they joined. Ticks count
 * the steps the set was scheduled in.
 */
export class DecodeSet {
  /** Members that are scheduled in every step. */
  size = 0;
  /** Members at the head of the running list: those, and such whose last token is in flight. */
  span = 0;
  private tick = 0;
  /** Which of `phases` has computed a whole number of blocks at this tick. */
  private turn = 0;
  /** Ticks below this one have delivered their tokens. */
  private completed = 0;
  private readonly sequences: Sequences;
  private readonly memory: KvMemory;
  private readonly isAsync: boolean;
  private readonly observer: SetObserver | null;
  private readonly blockSize: number;
  /** Computed tokens of a member = base + tick. */
  private base = new Int32Array(0);
  private joined = new Int32Array(0);
  /** First tick a member is not scheduled in. */
  private leaves = new Float64Array(0);
  private isActive = new Uint8Array(0);
  private sumOfBases = 0;
  private largestBase = 0;
  private isLargestStale = false;
  /** Members by base modulo block size, in order; those that left are dropped when met. */
  private readonly phases: number[][];
  /** Members whose last token a tick delivers, and those that are not scheduled from a tick on. */
  private readonly ends = new Calendar();
  private readonly leavings = new Calendar();
  /** Batches that hold the set and have not delivered, oldest first. */
  private readonly inFlight: Batch[] = [];

  constructor(sequences: Sequences, memory: KvMemory, isAsync: boolean, observer: SetObserver | null = null) {
    this.sequences = sequences;
    this.memory = memory;
    this.isAsync = isAsync;
    this.observer = observer;
    this.blockSize = memory.blockSize;
    this.phases = Array.from({ length: this.blockSize }, () => []);
  }

  /** Takes in the running requests behind the set that have come to decode steadily; tokens were last delivered at `deliveredUs`. */
  absorb(running: readonly number[], deliveredUs: number): void {
    while (this.span < running.length) {
      const request = running[this.span];
      const left = this.stepsLeft(request, deliveredUs);
      if (left <= 0) return;
      this.join(request, left);
      this.span++;
    }
  }

  /** Whether the set can be scheduled as a whole: `behind` is what the others may need at most. */
  fits(budget: number, blocksBehind: number): boolean {
    this.retire();
    if (this.size > budget) return false;
    return this.takers().length + blocksBehind <= this.memory.freeBlocks;
  }

  /** Schedules one token for every member, in a step that `fits`. */
  schedule(batch: Batch): void {
    const { sequences, memory, tick, size } = this;
    for (const request of this.takers()) {
      const computed = this.base[request] + tick;
      sequences.computed[request] = computed;
      memory.grow(request, 1);
      // Asynchronous: the last token of the block before has just become known.
      if (this.isAsync) memory.cache(request, computed);
    }
    if (!this.isAsync) {
      for (const request of this.phases[this.before(this.turn)]) memory.cache(request, this.base[request] + tick + 1);
    }
    batch.setSize = size;
    batch.setTick = tick;
    const { shape } = batch;
    shape.tokens += size;
    shape.samples += size;
    shape.decodes += size;
    shape.decodeContextSum += this.sumOfBases + size * (tick + 1);
    shape.decodeContextMax = Math.max(shape.decodeContextMax, this.largest() + tick + 1);
    this.tick = tick + 1;
    this.turn = this.before(this.turn);
    if (size > 0) this.inFlight.push(batch);
  }

  /** The batch has delivered. Returns the members whose last token it was, their numbers written down. */
  complete(batch: Batch, nowUs: number): readonly number[] {
    if (this.inFlight[0] !== batch) return nobody;
    this.inFlight.shift();
    const tick = batch.setTick;
    this.completed = tick + 1;
    if (tick < this.ends.next) return nobody;
    const ending = this.ends.take(tick);
    for (const request of ending) {
      for (const later of this.inFlight) if (later.setTick < this.leaves[request]) later.setSize--;
      this.write(request, nowUs);
      this.drop(request);
      this.span--;
    }
    return ending;
  }

  /** Writes everything down and lets all members go, as if there had never been a set. `nowUs`: when tokens were last delivered. */
  dissolve(running: readonly number[], deliveredUs: number): void {
    if (this.span === 0) return;
    for (const batch of this.inFlight) this.spellOut(batch, running);
    if (this.observer !== null) {
      for (let i = 0; i < this.span; i++) if (this.isActive[running[i]] === 1) this.observer.parted(running[i]);
    }
    for (let i = 0; i < this.span; i++) this.write(running[i], deliveredUs);
    this.inFlight.length = 0;
    this.ends.clear();
    this.leavings.clear();
    for (const phase of this.phases) phase.length = 0;
    this.size = 0;
    this.span = 0;
    this.sumOfBases = 0;
    this.largestBase = Number.NEGATIVE_INFINITY;
    this.completed = this.tick;
  }

  /** Decode steps that a request still has before its last token; 0 if it does not decode steadily. */
  private stepsLeft(request: number, deliveredUs: number): number {
    const { sequences } = this;
    const { requests, computed, generated, placeholders } = sequences;
    const expected = placeholders[request];
    const prompt = requests.promptTokens[request];
    if (expected !== (this.isAsync ? 1 : 0) || computed[request] < prompt) return 0;
    // Its last token must be of the last batch, or the next gap would not be that of all members.
    if (!this.isAsync && sequences.lastTokenUs[request] !== deliveredUs) return 0;
    const known = generated[request] + expected;
    if (prompt + known - computed[request] !== 1) return 0;
    return outputEnd(sequences, request) - known;
  }

  private join(request: number, left: number): void {
    const { sequences, tick } = this;
    if (request >= this.base.length) this.reserve(request);
    const base = sequences.computed[request] - tick;
    const last = tick + left - 1;
    const { requests, outputLimit } = sequences;
    // Who ends at the limit is known to end and gets no further step; who ends before it gets one for nothing.
    const isForeseen = this.isAsync && requests.outputTokens[request] >= outputLimit[request];
    this.base[request] = base;
    this.joined[request] = tick;
    this.isActive[request] = 1;
    if (this.observer !== null) this.observer.joined(request);
    this.leaves[request] = isForeseen ? last + 1 : Number.POSITIVE_INFINITY;
    this.phases[modulo(base, this.blockSize)].push(request);
    this.ends.add(last, request);
    if (isForeseen) this.leavings.add(last + 1, request);
    this.size++;
    this.sumOfBases += base;
    if (base > this.largestBase || this.size === 1) this.largestBase = base;
  }

  /** Members whose last token is in flight are not scheduled any more. */
  private retire(): void {
    if (this.tick < this.leavings.next) return;
    for (const request of this.leavings.take(this.tick)) this.drop(request);
  }

  /** A member is not scheduled any more; nothing happens if it has been dropped before. */
  private drop(request: number): void {
    if (this.isActive[request] === 0) return;
    this.isActive[request] = 0;
    if (this.observer !== null) this.observer.parted(request);
    this.size--;
    this.sumOfBases -= this.base[request];
    if (this.base[request] === this.largestBase) this.isLargestStale = true;
    const phase = this.phases[modulo(this.base[request], this.blockSize)];
    phase.splice(phase.indexOf(request), 1);
  }

  /** Members that need a new block in the coming step. */
  private takers(): readonly number[] {
    return this.phases[this.turn];
  }

  /** The phase whose turn it is a tick after that of `phase`. Counted, since a division in every step is felt. */
  private before(phase: number): number {
    return phase === 0 ? this.blockSize - 1 : phase - 1;
  }

  private largest(): number {
    if (this.isLargestStale) {
      this.isLargestStale = false;
      this.largestBase = Number.NEGATIVE_INFINITY;
      for (const phase of this.phases) {
        for (const request of phase) if (this.base[request] > this.largestBase) this.largestBase = this.base[request];
      }
    }
    return this.size === 0 ? Number.NEGATIVE_INFINITY : this.largestBase;
  }

  /** Brings a member's row up to date. */
  private write(request: number, deliveredUs: number): void {
    const { sequences, completed } = this;
    const joined = this.joined[request];
    const scheduled = Math.min(this.tick, this.leaves[request]);
    const delivered = Math.max(0, Math.min(completed, scheduled) - joined);
    const expected = Math.max(0, scheduled - Math.max(joined, completed));
    const computed = this.base[request] + scheduled;
    sequences.computed[request] = computed;
    sequences.computedPeak[request] = Math.max(sequences.computedPeak[request], computed);
    sequences.generated[request] += delivered;
    if (delivered > 0) sequences.lastTokenUs[request] = deliveredUs;
    sequences.inFlight[request] += expected;
    if (this.isAsync) sequences.placeholders[request] += expected;
    // From here on the row counts; writing it again adds nothing.
    this.joined[request] = scheduled;
  }

  /** Gives a batch in flight an entry for every member, before those of the others. */
  private spellOut(batch: Batch, running: readonly number[]): void {
    const tick = batch.setTick;
    const { preemptions } = this.sequences;
    const members: number[] = [];
    for (let i = 0; i < this.span; i++) {
      const request = running[i];
      if (this.joined[request] <= tick && tick < this.leaves[request]) members.push(request);
    }
    batch.prepend(members, (at) => {
      const request = members[at];
      return [1, this.base[request] + tick, preemptions[request], EntryFlag.samples];
    });
    batch.setSize = 0;
  }

  private reserve(request: number): void {
    const rows = Math.max(request + 1, 2 * this.base.length, 1024);
    const base = new Int32Array(rows);
    const joined = new Int32Array(rows);
    const leaves = new Float64Array(rows);
    base.set(this.base);
    joined.set(this.joined);
    leaves.set(this.leaves);
    const isActive = new Uint8Array(rows);
    isActive.set(this.isActive);
    this.isActive = isActive;
    this.base = base;
    this.joined = joined;
    this.leaves = leaves;
  }
}

const nobody: readonly number[] = [];

function modulo(value: number, by: number): number {
  const rest = value % by;
  return rest < 0 ? rest + by : rest;
}

/**
 * Requests by the tick at which something happens to them; those of one tick in the order they were added. A binary heap
 * in three columns.
 */
class Calendar {
  /** The earliest tick that has an entry; Infinity if there is none. */
  next = Number.POSITIVE_INFINITY;
  private readonly ticks: number[] = [];
  private readonly orders: number[] = [];
  private readonly requests: number[] = [];
  private added = 0;
  private readonly taken: number[] = [];

  add(tick: number, request: number): void {
    const { ticks } = this;
    const order = this.added++;
    let at = ticks.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      // The new one is the latest of its tick, so it stays below an equal one.
      if (ticks[above] <= tick) break;
      this.put(at, ticks[above], this.orders[above], this.requests[above]);
      at = above;
    }
    this.put(at, tick, order, request);
    if (tick < this.next) this.next = tick;
  }

  /** Takes out the entries of the earliest tick, `tick`. The list is good until the next call. */
  take(tick: number): readonly number[] {
    const { ticks, taken } = this;
    taken.length = 0;
    while (ticks.length > 0 && ticks[0] === tick) taken.push(this.takeFirst());
    this.next = ticks.length > 0 ? ticks[0] : Number.POSITIVE_INFINITY;
    return taken;
  }

  clear(): void {
    this.ticks.length = 0;
    this.orders.length = 0;
    this.requests.length = 0;
    this.added = 0;
    this.next = Number.POSITIVE_INFINITY;
  }

  private takeFirst(): number {
    const { ticks, orders, requests } = this;
    const first = requests[0];
    const tick = ticks[ticks.length - 1];
    const order = orders[orders.length - 1];
    const request = requests[requests.length - 1];
    ticks.length--;
    orders.length--;
    requests.length--;
    const size = ticks.length;
    if (size === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= size) break;
      if (below + 1 < size && this.isBefore(below + 1, ticks[below], orders[below])) below++;
      if (!this.isBefore(below, tick, order)) break;
      this.put(at, ticks[below], orders[below], requests[below]);
      at = below;
    }
    this.put(at, tick, order, request);
    return first;
  }

  private isBefore(at: number, tick: number, order: number): boolean {
    return this.ticks[at] < tick || (this.ticks[at] === tick && this.orders[at] < order);
  }

  private put(at: number, tick: number, order: number, request: number): void {
    this.ticks[at] = tick;
    this.orders[at] = order;
    this.requests[at] = request;
  }
}
