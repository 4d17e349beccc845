import { type Batch, EntryFlag } from '../batch.ts';
import { Because, Bound, DecisionKind } from '../decision.ts';
import { padToInterval, padToPowerOfTwo } from '../gpu/graph-padding.ts';
import { createHostTier, type HostTier } from '../memory/host-tier.ts';
import type { WaitingQueue } from '../queue/queue.ts';
import { withhold, withholdFrom } from '../queue/withhold.ts';
import { Status } from '../request.ts';
import { finish, hasAllOutput, outputEnd } from './finish.ts';
import type { PolicyKind } from './kind.ts';
import type { Flips, Policy, PolicyContext, Refusal } from './policy.ts';

export interface TransformersSettings {
  /** `scheduler_type`. */
  readonly scheduler: 'fifo' | 'prefill_first';
  /** `safety_margin`: share of all blocks; while fewer are free no prompt joins a step that has work already. */
  readonly safetyMargin: number;
  /** `max_blocks_per_request`: length up to which a step of single tokens takes the decode path, in blocks; 0 = there is no such path. */
  readonly maxBlocksPerRequest: number;
  /** Whether steps are padded: with CUDA graphs on either path. */
  readonly padsInputs: boolean;
  /** `q_padding_interval_size`: to a multiple of so many tokens, of steps with prompts. */
  readonly qPadding: number;
}

/**
 * Continuous batching of Hugging Face transformers. A step takes candidates in order as far as the token budget
 * (`max_batch_tokens`) and the rows (`max_requests_per_batch`, the seats) last: with `fifo` those that decode, then begun
 * prompts, then waiting ones; with `prefill_first` begun prompts first. A prompt is cut at the budget. Who gets no blocks is
 * passed over, and those behind have their turn.
 *
 * Blocks are taken when the last one is full, for what the step computes and a token more. Running requests that got none
 * are evicted, newest first, until the others' wishes fit into the free blocks: to host memory as far as there is room
 * (`cpu_offload_space`), else all is computed again ("soft reset"), at the back of the queue. Then nobody new joins until
 * somebody has finished.
 *
 * Asynchronous (two batches in flight) a request whose last token is on its way computes one token more for nothing.
 *
 * Rules: transformers 5.17.0, generation/continuous_batching (scheduler.py, offloading_manager.py, continuous_api.py).
 */
export class TransformersPolicy implements Policy {
  /** Requests that hold blocks or an admission (`active_requests`), in the order they came in. */
  readonly running: number[] = [];
  wakeUs = Number.POSITIVE_INFINITY;
  /** Blocks of evicted requests; null = everything is computed again. */
  readonly host: HostTier | null;
  private readonly context: PolicyContext;
  private readonly settings: TransformersSettings;
  private readonly queue: WaitingQueue;
  /** Evicted requests whose KV is in host memory, in the order in which they were evicted. */
  private readonly offloaded: number[] = [];
  /** Requests with prompt left, and where it ends. */
  private readonly promptEnd = new Map<number, number>();
  /** Since an eviction nobody has finished. */
  private isBlocked = false;

  // The step that is being scheduled: what is left, and how it went.
  private tokensLeft = 0;
  private rowsLeft = 0;
  private cacheLeft = 0;
  private isDecodePath = false;
  private hasFailed = false;
  /** Running requests that got no blocks, and how many each of them wanted. */
  private starved: number[] = [];
  private wanted: number[] = [];

  constructor(context: PolicyContext, settings: TransformersSettings) {
    this.context = context;
    this.settings = settings;
    this.queue = context.createQueue();
    this.host = context.config.hostBlocks > 0 ? createHostTier(context.config) : null;
  }

  get hasWork(): boolean {
    return this.running.length > 0 || this.waitingCount > 0;
  }

  get waitingCount(): number {
    return this.queue.size + this.offloaded.length;
  }

  waiting(): number[] {
    return inTurns(this.offloaded, this.queue.list());
  }

  /** The engine would fail on a request that wants more blocks than there are, with the token more that it takes them for. */
  refuse(request: number): Refusal | null {
    const { sequences, memory } = this.context;
    const tokens = sequences.requests.promptTokens[request] + outputEnd(sequences, request);
    const need = blocksTaken(tokens, memory.blockSize);
    return need > memory.usableBlocks ? { rule: 'largerThanPool', need, have: memory.usableBlocks } : null;
  }

  get flips(): Flips {
    return { chunkUnit: 1, preempts: true, fixed: () => null };
  }

