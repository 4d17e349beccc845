import { type Batch, EntryFlag } from '../batch.ts';
import { Because, Bound, DecisionKind } from '../decision.ts';
import { RadixMemory } from '../memory/radix-memory.ts';
import type { WaitingQueue } from '../queue/queue.ts';
import { withhold, withholdFrom } from '../queue/withhold.ts';
import { Status } from '../request.ts';
import { acceptedDrafts } from './drafts.ts';
import { finish, hasAllOutput, outputEnd } from './finish.ts';
import type { PolicyKind } from './kind.ts';
import type { Flips, Policy, PolicyContext } from './policy.ts';
import { NewTokenRatio } from './sglang/new-token-ratio.ts';
import { AddResult, PrefillAdder } from './sglang/prefill-adder.ts';
import { preemptionVictims } from './sglang/priority-preemption.ts';
import { RETRACT_DECODE_STEPS, ratioAfterRetraction, retractionOrder } from './sglang/retraction.ts';
import { RunningBatch, type RunningBatchState } from './sglang/running-batch.ts';
import { SchedulePolicy } from './sglang/schedule-policy.ts';
import { type SglangSettings, sglangDefaults, sglangLengths } from './sglang/settings.ts';
import { type TreeSpeculation, treeSpeculation } from './sglang/speculation.ts';
import { StepEntries } from './sglang/step-entries.ts';
import { WaitingList } from './sglang/waiting-list.ts';

/**
 * SGLang's scheduler (commit d2b3c7f of 2026-02-26, the v0.5.9 era; `scheduler.py`, `schedule_batch.py`): as long as
 * anybody can be admitted a step is a prefill, and decodes stand still; at most one prompt at a time is cut into chunks.
 * What decodes may still generate is estimated, and who does not fit in the end is retracted and computes again.
 *
 * `schedule` is one turn of its event loop. With overlap the turn does not know the results of the batch before it, so
 * the end of a request is seen a step late, and that step has a row for nothing.
 *
 * Where the real server ends for want of memory (a chunk, or the decodes beside it, find no slots), this one retracts the
 * prompt that is being cut and goes on.
 *
 * A long file, because one turn of the loop is one algorithm: what is looked at before what decides who gets a place.
 */
export class SglangPolicy implements Policy {
  wakeUs = Number.POSITIVE_INFINITY;
  /** Share of the output that is kept free for running requests. */
  readonly ratio: NewTokenRatio;
  /** The requests that decode. */
  readonly batch = new RunningBatch();
  private readonly context: PolicyContext;
  private readonly memory: RadixMemory;
  private readonly settings: SglangSettings;
  private readonly queue = new WaitingList();
  private readonly order: SchedulePolicy;
  /** The same requests in an order that is none of SGLang's, where one is asked for; null = its own. */
  private readonly arranged: WaitingQueue | null;
  private readonly entries: StepEntries;
  /** Drafts of every decode; null = there are none. They go with neither overlap nor decodes beside prompts. */
  private readonly tree: TreeSpeculation | null;
  /** The batch of the turn before, if it was a prefill: its requests decode from the next turn on. */
  private lastPrefill: LastPrefill | null = null;
  /** The request whose prompt is cut; -1 = none. */
  private chunked = -1;
  /** Requests that came into the queue so far, and which of them each was. */
  private arrivals = 0;
  private readonly entered = new Map<number, number>();
  /** Tokens that the last look-up of a waiting request found. */
  private readonly hits = new Map<number, number>();
  /** Batches on their way. */
  private launched = 0;
  /** Requests that run. */
  private seated = 0;
  /** The running requests in order, if they have not changed since somebody asked. */
  private seats: number[] | null = null;

