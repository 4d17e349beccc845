import { type Batch, EntryFlag } from '../batch.ts';
import { Because, Bound, DecisionKind } from '../decision.ts';
import { encodeTouched } from '../phase/touched-images.ts';
import { withhold } from '../queue/withhold.ts';
import { Status } from '../request.ts';
import { addDecodeRows, addDrafter, deliver, draftsFor, verifyDrafts } from './drafts.ts';
import { FastGenBuffer, type FastGenBufferState } from './fastgen-buffer.ts';
import { finish, hasAllOutput } from './finish.ts';
import type { PolicyKind } from './kind.ts';
import type { Flips, Policy, PolicyContext } from './policy.ts';

export interface FastGenSettings {
  /** `max_ragged_sequence_count`: sequences in one forward. */
  readonly maxRaggedSequenceCount: number;
}

/**
 * DeepSpeed-FastGen, Dynamic SplitFuse: a forward is one token for each sequence that generates, then as many prompt
 * tokens as the budget leaves; the prompt that does not fit is cut, and its rest is first in line for the next forward.
 * The token budget is `max_ragged_batch_size`, the seats are `max_tracked_sequences`.
 *
 * Rules: mii/batching/ragged_batching.py (DeepSpeed-MII, 8abdd98), `_schedule_token_gen`, `_schedule_prompts` and
 * `reset_request_status`; blocks as in deepspeed/inference/v2 (DeepSpeed, edaa722).
 *
 * A finished sequence keeps its blocks until its client has read the answer: its flush is queued an iteration later,
 * scheduled with the next batch, and executed before that batch runs. An iteration in which nothing else happens takes no
 * time.
 *
 * What if it had drafts: each sequence takes what the budget leaves when every other one has its token, and what free blocks
 * hold; prompts get the rest. Rejected drafts leave their blocks to the next.
 */
export class FastGenPolicy implements Policy {
  /** Sequences whose KV is in the engine, in the order they came in; those that have ended wait to be flushed. */
  readonly running: number[] = [];
  /** Whose blocks the last call of `schedule` gave back, in that order. */
  readonly flushed: number[] = [];
  wakeUs = Number.POSITIVE_INFINITY;
  private readonly context: PolicyContext;
  private readonly settings: FastGenSettings;
  private readonly buffer: FastGenBuffer;
  /** Sequences that got a token in the last forward: they join the buffer after what arrived during it. */
  private served: number[] = [];
  /** Ended in the last iteration, and in the one before: the latter are flushed with the next batch. */
  private ended: number[] = [];
  private flushing: number[] = [];

  constructor(context: PolicyContext, settings: FastGenSettings) {
    this.context = context;
    this.settings = settings;
    this.buffer = new FastGenBuffer(context.createQueue());
  }

  get hasWork(): boolean {
    return this.buffer.size + this.served.length + this.ended.length + this.flushing.length > 0;
  }

  get waitingCount(): number {
    return this.buffer.prompts.size;
  }

  get flips(): Flips {
    return { chunkUnit: 1, preempts: true, fixed: () => null };
  }

  withhold(request: number): (() => void) | null {
    return withhold(this.buffer.prompts, request);
  }

  waiting(): number[] {
    return this.buffer.prompts.list();
  }

  /** What waits for the next forward: request and tokens, first one first. */
  buffered(): [request: number, tokens: number][] {
    return this.buffer.list().map((request) => [request, this.restOf(request)]);
  }

  arrive(request: number): void {
    this.buffer.addPrompt(request);
  }

  schedule(nowUs: number, batch: Batch): void {
    const { buffer, flushing } = this;
    this.flushed.length = 0;
    for (const request of this.served) buffer.addGeneration(request);
    this.served = [];
    const free = this.context.memory.freeBlocks;
    const plan: Plan = { free, reserved: 0, tokens: 0, requests: [], counts: [] };
    const forced = this.context.override.asks('admit');
    const first = forced < 0 ? 0 : this.reserveFirst(plan, batch, forced);
    this.planGenerations(plan, batch);
    const generations = plan.requests.length;
    if (first === 0) this.planPrompts(plan, batch);
    else this.planFirst(plan, batch, forced, first);
    const isStuck = plan.requests.length === 0 && flushing.length === 0 && buffer.size > 0;
    const victim = isStuck ? this.chooseVictim() : -1;
    if (victim >= 0) this.evict(batch, victim, free, buffer.list()[0]);

    // From here on the batch is executed: flushes first, then blocks for what it computes.
    for (const request of flushing) this.flush(request, true);
    this.flushing = this.ended;
    this.ended = [];
    for (let i = 0; i < plan.requests.length; i++) {
      if (i < generations) this.addDecode(batch, plan.requests[i], plan.counts[i] - 1);
      else this.addChunk(nowUs, batch, plan.requests[i], plan.counts[i]);
    }
    const mayGoOn = flushing.length > 0 || this.flushing.length > 0;
    this.wakeUs = batch.count === 0 && mayGoOn ? nowUs : Number.POSITIVE_INFINITY;
  }

