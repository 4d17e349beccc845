import { type Batch, EntryFlag } from '../batch.ts';
import { Because, Bound, DecisionKind } from '../decision.ts';
import { encodeTouched } from '../phase/touched-images.ts';
import type { WaitingQueue } from '../queue/queue.ts';
import { withhold } from '../queue/withhold.ts';
import { Status } from '../request.ts';
import { acceptedDrafts, deliver } from './drafts.ts';
import { finish, hasAllOutput } from './finish.ts';
import type { Flips, Policy, PolicyContext, Refusal } from './policy.ts';

/** What the launcher of text-generation-inference is told about batching, under its flags in camel case. */
export interface TgiLoopSettings {
  /** Of the running requests, that many times as many must wait before the decodes are interrupted for them. */
  readonly waitingServedRatio: number;
  /** Decode steps after which anybody who waits may interrupt them. */
  readonly maxWaitingTokens: number;
  /** Most requests of a batch; 0 = no limit. */
  readonly maxBatchSize: number;
  /** Requests that the server takes at once, waiting ones included; it refuses the others. */
  readonly maxConcurrentRequests: number;
}

/** What a call for new requests may take from the queue. */
export interface Terms {
  /** Fewer are not worth it. */
  readonly minSize: number;
  readonly maxSize: number;
  /** Prompt tokens that the next forward may compute. */
  readonly prefillTokens: number;
  /** Tokens that the batch may still grow by. */
  readonly batchTokens: number;
}

/**
 * The batching loop of Hugging Face's text-generation-inference (`batching_task` and `Queue::next_batch` of its router).
 * While a batch runs, every turn first asks the queue for new requests. If it gives some, one forward computes their
 * prompts; then, in any case, one forward computes the running batch's next tokens. Nobody is ever preempted: what a
 * request may come to is reserved when it is admitted.
 *
 * A client that gives up is noticed where the server would tell it something: a request that waits is gone at once, one
 * that runs goes on to its next token. (The server still counts the first kind as waiting until it comes to it.)
 */
export abstract class TgiLoop implements Policy {
  /** In the order of the batch: who joins is at the end. */
  readonly running: number[] = [];
  wakeUs = Number.POSITIVE_INFINITY;
  protected readonly context: PolicyContext;
  protected readonly queue: WaitingQueue;
  private readonly settings: TgiLoopSettings;
  /** Forwards of decodes since new requests were computed, plus 1. */
  private waitingTokens = 0;
  /** New requests were computed in this turn, so the running batch is next. */
  private owesDecode = false;

  constructor(context: PolicyContext, settings: TgiLoopSettings) {
    this.context = context;
    this.queue = context.createQueue();
    this.settings = settings;
  }

  get hasWork(): boolean {
    return this.running.length > 0 || this.queue.size > 0;
  }

  get waitingCount(): number {
    return this.queue.size;
  }

  waiting(): number[] {
    return this.queue.list();
  }

  refuse(_request: number): Refusal | null {
    const { status } = this.context.sequences;
    const { maxConcurrentRequests: have } = this.settings;
    let live = this.queue.size;
    for (const request of this.running) if (status[request] === Status.running) live++;
    return live >= have ? { rule: 'tooManyRequests', need: live + 1, have } : null;
  }

  arrive(request: number): void {
    this.queue.add(request);
  }

  get flips(): Flips {
    return { chunkUnit: this.isChunking ? 1 : 0, preempts: false, fixed: () => null };
  }

  withhold(request: number): (() => void) | null {
    return withhold(this.queue, request);
  }

  schedule(nowUs: number, batch: Batch): void {
    const { running } = this;
    const forced = this.context.override.asks('admit');
    if (forced >= 0 && this.joinAlone(forced, nowUs, batch)) return;
    if (this.owesDecode && running.length > 0) {
      this.runDecode(batch);
      if (this.queue.size > 0) this.hold(batch, Because.notItsTurn, 0, 0);
      return;
    }
    this.owesDecode = running.length > 0;
    const fresh = this.nextBatch(nowUs, batch, running.length > 0 ? this.terms() : this.firstTerms());
    if (fresh.length === 0) {
      if (running.length > 0) this.runDecode(batch);
      return;
    }
    this.prefill(batch, fresh.length);
    this.waitingTokens = 1;
  }

  complete(batch: Batch, nowUs: number): void {
    const { sequences, clock, memory } = this.context;
    const leaving: number[] = [];
    clock.begin(nowUs);
    for (let i = 0; i < batch.count; i++) {
      const request = batch.request[i];
      sequences.inFlight[request] -= batch.tokens[i];
      if ((batch.flags[i] & EntryFlag.samples) === 0) continue;
      if (sequences.status[request] === Status.running) {
        deliver(this.context, request, this.verify(request, batch.drafts[i]));
        if (!hasAllOutput(sequences, request)) continue;
        finish(this.context, request, nowUs);
      }
      leaving.push(request);
    }
    clock.end();
    this.completed(batch);
    if (leaving.length === 0) return;
    for (const request of leaving) memory.release(request, true);
    let kept = 0;
    for (const request of this.running) if (!leaving.includes(request)) this.running[kept++] = request;
    this.running.length = kept;
    this.left();
  }

