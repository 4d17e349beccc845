import { type Batch, EntryFlag } from '../batch.ts';
import { Because, Bound, DecisionKind } from '../decision.ts';
import { encodeTouched } from '../phase/touched-images.ts';
import type { WaitingQueue } from '../queue/queue.ts';
import { withhold } from '../queue/withhold.ts';
import { Status } from '../request.ts';
import { addDecodeRows, addDrafter, deliver, draftsFor, verifyDrafts } from './drafts.ts';
import { finish, hasAllOutput } from './finish.ts';
import type { Fixed, Flips, Policy, PolicyContext } from './policy.ts';

/**
 * What the iteration-level schedulers before vLLM V1 have in common: blocks for a whole prompt are taken at admission, a
 * block for a token at its decode, and who is preempted computes everything again. They differ in `schedule`.
 * Rules: the re-implementations of these schedulers in microsoft/sarathi-serve (osdi branch).
 *
 * None of them had drafts or images; with them they are what-ifs. Drafts get blocks as the next token does, if need be
 * those of a victim behind; with nobody behind there are as many drafts as there is room. Rejected ones leave their blocks
 * to the next. They do not count against a token budget, as decodes do not.
 */
export abstract class IterationPolicy implements Policy {
  /** In order of arrival while a step is scheduled; what joins in a step is at the end after it. */
  readonly running: number[] = [];
  wakeUs = Number.POSITIVE_INFINITY;
  protected readonly context: PolicyContext;
  protected readonly queue: WaitingQueue;
  /** Requests whose prompt is not computed yet, and how many tokens that takes. */
  protected readonly prefilling = new Map<number, number>();
  /** Blocks that stay free at admission. */
  protected readonly watermarkBlocks: number;
  private readonly isPaged: boolean;
  private readonly isCaching: boolean;
  /** The request admitted last, until its first tokens are in the batch; -1 = none. */
  private fresh = -1;

  constructor(context: PolicyContext) {
    this.context = context;
    this.queue = context.createQueue();
    const { config, memory } = context;
    this.isPaged = config.memory === 'paged';
    this.isCaching = this.isPaged && config.enablePrefixCaching;
    this.watermarkBlocks = this.isPaged ? Math.floor(config.watermark * memory.usableBlocks) : 0;
  }

  /** The rules by which they differ. The batch is empty, unless somebody has joined it whatever the rules say (what-if). */
  protected abstract fill(nowUs: number, batch: Batch): void;

  schedule(nowUs: number, batch: Batch): void {
    const forced = this.context.override.asks('admit');
    if (forced >= 0) this.joinFirst(forced, nowUs, batch);
    this.fill(nowUs, batch);
  }

  get flips(): Flips {
    return { chunkUnit: 0, preempts: this.isPaged, fixed: (_because, request) => this.fixed(request) };
  }

  withhold(request: number): (() => void) | null {
    return withhold(this.queue, request);
  }

  get hasWork(): boolean {
    return this.running.length > 0 || this.queue.size > 0;
  }

  get waitingCount(): number {
    return this.queue.size;
  }

  get waitingHead(): number {
    return this.queue.peek();
  }

  waiting(): number[] {
    return this.queue.list();
  }

  arrive(request: number): void {
    this.queue.add(request);
  }

  complete(batch: Batch, nowUs: number): void {
    const { sequences, clock } = this.context;
    let ended = 0;
    clock.begin(nowUs);
    for (let i = 0; i < batch.count; i++) {
      const request = batch.request[i];
      sequences.inFlight[request] -= batch.tokens[i];
      if (sequences.status[request] !== Status.running || (batch.flags[i] & EntryFlag.samples) === 0) continue;
      deliver(this.context, request, verifyDrafts(this.context, request, batch.drafts[i]));
      if (!hasAllOutput(sequences, request)) continue;
      this.context.memory.release(request, true);
      finish(this.context, request, nowUs);
      ended++;
    }
    clock.end();
    if (ended > 0) this.keep((request) => sequences.status[request] === Status.running);
  }