  complete(batch: Batch, nowUs: number): void {
    const { sequences, clock } = this.context;
    clock.begin(nowUs);
    for (let i = 0; i < batch.count; i++) {
      const request = batch.request[i];
      sequences.inFlight[request] -= batch.tokens[i];
      if (sequences.status[request] !== Status.running || (batch.flags[i] & EntryFlag.samples) === 0) continue;
      deliver(this.context, request, verifyDrafts(this.context, request, batch.drafts[i]));
      if (hasAllOutput(sequences, request)) {
        finish(this.context, request, nowUs);
        this.ended.push(request);
      } else this.served.push(request);
    }
    clock.end();
  }

  abort(request: number, nowUs: number): boolean {
    const { sequences } = this.context;
    const status = sequences.status[request];
    if (status !== Status.running && status !== Status.waiting && status !== Status.preempted) return false;
    if (status === Status.running) this.ended.push(request);
    this.buffer.remove(request);
    this.served = this.served.filter((other) => other !== request);
    sequences.status[request] = Status.aborted;
    sequences.finishUs[request] = nowUs;
    return true;
  }

  settle(): void {}

  watch(): void {}

  save(): FastGenState {
    const { running, buffer, served, ended, flushing, wakeUs } = this;
    return {
      running: running.slice(),
      buffer: buffer.save(),
      served: served.slice(),
      ended: ended.slice(),
      flushing: flushing.slice(),
      wakeUs,
    };
  }

  restore(saved: unknown): void {
    const state = saved as FastGenState;
    this.running.length = 0;
    this.running.push(...state.running);
    this.buffer.restore(state.buffer);
    this.served = state.served.slice();
    this.ended = state.ended.slice();
    this.flushing = state.flushing.slice();
    this.wakeUs = state.wakeUs;
  }

  /** One token, and drafts, for each of the first generations in the buffer; who needs a block and finds none is passed over. */
  private planGenerations(plan: Plan, batch: Batch): void {
    const { limits, sequences, memory, decisions } = this.context;
    const { generations } = this.buffer;
    const rows = this.settings.maxRaggedSequenceCount;
    const most = Math.min(generations.length, rows, limits.maxNumBatchedTokens);
    for (let i = 0; i < most; i++) {
      const request = generations[i];
      const room = (sequences.tableLength[request] + plan.free - plan.reserved) * memory.blockSize;
      if (sequences.computed[request] === room) {
        batch.bound = Bound.blocks;
        decisions.add(DecisionKind.skip, request, Because.noBlocks, 1, 0);
        continue;
      }
      const drafts = draftsFor(this.context, request, sequences.outputLimit[request]);
      const budget = limits.maxNumBatchedTokens - plan.tokens - (most - i - 1);
      const tokens = Math.min(1 + drafts, budget, room - sequences.computed[request]);
      plan.reserved += Math.max(0, this.blocksMissing(request, tokens));
      plan.requests.push(request);
      plan.counts.push(tokens);
      plan.tokens += tokens;
    }
    if (most < generations.length) {
      const isRows = most === rows;
      batch.bound = isRows ? Bound.seats : Bound.tokenBudget;
      decisions.add(DecisionKind.skip, generations[most], isRows ? Because.forwardRows : Because.tokenBudget, 1, most);
    }
    this.buffer.takeGenerations(plan.requests);
  }

  /** Prompts into what the budget leaves, in order. The first that cannot run stops all behind it. */
  private planPrompts(plan: Plan, batch: Batch): void {
    const { buffer } = this;
    while (buffer.rests.length > 0) {
      const request = buffer.rests[0];
      const tokens = this.promptTokens(plan, batch, request, DecisionKind.skip);
      if (tokens === 0) return;
      buffer.takeRest();
      if (!this.planPrompt(plan, request, tokens)) return;
    }
    while (buffer.prompts.size > 0) {
      const tokens = this.promptTokens(plan, batch, buffer.prompts.head(), DecisionKind.hold);
      if (tokens === 0 || !this.planPrompt(plan, buffer.takePrompt(), tokens)) return;
    }
  }

