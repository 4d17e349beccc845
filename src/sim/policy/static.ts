import { type Batch, EntryFlag } from '../batch.ts';
import { Because, Bound, DecisionKind } from '../decision.ts';
import type { WaitingQueue } from '../queue/queue.ts';
import { Status } from '../request.ts';
import { finish, hasAllOutput, outputEnd } from './finish.ts';
import type { Policy, PolicyContext } from './policy.ts';

/**
 * Static batching, as in Hugging Face Transformers' `generate` or FasterTransformer behind a queue: wait until the batch
 * is full or the first request has waited long enough, pad all prompts to the longest, then decode until the longest
 * output is done. Rows that have ended take part until then; nobody joins. Tokens are streamed as they come; a row's
 * seat and memory are given back only at the end of the batch.
 */
export class StaticPolicy implements Policy {
  readonly running: number[] = [];
  wakeUs = Number.POSITIVE_INFINITY;
  protected readonly context: PolicyContext;
  protected readonly queue: WaitingQueue;
  /** Longest prompt of the batch: every row is padded to it. */
  private paddedPrompt = 0;
  /** Decode steps of the batch so far; -1 before its prefill. */
  private ticks = -1;

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

  waiting(): number[] {
    return this.queue.list();
  }

  arrive(request: number): void {
    this.queue.add(request);
  }

  schedule(nowUs: number, batch: Batch): void {
    this.wakeUs = Number.POSITIVE_INFINITY;
    if (this.running.length > 0) this.decode(batch);
    else if (this.queue.size > 0) {
      const size = this.dueSize(nowUs);
      if (size > 0) this.form(nowUs, batch, size);
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
      clock.token(request);
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
      ticks: this.ticks,
    };
  }

  restore(saved: unknown): void {
    const state = saved as StaticState;
    this.running.length = 0;
    this.running.push(...state.running);
    this.queue.restore(state.queue);
    this.paddedPrompt = state.paddedPrompt;
    this.ticks = state.ticks;
    this.wakeUs = Number.POSITIVE_INFINITY;
  }

  /** Most requests of a batch to form now; 0 = wait. Called only while somebody waits. */
  protected dueSize(nowUs: number): number {
    const { config } = this.context;
    const full = Math.min(config.staticBatchSize, config.maxNumSeqs);
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
    this.wakeUs = deadline;
    decisions.add(DecisionKind.hold, this.queue.head(), Because.batchNotFull, wanted, this.queue.size);
    return false;
  }

  /** Takes the first waiting requests as far as memory goes, and computes all their prompts in one padded step. */
  private form(nowUs: number, batch: Batch, size: number): void {
    const { sequences, memory, decisions } = this.context;
    const { promptTokens } = sequences.requests;
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
    this.ticks = 0;
    let useful = 0;
    for (let i = 0; i < batch.count; i++) {
      const request = batch.request[i];
      const tokens = batch.tokens[i];
      sequences.computed[request] = tokens;
      sequences.inFlight[request] += tokens;
      useful += tokens;
      batch.addChunk(this.paddedPrompt, 0);
    }
    memory.filled(useful);
    batch.prefillTokens = useful;
    batch.shape.tokens = batch.count * this.paddedPrompt;
    batch.shape.samples = batch.count;
    batch.paddingTokens = batch.shape.tokens - useful;
  }

  /** One token for every row; rows that have ended compute one for nothing. */
  private decode(batch: Batch): void {
    const { sequences, memory } = this.context;
    this.ticks++;
    const rows = this.running.length;
    let active = 0;
    for (const request of this.running) {
      const before = sequences.computed[request];
      if (sequences.status[request] !== Status.running) {
        batch.push(request, 1, before, 0, 0, EntryFlag.idle);
        sequences.inFlight[request]++;
        continue;
      }
      const held = sequences.tableLength[request];
      if (!memory.grow(request, 1)) throw new Error(`static batch: no block for request ${request}, although promised`);
      sequences.computed[request] = before + 1;
      sequences.inFlight[request]++;
      active++;
      batch.push(request, 1, before, sequences.tableLength[request] - held, 0, EntryFlag.samples);
    }
    memory.filled(active);
    const context = this.paddedPrompt + this.ticks;
    const { shape } = batch;
    shape.tokens = rows;
    shape.samples = rows;
    shape.decodes = rows;
    shape.decodeContextSum = rows * context;
    shape.decodeContextMax = context;
    batch.decodeTokens = active;
    batch.paddingTokens = rows - active;
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
    this.ticks = -1;
  }
}

interface StaticState {
  readonly running: readonly number[];
  readonly queue: unknown;
  readonly paddedPrompt: number;
  readonly ticks: number;
}
