import { type Batch, EntryFlag } from '../batch.ts';
import { Because, Bound, DecisionKind } from '../decision.ts';
import { FcfsQueue } from '../queue/fcfs.ts';
import { isBefore, PriorityQueue } from '../queue/priority.ts';
import type { WaitingQueue } from '../queue/queue.ts';
import { EndsBy, Status } from '../request.ts';
import { DecodeSet } from './decode-set.ts';
import type { Policy, PolicyContext } from './policy.ts';

/**
 * vLLM's V1 scheduler (main of 2026-08-17, between v0.27 and v0.28): continuous batching with chunked prefill, and
 * preemption by recompute. A request has no phase: it wants its known tokens minus its computed ones, whatever they are.
 * Not modelled here: speculative decoding, multimodal inputs, KV connectors, sliding window, data-parallel throttle.
 */
export class VllmPolicy implements Policy {
  readonly running: number[] = [];
  readonly wakeUs = Number.POSITIVE_INFINITY;
  private readonly context: PolicyContext;
  private readonly queue: WaitingQueue;
  /** Requests that could not be considered: their output is still in flight. Served before the waiting ones. */
  private readonly skipped: WaitingQueue;
  /** Output in flight of these requests is thrown away when it comes (forced cache reset). */
  private readonly discarding = new Set<number>();
  private readonly watermarkBlocks: number;
  /** Steady decodes, advanced together; null where every step is to be looked at. */
  private readonly set: DecodeSet | null;
  /** When tokens were last delivered. */
  private deliveredUs = 0;
  private budget = 0;

  constructor(context: PolicyContext) {
    this.context = context;
    const { config, sequences } = context;
    const isPriority = config.queue === 'priority';
    this.queue = isPriority ? new PriorityQueue(sequences.requests) : new FcfsQueue();
    this.skipped = isPriority ? new PriorityQueue(sequences.requests) : new FcfsQueue();
    this.watermarkBlocks = Math.floor(config.watermark * config.numBlocks);
    const { asyncScheduling: isAsync, batchesInFlight } = config;
    // With other numbers of batches in flight a decode does not get a token in every step.
    const isSteady = batchesInFlight === (isAsync ? 2 : 1);
    this.set = context.isWholeRun && isSteady ? new DecodeSet(sequences, context.memory, isAsync) : null;
  }

  get hasWork(): boolean {
    return this.running.length > 0 || this.waitingCount > 0;
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

  arrive(request: number): void {
    this.queue.add(request);
  }

  schedule(nowUs: number, batch: Batch): void {
    const { config } = this.context;
    this.budget = Math.min(config.maxNumScheduledTokens, config.maxNumBatchedTokens);
    if (this.set !== null && this.scheduleSet(this.set, batch) && this.isQuiet(this.set)) {
      batch.decodeTokens = batch.setSize;
      this.context.memory.filled(batch.setSize);
      return;
    }
    this.scheduleRunning(batch);
    if (batch.preemptions === 0) this.admit(nowUs, batch);
    else {
      batch.bound = Bound.blocks;
      if (this.waitingCount > 0) this.hold(this.headQueue().head(), Because.preemptedThisStep, 0, 0);
    }
    this.book(batch);
  }

  complete(batch: Batch, nowUs: number): void {
    const { config, sequences, memory, clock } = this.context;
    const isAsync = config.asyncScheduling;
    let ended = 0;
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
      if ((batch.flags[i] & EntryFlag.samples) === 0) continue;
      if (isAsync && !isStale) sequences.placeholders[request]--;
      clock.token(request);
      if (isAsync && !isStale) memory.cache(request, sequences.computed[request] - sequences.placeholders[request]);
      if (this.endsNow(request)) {
        this.end(request, nowUs);
        ended++;
      }
    }
    clock.end();
    if (ended > 0) this.dropEnded();
  }