  abort(request: number, nowUs: number): boolean {
    const { sequences, memory } = this.context;
    const status = sequences.status[request];
    if (status !== Status.running && status !== Status.waiting && status !== Status.preempted) return false;
    if (status === Status.running) this.keep((other) => other !== request);
    else this.unqueue(request);
    this.prefilling.delete(request);
    memory.release(request, true);
    sequences.status[request] = Status.aborted;
    sequences.finishUs[request] = nowUs;
    return true;
  }

  settle(): void {}

  watch(): void {}

  save(): IterationState {
    return { running: this.running.slice(), queue: this.queue.save(), prefilling: [...this.prefilling] };
  }

  restore(saved: unknown): void {
    const state = saved as IterationState;
    this.running.length = 0;
    this.running.push(...state.running);
    this.queue.restore(state.queue);
    this.prefilling.clear();
    for (const [request, tokens] of state.prefilling) this.prefilling.set(request, tokens);
  }

  /** Whether a head that waits may have a seat and the blocks of its whole prompt; takes them if so, else says why not. */
  protected admitHead(nowUs: number, batch: Batch): boolean {
    const { limits, sequences, memory } = this.context;
    const request = this.queue.head();
    if (this.running.length >= limits.maxNumSeqs) {
      this.hold(batch, Bound.seats, Because.seats, 1, limits.maxNumSeqs);
      return false;
    }
    const known = sequences.known(request);
    const hit = this.hitOf(request);
    // Alone a request may have the watermark's blocks too; else one that large would wait for ever.
    const watermark = this.running.length > 0 ? this.watermarkBlocks : 0;
    if (!memory.admit(request, hit, known - hit, false, watermark)) {
      const { because, need, have } = memory.failure;
      this.hold(batch, Bound.blocks, because, need, have);
      return false;
    }
    this.queue.takeHead();
    this.seat(request, hit, nowUs, batch);
    return true;
  }

  /** A request that has its blocks takes its seat. */
  private seat(request: number, hit: number, nowUs: number, batch: Batch): void {
    const { sequences, decisions } = this.context;
    const known = sequences.known(request);
    const isBack = sequences.status[request] === Status.preempted;
    if (!isBack) sequences.firstScheduledUs[request] = nowUs;
    sequences.status[request] = Status.running;
    sequences.computed[request] = hit;
    batch.hitTokens += hit;
    this.prefilling.set(request, known);
    this.running.push(request);
    this.fresh = request;
    const blocks = sequences.tableLength[request];
    decisions.add(isBack ? DecisionKind.resume : DecisionKind.admit, request, Because.none, blocks, hit);
  }

  /** What-if: a request joins before anything else is decided. The newest give up their blocks for it, if that is how the memory works. */
  private joinFirst(request: number, nowUs: number, batch: Batch): void {
    const { sequences, memory, override } = this.context;
    const { running } = this;
    if (!this.queue.list().includes(request)) return;
    const hit = this.hitOf(request);
    const rest = sequences.known(request) - hit;
    const losers = this.isPaged ? running.filter((other) => sequences.inFlight[other] === 0).sort((a, b) => a - b) : [];
    const most = losers.reduce((blocks, other) => blocks + sequences.tableLength[other], memory.freeBlocks);
    const isPossible = !this.isPaged || memory.blocksFor(sequences.known(request), 0) <= most;
    while (!memory.admit(request, hit, rest, false, 0)) {
      const loser = isPossible ? losers.pop() : undefined;
      if (loser === undefined) {
        override.refuse(memory.failure);
        return;
      }
      this.preempt(batch, loser, request);
      running.splice(running.indexOf(loser), 1);
    }
    this.queue.remove(request);
    this.seat(request, hit, nowUs, batch);
    this.addPrefill(batch, request, this.firstTokens(request, rest, batch));
    override.take();
  }

