import { type Batch, EntryFlag } from '../batch.ts';
import { Because, Bound, DecisionKind } from '../decision.ts';
import { causalPairs } from '../gpu/model.ts';
import { offloadsBlocks, PagedMemory } from '../memory/paged.ts';
import { Cadence, type CadenceState } from '../phase/cadence.ts';
import { Connector, type ConnectorState } from '../phase/connector.ts';
import { createEncoder, type Encoder, type EncoderState } from '../phase/encoder.ts';
import { type DraftModel, type Speculation, speculationOf } from '../phase/speculation.ts';
import { isBefore } from '../queue/priority.ts';
import type { WaitingQueue } from '../queue/queue.ts';
import { withhold } from '../queue/withhold.ts';
import { Status } from '../request.ts';
import { DecodeSet } from './decode-set.ts';
import { finish, hasAllOutput, isStopped } from './finish.ts';
import type { Flips, Policy, PolicyContext } from './policy.ts';

/**
 * vLLM's V1 scheduler (main of 2026-08-17, between v0.27 and v0.28): continuous batching with chunked prefill, and
 * preemption by recompute. A request has no phase: it wants its known tokens minus its computed ones, whatever they are.
 * What few deployments use has its own file: speculative decoding, encoder, KV connector and step cadences in `phase/`, the
 * sliding window in `memory/`, the fast way for steady decodes in `decode-set.ts`. Not modelled: LoRA limits, structured
 * output, hybrid cache groups, failed KV loads.
 *
 * A long file, because one call of the scheduler is one algorithm: which rule comes before which decides who gets the
 * tokens, and that order must be readable in one place.
 */
export class VllmPolicy implements Policy {
  readonly running: number[] = [];
  /** What images take from the encoder; null without multimodal inputs. */
  readonly encoder: Encoder | null;
  /** KV on its way from or to another instance; null without. */
  readonly connector: Connector | null;
  private readonly context: PolicyContext;
  private readonly queue: WaitingQueue;
  /** Requests that could not be considered: their output is still in flight. Served before the waiting ones. */
  private readonly skipped: WaitingQueue;
  /** Output in flight of these requests is thrown away when it comes (forced cache reset). */
  private readonly discarding = new Set<number>();
  private readonly watermarkBlocks: number;
  private readonly speculation: Speculation;
  /** Steady decodes, advanced together; null where every step is to be looked at. */
  private readonly set: DecodeSet | null;
  /** Every step is looked at: the set is not used. */
  private isWatched = false;
  /** When tokens were last delivered. */
  private deliveredUs = 0;
  private readonly cadence: Cadence | null;
  /** Memory that moves blocks to the host and back; null without. */
  private readonly offloading: PagedMemory | null;
  /** Whether any rule beyond tokens, seats and blocks wants to know who was scheduled. */
  private readonly hasExtras: boolean;
  /** Tokens that the step may still schedule. */
  private budget = 0;
  /** Drafting slots of a scheduled request. */
  private readonly slots: number;
  /** Tokens that the step may still take as input, less the drafting slots of one more request; kept only with such slots. */
  private inputs = 0;
  /** This step leaves prefills alone. */
  private sparesPrefills = false;
  /** A request that joins now does so whatever must stay free (what-if). */
  private isForced = false;
  /** A running request in the middle of its prompt is part of this step. */
  private hasChunk = false;

  constructor(context: PolicyContext) {
    this.context = context;
    const { config, sequences, memory } = context;
    this.queue = context.createQueue();
    this.skipped = context.createQueue();
    this.watermarkBlocks = Math.floor(config.watermark * config.numBlocks);
    this.speculation = speculationOf(config);
    this.slots = this.speculation.slots;
    this.encoder = createEncoder(config, sequences.requests, this.speculation.shift);
    if (config.connector === null) this.connector = null;
    else if (memory instanceof PagedMemory) {
      this.connector = new Connector(config.connector, config, sequences.requests, memory);
    } else throw new Error('a KV connector needs paged memory');
    const isThrottled = config.prefillScheduleInterval > 1;
    this.cadence = isThrottled || config.decodeCadence > 1 ? new Cadence(config, sequences) : null;
    this.offloading = offloadsBlocks(config) && memory instanceof PagedMemory ? memory : null;
    this.hasExtras = this.connector !== null || this.cadence !== null || this.speculation.tokens > 0;
    const { asyncScheduling: isAsync, batchesInFlight, slidingWindow } = config;
    // With other numbers of batches in flight a decode does not get a token in every step.
    const isSteady = batchesInFlight === (isAsync ? 2 : 1);
    const isPlain = !this.hasExtras && this.encoder === null && slidingWindow === 0 && this.offloading === null;
    this.set =
      context.isWholeRun && isSteady && isPlain ? new DecodeSet(sequences, memory, isAsync, context.setObserver) : null;
  }