  abort(request: number, nowUs: number): boolean {
    const { sequences, memory } = this.context;
    this.settle();
    const status = sequences.status[request];
    if (status !== Status.running && status !== Status.waiting && status !== Status.preempted) return false;
    if (status === Status.running) this.running.splice(this.running.indexOf(request), 1);
    else if (!this.queue.remove(request)) this.skipped.remove(request);
    memory.release(request, true);
    sequences.status[request] = Status.aborted;
    sequences.finishUs[request] = nowUs;
    this.discarding.delete(request);
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

  settle(): void {
    this.set?.dissolve(this.running, this.deliveredUs);
  }

  save(): VllmState {
    this.settle();
    return {
      deliveredUs: this.deliveredUs,
      running: this.running.slice(),
      waiting: this.queue.list(),
      skipped: this.skipped.list(),
      discarding: [...this.discarding],
    };
  }

  restore(saved: unknown): void {
    const state = saved as VllmState;
    this.settle();
    this.deliveredUs = state.deliveredUs;
    this.running.length = 0;
    this.running.push(...state.running);
    this.queue.clear();
    for (const request of state.waiting) this.queue.add(request);
    this.skipped.clear();
    for (const request of state.skipped) this.skipped.add(request);
    this.discarding.clear();
    for (const request of state.discarding) this.discarding.add(request);
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
    this.budget -= batch.setSize;
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
    const { config, sequences, memory, decisions } = this.context;
    const { running } = this;
    const { promptTokens } = sequences.requests;
    const { computed, generated, placeholders, outputLimit } = sequences;
    const isAsync = config.asyncScheduling;
    const threshold = config.longPrefillTokenThreshold;
    let at = this.set?.span ?? 0;
    for (; at < running.length && this.budget > 0; at++) {
      const request = running[at];
      const done = computed[request];
      const inFlight = placeholders[request];
      const prompt = promptTokens[request];
      if (isAsync && inFlight > 0 && done + 2 - inFlight >= prompt + outputLimit[request]) {
        decisions.add(DecisionKind.skip, request, Because.endsInFlight, 0, 0);
        continue;
      }
      const wanted = prompt + generated[request] + inFlight - done;
      let tokens = this.chosenTokens(request, wanted);
      if (threshold > 0 && tokens > threshold) tokens = threshold;
      if (tokens > this.budget) {
        tokens = this.budget;
        batch.bound = Bound.tokenBudget;
      }
      tokens = Math.min(tokens, config.maxModelLen - 1 - done);
      if (tokens <= 0) {
        if (wanted <= 0) decisions.add(DecisionKind.skip, request, Because.inFlight, 0, 0);
        continue;
      }
      const held = sequences.tableLength[request];
      let hasBlocks = memory.grow(request, tokens);
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
        hasBlocks = memory.grow(request, tokens);
      }
      memory.cache(request, Math.min(done + tokens, prompt + generated[request]));
      batch.push(
        request,
        tokens,
        done,
        sequences.tableLength[request] - held,
        sequences.preemptions[request],
        tokens === 1 && done >= prompt ? 0 : EntryFlag.prefill,
      );
      this.budget -= tokens;
    }
    if (at < running.length) batch.bound = Bound.tokenBudget;
  }

  /** Waiting requests in order, as long as tokens, seats and blocks last. Nobody overtakes a head that does not fit. */
  private admit(nowUs: number, batch: Batch): void {
    const { config, sequences, memory, decisions } = this.context;
    const parked: number[] = [];
    let chosen: WaitingQueue | null = null;
    let passedOver = -1;
    while (this.waitingCount > 0 && this.budget > 0 && this.running.length < config.maxNumSeqs) {
      const from = this.headQueue();
      const request = from.head();
      const { choice } = this.context.override;
      if (choice !== null && choice.request === request && (choice.kind === 'skip-head' || choice.kind === 'deny')) {
        this.context.override.choice = null;
        chosen = from;
        if (choice.kind === 'deny') break;
        passedOver = from.takeHead();
        continue;
      }
      if (sequences.inFlight[request] > 0 && !this.discarding.has(request)) {
        parked.push(from.takeHead());
        decisions.add(DecisionKind.skip, request, Because.inFlight, 0, 0);
        continue;
      }
      const known = sequences.known(request);
      const hit = memory.findHit(request);
      const threshold = config.longPrefillTokenThreshold;
      let tokens = this.chosenTokens(request, known - hit);
      if (threshold > 0 && tokens > threshold) tokens = threshold;
      if (tokens > this.budget) {
        batch.bound = Bound.tokenBudget;
        if (!config.enableChunkedPrefill) {
          this.hold(request, Because.tokenBudget, tokens, this.budget);
          break;
        }
        tokens = this.budget;
      }
      const watermark = this.running.length > 0 ? this.watermarkBlocks : 0;
      if (!memory.admit(request, hit, tokens, config.reserveFullPrompt, watermark)) {
        batch.bound = Bound.blocks;
        this.hold(request, memory.failure.because, memory.failure.need, memory.failure.have);
        break;
      }
      from.takeHead();
      this.running.push(request);
      memory.cache(request, Math.min(hit + tokens, known));
      const isBack = sequences.status[request] === Status.preempted;
      sequences.status[request] = Status.running;
      sequences.computed[request] = hit;
      if (!isBack) sequences.firstScheduledUs[request] = nowUs;
      batch.hitTokens += hit;
      const blocks = sequences.tableLength[request];
      batch.push(request, tokens, hit, blocks, sequences.preemptions[request], EntryFlag.prefill | EntryFlag.admitted);
      decisions.add(isBack ? DecisionKind.resume : DecisionKind.admit, request, Because.none, blocks, hit);
      this.budget -= tokens;
    }
    for (let i = parked.length - 1; i >= 0; i--) this.skipped.putBack(parked[i]);
    if (passedOver >= 0) chosen?.putBack(passedOver);
    if (chosen === null && this.waitingCount > parked.length && batch.bound === Bound.nothingLeft)
      this.explainStop(batch);
  }