  abort(request: number, nowUs: number): boolean {
    const { sequences } = this.context;
    if (sequences.status[request] === Status.waiting) this.queue.remove(request);
    else if (sequences.status[request] !== Status.running) return false;
    sequences.status[request] = Status.aborted;
    sequences.finishUs[request] = nowUs;
    return true;
  }

  settle(): void {}

  watch(): void {}

  save(): TgiLoopState {
    return {
      running: this.running.slice(),
      queue: this.queue.save(),
      waitingTokens: this.waitingTokens,
      owesDecode: this.owesDecode,
    };
  }

  restore(saved: unknown): void {
    const state = saved as TgiLoopState;
    this.running.length = 0;
    this.running.push(...state.running);
    this.queue.restore(state.queue);
    this.waitingTokens = state.waitingTokens;
    this.owesDecode = state.owesDecode;
  }

  /** Whether new requests are computed together with the running ones, as far as the budget goes; else alone, and whole. */
  protected abstract readonly isChunking: boolean;
  /** Tokens that the running batch may still grow by, and that one may come to which begins anew. */
  protected abstract readonly batchTokensLeft: number;
  /** Takes requests with all they need from the queue, and says why no more. */
  protected abstract collect(batch: Batch, terms: Terms): number[];
  /** Puts the last `fresh` running requests into a forward, with or without the others. */
  protected abstract prefill(batch: Batch, fresh: number): void;
  /** Puts the whole running batch into a forward. */
  protected abstract decode(batch: Batch): void;
  /** Takes back what a collected request got. */
  protected drop(_request: number): void {}
  /** Prompt tokens of a collected request that need not be computed. */
  protected hitOf(_request: number): number {
    return 0;
  }
  /** The last `fresh` running requests have just joined. */
  protected joined(_fresh: number): void {}
  /** A forward is done; nobody has left yet. */
  protected completed(_batch: Batch): void {}
  /** Some have left the batch. */
  protected left(): void {}

  /** Tokens that the running batch computes in its next forward. */
  protected get currentTokens(): number {
    return this.running.length;
  }

  /** A request's row of prompt tokens; the last of them yields its first token. */
  protected addChunk(batch: Batch, request: number, tokens: number, isFresh: boolean): void {
    const { config, sequences } = this.context;
    const images = sequences.requests.images.get(request);
    encodeTouched(batch.shape, images, config.encoder, sequences.computed[request], tokens, isFresh);
    const isLast = sequences.computed[request] + tokens === sequences.requests.promptTokens[request];
    const flags = EntryFlag.prefill | (isLast ? EntryFlag.samples : 0) | (isFresh ? EntryFlag.admitted : 0);
    const newBlocks = isFresh ? sequences.tableLength[request] : 0;
    const isUseful = this.addRow(batch, request, tokens, newBlocks, flags);
    if (isUseful) batch.prefillTokens += tokens;
  }

  /** A request's row of its last token, and of drafts for the ones after it. */
  protected addDecode(batch: Batch, request: number, drafts: number): void {
    const isUseful = this.addRow(batch, request, 1 + drafts, 0, EntryFlag.samples);
    batch.drafts[batch.count - 1] = drafts;
    if (isUseful) batch.decodeTokens += 1 + drafts;
  }

  /** How many of a request's first `tokens` tokens have places of their own. */
  protected placesFor(_request: number, tokens: number): number {
    return tokens;
  }

  /** Says which rule keeps the head of the queue where it is. */
  protected hold(batch: Batch, because: Because, need: number, have: number, bound: Bound = batch.bound): void {
    batch.bound = bound;
    this.context.decisions.add(DecisionKind.hold, this.queue.head(), because, need, have);
  }

  /** What-if: a request joins whatever turn it is and whatever the budgets say, if all that it may come to finds memory. */
  private joinAlone(request: number, nowUs: number, batch: Batch): boolean {
    const { queue, running } = this;
    const { override, limits, decisions } = this.context;
    const all = queue.list();
    if (!all.includes(request)) return false;
    for (const other of all) if (other !== request) queue.remove(other);
    const prefillTokens = this.isChunking ? limits.maxNumBatchedTokens : Number.MAX_SAFE_INTEGER;
    const fresh = this.collect(batch, { minSize: 0, maxSize: 1, prefillTokens, batchTokens: Number.MAX_SAFE_INTEGER });
    if (fresh.length === 0) queue.remove(request);
    for (const other of all.reverse()) if (!fresh.includes(other)) queue.putBack(other);
    if (fresh.length === 0) {
      override.refuse(decisions.last());
      return false;
    }
    this.owesDecode = running.length > 0;
    this.seat(fresh, nowUs, batch);
    this.prefill(batch, 1);
    this.waitingTokens = 1;
    override.take();
    return true;
  }

  private runDecode(batch: Batch): void {
    this.owesDecode = false;
    this.waitingTokens++;
    this.decode(batch);
  }