  get hasWork(): boolean {
    return this.running.length > 0 || this.waitingCount > 0 || (this.connector?.isBusy ?? false);
  }

  /** When the next transfer of KV is done; at once, where the cadence wants nothing but to be asked again. */
  get wakeUs(): number {
    if (this.cadence?.holds(this.running)) return this.deliveredUs;
    return this.connector?.nextUs ?? Number.POSITIVE_INFINITY;
  }

  get waitingCount(): number {
    return this.queue.size + this.skipped.size;
  }

  waiting(): number[] {
    return [...this.skipped.list(), ...this.queue.list()];
  }

  /** The two queues that `waiting` joins, for comparison with recorded runs. */
  waitingQueues(): { waiting: number[]; skipped: number[] } {
    return { waiting: this.queue.list(), skipped: this.skipped.list() };
  }

  get flips(): Flips {
    const fixed = (because: Because) =>
      because === Because.inFlight || because === Because.remoteKv ? ('onItsWay' as const) : null;
    return { chunkUnit: this.context.config.enableChunkedPrefill ? 1 : 0, preempts: true, fixed };
  }

  withhold(request: number): (() => void) | null {
    return withhold(this.queue, request) ?? withhold(this.skipped, request);
  }

  arrive(request: number): void {
    this.queue.add(request);
  }

  schedule(nowUs: number, batch: Batch): void {
    const { limits } = this.context;
    this.budget = this.wholeBudget;
    this.inputs = limits.maxNumBatchedTokens - this.slots;
    this.encoder?.beginStep();
    this.connector?.beginStep();
    if (this.cadence !== null) this.sparesPrefills = this.cadence.beginStep(batch.step, this.running);
    if (this.set !== null && !this.isWatched && this.scheduleSet(this.set, batch) && this.isQuiet(this.set)) {
      batch.decodeTokens = batch.setSize;
      this.context.memory.filled(batch.setSize);
      return;
    }
    this.scheduleRunning(batch);
    const forced = this.context.override.asks('admit');
    if (forced >= 0) this.joinFirst(forced, nowUs, batch);
    if (batch.preemptions === 0) this.admit(nowUs, batch);
    else {
      batch.bound = Bound.blocks;
      if (this.waitingCount > 0) this.hold(this.headQueue().head(), Because.preemptedThisStep, 0, 0);
    }
    this.book(batch);
    this.encoder?.addTo(batch.shape);
    if (this.offloading !== null) batch.transferUs = this.offloading.takeTransferUs();
  }

  complete(batch: Batch, nowUs: number): void {
    const { config, sequences, memory, clock, draftModel } = this.context;
    const { encoder, connector } = this;
    const isAsync = config.asyncScheduling;
    let ended = 0;
    if (connector !== null && batch.count > 0) connector.stepDone();
    clock.begin(nowUs);
    if (this.set !== null) ended += this.completeSet(this.set, batch, nowUs);
    this.deliveredUs = nowUs;
    for (let i = 0; i < batch.count; i++) {
      const request = batch.request[i];
      sequences.inFlight[request] -= batch.tokens[i];
      const status = sequences.status[request];
      if (status !== Status.running && status !== Status.preempted) continue;
      const isStale = batch.epoch[i] !== sequences.preemptions[request];
      if (isStale && this.discarding.has(request)) {
        if (sequences.inFlight[request] === 0) this.discarding.delete(request);
        continue;
      }
      const samples = (batch.flags[i] & EntryFlag.samples) !== 0;
      const accepted = draftModel === null || !samples ? 0 : this.verify(request, batch.drafts[i], isStale);
      if (connector !== null && !isStale)
        connector.computed(request, sequences.computed[request] - sequences.inFlight[request], nowUs);
      if (encoder !== null) encoder.passed(request, sequences.computed[request] - sequences.placeholders[request]);
      if (!samples) continue;
      clock.token(request);
      const delivered = accepted > 0 ? 1 + this.deliver(request, accepted) : 1;
      if (isAsync && !isStale) {
        sequences.placeholders[request] -= delivered;
        memory.cache(request, sequences.computed[request] - sequences.placeholders[request]);
      }
      if (hasAllOutput(sequences, request)) {
        this.end(request, nowUs);
        ended++;
      } else if (draftModel !== null && !isAsync) this.offerDrafts(request, draftModel);
    }
    clock.end();
    if (ended > 0) this.dropEnded();
    this.wake(nowUs);
  }

