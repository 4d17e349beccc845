import type { Batch } from '../batch.ts';
import { Because, Bound } from '../decision.ts';
import type { EngineConfig } from '../engine-config.ts';
import { TgiMemory } from '../memory/tgi.ts';
import type { PolicyKind } from './kind.ts';
import type { PolicyContext, Refusal } from './policy.ts';
import { type Terms, TgiLoop, type TgiLoopSettings, type TgiLoopState } from './tgi-loop.ts';

/** What only this engine is told. `maxNumBatchedTokens` is its `--max-batch-prefill-tokens`, `speculation.tokens` its `--speculate`. */
export interface TgiSettings extends TgiLoopSettings {
  /** Prompts may be computed in several forwards (`PREFILL_CHUNKING`). Speculation switches it off. */
  readonly prefillChunking: boolean;
  /** Longest prompt (`--max-input-tokens`); 0 = one token less than the longest request. */
  readonly maxInputTokens: number;
}

/**
 * Hugging Face's text-generation-inference, v3 backend of commit db931fcf (January 2026): `backends/v3/src/backend.rs` and
 * `queue.rs`, and `server/text_generation_server/models/flash_causal_lm.py`.
 *
 * With chunking every forward is mixed: who decodes gets one token, who prefills its next chunk. Without, a forward over
 * new prompts makes all decodes wait, so enough must wait to be worth it. The prompts' budget and the free blocks decide
 * who is admitted, in order of arrival; a request takes blocks for all it may generate.
 */
export class TgiPolicy extends TgiLoop {
  protected readonly isChunking: boolean;
  private readonly memory: TgiMemory;
  private readonly speculate: number;
  /** Tokens of a prefilling request's next forward. */
  private readonly chunks = new Map<number, number>();

  constructor(context: PolicyContext, settings: TgiSettings) {
    super(context, settings);
    const { memory, config } = context;
    if (!(memory instanceof TgiMemory)) throw new Error('tgi has its own memory');
    this.memory = memory;
    this.speculate = speculateOf(config);
    this.isChunking = settings.prefillChunking && this.speculate === 0;
  }

  override refuse(request: number): Refusal | null {
    const { config, sequences } = this.context;
    const overload = super.refuse(request);
    if (overload !== null) return overload;
    const need = this.memory.blocksOf(request);
    if (need > this.memory.usableBlocks) return { rule: 'largerThanPool', need, have: this.memory.usableBlocks };
    const prompt = sequences.requests.promptTokens[request];
    const have = config.maxNumBatchedTokens;
    return !this.isChunking && prompt > have ? { rule: 'promptOverBudget', need: prompt, have } : null;
  }

  override save(): TgiState {
    return { ...super.save(), chunks: [...this.chunks] };
  }

  override restore(saved: unknown): void {
    super.restore(saved);
    this.chunks.clear();
    for (const [request, tokens] of (saved as TgiState).chunks) this.chunks.set(request, tokens);
  }

  protected override get currentTokens(): number {
    let tokens = this.running.length - this.chunks.size;
    for (const chunk of this.chunks.values()) tokens += chunk;
    return tokens;
  }

  /** Shared blocks count for everybody who has them, and block 0, which nobody has, as one more. */
  protected get batchTokensLeft(): number {
    const { tableLength } = this.context.sequences;
    const { usableBlocks, blockSize } = this.memory;
    let blocks = usableBlocks + 1;
    for (const request of this.running) blocks -= tableLength[request];
    return Math.max(0, blocks * blockSize);
  }

  protected collect(batch: Batch, { maxSize, prefillTokens }: Terms): number[] {
    const { queue, memory } = this;
    const { promptTokens } = this.context.sequences.requests;
    const budget = Math.ceil(prefillTokens / memory.blockSize) * memory.blockSize;
    const fresh: number[] = [];
    let used = 0;
    while (queue.size > 0) {
      const request = queue.head();
      if (fresh.length === maxSize) {
        this.hold(batch, Because.seats, 1, maxSize, Bound.seats);
        break;
      }
      if (!memory.admit(request)) {
        this.hold(batch, memory.failure.because, memory.failure.need, memory.failure.have, Bound.blocks);
        break;
      }
      const wanted = promptTokens[request] - memory.hitOf(request);
      const chunk = this.isChunking ? Math.min(wanted, budget - used) : wanted;
      if (chunk === 0 || used + chunk > budget) {
        // The server lets such a request's prompt become findable, although it was never computed. Not here.
        memory.drop(request);
        this.hold(batch, Because.tokenBudget, wanted, budget - used, Bound.tokenBudget);
        break;
      }
      queue.takeHead();
      fresh.push(request);
      this.chunks.set(request, chunk);
      used += chunk;
      if (chunk < wanted) {
        if (queue.size > 0) this.hold(batch, Because.tokenBudget, promptTokens[queue.head()], 0, Bound.tokenBudget);
        break;
      }
    }
    return fresh;
  }