  /** Nothing runs: there is nobody to spare. A budget that was lowered meanwhile must not shut out who is queued. */
  private firstTerms(): Terms {
    const { config, limits } = this.context;
    const prefillTokens = this.isChunking ? limits.maxNumBatchedTokens : config.maxNumBatchedTokens;
    return { minSize: 0, maxSize: this.maxBatchSize, prefillTokens, batchTokens: this.batchTokensLeft };
  }

  private terms(): Terms {
    const { waitingServedRatio, maxWaitingTokens } = this.settings;
    const { maxNumBatchedTokens } = this.context.limits;
    const { running, batchTokensLeft: batchTokens } = this;
    if (this.isChunking) {
      const prefillTokens = Math.max(0, maxNumBatchedTokens - this.currentTokens);
      return { minSize: 0, maxSize: Number.POSITIVE_INFINITY, prefillTokens, batchTokens };
    }
    // The server multiplies in single precision.
    const wanted = Math.floor(Math.fround(running.length * Math.fround(waitingServedRatio)));
    return {
      minSize: this.waitingTokens >= maxWaitingTokens ? 0 : wanted,
      maxSize: Math.max(0, this.maxBatchSize - running.length),
      prefillTokens: maxNumBatchedTokens,
      batchTokens,
    };
  }

  private get maxBatchSize(): number {
    const { maxBatchSize } = this.settings;
    return maxBatchSize > 0 ? maxBatchSize : Number.POSITIVE_INFINITY;
  }

  /** New requests, seated at the end of `running`; none if that is not worth it. */
  private nextBatch(nowUs: number, batch: Batch, terms: Terms): readonly number[] {
    const { queue } = this;
    if (queue.size === 0 || !this.isOpen(batch, terms)) return [];
    const fresh = this.collect(batch, terms);
    if (fresh.length < terms.minSize) {
      for (const request of fresh.toReversed()) {
        this.drop(request);
        queue.putBack(request);
      }
      this.hold(batch, Because.tooFewWaiting, terms.minSize, fresh.length);
      return [];
    }
    this.seat(fresh, nowUs, batch);
    return fresh;
  }

  /** Whether the queue is looked at at all. */
  private isOpen(batch: Batch, { minSize, maxSize, prefillTokens, batchTokens }: Terms): boolean {
    const { queue } = this;
    const { promptTokens } = this.context.sequences.requests;
    if (prefillTokens === 0) {
      this.hold(batch, Because.tokenBudget, promptTokens[queue.head()], 0, Bound.tokenBudget);
    } else if (batchTokens === 0) {
      this.hold(batch, Because.batchTokens, promptTokens[queue.head()], 0, Bound.blocks);
    } else if (queue.size < minSize) this.hold(batch, Because.tooFewWaiting, minSize, queue.size);
    else if (maxSize === 0) this.hold(batch, Because.seats, 1, this.maxBatchSize, Bound.seats);
    else return true;
    return false;
  }

  private seat(fresh: readonly number[], nowUs: number, batch: Batch): void {
    const { sequences, decisions } = this.context;
    for (const request of fresh) {
      const hit = this.hitOf(request);
      this.running.push(request);
      sequences.status[request] = Status.running;
      sequences.firstScheduledUs[request] = nowUs;
      sequences.computed[request] = hit;
      sequences.computedPeak[request] = hit;
      batch.hitTokens += hit;
    }
    this.joined(fresh.length);
    for (const request of fresh) {
      const blocks = sequences.tableLength[request];
      decisions.add(DecisionKind.admit, request, Because.none, blocks, sequences.computed[request]);
    }
  }

  /** Returns whether anybody waits for the row's tokens. */
  private addRow(batch: Batch, request: number, tokens: number, newBlocks: number, flags: number): boolean {
    const { sequences, memory } = this.context;
    const { computed, computedPeak, inFlight } = sequences;
    const before = computed[request];
    const after = before + tokens;
    const isUseful = sequences.status[request] === Status.running;
    batch.push(request, tokens, before, newBlocks, 0, isUseful ? flags : flags | EntryFlag.idle);
    if (!isUseful) batch.paddingTokens += tokens;
    computed[request] = after;
    computedPeak[request] = after;
    inFlight[request] += tokens;
    memory.filled(this.placesFor(request, after) - this.placesFor(request, before));
    return isUseful;
  }

  /** How many drafts are right; the others count as never computed. */
  private verify(request: number, drafts: number): number {
    if (drafts === 0) return 0;
    const { sequences, memory } = this.context;
    const accepted = acceptedDrafts(this.context, request, drafts);
    const { computed, computedPeak } = sequences;
    const after = computed[request] - (drafts - accepted);
    memory.filled(this.placesFor(request, after) - this.placesFor(request, computed[request]));
    computed[request] = after;
    computedPeak[request] = after;
    return accepted;
  }
}

export interface TgiLoopState {
  readonly running: readonly number[];
  readonly queue: unknown;
  readonly waitingTokens: number;
  readonly owesDecode: boolean;
}