  wake(nowUs: number): void {
    const { status } = this.context.sequences;
    this.connector?.report(nowUs, (request) => status[request] === Status.loading);
  }

  abort(request: number, nowUs: number): boolean {
    this.settle();
    const { sequences } = this.context;
    const status = sequences.status[request];
    if (!(status === Status.running || isWaitingStatus(status))) return false;
    if (status === Status.running) this.running.splice(this.running.indexOf(request), 1);
    else if (!this.queue.remove(request)) this.skipped.remove(request);
    // A load on its way would write into the blocks: they are freed when it is there.
    const isOnItsWay = status === Status.loading && this.connector?.isLoaded(request) === false;
    if (!isOnItsWay) this.release(request, true);
    sequences.status[request] = Status.aborted;
    sequences.finishUs[request] = nowUs;
    this.discarding.delete(request);
    this.forget(request);
    return true;
  }

  /** Forgets the prefix cache. With `preemptRunning` all running requests lose their blocks first, the last one first. */
  resetCache(preemptRunning: boolean): { done: boolean; preempted: number[] } {
    const preempted: number[] = [];
    this.settle();
    if (preemptRunning) {
      while (this.running.length > 0) {
        const victim = this.running[this.running.length - 1];
        if (this.context.sequences.inFlight[victim] > 0) this.discarding.add(victim);
        this.running.pop();
        this.preempt(victim);
        preempted.push(victim);
      }
    }
    return { done: this.context.memory.resetCache(), preempted };
  }

  watch(isWatched: boolean): void {
    if (isWatched) this.settle();
    this.isWatched = isWatched;
  }

  settle(): void {
    this.set?.dissolve(this.running, this.deliveredUs);
  }

  save(): VllmState {
    this.settle();
    return {
      deliveredUs: this.deliveredUs,
      running: this.running.slice(),
      queue: this.queue.save(),
      skipped: this.skipped.save(),
      discarding: [...this.discarding],
      encoder: this.encoder?.save() ?? null,
      connector: this.connector?.save() ?? null,
      cadence: this.cadence?.save() ?? null,
    };
  }

  restore(saved: unknown): void {
    const state = saved as VllmState;
    this.settle();
    this.deliveredUs = state.deliveredUs;
    this.running.length = 0;
    this.running.push(...state.running);
    this.queue.restore(state.queue);
    this.skipped.restore(state.skipped);
    this.discarding.clear();
    for (const request of state.discarding) this.discarding.add(request);
    if (state.encoder !== null) this.encoder?.restore(state.encoder);
    if (state.connector !== null) this.connector?.restore(state.connector);
    if (state.cadence !== null) this.cadence?.restore(state.cadence);
  }

  /** Tokens of a step. Without drafting slots budget and inputs go down together: the smaller one is enough. */
  private get wholeBudget(): number {
    const { maxNumScheduledTokens, maxNumBatchedTokens } = this.context.limits;
    return this.slots > 0 ? maxNumScheduledTokens : Math.min(maxNumScheduledTokens, maxNumBatchedTokens);
  }

  /** Tokens that one more request may get in this step. */
  private get available(): number {
    return this.slots === 0 ? this.budget : Math.min(this.budget, this.inputs);
  }

  private spend(tokens: number): void {
    this.budget -= tokens;
    if (this.slots > 0) this.inputs -= tokens + this.slots;
  }

  /** Whether the set is all there is: nobody else runs, nobody waits. */
  private isQuiet(set: DecodeSet): boolean {
    return set.span === this.running.length && this.queue.size === 0 && this.skipped.size === 0;
  }

  /** Schedules the steady decodes as one, if tokens and blocks surely last for them and for the running ones behind them. */
  private scheduleSet(set: DecodeSet, batch: Batch): boolean {
    const { running } = this;
    const { sequences, memory } = this.context;
    let blocksBehind = 0;
    if (set.span < running.length) set.absorb(running, this.deliveredUs);
    for (let i = set.span; i < running.length; i++) {
      const wanted = sequences.known(running[i]) + sequences.placeholders[running[i]] - sequences.computed[running[i]];
      blocksBehind += Math.ceil(Math.max(0, Math.min(wanted, this.budget)) / memory.blockSize) + 1;
    }
    if (!set.fits(this.budget, blocksBehind)) {
      this.settle();
      return false;
    }
    set.schedule(batch);
    this.spend(batch.setSize);
    return true;
  }