  constructor(context: PolicyContext, settings: SglangSettings) {
    const { memory, sequences } = context;
    if (!(memory instanceof RadixMemory)) throw new Error('SGLang needs its radix memory');
    this.context = context;
    this.memory = memory;
    this.settings = settings;
    this.entries = new StepEntries(sequences, memory, context.config.encoder);
    this.tree = treeSpeculation(context.config, settings);
    if (this.tree !== null && context.config.asyncScheduling) throw new Error('SGLang does not overlap drafts');
    this.ratio = new NewTokenRatio(settings.scheduleConservativeness);
    const { queue, tuning } = context.config;
    this.arranged = queue === 'fcfs' && tuning?.what !== 'queue-order' ? null : context.createQueue();
    this.order = new SchedulePolicy(
      sequences,
      memory,
      settings,
      (request) => this.entryOf(request),
      // A client names itself.
      (request) => sequences.requests.user[request],
    );
  }

  get hasWork(): boolean {
    return this.seated > 0 || this.queue.size > 0;
  }

  get waitingCount(): number {
    return this.queue.size;
  }

  /** The request whose prompt is cut; -1 = none. */
  get chunkedRequest(): number {
    return this.chunked;
  }

  get running(): readonly number[] {
    if (this.seats === null) {
      const { status } = this.context.sequences;
      const prefilled = this.lastPrefill?.requests ?? [];
      const all = [...this.batch.requests, ...prefilled];
      if (this.chunked >= 0 && !prefilled.includes(this.chunked)) all.push(this.chunked);
      this.seats = all.filter((request) => status[request] === Status.running);
    }
    return this.seats;
  }

  waiting(): number[] {
    return this.queue.list();
  }

  get flips(): Flips {
    return {
      chunkUnit: this.settings.chunkedPrefillSize > 0 ? this.memory.blockSize : 0,
      preempts: true,
      fixed: () => null,
    };
  }

  withhold(request: number): (() => void) | null {
    const { queue, arranged } = this;
    const putBack = withholdFrom(queue.list(), request);
    if (putBack === null) return null;
    const putBackArranged = arranged === null ? null : withhold(arranged, request);
    queue.remove(request);
    return () => {
      putBackArranged?.();
      const now = queue.list();
      putBack(now);
      queue.reorder(now);
    };
  }

  arrive(request: number): void {
    this.enqueue(request);
  }

  schedule(nowUs: number, batch: Batch): void {
    const { sequences } = this.context;
    this.wakeUs = Number.POSITIVE_INFINITY;
    if (this.chunked >= 0) this.memory.cache(this.chunked, sequences.computed[this.chunked]);
    this.mergeLastPrefill();
    const wasEmpty = this.batch.isEmpty;
    if (!this.prefill(nowUs, batch)) this.decode(batch);
    if (batch.count > 0) this.launched++;
    // Those who had ended have left only now. The loop turns on, and the next turn takes no time.
    else if (this.launched === 0 && !wasEmpty && this.queue.size > 0) this.wakeUs = nowUs;
  }

  /** Nothing is to be done: the loop turns for nothing, and the estimate begins anew. */
  wake(): void {
    this.ratio.reset();
    this.mergeLastPrefill();
    this.batch.dropEnded(this.context.sequences);
    if (this.batch.isEmpty) this.batch.isFull = false;
  }

  complete(batch: Batch, nowUs: number): void {
    const { sequences, clock } = this.context;
    const { memory } = this;
    const isDecode = (batch.flags[0] & EntryFlag.prefill) === 0;
    this.launched--;
    if (this.tree !== null && isDecode) this.verify(batch, this.tree);
    if (isDecode) memory.beginFrees();
    clock.begin(nowUs);
    for (let i = 0; i < batch.count; i++) {
      const request = batch.request[i];
      sequences.inFlight[request] -= batch.tokens[i];
      // Of somebody who has ended, or was retracted meanwhile, the token is thrown away.
      if (sequences.status[request] !== Status.running || batch.epoch[i] !== sequences.preemptions[request]) continue;
      if ((batch.flags[i] & EntryFlag.samples) === 0) continue;
      const tokens = this.tree !== null && isDecode ? sequences.computed[request] - batch.computed[i] : 1;
      for (let token = 0; token < tokens; token++) clock.token(request);
      if (hasAllOutput(sequences, request)) {
        this.leave(request, true);
        finish(this.context, request, nowUs);
      } else if ((batch.flags[i] & EntryFlag.prefill) !== 0) {
        // At once, so that others can use it while this one decodes.
        memory.cache(request, batch.computed[i] + batch.tokens[i]);
      }
    }
    clock.end();
    if (isDecode) memory.endFrees();
  }

