import type { Batch } from '../batch.ts';
import { Because, Bound } from '../decision.ts';
import { PaddedMemory } from '../memory/padded.ts';
import type { PolicyKind } from './kind.ts';
import type { PolicyContext, Refusal } from './policy.ts';
import { type Terms, TgiLoop, type TgiLoopSettings, type TgiLoopState } from './tgi-loop.ts';

/** What only this engine is told. `maxNumBatchedTokens` is its `--max-batch-prefill-tokens`. */
export interface Tgi2023Settings extends TgiLoopSettings {
  /** Tokens that a batch may come to: padded prompts and all output to come. */
  readonly maxBatchTotalTokens: number;
}

/**
 * Hugging Face's text-generation-inference of mid-2023 (v0.9) for models without paged attention: the same loop, prompts
 * whole and alone, and a batch that is one tensor of padded rows (`causal_lm.py`). New prompts are padded to the longest
 * of them; when they join the running batch, all rows are padded to the longest of all. Padding is computed in prompts,
 * and read in every decode.
 *
 * The server does not foresee that padding: a short prompt that joins long rows may take the batch over its limit, and then
 * over the memory. Here it waits instead if the rows would not fit.
 */
export class Tgi2023Policy extends TgiLoop {
  protected readonly isChunking = false;
  private readonly memory: PaddedMemory;
  private readonly maxBatchTotalTokens: number;
  /** Running requests from this one on are a tensor of their own: new ones, until the next decode joins them to the others. */
  private freshFrom = 0;

  constructor(context: PolicyContext, settings: Tgi2023Settings) {
    super(context, settings);
    const { memory } = context;
    if (!(memory instanceof PaddedMemory)) throw new Error('tgi-2023 has its own memory');
    this.memory = memory;
    this.maxBatchTotalTokens = settings.maxBatchTotalTokens;
  }

  override refuse(request: number): Refusal | null {
    const { config, sequences } = this.context;
    const overload = super.refuse(request);
    if (overload !== null) return overload;
    const prompt = sequences.requests.promptTokens[request];
    const need = this.memory.blocksFor(prompt, sequences.outputLimit[request]);
    const places = Math.min(this.maxBatchTotalTokens, this.memory.usableBlocks);
    if (need > places) return { rule: 'largerThanPool', need, have: places };
    const have = config.maxNumBatchedTokens;
    return prompt > have ? { rule: 'promptOverBudget', need: prompt, have } : null;
  }

  override save(): Tgi2023State {
    return { ...super.save(), freshFrom: this.freshFrom };
  }

  override restore(saved: unknown): void {
    super.restore(saved);
    this.freshFrom = (saved as Tgi2023State).freshFrom;
  }

  protected get batchTokensLeft(): number {
    return Math.max(0, this.maxBatchTotalTokens - this.memory.placesOf(this.running));
  }

  protected collect(batch: Batch, { maxSize, prefillTokens, batchTokens }: Terms): number[] {
    const { queue, memory, running } = this;
    const { outputLimit, requests } = this.context.sequences;
    const runningLongest = memory.longest(running);
    const runningOutputs = memory.outstanding(running);
    const fresh: number[] = [];
    let longest = 0;
    let outputs = 0;
    while (queue.size > 0) {
      const request = queue.head();
      const rows = fresh.length + 1;
      const length = Math.max(longest, requests.promptTokens[request]);
      const after = outputs + outputLimit[request];
      // When the new rows join, each has its first token.
      const joinedLength = running.length > 0 ? Math.max(runningLongest, length + 1) : length;
      const joinedOutputs = running.length > 0 ? runningOutputs + after - rows : after;
      const joined = (running.length + rows) * joinedLength + joinedOutputs;
      const added = rows * length + after - (fresh.length * longest + outputs);
      if (rows > maxSize) {
        this.hold(batch, Because.seats, 1, maxSize, Bound.seats);
        break;
      }
      if (rows * length > prefillTokens) {
        const left = prefillTokens - fresh.length * longest;
        this.hold(batch, Because.tokenBudget, rows * length - fresh.length * longest, left, Bound.tokenBudget);
        break;
      }
      if (rows * length + after > batchTokens) {
        this.hold(batch, Because.batchTokens, added, batchTokens - fresh.length * longest - outputs, Bound.blocks);
        break;
      }
      if (joined > memory.usableBlocks) {
        this.hold(batch, Because.noBlocks, joined, memory.usableBlocks, Bound.blocks);
        break;
      }
      queue.takeHead();
      fresh.push(request);
      longest = length;
      outputs = after;
    }
    return fresh;
  }

  protected override joined(fresh: number): void {
    this.freshFrom = this.running.length - fresh;
    this.layOut();
  }

  protected prefill(batch: Batch, fresh: number): void {
    const { running, memory } = this;
    const { promptTokens } = this.context.sequences.requests;
    const { shape } = batch;
    const rows = running.slice(running.length - fresh);
    const longest = memory.longest(rows);
    for (const request of rows) {
      this.addChunk(batch, request, promptTokens[request], true);
      batch.addChunk(longest, 0);
      batch.paddingTokens += longest - promptTokens[request];
    }
    shape.tokens = rows.length * longest;
    shape.samples = rows.length;
  }

  protected decode(batch: Batch): void {
    const { running, memory } = this;
    const { shape } = batch;
    if (this.freshFrom > 0) {
      this.freshFrom = 0;
      this.layOut();
    }
    for (const request of running) this.addDecode(batch, request, 0);
    const longest = memory.longest(running);
    shape.tokens = running.length;
    shape.samples = running.length;
    shape.decodes = running.length;
    shape.decodeContextSum = running.length * longest;
    shape.decodeContextMax = longest;
  }

  protected override left(): void {
    // New requests are at the end, and until they are joined to the others only they can leave.
    this.freshFrom = Math.min(this.freshFrom, this.running.length);
    this.layOut();
  }

  private layOut(): void {
    const { running, freshFrom } = this;
    this.memory.layOut([running.slice(0, freshFrom), running.slice(freshFrom)]);
  }
}

/** TGI of mid-2023. */
export const tgi2023: PolicyKind<Tgi2023Settings> = {
  id: 'tgi-2023',
  defaults: {
    waitingServedRatio: 1.2,
    maxWaitingTokens: 20,
    maxBatchSize: 0,
    maxConcurrentRequests: 128,
    maxBatchTotalTokens: 16_000,
  },
  createPolicy: (context, settings) => new Tgi2023Policy(context, settings),
  createMemory: (config, sequences) => new PaddedMemory(config, sequences),
};

interface Tgi2023State extends TgiLoopState {
  readonly freshFrom: number;
}