  /** Tokens of the steady decodes; returns how many of them ended. */
  private completeSet(set: DecodeSet, batch: Batch, nowUs: number): number {
    const { config, sequences, memory, clock } = this.context;
    clock.tokens(batch.setSize);
    const ending = set.complete(batch, nowUs);
    for (const request of ending) {
      if (config.asyncScheduling) {
        memory.cache(request, sequences.computed[request] - sequences.placeholders[request]);
      }
      this.end(request, nowUs);
    }
    return ending.length;
  }

  /** Running requests first, in the order of their admission. Whoever cannot get blocks takes them from a victim. */
  private scheduleRunning(batch: Batch): void {
    const { config, sequences, memory, decisions, override } = this.context;
    const { running, encoder, cadence } = this;
    const { promptTokens } = sequences.requests;
    const { computed, generated, placeholders, outputLimit } = sequences;
    const isAsync = config.asyncScheduling;
    const isDrafting = this.speculation.tokens > 0;
    const { lookahead } = this.speculation;
    const threshold = this.context.limits.longPrefillTokenThreshold;
    this.hasChunk = false;
    let { available } = this;
    let at = this.set?.span ?? 0;
    for (; at < running.length && available > 0; at++) {
      const request = running[at];
      const done = computed[request];
      const inFlight = placeholders[request];
      const prompt = promptTokens[request];
      if (isAsync && inFlight > 0 && done + 2 - inFlight >= prompt + outputLimit[request]) {
        decisions.add(DecisionKind.skip, request, Because.endsInFlight, 0, 0);
        continue;
      }
      if (cadence !== null && !this.mayRun(request, cadence)) continue;
      const known = prompt + generated[request] + inFlight;
      const drafts = isDrafting ? sequences.drafts[request] : 0;
      const wanted = known + drafts - done;
      let tokens = override.cap(request, wanted);
      if (threshold > 0 && tokens > threshold) tokens = threshold;
      if (tokens > available) {
        tokens = available;
        batch.bound = Bound.tokenBudget;
      }
      tokens = Math.min(tokens, config.maxModelLen - 1 - done);
      if (encoder !== null && tokens > 0) {
        tokens = encoder.plan(request, done, tokens);
        if (tokens === 0) decisions.add(DecisionKind.skip, request, Because.encoder, 0, encoder.freeable);
      }
      if (tokens <= 0) {
        if (wanted <= 0) decisions.add(DecisionKind.skip, request, Because.inFlight, 0, 0);
        continue;
      }
      const held = sequences.tableLength[request];
      let hasBlocks = memory.grow(request, tokens + lookahead);
      while (!hasBlocks) {
        const victim = this.chooseVictim();
        const place = running.lastIndexOf(victim);
        running.splice(place, 1);
        if (place < at) {
          at--;
          this.unbook(batch, victim);
        }
        decisions.add(
          DecisionKind.preempt,
          victim,
          memory.failure.because,
          memory.failure.need,
          memory.failure.have,
          request,
        );
        batch.preemptions++;
        this.preempt(victim);
        if (victim === request) return;
        hasBlocks = memory.grow(request, tokens + lookahead);
      }
      memory.cache(request, Math.min(done + tokens, known - inFlight));
      const verified = isDrafting ? Math.max(0, Math.min(drafts, done + tokens - known)) : 0;
      batch.push(
        request,
        tokens,
        done,
        sequences.tableLength[request] - held,
        sequences.preemptions[request],
        tokens - verified === 1 && done >= prompt ? 0 : EntryFlag.prefill,
      );
      if (isDrafting) {
        batch.drafts[batch.count - 1] = verified;
        sequences.drafts[request] = 0;
        if (sequences.isChunk[request] === 1) this.hasChunk = true;
      }
      if (encoder !== null) encoder.commit(request);
      this.spend(tokens);
      available = this.available;
    }
    if (at < running.length) batch.bound = Bound.tokenBudget;
  }

  /** Whether the step's cadence lets a running request take part. */
  private mayRun(request: number, cadence: Cadence): boolean {
    const { sequences, decisions } = this.context;
    const because = !cadence.mayRun(request)
      ? Because.decodeCadence
      : this.sparesPrefills && sequences.isChunk[request] === 1
        ? Because.prefillThrottle
        : Because.none;
    if (because !== Because.none) decisions.add(DecisionKind.skip, request, because, 0, 0);
    return because === Because.none;
  }