  /**
   * Tokens of a prompt that the next forward may compute; 0, with the reason, if none. Blocks are wanted for all of it, so
   * that who was evicted for want of blocks does not come back in pieces; but none for its output.
   */
  private promptTokens(plan: Plan, batch: Batch, request: number, kind: DecisionKind): number {
    const { limits, decisions } = this.context;
    const stop = (bound: Bound, because: Because, need: number, have: number): 0 => {
      batch.bound = bound;
      decisions.add(kind, request, because, need, have);
      return 0;
    };
    const rest = this.restOf(request);
    const blocks = this.blocksMissing(request, rest);
    const free = plan.free - plan.reserved;
    const rows = this.settings.maxRaggedSequenceCount;
    // Who has the whole pool would be evicted for ever, here as in the real engine, whose pools are larger than a sequence.
    const hasAll = this.context.sequences.tableLength[request] === this.context.memory.usableBlocks;
    if (plan.free === 0 && !hasAll) return stop(Bound.blocks, Because.noBlocks, blocks, 0);
    if (plan.requests.length >= rows) return stop(Bound.seats, Because.forwardRows, 1, rows);
    const budget = limits.maxNumBatchedTokens - plan.tokens;
    if (budget <= 0) return stop(Bound.tokenBudget, Because.tokenBudget, rest, budget);
    const isTracked = this.context.sequences.tableLength[request] > 0;
    if (!isTracked && this.running.length >= limits.maxNumSeqs) {
      return stop(Bound.seats, Because.seats, 1, limits.maxNumSeqs);
    }
    if (blocks > free) return stop(Bound.blocks, Because.fullPrompt, blocks, free);
    if (rest > budget) batch.bound = Bound.tokenBudget;
    return this.context.override.cap(request, Math.min(rest, budget));
  }

  /** What-if: tokens of a prompt that joins whatever holds it, with the blocks of the last in the buffer if need be; 0 = it cannot. */
  private reserveFirst(plan: Plan, batch: Batch, request: number): number {
    const { limits, memory, override, sequences } = this.context;
    const { buffer } = this;
    if (!buffer.prompts.list().includes(request)) return 0;
    const tokens = override.cap(request, Math.min(this.restOf(request), limits.maxNumBatchedTokens));
    const need = this.blocksMissing(request, tokens);
    const most = [...buffer.rests, ...buffer.generations].reduce((sum, r) => sum + sequences.tableLength[r], plan.free);
    if (need > most) {
      override.refuse({ because: Because.noBlocks, need, have: most });
      return 0;
    }
    while (need > plan.free) {
      this.evict(batch, buffer.lastHolder(), plan.free, request);
      plan.free = memory.freeBlocks;
    }
    plan.reserved += need;
    return tokens;
  }

  /** Its tokens are beside those of the generations, and others get what they leave of the budget. */
  private planFirst(plan: Plan, batch: Batch, request: number, tokens: number): void {
    plan.reserved -= this.blocksMissing(request, tokens);
    this.buffer.prompts.remove(request);
    const isWhole = this.planPrompt(plan, request, tokens);
    if (isWhole && batch.preemptions === 0) this.planPrompts(plan, batch);
    this.context.override.take();
  }

  /** Who is evicted: the last in the buffer that holds KV. */
  private chooseVictim(): number {
    const { override, memory } = this.context;
    const { buffer } = this;
    const victim = buffer.lastHolder();
    if (victim < 0 || victim !== override.asks('spare')) return victim;
    const other = buffer.lastHolder(victim);
    if (other >= 0) override.heed();
    else override.refuse({ because: Because.noBlocks, need: 1, have: memory.freeBlocks });
    return other >= 0 ? other : victim;
  }

  /** Notes what a prompt gets. False if that cuts it: its rest goes to the front of the buffer, and the budget is used up. */
  private planPrompt(plan: Plan, request: number, tokens: number): boolean {
    plan.requests.push(request);
    plan.counts.push(tokens);
    plan.tokens += tokens;
    plan.reserved += this.blocksMissing(request, tokens);
    if (tokens === this.restOf(request)) return true;
    this.buffer.putRest(request);
    return false;
  }

  /** Nothing can run: the last in the buffer that holds KV loses it, and computes its prompt and its output so far again. */
  private evict(batch: Batch, victim: number, free: number, forRequest: number): void {
    const { sequences, decisions } = this.context;
    decisions.add(DecisionKind.preempt, victim, Because.noBlocks, 1, free, forRequest);
    this.buffer.remove(victim);
    this.flush(victim, false);
    sequences.status[victim] = Status.preempted;
    sequences.preemptions[victim]++;
    sequences.computed[victim] = 0;
    this.buffer.addPrompt(victim);
    batch.preemptions++;
    batch.bound = Bound.blocks;
  }