  protected override drop(request: number): void {
    this.chunks.delete(request);
    this.memory.drop(request);
  }

  protected override hitOf(request: number): number {
    return this.memory.hitOf(request);
  }

  protected prefill(batch: Batch, fresh: number): void {
    const { running } = this;
    const from = running.length - fresh;
    this.forward(batch, this.isChunking ? 0 : from, from);
  }

  protected decode(batch: Batch): void {
    this.forward(batch, 0, this.running.length);
  }

  /**
   * The next chunks, planned after a forward over prompts: the last request of the batch chooses first. Whoever took part
   * is spared a token, although it may have ended.
   */
  protected override completed(batch: Batch): void {
    if (this.chunks.size === 0) return;
    const { sequences, limits } = this.context;
    let budget = limits.maxNumBatchedTokens - (batch.count - 1);
    for (let i = batch.count - 1; i >= 0; i--) {
      const request = batch.request[i];
      if (!this.chunks.has(request)) continue;
      const rest = sequences.requests.promptTokens[request] - sequences.computed[request];
      if (rest === 0) {
        this.chunks.delete(request);
        continue;
      }
      const chunk = Math.max(1, Math.min(rest, budget));
      this.chunks.set(request, chunk);
      budget -= chunk;
    }
  }

  protected override placesFor(request: number, tokens: number): number {
    return this.memory.placesFor(request, tokens);
  }

  /** Running requests from the `from`-th on compute their next tokens; those from the `fresh`-th on are new. */
  private forward(batch: Batch, from: number, fresh: number): void {
    const { running, chunks } = this;
    const { sequences, override } = this.context;
    const { shape } = batch;
    for (let i = from; i < running.length; i++) {
      const request = running[i];
      const before = sequences.computed[request];
      const chunk = chunks.get(request);
      const tokens = chunk === undefined ? 1 + this.speculate : override.cap(request, chunk);
      if (chunk !== undefined) {
        this.addChunk(batch, request, tokens, i >= fresh);
        const isCut = before + tokens < sequences.requests.promptTokens[request];
        if (isCut && batch.bound === Bound.nothingLeft) batch.bound = Bound.tokenBudget;
      } else this.addDecode(batch, request, this.speculate);
      // One token after a context is a decode; prompts, and tokens with drafts to verify, are pieces.
      if (chunk !== undefined || this.speculate > 0) batch.addChunk(tokens, before);
      else {
        shape.decodes++;
        shape.decodeContextSum += before + 1;
        shape.decodeContextMax = Math.max(shape.decodeContextMax, before + 1);
      }
      shape.tokens += tokens;
      // A token is chosen for every row, also in the middle of a prompt, where it is thrown away.
      shape.samples += chunk !== undefined ? 1 : tokens;
    }
  }
}

/** TGI, with prefix caching and blocks as the configuration says. */
export const tgi: PolicyKind<TgiSettings> = {
  id: 'tgi',
  defaults: {
    prefillChunking: true,
    maxInputTokens: 0,
    waitingServedRatio: 0.3,
    maxWaitingTokens: 20,
    maxBatchSize: 0,
    maxConcurrentRequests: 128,
  },
  createPolicy: (context, settings) => new TgiPolicy(context, settings),
  lengths: ({ maxModelLen }, { maxInputTokens }) => ({
    prompt: maxInputTokens > 0 ? Math.min(maxInputTokens, maxModelLen - 1) : maxModelLen - 1,
    total: maxModelLen,
  }),
  createMemory: (config, sequences) => new TgiMemory(config, sequences, speculateOf(config)),
};

/** Drafts that a request verifies in a step. */
function speculateOf({ speculation }: EngineConfig): number {
  return speculation?.tokens ?? 0;
}

interface TgiState extends TgiLoopState {
  readonly chunks: readonly (readonly [number, number])[];
}