  /** Waiting requests in order, as long as tokens, seats and blocks last. Nobody overtakes a head that does not fit. */
  private admit(nowUs: number, batch: Batch): void {
    const { limits, sequences } = this.context;
    const parked: number[] = [];
    const mayPad = this.speculation.tokens > 0 && batch.count > 0 && !this.hasChunk;
    let isHeld = false;
    while (!isHeld && this.waitingCount > 0 && this.available > 0 && this.running.length < limits.maxNumSeqs) {
      const from = this.headQueue();
      const request = from.head();
      const obstacle = this.obstacle(request);
      if (obstacle !== Because.none) {
        parked.push(from.takeHead());
        this.context.decisions.add(DecisionKind.skip, request, obstacle, 0, 0);
        continue;
      }
      const isLoaded = sequences.computed[request] > 0;
      const hit = isLoaded ? 0 : this.context.memory.findHit(request);
      const remote = isLoaded ? 0 : this.offered(request, hit, nowUs);
      if (this.connector !== null && remote > 0) {
        isHeld = !this.load(request, hit, remote, nowUs, batch, this.connector);
        if (!isHeld) parked.push(from.takeHead());
      } else {
        isHeld = !this.start(request, hit, mayPad, batch);
        if (!isHeld) this.seat(from.takeHead(), hit, nowUs, batch);
      }
    }
    for (let i = parked.length - 1; i >= 0; i--) this.skipped.putBack(parked[i]);
    if (this.cadence !== null && !this.sparesPrefills) this.cadence.admitted(this.queue.size > 0);
    if (!isHeld && this.waitingCount > parked.length && batch.bound === Bound.nothingLeft) this.explainStop(batch);
  }

  /** What-if: a request joins whatever rule holds it, as far as the budget of a whole step goes. Victims give up their blocks for it. */
  private joinFirst(request: number, nowUs: number, batch: Batch): void {
    const { limits, sequences, memory, override } = this.context;
    const from = this.queue.list().includes(request) ? this.queue : this.skipped;
    if (!from.list().includes(request)) return;
    const obstacle = this.obstacle(request);
    const isLoaded = sequences.computed[request] > 0;
    const hit = isLoaded ? 0 : memory.findHit(request);
    const isRemote = !isLoaded && this.offered(request, hit, nowUs) > 0;
    if (obstacle !== Because.none || isRemote) {
      override.refuse({ because: isRemote ? Because.remoteKv : obstacle, need: 0, have: 0 });
      return;
    }
    // A step's whole budget for it, and afterwards what it left of that counts as it did before.
    const budget = this.wholeBudget - this.budget;
    const inputs = limits.maxNumBatchedTokens - this.slots - this.inputs;
    const { sparesPrefills } = this;
    this.budget += budget;
    this.inputs += inputs;
    this.sparesPrefills = false;
    this.isForced = true;
    const isIn = this.startAtAnyPrice(request, hit, batch);
    this.isForced = false;
    this.sparesPrefills = sparesPrefills;
    this.budget -= budget;
    this.inputs -= inputs;
    if (!isIn) return;
    from.remove(request);
    this.seat(request, hit, nowUs, batch);
    override.take();
  }

  /** Puts a request into the batch, with the blocks of others if need be. */
  private startAtAnyPrice(request: number, hit: number, batch: Batch): boolean {
    const { sequences, memory, override, decisions } = this.context;
    const { running } = this;
    const need = memory.blocksFor(
      Math.min(sequences.known(request), sequences.computed[request] + hit + this.available),
      0,
    );
    const most = running.reduce((blocks, other) => blocks + sequences.tableLength[other], memory.freeBlocks);
    while (!this.start(request, hit, false, batch)) {
      // It is not held: either somebody makes room, or the choice was impossible.
      const obstacle = decisions.takeBack();
      if (obstacle.because !== Because.noBlocks || need > most || running.length === 0) {
        override.refuse(obstacle);
        return false;
      }
      const victim = this.chooseVictim();
      running.splice(running.indexOf(victim), 1);
      this.unbook(batch, victim);
      decisions.add(DecisionKind.preempt, victim, obstacle.because, obstacle.need, obstacle.have, request);
      batch.preemptions++;
      this.preempt(victim);
    }
    return true;
  }