  /** Prompt tokens that a request computes when it joins; not split, unless the engine can. */
  protected firstTokens(_request: number, rest: number, _batch: Batch): number {
    return rest;
  }

  /** Why a request that waits cannot join whatever the rules say. */
  protected fixed(_request: number): Fixed | null {
    return null;
  }

  /** Tokens of a waiting request that the prefix cache has; none of these schedulers had one, so it is a what-if. */
  protected hitOf(request: number): number {
    return this.isCaching ? this.context.memory.findHit(request) : 0;
  }

  /** Prompt tokens that a running request still has to compute. */
  protected restOfPrompt(request: number): number {
    return (this.prefilling.get(request) ?? 0) - this.context.sequences.computed[request];
  }

  /** Puts prompt tokens of a request into the batch; the last ones yield a token, unless that is switched off. */
  protected addPrefill(batch: Batch, request: number, tokens: number): void {
    const { config, sequences, memory } = this.context;
    const { computed, computedPeak, inFlight } = sequences;
    const before = computed[request];
    const after = before + tokens;
    const isFirst = request === this.fresh;
    this.fresh = -1;
    let flags: number = EntryFlag.prefill;
    if (isFirst) flags |= EntryFlag.admitted;
    if (this.restOfPrompt(request) === tokens) {
      this.prefilling.delete(request);
      if (config.tokenAtPrefillEnd) {
        flags |= EntryFlag.samples;
        batch.shape.samples++;
        if (config.speculation !== null) addDrafter(batch.shape, after);
      }
    }
    const again = Math.min(after, computedPeak[request]) - before;
    if (again > 0) {
      batch.recomputedTokens += again;
      flags |= EntryFlag.recompute;
    }
    const newBlocks = isFirst ? sequences.tableLength[request] : 0;
    batch.push(request, tokens, before, newBlocks, sequences.preemptions[request], flags);
    batch.addChunk(tokens, before);
    batch.prefillTokens += tokens;
    batch.shape.tokens += tokens;
    encodeTouched(batch.shape, sequences.requests.images.get(request), config.encoder, before, tokens, isFirst);
    computed[request] = after;
    if (after > computedPeak[request]) computedPeak[request] = after;
    inFlight[request] += tokens;
    memory.filled(tokens);
    if (this.isCaching) memory.cache(request, after);
  }

  /**
   * One token, and drafts, for every running request whose prompt is done, in order of arrival. Any free block counts as enough for a
   * token, and without one the newest request behind loses its blocks, or in the end the request itself. Returns the
   * requests that still have prompt left; they are taken out of `running`, for the caller to put back.
   */
  protected addDecodes(batch: Batch): number[] {
    const { sequences } = this.context;
    const { running } = this;
    const prefills: number[] = [];
    const kept: number[] = [];
    if (!isAscending(running)) running.sort((a, b) => a - b);
    for (let at = 0; at < running.length; at++) {
      const request = running[at];
      if (sequences.inFlight[request] > 0) kept.push(request);
      else if (this.prefilling.has(request)) prefills.push(request);
      else {
        const drafts = this.makeSlot(batch, at);
        if (drafts < 0) continue;
        this.addDecode(batch, request, drafts);
        kept.push(request);
      }
    }
    running.length = 0;
    running.push(...kept);
    return prefills;
  }

  protected hold(
    batch: Batch,
    bound: Bound,
    because: Because,
    need: number,
    have: number,
    request = this.queue.head(),
  ): void {
    batch.bound = bound;
    this.context.decisions.add(DecisionKind.hold, request, because, need, have);
  }

