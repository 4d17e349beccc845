import { type Batch, EntryFlag } from '../batch.ts';
import { Because, Bound, DecisionKind } from '../decision.ts';
import { causalPairs } from '../gpu/model.ts';
import { encodeTouched } from '../phase/touched-images.ts';
import type { WaitingQueue } from '../queue/queue.ts';
import { withhold } from '../queue/withhold.ts';
import { Status } from '../request.ts';
import { deliver, draftsFor, verifyDrafts } from './drafts.ts';
import { finish, hasAllOutput, outputEnd } from './finish.ts';
import type { Fixed, Flips, Policy, PolicyContext } from './policy.ts';

/**
 * Static batching, as in Hugging Face Transformers' `generate` or FasterTransformer behind a queue: wait until the batch
 * is full or the first request has waited long enough, pad all prompts to the longest, then decode until the longest
 * output is done. Rows that have ended take part until then; nobody joins. Tokens are streamed as they come; a row's
 * seat and memory are given back only at the end of the batch.
 *
 * What if it had drafts: every row verifies as many as the row that may still use most, and each advances by its own right
 * ones, so that the tensor is as long as the row that is furthest. Memory is promised to a row's true end, and drafts beyond
 * it are padding.
 */
export class StaticPolicy implements Policy {
  readonly running: number[] = [];
  wakeUs = Number.POSITIVE_INFINITY;
  protected readonly context: PolicyContext;
  protected readonly queue: WaitingQueue;
  /** Longest prompt of the batch: every row is padded to it. */
  private paddedPrompt = 0;
  /** Tokens that the longest row has stored behind its prompt. */
  private grown = 0;