  /** Admission stopped with somebody waiting and no rule said no yet: tokens or seats ran out. */
  private explainStop(batch: Batch): void {
    const { config, sequences } = this.context;
    const head = this.headQueue().head();
    if (this.running.length >= config.maxNumSeqs) {
      batch.bound = Bound.seats;
      this.hold(head, Because.seats, 1, config.maxNumSeqs);
    } else {
      batch.bound = Bound.tokenBudget;
      this.hold(head, Because.tokenBudget, sequences.known(head), 0);
    }
  }

  /** What scheduling changes at once: tokens count as computed, and a sampled one is expected. */
  private book(batch: Batch): void {
    const { config, sequences, memory } = this.context;
    const { promptTokens } = sequences.requests;
    const { computed, generated, placeholders, computedPeak, inFlight } = sequences;
    const { shape } = batch;
    for (let i = 0; i < batch.count; i++) {
      const request = batch.request[i];
      const tokens = batch.tokens[i];
      const before = batch.computed[i];
      const after = before + tokens;
      computed[request] = after;
      inFlight[request] += tokens;
      const chunk = after < promptTokens[request] + generated[request] + placeholders[request];
      if (!chunk) {
        batch.flags[i] |= EntryFlag.samples;
        shape.samples++;
        if (config.asyncScheduling) placeholders[request]++;
      }
      if ((batch.flags[i] & EntryFlag.prefill) === 0) {
        shape.decodes++;
        shape.decodeContextSum += after;
        if (after > shape.decodeContextMax) shape.decodeContextMax = after;
      } else {
        batch.addChunk(tokens, before);
        batch.prefillTokens += tokens;
        const again = Math.min(after, computedPeak[request]) - before;
        if (again > 0) {
          batch.recomputedTokens += again;
          batch.flags[i] |= EntryFlag.recompute;
        }
      }
      if (after > computedPeak[request]) computedPeak[request] = after;
      shape.tokens += tokens;
    }
    batch.decodeTokens = shape.decodes;
    memory.filled(shape.tokens);
  }

  /** What-if: the size of one chunk, if it was chosen. */
  private chosenTokens(request: number, tokens: number): number {
    const { override } = this.context;
    const { choice } = override;
    if (choice === null || choice.kind !== 'chunk' || choice.request !== request) return tokens;
    override.choice = null;
    return Math.min(tokens, choice.tokens);
  }

  private chooseVictim(): number {
    const { config, sequences } = this.context;
    const { running } = this;
    const { choice } = this.context.override;
    if (choice !== null && choice.kind === 'victim' && running.includes(choice.request)) {
      this.context.override.choice = null;
      return choice.request;
    }
    let victim = running[running.length - 1];
    if (config.queue === 'priority') {
      for (const request of running) if (isBefore(sequences.requests, victim, request)) victim = request;
    }
    return victim;
  }

  /** Undoes the entry of a victim that was scheduled earlier in this step. */
  private unbook(batch: Batch, victim: number): void {
    for (let i = batch.count - 1; i >= 0; i--) {
      if (batch.request[i] !== victim) continue;
      this.budget += batch.tokens[i];
      batch.remove(i);
      return;
    }
  }

  private preempt(victim: number): void {
    const { sequences, memory } = this.context;
    memory.release(victim, false);
    sequences.status[victim] = Status.preempted;
    sequences.computed[victim] = 0;
    sequences.placeholders[victim] = 0;
    sequences.preemptions[victim]++;
    this.queue.putBack(victim);
  }

  private endsNow(request: number): boolean {
    const { config, sequences } = this.context;
    const generated = sequences.generated[request];
    return (
      generated >= sequences.requests.outputTokens[request] ||
      generated >= sequences.outputLimit[request] ||
      sequences.requests.promptTokens[request] + generated >= config.maxModelLen
    );
  }

  private end(request: number, nowUs: number): void {
    const { sequences, memory, decisions, ended } = this.context;
    const { requests } = sequences;
    const wasRunning = sequences.status[request] === Status.running;
    memory.release(request, true);
    sequences.status[request] = Status.finished;
    sequences.finishUs[request] = nowUs;
    if (!wasRunning && !this.queue.remove(request)) this.skipped.remove(request);
    const generated = sequences.generated[request];
    const isStop = requests.endsBy[request] === EndsBy.stop && generated === requests.outputTokens[request];
    decisions.add(DecisionKind.finish, request, isStop ? Because.stop : Because.length, generated, 0);
    ended(request, nowUs);
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
    if (this.queue.size === 0 || this.context.config.queue === 'fcfs') return this.skipped;
    const { requests } = this.context.sequences;
    return isBefore(requests, this.queue.head(), this.skipped.head()) ? this.queue : this.skipped;
  }

  private hold(request: number, because: Because, need: number, have: number): void {
    this.context.decisions.add(DecisionKind.hold, request, because, need, have);
  }
}

interface VllmState {
  readonly deliveredUs: number;
  readonly running: readonly number[];
  readonly waiting: readonly number[];
  readonly skipped: readonly number[];
  readonly discarding: readonly number[];
}