  withhold(request: number): (() => void) | null {
    const putBack = withholdFrom(this.offloaded, request);
    return putBack === null ? withhold(this.queue, request) : () => putBack(this.offloaded);
  }

  arrive(request: number): void {
    this.queue.add(request);
  }

  schedule(nowUs: number, batch: Batch): void {
    // Who is evicted frees blocks for the others, who are asked again. The last one that runs is never evicted.
    do this.fill(nowUs, batch);
    while (batch.count === 0 && this.hasFailed && this.evict(batch));
    if (batch.count === 0) return;
    if (this.starved.length > 0) this.evict(batch);
    this.pad(batch);
  }

  complete(batch: Batch, nowUs: number): void {
    const { config, sequences, memory, clock } = this.context;
    clock.begin(nowUs);
    for (let i = 0; i < batch.count; i++) {
      const request = batch.request[i];
      // Finished or evicted since: its token is thrown away.
      if (sequences.status[request] !== Status.running || batch.epoch[i] !== sequences.preemptions[request]) continue;
      sequences.inFlight[request] -= batch.tokens[i];
      if (config.enablePrefixCaching) memory.cache(request, batch.computed[i] + batch.tokens[i]);
      if ((batch.flags[i] & EntryFlag.samples) === 0) continue;
      clock.token(request);
      if (!hasAllOutput(sequences, request)) continue;
      this.leave(request);
      memory.release(request, true);
      finish(this.context, request, nowUs);
      this.isBlocked = false;
    }
    clock.end();
  }

  abort(request: number, nowUs: number): boolean {
    const { sequences, memory } = this.context;
    const status = sequences.status[request];
    if (status !== Status.running && status !== Status.waiting && status !== Status.preempted) return false;
    if (status === Status.running) this.leave(request);
    else if (this.offloaded.includes(request)) {
      this.offloaded.splice(this.offloaded.indexOf(request), 1);
      this.host?.forget(request);
    } else this.queue.remove(request);
    this.promptEnd.delete(request);
    memory.release(request, true);
    sequences.status[request] = Status.aborted;
    sequences.finishUs[request] = nowUs;
    return true;
  }

  settle(): void {}

  watch(): void {}

  save(): TransformersState {
    return {
      running: this.running.slice(),
      queue: this.queue.save(),
      offloaded: this.offloaded.slice(),
      promptEnd: [...this.promptEnd],
      isBlocked: this.isBlocked,
      host: this.host?.save() ?? null,
    };
  }

  restore(saved: unknown): void {
    const state = saved as TransformersState;
    this.running.length = 0;
    this.running.push(...state.running);
    this.queue.restore(state.queue);
    this.offloaded.length = 0;
    this.offloaded.push(...state.offloaded);
    this.promptEnd.clear();
    for (const [request, end] of state.promptEnd) this.promptEnd.set(request, end);
    this.isBlocked = state.isBlocked;
    if (state.host !== null) this.host?.restore(state.host);
  }

  /** One pass over all candidates. */
  private fill(nowUs: number, batch: Batch): void {
    const { config, limits, memory } = this.context;
    this.tokensLeft = limits.maxNumBatchedTokens;
    this.rowsLeft = config.maxNumSeqs;
    // What a step with prompts can read of the cache is as many indices as there are places.
    this.cacheLeft = memory.usableBlocks * memory.blockSize;
    this.isDecodePath = this.settings.maxBlocksPerRequest > 0;
    this.hasFailed = false;
    this.starved = [];
    this.wanted = [];
    // Nobody would ever finish: the engine hangs then, and here the block ends.
    if (this.running.length === 0) this.isBlocked = false;
    const decodes = this.running.filter((request) => !this.promptEnd.has(request));
    const prompts = this.running.filter((request) => this.promptEnd.has(request));
    const forced = this.context.override.asks('admit');
    if (forced >= 0) this.joinFirst(forced, decodes, prompts, nowUs, batch);
    const candidates = this.settings.scheduler === 'fifo' ? decodes.concat(prompts) : prompts.concat(decodes);
    const isFull = !candidates.every((request) => this.consider(nowUs, batch, request));
    if (isFull || this.isBlocked) this.holdNext(batch);
    else this.admitWaiting(nowUs, batch);
  }