  /** Why a waiting request cannot be considered at all. */
  private obstacle(request: number): Because {
    const { sequences, memory } = this.context;
    if (sequences.status[request] === Status.loading) {
      if (this.connector?.isLoaded(request) !== true) return Because.remoteKv;
      this.connector.takeLoaded(request);
      sequences.status[request] = sequences.preemptions[request] > 0 ? Status.preempted : Status.waiting;
      memory.cache(request, sequences.computed[request]);
      // Something must be computed to sample from.
      if (sequences.computed[request] === sequences.known(request)) {
        if (sequences.computedPeak[request] === sequences.computed[request]) sequences.computedPeak[request]--;
        sequences.computed[request]--;
        memory.filled(-1);
      }
    }
    const isInFlight = sequences.inFlight[request] > 0 && !this.discarding.has(request);
    return isInFlight ? Because.inFlight : Because.none;
  }

  /** Tokens of a waiting request that can come from elsewhere, beyond those found here. */
  private offered(request: number, hit: number, nowUs: number): number {
    return this.connector?.offer(request, hit, this.context.sequences.known(request), nowUs) ?? 0;
  }

  /** Begins to load a request's KV from elsewhere, if its blocks fit. It takes neither tokens nor a seat meanwhile. */
  private load(
    request: number,
    hit: number,
    remote: number,
    nowUs: number,
    batch: Batch,
    connector: Connector,
  ): boolean {
    const { config, sequences, memory } = this.context;
    const reserved = connector.reservedBlocks();
    if (!memory.admit(request, hit, remote, config.reserveFullPrompt, this.watermark, reserved)) {
      this.holdForBlocks(request, batch);
      return false;
    }
    sequences.status[request] = Status.loading;
    sequences.computed[request] = hit + remote;
    sequences.computedPeak[request] = Math.max(sequences.computedPeak[request], hit + remote);
    memory.filled(remote);
    connector.startLoad(request, hit, remote, nowUs);
    this.hold(request, Because.remoteKv, remote, 0);
    return true;
  }

  /** Gives the head of the queue tokens and blocks, and puts it into the batch; false if a rule holds it. */
  private start(request: number, hit: number, mayPad: boolean, batch: Batch): boolean {
    const { config, sequences, memory, override } = this.context;
    const { encoder, available } = this;
    const known = sequences.known(request);
    const before = sequences.computed[request] + hit;
    if (this.sparesPrefills && before < known - 1) {
      batch.bound = Bound.tokenBudget;
      this.hold(request, Because.prefillThrottle, 0, 0);
      return false;
    }
    let tokens = override.cap(request, known - before);
    let drafts = 0;
    if (mayPad && tokens === 1) {
      drafts = this.speculation.tokens;
      tokens += drafts;
      if (tokens > available || before + tokens > config.maxModelLen) {
        batch.bound = Bound.tokenBudget;
        this.hold(request, Because.padding, tokens, available);
        return false;
      }
    }
    const threshold = this.context.limits.longPrefillTokenThreshold;
    if (threshold > 0 && tokens > threshold) tokens = threshold;
    if (tokens > available) {
      batch.bound = Bound.tokenBudget;
      if (!config.enableChunkedPrefill) {
        this.hold(request, Because.tokenBudget, tokens, available);
        return false;
      }
      tokens = available;
    }
    if (encoder !== null) {
      tokens = encoder.plan(request, before, tokens);
      if (tokens === 0) {
        batch.bound = Bound.tokenBudget;
        this.hold(request, Because.encoder, 0, encoder.freeable);
        return false;
      }
    }
    const places = tokens + this.speculation.lookahead;
    const wholePrompt = config.reserveFullPrompt && !this.isForced;
    if (!memory.admit(request, hit, places, wholePrompt, this.watermark)) {
      if (encoder !== null) encoder.release(request);
      this.holdForBlocks(request, batch);
      return false;
    }
    memory.cache(request, Math.min(before + tokens, known));
    if (before + tokens < known) this.connector?.prefilling(request);
    if (encoder !== null) encoder.commit(request);
    const blocks = sequences.tableLength[request];
    const flags = EntryFlag.prefill | EntryFlag.admitted;
    batch.push(request, tokens, before, blocks, sequences.preemptions[request], flags);
    if (this.speculation.tokens > 0) batch.drafts[batch.count - 1] = Math.min(drafts, tokens - 1);
    this.spend(tokens);
    return true;
  }