  constructor(context: PolicyContext) {
    this.context = context;
    this.queue = context.createQueue();
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

  get flips(): Flips {
    return { chunkUnit: 0, preempts: false, batchSize: this.fullSize, fixed: fixedBy };
  }

  withhold(request: number): (() => void) | null {
    return withhold(this.queue, request);
  }

  schedule(nowUs: number, batch: Batch): void {
    this.wakeUs = Number.POSITIVE_INFINITY;
    if (this.running.length > 0) this.decode(batch);
    else if (this.queue.size > 0) {
      const size = this.dueSize(nowUs);
      if (size > 0 && !this.waitsForMore()) this.form(nowUs, batch, size);
    }
    if (this.queue.size > 0 && this.running.length > 0 && batch.count > 0) this.holdHead(batch);
  }

  complete(batch: Batch, nowUs: number): void {
    const { sequences, clock } = this.context;
    clock.begin(nowUs);
    let active = 0;
    for (let i = 0; i < batch.count; i++) {
      const request = batch.request[i];
      sequences.inFlight[request] -= batch.tokens[i];
      if (sequences.status[request] !== Status.running) continue;
      const accepted = verifyDrafts(this.context, request, batch.drafts[i]);
      this.grown = Math.max(this.grown, sequences.computed[request] - sequences.requests.promptTokens[request]);
      deliver(this.context, request, accepted);
      if (hasAllOutput(sequences, request)) finish(this.context, request, nowUs);
      else active++;
    }
    clock.end();
    if (active === 0) this.giveBack();
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

  save(): StaticState {
    return {
      running: this.running.slice(),
      queue: this.queue.save(),
      paddedPrompt: this.paddedPrompt,
      grown: this.grown,
    };
  }

  restore(saved: unknown): void {
    const state = saved as StaticState;
    this.running.length = 0;
    this.running.push(...state.running);
    this.queue.restore(state.queue);
    this.paddedPrompt = state.paddedPrompt;
    this.grown = state.grown;
    this.wakeUs = Number.POSITIVE_INFINITY;
  }

  /** Most requests of a batch. */
  protected get fullSize(): number {
    const { staticBatchSize, maxNumSeqs } = this.context.config;
    return Math.min(staticBatchSize, maxNumSeqs);
  }

  /** Most requests of a batch to form now; 0 = wait. Called only while somebody waits. */
  protected dueSize(nowUs: number): number {
    const { config } = this.context;
    const full = this.fullSize;
    if (this.queue.size >= full) return full;
    return this.hasWaited(nowUs, config.staticTimeoutUs, config.staticBatchSize) ? full : 0;
  }

  /** Whether the one that came first has waited that long, whatever the order of the queue. If not, `wanted` would do without. */
  protected hasWaited(nowUs: number, delayUs: number, wanted: number): boolean {
    const { sequences, decisions } = this.context;
    let oldest = this.queue.head();
    for (const request of this.queue.list()) oldest = Math.min(oldest, request);
    const deadline = sequences.requests.arrivalUs[oldest] + delayUs;
    if (nowUs >= deadline) return true;
    if (this.startsEarly()) return true;
    this.wakeUs = deadline;
    decisions.add(DecisionKind.hold, this.queue.head(), Because.batchNotFull, wanted, this.queue.size);
    return false;
  }

  /** What-if: the batch does not wait until it is full. */
  private startsEarly(): boolean {
    const { override } = this.context;
    if (!this.queue.list().includes(override.asks('start'))) return false;
    override.take();
    return true;
  }

  /** What-if: the batch that is due waits for the next request, if one is to come. */
  private waitsForMore(): boolean {
    const { override, sequences, decisions } = this.context;
    const { requests, status } = sequences;
    const isLast = requests.count === 0 || status[requests.count - 1] !== Status.future;
    if (isLast || !this.queue.list().includes(override.asks('wait'))) return false;
    decisions.add(DecisionKind.hold, this.queue.head(), Because.batchNotFull, this.queue.size + 1, this.queue.size);
    override.take();
    return true;
  }

  /** Takes the first waiting requests as far as memory goes, and computes all their prompts in one padded step. */
  private form(nowUs: number, batch: Batch, size: number): void {
    const { config, sequences, memory, decisions } = this.context;
    const { promptTokens, images } = sequences.requests;
    this.paddedPrompt = 0;
    let promised = 0;
    while (this.queue.size > 0 && this.running.length < size) {
      const request = this.queue.head();
      const whole = memory.blocksFor(promptTokens[request], outputEnd(sequences, request));
      const isSpokenFor = promised + whole > memory.usableBlocks;
      if (isSpokenFor || !memory.admit(request, 0, promptTokens[request], false, 0)) {
        const need = isSpokenFor ? whole : memory.failure.need;
        const have = isSpokenFor ? memory.usableBlocks - promised : memory.failure.have;
        decisions.add(DecisionKind.hold, request, Because.noBlocks, need, have);
        batch.bound = Bound.blocks;
        break;
      }
      promised += whole;
      this.queue.takeHead();
      this.running.push(request);
      sequences.status[request] = Status.running;
      sequences.firstScheduledUs[request] = nowUs;
      this.paddedPrompt = Math.max(this.paddedPrompt, promptTokens[request]);
      const blocks = sequences.tableLength[request];
      decisions.add(DecisionKind.admit, request, Because.none, blocks, 0);
      batch.push(
        request,
        promptTokens[request],
        0,
        blocks,
        0,
        EntryFlag.prefill | EntryFlag.admitted | EntryFlag.samples,
      );
    }
    this.grown = 0;
    let useful = 0;
    for (let i = 0; i < batch.count; i++) {
      const request = batch.request[i];
      const tokens = batch.tokens[i];
      sequences.computed[request] = tokens;
      sequences.inFlight[request] += tokens;
      useful += tokens;
      batch.addChunk(this.paddedPrompt, 0);
      encodeTouched(batch.shape, images.get(request), config.encoder, 0, tokens, true);
    }
    memory.filled(useful);
    batch.prefillTokens = useful;
    batch.shape.tokens = batch.count * this.paddedPrompt;
    batch.shape.samples = batch.count;
    batch.paddingTokens = batch.shape.tokens - useful;
    if (config.speculation !== null) this.draftForAll(batch, this.paddedPrompt);
  }

  /** One token and the same number of drafts for every row; rows that have ended compute them for nothing. */
  private decode(batch: Batch): void {
    const { config, sequences, memory } = this.context;
    const rows = this.running.length;
    let most = 0;
    if (config.speculation !== null) for (const request of this.running) most = Math.max(most, this.draftsOf(request));
    let useful = 0;
    for (const request of this.running) {
      const before = sequences.computed[request];
      if (sequences.status[request] !== Status.running) {
        batch.push(request, 1 + most, before, 0, 0, EntryFlag.idle);
        sequences.inFlight[request] += 1 + most;
        continue;
      }
      const held = sequences.tableLength[request];
      const drafts = this.draftsOf(request);
      const tokens = 1 + drafts;
      if (!memory.grow(request, tokens)) {
        throw new Error(`static batch: no block for request ${request}, although promised`);
      }
      sequences.computed[request] = before + tokens;
      sequences.inFlight[request] += tokens;
      useful += tokens;
      batch.push(request, tokens, before, sequences.tableLength[request] - held, 0, EntryFlag.samples);
      batch.drafts[batch.count - 1] = drafts;
    }
    memory.filled(useful);
    const context = this.paddedPrompt + this.grown + 1 + most;
    const { shape } = batch;
    shape.tokens = rows * (1 + most);
    shape.samples = shape.tokens;
    shape.decodes = rows;
    shape.decodeContextSum = rows * context;
    shape.decodeContextMax = context;
    shape.drafts = rows * most;
    shape.draftPairs = rows * (causalPairs(1 + most, context - 1 - most) - context);
    batch.decodeTokens = useful;
    batch.paddingTokens = shape.tokens - useful;
    if (config.speculation !== null) this.draftForAll(batch, context);
  }

  private draftsOf(request: number): number {
    const { sequences } = this.context;
    if (sequences.status[request] !== Status.running) return 0;
    return draftsFor(this.context, request, outputEnd(sequences, request));
  }

  /** The drafter works on the whole padded batch too. */
  private draftForAll({ shape }: Batch, tokens: number): void {
    shape.drafters = this.running.length;
    shape.drafterContextSum = shape.drafters * tokens;
    shape.drafterContextMax = tokens;
  }

  private holdHead(batch: Batch): void {
    if (batch.bound !== Bound.nothingLeft) return;
    batch.bound = Bound.batch;
    this.context.decisions.add(DecisionKind.hold, this.queue.head(), Because.batchRunning, 0, 0);
  }

  /** The batch is over: all rows give their seats and memory back. */
  private giveBack(): void {
    for (const request of this.running) this.context.memory.release(request, true);
    this.running.length = 0;
  }
}

/** Memory is promised to every row's end, and rows cannot be added to a batch. */
function fixedBy(because: Because): Fixed {
  return because === Because.noBlocks ? 'neverTakesBack' : 'batchRuns';
}

interface StaticState {
  readonly running: readonly number[];
  readonly queue: unknown;
  readonly paddedPrompt: number;
  readonly grown: number;
}