  /**
   * What-if: a request joins whatever holds it, and leaves the decodes their tokens. If need be the newest running ones are
   * evicted for it.
   */
  private joinFirst(request: number, decodes: number[], prompts: number[], nowUs: number, batch: Batch): void {
    const { sequences, memory, override, decisions } = this.context;
    const { queue, offloaded, running } = this;
    const place = offloaded.indexOf(request);
    if (place < 0 && !queue.list().includes(request)) return;
    const spared = Math.min(decodes.length, this.tokensLeft - 1);
    this.tokensLeft -= spared;
    const most = running.reduce((blocks, other) => blocks + sequences.tableLength[other], memory.freeBlocks);
    for (;;) {
      this.consider(nowUs, batch, request);
      if (batch.count > 0) break;
      // It is not held: either somebody makes room, or the choice was impossible.
      const obstacle = decisions.takeBack();
      const victim = running.at(-1);
      if (obstacle.because !== Because.noBlocks || obstacle.need > most || victim === undefined) {
        override.refuse(obstacle);
        break;
      }
      this.evictOne(batch, victim, obstacle.need, request);
      this.isBlocked = true;
      for (const list of [decodes, prompts]) if (list.includes(victim)) list.splice(list.indexOf(victim), 1);
    }
    this.hasFailed = false;
    this.tokensLeft += spared;
    if (batch.count === 0) return;
    if (place >= 0) offloaded.splice(place, 1);
    else queue.remove(request);
    override.take();
  }

  /** Waiting requests, those in host memory and the others by turns. Who does not fit is passed over. */
  private admitWaiting(nowUs: number, batch: Batch): void {
    const { queue, offloaded } = this;
    const passed: number[] = [];
    let at = 0;
    let goesOn = true;
    while (goesOn && (at < offloaded.length || queue.size > 0)) {
      if (at < offloaded.length) {
        const before = batch.count;
        goesOn = this.consider(nowUs, batch, offloaded[at]);
        if (batch.count > before) offloaded.splice(at, 1);
        else at++;
      }
      if (goesOn && queue.size > 0) {
        const before = batch.count;
        const request = queue.takeHead();
        goesOn = this.consider(nowUs, batch, request);
        if (batch.count === before) passed.push(request);
      }
    }
    for (let i = passed.length - 1; i >= 0; i--) queue.putBack(passed[i]);
    if (!goesOn) this.holdNext(batch);
  }

  /** Gives one candidate its tokens, if it can have any. False = nobody behind it has a turn in this step. */
  private consider(nowUs: number, batch: Batch, request: number): boolean {
    const { sequences, memory, decisions, override } = this.context;
    const isWaiting = sequences.status[request] !== Status.running;
    const isDecode = !isWaiting && !this.promptEnd.has(request);
    const margin = this.settings.safetyMargin * memory.usableBlocks;
    if (!isDecode && batch.count > 0 && memory.freeBlocks < margin) return this.stop(batch, Bound.blocks);

    const isNew = isWaiting && sequences.computed[request] === 0;
    const hit = isNew && this.context.config.enablePrefixCaching ? memory.findHit(request) : 0;
    const computed = sequences.computed[request] + hit;
    // A request in flight decodes the token that is on its way.
    const end = isDecode ? computed + 1 : (this.promptEnd.get(request) ?? sequences.known(request));
    const most = Math.min(end - computed, this.tokensLeft);
    const tokens = isDecode ? most : override.cap(request, most);
    const fitsDecodePath = tokens === 1 && computed < this.settings.maxBlocksPerRequest * memory.blockSize;
    const kind = isWaiting ? DecisionKind.hold : DecisionKind.skip;
    if (!(this.isDecodePath && fitsDecodePath) && this.cacheLeft < computed) {
      decisions.add(kind, request, Because.batchTokens, computed, this.cacheLeft);
      batch.bound = Bound.blocks;
      return true;
    }
    const held = sequences.tableLength[request];
    const need = this.blocksNeeded(held + hit / memory.blockSize, computed + tokens);
    if (need > 0 && !this.take(request, hit, computed, need)) {
      const free = memory.freeBlocks;
      decisions.add(kind, request, Because.noBlocks, need, free);
      batch.bound = Bound.blocks;
      this.hasFailed = true;
      if (!isWaiting) {
        this.starved.push(request);
        this.wanted.push(need);
      }
      return !(isWaiting && free === 0);
    }
    if (isWaiting) this.admit(nowUs, batch, request, hit, end);
    this.add(batch, request, tokens, computed, sequences.tableLength[request] - held, isWaiting, isDecode);
    this.isDecodePath &&= fitsDecodePath;
    this.tokensLeft -= tokens;
    this.cacheLeft -= computed;
    this.rowsLeft--;
    if (this.tokensLeft === 0) return this.stop(batch, Bound.tokenBudget);
    if (this.rowsLeft === 0) return this.stop(batch, Bound.seats);
    return this.cacheLeft > 0 || this.isDecodePath ? true : this.stop(batch, Bound.blocks);
  }