  /** The request just put into the batch takes its seat. */
  private seat(request: number, hit: number, nowUs: number, batch: Batch): void {
    const { sequences, decisions } = this.context;
    this.running.push(request);
    const isBack = sequences.status[request] === Status.preempted;
    sequences.status[request] = Status.running;
    sequences.computed[request] += hit;
    if (!isBack) sequences.firstScheduledUs[request] = nowUs;
    const hits = hit + (this.connector?.takeHits(request) ?? 0);
    batch.hitTokens += hits;
    const blocks = sequences.tableLength[request];
    decisions.add(isBack ? DecisionKind.resume : DecisionKind.admit, request, Because.none, blocks, hits);
  }

  /** Blocks that must stay free at admission. */
  private get watermark(): number {
    return this.running.length > 0 && !this.isForced ? this.watermarkBlocks : 0;
  }

  /** Admission stopped with somebody waiting and no rule said no yet: tokens or seats ran out. */
  private explainStop(batch: Batch): void {
    const { limits, sequences } = this.context;
    const head = this.headQueue().head();
    if (this.running.length >= limits.maxNumSeqs) {
      batch.bound = Bound.seats;
      this.hold(head, Because.seats, 1, limits.maxNumSeqs);
    } else {
      batch.bound = Bound.tokenBudget;
      this.hold(head, Because.tokenBudget, sequences.known(head), 0);
    }
  }

  /** What scheduling changes at once: tokens count as computed, and a sampled one is expected. */
  private book(batch: Batch): void {
    const { config, sequences, memory } = this.context;
    const { hasExtras } = this;
    const { promptTokens } = sequences.requests;
    const { computed, generated, placeholders, computedPeak, inFlight } = sequences;
    const { shape } = batch;
    const isDrafting = this.speculation.tokens > 0;
    if (this.connector !== null && batch.count > 0) this.connector.stepScheduled();
    for (let i = 0; i < batch.count; i++) {
      const request = batch.request[i];
      const tokens = batch.tokens[i];
      const before = batch.computed[i];
      const after = before + tokens;
      const drafts = isDrafting ? batch.drafts[i] : 0;
      computed[request] = after;
      inFlight[request] += tokens;
      const chunk = after < promptTokens[request] + generated[request] + placeholders[request];
      if (hasExtras) this.bookExtras(request, chunk);
      if (!chunk) {
        batch.flags[i] |= EntryFlag.samples;
        shape.samples += 1 + drafts;
        if (config.asyncScheduling) placeholders[request] += 1 + drafts;
        if (isDrafting) {
          shape.drafters++;
          shape.drafterContextSum += after;
          if (after > shape.drafterContextMax) shape.drafterContextMax = after;
        }
      }
      if ((batch.flags[i] & EntryFlag.prefill) !== 0) {
        batch.addChunk(tokens, before);
        batch.prefillTokens += tokens;
        const again = Math.min(after, computedPeak[request]) - before;
        if (again > 0) {
          batch.recomputedTokens += again;
          batch.flags[i] |= EntryFlag.recompute;
        }
      } else {
        shape.decodes++;
        shape.decodeContextSum += after;
        if (after > shape.decodeContextMax) shape.decodeContextMax = after;
        if (drafts > 0) {
          // Verification: more tokens of the same sequence, which share the context that is read for it.
          shape.drafts += drafts;
          shape.draftPairs += causalPairs(tokens, before) - after;
        }
      }
      if (after - drafts > computedPeak[request]) computedPeak[request] = after - drafts;
      shape.tokens += tokens;
    }
    batch.decodeTokens += shape.decodes + shape.drafts;
    memory.filled(shape.tokens);
  }

  /** Accepted drafts become tokens, up to the one that ends the request; returns how many. */
  private deliver(request: number, accepted: number): number {
    const { sequences, clock } = this.context;
    let delivered = 0;
    for (; delivered < accepted && !hasAllOutput(sequences, request); delivered++) clock.token(request);
    return delivered;
  }

  /** Synchronous scheduling knows the drafts of the next step now; with overlapping steps they are placeholders. */
  private offerDrafts(request: number, draftModel: DraftModel): void {
    const { sequences } = this.context;
    if (sequences.status[request] !== Status.running) return;
    const offered = draftModel.drafts(request, sequences.generated[request]);
    sequences.drafts[request] = Math.min(this.speculation.tokens, offered);
  }

  private bookExtras(request: number, isChunk: boolean): void {
    const { config, sequences } = this.context;
    sequences.isChunk[request] = isChunk ? 1 : 0;
    if (this.connector !== null) this.connector.scheduled(request, isChunk);
    if (isChunk) return;
    if (this.cadence !== null) this.cadence.samples(request);
    if (config.asyncScheduling) sequences.drafts[request] = this.speculation.tokens;
  }