  abort(request: number, nowUs: number): boolean {
    const { sequences } = this.context;
    const status = sequences.status[request];
    if (status === Status.running) this.leave(request, true);
    else if (status === Status.waiting || status === Status.preempted) {
      this.queue.remove(request);
      this.arranged?.remove(request);
      this.memory.release(request, true);
      this.entered.delete(request);
      this.hits.delete(request);
    } else return false;
    sequences.status[request] = Status.aborted;
    sequences.finishUs[request] = nowUs;
    return true;
  }

  settle(): void {}

  watch(): void {}

  save(): SglangState {
    return {
      batch: this.batch.save(),
      lastPrefill: this.lastPrefill,
      chunked: this.chunked,
      ratio: this.ratio.value,
      queue: this.queue.list(),
      arranged: this.arranged?.save() ?? null,
      arrivals: this.arrivals,
      entered: [...this.entered],
      hits: [...this.hits],
      shuffles: this.order.save(),
      launched: this.launched,
      seated: this.seated,
    };
  }

  restore(saved: unknown): void {
    const state = saved as SglangState;
    this.wakeUs = Number.POSITIVE_INFINITY;
    this.batch.restore(state.batch);
    this.lastPrefill = state.lastPrefill;
    this.chunked = state.chunked;
    this.ratio.value = state.ratio;
    this.queue.reorder(state.queue);
    this.arranged?.restore(state.arranged);
    this.arrivals = state.arrivals;
    this.entered.clear();
    for (const [request, entry] of state.entered) this.entered.set(request, entry);
    this.hits.clear();
    for (const [request, hit] of state.hits) this.hits.set(request, hit);
    this.order.restore(state.shuffles);
    this.launched = state.launched;
    this.seated = state.seated;
    this.seats = null;
  }

  /** Keeps of every decode what is right, up to the token that ends its request; the slots of the others are free again. */
  private verify(batch: Batch, tree: TreeSpeculation): void {
    const { sequences } = this.context;
    const { computed, computedPeak, generated } = sequences;
    for (let i = 0; i < batch.count; i++) {
      const request = batch.request[i];
      if (sequences.status[request] !== Status.running || batch.epoch[i] !== sequences.preemptions[request]) continue;
      const accepted = acceptedDrafts(this.context, request, tree.depth);
      const tokens = Math.min(1 + accepted, outputEnd(sequences, request) - generated[request]);
      this.memory.filled(tokens - batch.tokens[i]);
      computed[request] = batch.computed[i] + tokens;
      if (computed[request] > computedPeak[request]) computedPeak[request] = computed[request];
      this.memory.trim(request);
    }
  }

  private enqueue(request: number): void {
    this.queue.add(request);
    if (this.context.sequences.status[request] === Status.preempted) this.arranged?.putBack(request);
    else this.arranged?.add(request);
    this.entered.set(request, this.arrivals++);
  }

  private entryOf(request: number): number {
    return this.entered.get(request) ?? -1;
  }

  /** The requests of the last prefill join the decodes, all but those that have ended and the one that is cut. */
  private mergeLastPrefill(): void {
    const last = this.lastPrefill;
    if (last === null) return;
    this.lastPrefill = null;
    const { status } = this.context.sequences;
    const isKept = (r: number) => status[r] === Status.running && r !== last.chunked && r !== this.chunked;
    const kept = last.requests.filter(isKept);
    if (kept.length < last.requests.length) this.batch.isFull = false;
    this.batch.merge(kept);
  }