  private stop(batch: Batch, bound: Bound): false {
    batch.bound = bound;
    return false;
  }

  /** Blocks to take so that a request with so many has room for its first `tokens` tokens. */
  private blocksNeeded(blocks: number, tokens: number): number {
    const { blockSize } = this.context.memory;
    return blocks > 0 && tokens <= blocks * blockSize ? 0 : blocksTaken(tokens, blockSize) - blocks;
  }

  private take(request: number, hit: number, computed: number, blocks: number): boolean {
    const { sequences, memory } = this.context;
    const total = sequences.tableLength[request] + hit / memory.blockSize + blocks;
    return memory.admit(request, hit, total * memory.blockSize - computed, false, 0);
  }

  private admit(nowUs: number, batch: Batch, request: number, hit: number, end: number): void {
    const { sequences, memory, decisions } = this.context;
    const isBack = sequences.status[request] === Status.preempted;
    if (!isBack) sequences.firstScheduledUs[request] = nowUs;
    sequences.status[request] = Status.running;
    if (sequences.computed[request] > 0) {
      // Back from host memory with what it had.
      memory.filled(sequences.computed[request]);
      if (this.host !== null) batch.transferUs += this.host.swapIn(request);
    }
    sequences.computed[request] += hit;
    batch.hitTokens += hit;
    this.promptEnd.set(request, end);
    this.running.push(request);
    const blocks = sequences.tableLength[request];
    decisions.add(isBack ? DecisionKind.resume : DecisionKind.admit, request, Because.none, blocks, hit);
  }

  /** Puts tokens of a request that has the blocks for them into the batch. */
  private add(
    batch: Batch,
    request: number,
    tokens: number,
    computed: number,
    newBlocks: number,
    isAdmitted: boolean,
    isDecode: boolean,
  ): void {
    const { sequences, memory } = this.context;
    const { computedPeak, inFlight, preemptions } = sequences;
    const { shape } = batch;
    const after = computed + tokens;
    const isLast = isDecode || after === this.promptEnd.get(request);
    let flags: number = isDecode ? 0 : EntryFlag.prefill;
    if (isAdmitted) flags |= EntryFlag.admitted;
    if (isLast) {
      flags |= EntryFlag.samples;
      shape.samples++;
      this.promptEnd.delete(request);
    }
    if (isDecode) {
      batch.decodeTokens++;
      shape.decodes++;
      shape.decodeContextSum += after;
      if (after > shape.decodeContextMax) shape.decodeContextMax = after;
    } else {
      const again = Math.min(after, computedPeak[request]) - computed;
      if (again > 0) {
        batch.recomputedTokens += again;
        flags |= EntryFlag.recompute;
      }
      batch.prefillTokens += tokens;
      batch.addChunk(tokens, computed);
    }
    batch.push(request, tokens, computed, newBlocks, preemptions[request], flags);
    shape.tokens += tokens;
    sequences.computed[request] = after;
    if (after > computedPeak[request]) computedPeak[request] = after;
    inFlight[request] += tokens;
    memory.filled(tokens);
  }

  /** Captured graphs have fixed sizes: rows are added up to the next one. Logits are computed for as many sequences as could be in it. */
  private pad(batch: Batch): void {
    if (!this.settings.padsInputs) return;
    const { shape } = batch;
    const { config, limits } = this.context;
    const useful = shape.tokens;
    shape.tokens = this.isDecodePath
      ? padToPowerOfTwo(useful, config.maxNumSeqs)
      : padToInterval(useful, this.settings.qPadding, limits.maxNumBatchedTokens);
    shape.samples = Math.min(shape.tokens, config.maxNumSeqs);
    batch.paddingTokens = shape.tokens - useful;
  }