  private flush(request: number, ended: boolean): void {
    this.context.memory.release(request, ended);
    this.flushed.push(request);
    this.running.splice(this.running.indexOf(request), 1);
  }

  private addDecode(batch: Batch, request: number, drafts: number): void {
    const { config, sequences, memory } = this.context;
    const { computed, computedPeak, tableLength } = sequences;
    const before = computed[request];
    const held = tableLength[request];
    const tokens = 1 + drafts;
    if (!memory.grow(request, tokens)) throw new Error(`no block for request ${request}, although one was planned`);
    batch.push(request, tokens, before, tableLength[request] - held, sequences.preemptions[request], EntryFlag.samples);
    batch.drafts[batch.count - 1] = drafts;
    computed[request] = before + tokens;
    if (before + 1 > computedPeak[request]) computedPeak[request] = before + 1;
    sequences.inFlight[request] += tokens;
    memory.filled(tokens);
    batch.decodeTokens += tokens;
    addDecodeRows(batch.shape, before, drafts);
    if (config.speculation !== null) addDrafter(batch.shape, before + tokens);
  }

  private addChunk(nowUs: number, batch: Batch, request: number, tokens: number): void {
    const { config, sequences, memory } = this.context;
    const { computed, computedPeak, tableLength } = sequences;
    const before = computed[request];
    const held = tableLength[request];
    const hasRoom = held > 0 ? memory.grow(request, tokens) : memory.admit(request, 0, tokens, false, 0);
    if (!hasRoom) throw new Error(`no blocks for request ${request}, although they were planned`);
    let flags: number = EntryFlag.prefill;
    if (held === 0) flags |= EntryFlag.admitted;
    if (tokens === this.restOf(request)) {
      flags |= EntryFlag.samples;
      batch.shape.samples++;
      if (config.speculation !== null) addDrafter(batch.shape, before + tokens);
    }
    const again = Math.min(before + tokens, computedPeak[request]) - before;
    if (again > 0) {
      flags |= EntryFlag.recompute;
      batch.recomputedTokens += again;
    }
    if (held === 0) this.join(nowUs, request);
    batch.push(request, tokens, before, tableLength[request] - held, sequences.preemptions[request], flags);
    batch.addChunk(tokens, before);
    batch.prefillTokens += tokens;
    batch.shape.tokens += tokens;
    encodeTouched(batch.shape, sequences.requests.images.get(request), config.encoder, before, tokens, held === 0);
    computed[request] = before + tokens;
    if (before + tokens > computedPeak[request]) computedPeak[request] = before + tokens;
    sequences.inFlight[request] += tokens;
    memory.filled(tokens);
  }

  private join(nowUs: number, request: number): void {
    const { sequences, decisions } = this.context;
    const isBack = sequences.status[request] === Status.preempted;
    if (!isBack) sequences.firstScheduledUs[request] = nowUs;
    sequences.status[request] = Status.running;
    this.running.push(request);
    const kind = isBack ? DecisionKind.resume : DecisionKind.admit;
    decisions.add(kind, request, Because.none, sequences.tableLength[request], 0);
  }

  /** Tokens of a request that are known and not computed: of a generation, its last one. */
  private restOf(request: number): number {
    const { sequences } = this.context;
    return sequences.known(request) - sequences.computed[request];
  }

  /** Blocks that a request lacks for that many more tokens. */
  private blocksMissing(request: number, tokens: number): number {
    const { sequences, memory } = this.context;
    return memory.blocksFor(sequences.computed[request] + tokens, 0) - sequences.tableLength[request];
  }
}

/** What the next forward is to compute, before it takes any block. */
interface Plan {
  /** Free blocks, and how many of them are spoken for. */
  free: number;
  reserved: number;
  tokens: number;
  readonly requests: number[];
  readonly counts: number[];
}

interface FastGenState {
  readonly running: readonly number[];
  readonly buffer: FastGenBufferState;
  readonly served: readonly number[];
  readonly ended: readonly number[];
  readonly flushing: readonly number[];
  readonly wakeUs: number;
}

export const fastGen: PolicyKind<FastGenSettings> = {
  id: 'fastgen',
  defaults: { maxRaggedSequenceCount: 512 },
  createPolicy: (context, settings) => new FastGenPolicy(context, settings),
};