  /** Fills the step with prompts, if anybody can be admitted; false if nobody can. */
  private prefill(nowUs: number, batch: Batch): boolean {
    const { queue, batch: running, settings, memory } = this;
    if (settings.enablePriorityScheduling) running.isFull = false;
    const forced = this.context.override.asks('admit');
    const isForced = forced >= 0 && queue.list().includes(forced);
    if (isForced) running.isFull = false;
    if (this.chunked < 0 && (running.isFull || queue.size === 0)) {
      if (queue.size > 0) this.holdLatched(batch);
      return false;
    }
    if (!isForced && this.chunked >= 0 && this.seatsLeft() <= 0) {
      running.close(Because.latchedSeats);
      this.holdSeats(batch);
      return false;
    }
    if (this.arranged === null) this.order.order(queue, running.requests);
    else this.arrange(this.arranged);
    const isMixed = settings.enableMixedChunk && settings.chunkedPrefillSize > 0 && this.tree === null;
    const mixed = isMixed ? running.requests.length : 0;
    const adder = new PrefillAdder(
      { ...this.context, memory: this.memory, settings },
      running.requests,
      this.ratio.value,
      mixed,
    );
    const begun = this.chunked;
    const isCut = begun >= 0 && adder.addChunked(begun);
    const retracted = isForced ? this.offerFirst(forced, adder, batch) : [];
    const isFirstIn = adder.admitted.includes(forced);
    const preempted = [...retracted, ...this.offer(adder, batch, isFirstIn ? 1 : 0)];
    const isTaken = adder.admitted.length > 0 && this.allocate(adder, begun, isMixed, batch);
    if (isTaken) {
      const taken = adder.admitted.length - (begun >= 0 ? 1 : 0);
      if (isFirstIn) this.arranged?.remove(forced);
      for (let i = isFirstIn ? 1 : 0; i < taken; i++) this.arranged?.takeHead();
      queue.take(taken);
      this.chunked = isCut ? begun : adder.newChunked;
      this.pushPrefills(adder, begun, nowUs, batch);
      if (isMixed) this.pushMixed(batch);
    }
    if (isFirstIn && isTaken) this.context.override.take();
    else if (isFirstIn) this.context.override.refuse(memory.failure);
    for (const victim of preempted) this.enqueue(victim);
    if (queue.size === 0 && isTaken && batch.bound === Bound.nothingLeft && this.chunked >= 0) {
      batch.bound = Bound.tokenBudget;
    }
    return isTaken;
  }

  /** Puts the queue into the order that was asked for. */
  private arrange(arranged: WaitingQueue): void {
    // Looking at the head lets an order that depends on the cache look there first.
    if (arranged.size > 0) arranged.head();
    this.queue.reorder(arranged.list());
  }

  /**
   * What-if: a request is admitted before all others, whatever they have set aside. Decodes are retracted as far as it
   * needs a seat and its prompt needs their slots. Returns who was.
   */
  private offerFirst(request: number, adder: PrefillAdder, batch: Batch): number[] {
    const { memory, queue, batch: running } = this;
    const { sequences, override } = this.context;
    const { maxNumSeqs } = this.context.config;
    const { blockSize } = memory;
    const need = Math.ceil(adder.partOf(sequences.known(request) - memory.findHit(request)) / blockSize) * blockSize;
    running.dropEnded(sequences);
    const kept = retractionOrder(running.requests, sequences, this.tree !== null);
    const most = kept.reduce((slots, other) => slots + sequences.computed[other], adder.currentRem);
    const retracted: number[] = [];
    const hasSeat = () => kept.length + adder.admitted.length < maxNumSeqs;
    while (need <= most && kept.length > 0 && (adder.currentRem < need || !hasSeat())) {
      const victim = kept.pop() as number;
      retracted.push(victim);
      adder.dropRunning(victim);
      this.retract(victim, batch, need / blockSize, request, Because.decodeRoom);
    }
    if (retracted.length > 0) {
      running.replace(kept);
      this.ratio.value = ratioAfterRetraction(kept, sequences);
    }
    if (!hasSeat()) {
      override.refuse({ because: Because.seats, need: 1, have: maxNumSeqs });
      return retracted;
    }
    if (adder.currentRem < need) {
      const have = Math.max(0, Math.floor(adder.currentRem / blockSize));
      override.refuse({ because: Because.noBlocks, need: need / blockSize, have });
      return retracted;
    }
    const hit = memory.findHit(request);
    this.hits.set(request, hit);
    adder.addAtAnyPrice(request, hit);
    queue.reorder([request, ...queue.list().filter((other) => other !== request)]);
    return retracted;
  }