  /** Evicts starved requests, newest first, until what the others of them want is free; the last that runs stays. False = nobody. */
  private evict(batch: Batch): boolean {
    const { sequences, memory, override } = this.context;
    const { starved, wanted } = this;
    const spared = starved.indexOf(override.asks('spare'));
    if (spared >= 0) this.spare(spared);
    let demand = 0;
    for (const blocks of wanted) demand += blocks;
    let free = memory.freeBlocks;
    const victims: number[] = [];
    while (demand > free && starved.length > 0 && this.running.length - victims.length > 1) {
      const victim = starved.pop() as number;
      demand -= wanted.pop() as number;
      free += sequences.tableLength[victim];
      victims.push(victim);
    }
    // The oldest goes first, so that it is the first to come back.
    for (let i = victims.length - 1; i >= 0; i--)
      this.evictOne(batch, victims[i], demand, this.starved[0] ?? victims[i]);
    if (victims.length > 0) this.isBlocked = true;
    return victims.length > 0;
  }

  /** What-if: of those who lack blocks this one is evicted last. */
  private spare(place: number): void {
    const { override, memory } = this.context;
    const { starved, wanted } = this;
    if (starved.length === 1) {
      override.refuse({ because: Because.noBlocks, need: wanted[0], have: memory.freeBlocks });
      return;
    }
    starved.unshift(...starved.splice(place, 1));
    wanted.unshift(...wanted.splice(place, 1));
    override.heed();
  }

  private evictOne(batch: Batch, victim: number, demand: number, forRequest: number): void {
    const { limits, sequences, memory, decisions } = this.context;
    decisions.add(DecisionKind.preempt, victim, Because.noBlocks, demand, memory.freeBlocks, forRequest);
    const transferUs = this.host?.swapOut(victim, sequences.tableLength[victim]) ?? null;
    const known = sequences.known(victim);
    const { computed } = sequences;
    memory.release(victim, false);
    this.leave(victim);
    sequences.status[victim] = Status.preempted;
    sequences.preemptions[victim]++;
    sequences.inFlight[victim] = 0;
    batch.preemptions++;
    batch.bound = Bound.blocks;
    if (transferUs !== null) {
      // A token on its way is thrown away: it comes back with the last one that is known.
      if (!this.promptEnd.has(victim)) computed[victim] = Math.min(computed[victim], known - 1);
      batch.transferUs += transferUs;
      this.offloaded.push(victim);
    } else {
      computed[victim] = 0;
      // Back of the queue; in other orders it has its own place.
      if (limits.queue === 'fcfs') this.queue.add(victim);
      else this.queue.putBack(victim);
    }
    this.promptEnd.delete(victim);
  }

  private leave(request: number): void {
    this.running.splice(this.running.indexOf(request), 1);
  }

  /** Says why the next waiting request has no turn in this step. */
  private holdNext(batch: Batch): void {
    const { config, memory, decisions } = this.context;
    if (this.waitingCount === 0) return;
    const request = this.offloaded.length > 0 ? this.offloaded[0] : this.queue.head();
    const margin = Math.ceil(this.settings.safetyMargin * memory.usableBlocks);
    if (this.tokensLeft === 0) decisions.add(DecisionKind.hold, request, Because.tokenBudget, 1, 0);
    else if (this.rowsLeft === 0) decisions.add(DecisionKind.hold, request, Because.seats, 1, config.maxNumSeqs);
    else if (this.isBlocked) {
      batch.bound = Bound.blocks;
      decisions.add(DecisionKind.hold, request, Because.awaitsFinish, 0, 0);
    } else if (!this.hasFailed && memory.freeBlocks < margin)
      decisions.add(DecisionKind.hold, request, Because.watermark, margin, memory.freeBlocks);
  }
}

/** Blocks that a request has after taking some for its first `tokens` tokens: those of one token more, a block more when that is full. */
function blocksTaken(tokens: number, blockSize: number): number {
  return Math.floor((tokens + 1) / blockSize) + 1;
}

/** One of the first, one of the second, and so on; then what is left. */
function inTurns(first: readonly number[], second: readonly number[]): number[] {
  const all: number[] = [];
  for (let i = 0; i < Math.max(first.length, second.length); i++) {
    if (i < first.length) all.push(first[i]);
    if (i < second.length) all.push(second[i]);
  }
  return all;
}

interface TransformersState {
  readonly running: readonly number[];
  readonly queue: unknown;
  readonly offloaded: readonly number[];
  readonly promptEnd: readonly (readonly [number, number])[];
  readonly isBlocked: boolean;
  readonly host: ReturnType<HostTier['save']> | null;
}

export const transformers: PolicyKind<TransformersSettings> = {
  id: 'transformers',
  defaults: { scheduler: 'fifo', safetyMargin: 0.15, maxBlocksPerRequest: 32, padsInputs: true, qPadding: 64 },
  createPolicy: (context, settings) => new TransformersPolicy(context, settings),
};