  /** One token, with drafts, for a request that holds blocks for them, or gets free ones. `isBack`: its blocks have just come back. */
  protected addDecode(batch: Batch, request: number, drafts: number, isBack = false): void {
    const { config, sequences, memory } = this.context;
    const before = sequences.computed[request];
    const known = sequences.known(request);
    const held = isBack ? 0 : sequences.tableLength[request];
    // The first decode after a prefill that yields no token has nothing new to store.
    const fresh = known - before + drafts;
    if (!memory.grow(request, fresh)) throw new Error(`no block for request ${request}, although one is free`);
    batch.push(
      request,
      1 + drafts,
      before,
      sequences.tableLength[request] - held,
      sequences.preemptions[request],
      isBack ? EntryFlag.samples | EntryFlag.admitted : EntryFlag.samples,
    );
    batch.drafts[batch.count - 1] = drafts;
    sequences.computed[request] = known + drafts;
    if (known > sequences.computedPeak[request]) sequences.computedPeak[request] = known;
    sequences.inFlight[request] += 1 + drafts;
    memory.filled(fresh);
    if (this.isCaching) memory.cache(request, known);
    batch.decodeTokens += 1 + drafts;
    addDecodeRows(batch.shape, known - 1, drafts);
    if (config.speculation !== null) addDrafter(batch.shape, known + drafts);
  }

  /** Sees to free blocks for the request at this place. Returns for how many drafts there is room, -1 if it had to give up its own. */
  private makeSlot(batch: Batch, at: number): number {
    const { sequences, memory, override } = this.context;
    const { running } = this;
    const request = running[at];
    const known = sequences.known(request);
    const held = sequences.tableLength[request];
    const drafts = draftsFor(this.context, request, sequences.outputLimit[request]);
    if (!this.isPaged) return drafts;
    const spared = override.asks('spare');
    const wanted = drafts === 0 ? 1 : Math.max(1, memory.blocksFor(known + drafts, 0) - held);
    while (memory.freeBlocks < wanted) {
      const room = (held + memory.freeBlocks) * memory.blockSize - known;
      // It has the whole pool: giving it up would only bring it back here. (Requests larger than the pool are refused.)
      if (held === memory.usableBlocks) return Math.min(drafts, room);
      let place = running.length - 1;
      while (place > at && (sequences.inFlight[running[place]] > 0 || running[place] === spared)) {
        if (running[place] === spared) override.heed();
        place--;
      }
      if (place === at && memory.freeBlocks > 0) return Math.min(drafts, room);
      if (running[place] === spared)
        override.refuse({ because: Because.noBlocks, need: wanted, have: memory.freeBlocks });
      this.preempt(batch, running[place], request);
      if (place === at) return -1;
      running.splice(place, 1);
    }
    return drafts;
  }

  private preempt(batch: Batch, victim: number, forRequest: number): void {
    const { sequences, memory, decisions } = this.context;
    decisions.add(DecisionKind.preempt, victim, Because.noBlocks, 1, memory.freeBlocks, forRequest);
    const isKept = this.keepsKv(batch, victim);
    memory.release(victim, false);
    this.prefilling.delete(victim);
    sequences.status[victim] = Status.preempted;
    sequences.preemptions[victim]++;
    batch.preemptions++;
    batch.bound = Bound.blocks;
    if (isKept) return;
    sequences.computed[victim] = 0;
    this.queue.putBack(victim);
  }

  /** Whether a victim's KV is kept somewhere else, and the victim in a queue of its own. */
  protected keepsKv(_batch: Batch, _victim: number): boolean {
    return false;
  }

  /** A request that waits is not to come back. */
  protected unqueue(request: number): void {
    this.queue.remove(request);
  }

  private keep(isKept: (request: number) => boolean): void {
    const { running } = this;
    let kept = 0;
    for (const request of running) if (isKept(request)) running[kept++] = request;
    running.length = kept;
  }
}

function isAscending(requests: readonly number[]): boolean {
  for (let i = 1; i < requests.length; i++) if (requests[i] < requests[i - 1]) return false;
  return true;
}

export interface IterationState {
  readonly running: readonly number[];
  readonly queue: unknown;
  readonly prefilling: readonly (readonly [number, number])[];
}