  /** Offers places to those who wait, the first one first, until one does not fit. Returns who lost its place for them. */
  private offer(adder: PrefillAdder, batch: Batch, from: number): number[] {
    const { queue, batch: running, memory } = this;
    const preempted: number[] = [];
    for (let place = from; place < queue.size; place++) {
      const request = queue.at(place);
      const hasSeat = adder.admitted.length < this.seatsLeft();
      if (!hasSeat) running.close(Because.latchedSeats);
      if (running.isFull && !this.preemptFor(request, adder, preempted, batch)) {
        if (hasSeat) this.holdLatched(batch, request);
        else this.holdSeats(batch, request);
        break;
      }
      const hit = memory.findHit(request);
      this.hits.set(request, hit);
      const before = adder.admitted.length;
      const result = adder.add(request, hit);
      if (result === AddResult.goOn) continue;
      if (result === AddResult.noToken) running.close(Because.latchedTokens);
      const next = adder.admitted.length > before ? place + 1 : place;
      if (next < queue.size) this.holdAfter(adder, queue.at(next), batch);
      else if (result === AddResult.other) batch.bound = Bound.tokenBudget;
      break;
    }
    return preempted;
  }

  /** Gives the admitted requests, and the decodes beside them, their slots. False if there are too few: then nobody is admitted. */
  private allocate(adder: PrefillAdder, begun: number, isMixed: boolean, batch: Batch): boolean {
    const { memory, batch: running } = this;
    const { sequences } = this.context;
    const { admitted } = adder;
    for (const request of admitted) if (request !== begun) sequences.computed[request] = this.hits.get(request) ?? 0;
    let tokens = 0;
    for (const extend of adder.extends) tokens += extend;
    // With pages each request may begin one, so one more is asked for.
    memory.makeRoom(memory.blockSize === 1 ? tokens : tokens + admitted.length * memory.blockSize);
    let isThere = admitted.every((request, i) => memory.grow(request, adder.extends[i]));
    if (isThere && isMixed) {
      running.dropEnded(sequences);
      isThere = this.allocateDecodes();
    }
    if (isThere) return true;
    for (const request of admitted) {
      if (request === begun) this.retract(begun, batch, memory.failure.need, -1, Because.decodeRoom);
      else {
        memory.release(request, false);
        sequences.computed[request] = 0;
      }
    }
    if (begun >= 0) this.enqueue(begun);
    if (!running.isEmpty) running.close(Because.latchedTokens);
    return false;
  }

  /** Gives every decode the slots of its next token and its drafts. */
  private allocateDecodes(): boolean {
    const { memory, tree } = this;
    const { requests } = this.batch;
    memory.makeRoom(requests.length * (tree?.slots ?? memory.blockSize));
    if (this.pagesForDecodes(requests) > memory.pool.availablePages) return false;
    for (const request of requests) memory.grow(request, 1 + this.drafts);
    return true;
  }

  /** Drafts that a decode verifies. */
  private get drafts(): number {
    return this.tree?.drafts ?? 0;
  }

  /** The admitted requests have their slots: they take part in the step. */
  private pushPrefills(adder: PrefillAdder, begun: number, nowUs: number, batch: Batch): void {
    for (const [i, request] of adder.admitted.entries()) {
      if (request !== begun) this.seat(request, nowUs);
      this.entries.addPrefill(batch, request, adder.extends[i], request !== begun, request !== this.chunked);
    }
    this.lastPrefill = { requests: adder.admitted, chunked: this.chunked };
    this.seats = null;
  }