  /** How many drafts are right; the others count as never computed, unless the request has lost everything meanwhile. */
  private verify(request: number, drafts: number, isStale: boolean): number {
    const { config, sequences, memory, draftModel } = this.context;
    if (drafts === 0 || draftModel === null) return 0;
    const accepted = Math.min(drafts, draftModel.accepted(request, drafts, sequences.generated[request]));
    if (!isStale) {
      const rejected = drafts - accepted;
      sequences.computed[request] -= rejected;
      if (config.asyncScheduling) sequences.placeholders[request] -= rejected;
      if (sequences.tableLength[request] > 0) memory.filled(-rejected);
    }
    return accepted;
  }

  private chooseVictim(): number {
    const { override, memory } = this.context;
    const victim = this.lastOf(this.running);
    if (victim !== override.asks('spare')) return victim;
    const others = this.running.filter((request) => request !== victim);
    if (others.length === 0) {
      override.refuse(memory.failure);
      return victim;
    }
    override.heed();
    return this.lastOf(others);
  }

  private lastOf(running: readonly number[]): number {
    const { limits, sequences } = this.context;
    let last = running[running.length - 1];
    if (limits.queue === 'priority') {
      for (const request of running) if (isBefore(sequences.requests, last, request)) last = request;
    }
    return last;
  }

  /** Undoes the entry of a victim that was scheduled earlier in this step. */
  private unbook(batch: Batch, victim: number): void {
    for (let i = batch.count - 1; i >= 0; i--) {
      if (batch.request[i] !== victim) continue;
      this.budget += batch.tokens[i];
      this.inputs += batch.tokens[i] + this.slots;
      if (this.encoder !== null) this.encoder.undo(victim);
      batch.remove(i);
      return;
    }
  }

  private preempt(victim: number): void {
    const { sequences } = this.context;
    this.release(victim, false);
    sequences.status[victim] = Status.preempted;
    sequences.computed[victim] = 0;
    sequences.drafts[victim] = 0;
    sequences.placeholders[victim] = 0;
    sequences.preemptions[victim]++;
    this.queue.putBack(victim);
  }

  private end(request: number, nowUs: number): void {
    const { sequences } = this.context;
    const wasRunning = sequences.status[request] === Status.running;
    if (this.connector?.startSend(request, nowUs, !isStopped(sequences, request)) !== true) this.release(request, true);
    else if (this.encoder !== null) this.encoder.release(request);
    if (!wasRunning && !this.queue.remove(request)) this.skipped.remove(request);
    this.forget(request);
    finish(this.context, request, nowUs);
  }

  /** A request gives up its blocks and its places in the encoder's cache. */
  private release(request: number, ended: boolean): void {
    if (this.encoder !== null) this.encoder.release(request);
    if (this.connector === null) this.context.memory.release(request, ended);
    else {
      this.connector.release(request, ended);
      this.connector.forget(request, ended);
    }
  }

  /** An ended request is of no interest any more. */
  private forget(request: number): void {
    this.connector?.forget(request, true);
    this.cadence?.forget(request);
  }

  private dropEnded(): void {
    const { status } = this.context.sequences;
    const { running } = this;
    let kept = 0;
    for (let i = 0; i < running.length; i++) {
      const request = running[i];
      if (status[request] === Status.running) running[kept++] = request;
    }
    running.length = kept;
  }

  private headQueue(): WaitingQueue {
    if (this.skipped.size === 0) return this.queue;
    if (this.queue.size === 0 || this.context.limits.queue === 'fcfs') return this.skipped;
    return this.queue.isBefore(this.queue.head(), this.skipped.head()) ? this.queue : this.skipped;
  }

  private holdForBlocks(request: number, batch: Batch): void {
    const { because, need, have } = this.context.memory.failure;
    batch.bound = Bound.blocks;
    this.hold(request, because, need, have);
  }

  private hold(request: number, because: Because, need: number, have: number): void {
    this.context.decisions.add(DecisionKind.hold, request, because, need, have);
  }
}

interface VllmState {
  readonly deliveredUs: number;
  readonly running: readonly number[];
  readonly queue: unknown;
  readonly skipped: unknown;
  readonly discarding: readonly number[];
  readonly encoder: EncoderState | null;
  readonly connector: ConnectorState | null;
  readonly cadence: CadenceState | null;
}

function isWaitingStatus(status: number): boolean {
  return status === Status.waiting || status === Status.preempted || status === Status.loading;
}