  private seat(request: number, nowUs: number): void {
    const { sequences, decisions } = this.context;
    const isBack = sequences.status[request] === Status.preempted;
    if (!isBack) sequences.firstScheduledUs[request] = nowUs;
    sequences.status[request] = Status.running;
    this.seated++;
    this.hits.delete(request);
    const hit = sequences.computed[request];
    const blocks = sequences.tableLength[request] - hit / this.memory.blockSize;
    decisions.add(isBack ? DecisionKind.resume : DecisionKind.admit, request, Because.none, blocks, hit);
  }

  /** The decodes take part in the step; they are merged with its prompts afterwards. */
  private pushMixed(batch: Batch): void {
    const { requests } = this.batch;
    if (requests.length === 0 || this.lastPrefill === null) return;
    for (const request of requests) this.entries.addDecode(batch, request, 0);
    this.lastPrefill = { ...this.lastPrefill, requests: [...this.lastPrefill.requests, ...requests] };
    this.batch.replace([]);
  }

  /** One token for everybody who decodes, or as many as there are right drafts; who does not fit is retracted. */
  private decode(batch: Batch): void {
    const { batch: running, memory } = this;
    const { requests } = running;
    const before = requests.length;
    if (before === 0) return;
    running.dropEnded(this.context.sequences);
    if (running.isEmpty) {
      running.isFull = false;
      return;
    }
    if (memory.makeRoom(this.slotsForDecodes(requests))) this.ratio.decay();
    else this.retractUntilFits(batch);
    if (requests.length < before) running.isFull = false;
    if (!this.allocateDecodes()) throw new Error('SGLang: out of memory with one request left');
    for (const request of requests) this.entries.addDecode(batch, request, this.drafts);
    this.entries.pad(batch, this.settings.cudaGraphMaxBs, this.drafts);
  }

  /** Slots that the next decode step asks for: a whole page of everybody whose pages are full, or what drafts may take. */
  private slotsForDecodes(requests: readonly number[]): number {
    return this.pagesForDecodes(requests) * this.memory.blockSize;
  }

  private pagesForDecodes(requests: readonly number[]): number {
    const { blockSize } = this.memory;
    if (this.tree !== null) return (requests.length * this.tree.slots) / blockSize;
    if (blockSize === 1) return requests.length;
    const { computed } = this.context.sequences;
    let pages = 0;
    for (const request of requests) if (computed[request] % blockSize === 0) pages++;
    return pages;
  }

  /** Retracts one request after the other until the next step fits; one stays. The others keep the order of the choice. */
  private retractUntilFits(batch: Batch): void {
    const { memory } = this;
    const { sequences } = this.context;
    const kept = retractionOrder(this.batch.requests, sequences, this.tree !== null);
    const retracted: number[] = [];
    do {
      const need = this.pagesForDecodes(kept);
      const victim = kept.length > 1 ? this.takeVictim(kept) : undefined;
      if (victim === undefined) break;
      retracted.push(victim);
      this.retract(victim, batch, need, -1, Because.decodeRoom);
      memory.makeRoom(kept.length * RETRACT_DECODE_STEPS);
    } while (!memory.makeRoom(this.slotsForDecodes(kept)));
    this.batch.replace(kept);
    this.ratio.value = ratioAfterRetraction(kept, sequences);
    for (const victim of retracted) this.enqueue(victim);
  }

  /** The last of those that are to keep their places, of two or more. */
  private takeVictim(kept: number[]): number {
    const { override } = this.context;
    const last = kept.length - 1;
    const isSpared = kept[last] === override.asks('spare');
    if (isSpared) override.heed();
    return kept.splice(isSpared ? last - 1 : last, 1)[0];
  }

  /** Who loses its place for a more important request, unless that one is spared (what-if). */
  private victimsFor(request: number, tokens: number, adder: PrefillAdder): number[] {
    const { override, sequences } = this.context;
    const { settings } = this;
    const choose = (running: readonly number[]): number[] =>
      preemptionVictims(running, request, tokens, {
        sequences,
        settings,
        entered: (r) => this.entryOf(r),
        freedBy: (r) => adder.reservedFor(r),
      });
    const victims = choose(this.batch.requests);
    const spared = override.asks('spare');
    if (!victims.includes(spared)) return victims;
    override.heed();
    return choose(this.batch.requests.filter((r) => r !== spared));
  }

  /** Takes running requests' places for a more important one; false if that does not help it. */
  private preemptFor(request: number, adder: PrefillAdder, preempted: number[], batch: Batch): boolean {
    const { batch: running, memory, settings } = this;
    if (!settings.enablePriorityScheduling) return false;
    const { sequences } = this.context;
    const wanted = sequences.known(request) - (this.hits.get(request) ?? 0) + adder.clippedOutput(request);
    const victims = this.victimsFor(request, wanted - adder.remTotal, adder);
    if (victims.length === 0) return false;
    const taken = new Set(victims);
    let left = running.requests.length;
    for (const victim of running.requests) {
      if (!taken.has(victim)) continue;
      adder.dropRunning(victim);
      this.retract(victim, batch, Math.ceil(wanted / memory.blockSize), request, Because.moreImportant);
      memory.makeRoom(--left * RETRACT_DECODE_STEPS);
      preempted.push(victim);
    }
    running.replace(running.requests.filter((r) => !taken.has(r)));
    return true;
  }

  /** A request loses its slots and its place, and keeps its output. What it computed and the tree holds may be hit again. */
  private retract(victim: number, batch: Batch, needPages: number, forRequest: number, because: Because): void {
    const { sequences, decisions } = this.context;
    const free = this.memory.pool.availablePages;
    decisions.add(DecisionKind.preempt, victim, because, needPages, free, forRequest);
    this.leave(victim, false);
    sequences.status[victim] = Status.preempted;
    sequences.preemptions[victim]++;
    sequences.computed[victim] = 0;
    batch.preemptions++;
    batch.bound = Bound.blocks;
  }

  /** A running request gives up its place and its slots. */
  private leave(request: number, ended: boolean): void {
    this.memory.release(request, ended);
    if (ended) this.entered.delete(request);
    if (this.chunked === request) this.chunked = -1;
    this.seated--;
    this.seats = null;
  }

  private seatsLeft(): number {
    return this.context.config.maxNumSeqs - this.batch.requests.length;
  }

  private holdSeats(batch: Batch, request = this.queue.at(0)): void {
    if (this.queue.size > 0) this.hold(batch, Bound.seats, request, Because.seats, 1, this.context.config.maxNumSeqs);
  }

  private holdLatched(batch: Batch, request = this.queue.at(0)): void {
    const { because } = this.batch;
    this.hold(batch, because === Because.latchedSeats ? Bound.seats : Bound.blocks, request, because, 0, 0);
  }

  private holdAfter({ failure }: PrefillAdder, request: number, batch: Batch): void {
    const { because, need, have } = failure;
    this.hold(
      batch,
      because === Because.tokensReserved ? Bound.blocks : Bound.tokenBudget,
      request,
      because,
      need,
      have,
    );
  }

  private hold(batch: Batch, bound: Bound, request: number, because: Because, need: number, have: number): void {
    batch.bound = bound;
    this.context.decisions.add(DecisionKind.hold, request, because, need, have);
  }
}

/** SGLang as one of the policies. */
export const sglangKind: PolicyKind<SglangSettings> = {
  id: 'sglang',
  defaults: sglangDefaults,
  createPolicy: (context, settings) => new SglangPolicy(context, settings),
  createMemory: (config, sequences, settings) => new RadixMemory(config, sequences, settings),
  lengths: sglangLengths,
};

interface LastPrefill {
  readonly requests: readonly number[];
  readonly chunked: number;
}

interface SglangState {
  readonly batch: RunningBatchState;
  readonly lastPrefill: LastPrefill | null;
  readonly chunked: number;
  readonly ratio: number;
  readonly queue: readonly number[];
  readonly arranged: unknown;
  readonly arrivals: number;
  readonly entered: readonly (readonly [number, number])[];
  readonly hits: readonly (readonly [number, number])[];
  readonly shuffles: number;
  readonly launched: number;
  readonly seated: number;
}
