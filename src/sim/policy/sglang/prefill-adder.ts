import { Because } from '../../decision.ts';
import type { RadixMemory } from '../../memory/radix-memory.ts';
import { EndsBy } from '../../request.ts';
import type { Sequences } from '../../sequences.ts';
import type { Override } from '../../why/choice.ts';
import { Completion } from './completion.ts';
import type { SglangSettings } from './settings.ts';

/** SGLANG_CLIP_MAX_NEW_TOKENS_ESTIMATION: more output than this is not reserved for anybody. */
const CLIP = 4096;

/** What becomes of the requests behind the one that was offered. */
export const AddResult = {
  /** They are offered too. */
  goOn: 0,
  /** Tokens of the pool are spoken for: nobody is tried any more until a request has ended. */
  noToken: 1,
  /** Another budget of this step is used up. */
  other: 2,
} as const;
export type AddResult = (typeof AddResult)[keyof typeof AddResult];

/** What the arithmetic is about. */
export interface AdderContext {
  readonly sequences: Sequences;
  readonly memory: RadixMemory;
  readonly settings: SglangSettings;
  /** A decision to take otherwise (what-if); left out: none. */
  readonly override?: Override;
}

/**
 * The arithmetic of one attempt at a prefill (`schedule_policy.py`, PrefillAdder): waiting requests are offered in order
 * and admitted while the budgets last. For a running request the share `ratio` of the output it may still ask for counts
 * as taken; a new one must fit with all of it. What is admitted holds its prefix from then on, so that less can be evicted.
 */
export class PrefillAdder {
  /** In order of admission. */
  readonly admitted: number[] = [];
  /** Tokens that each of them computes in this step. */
  readonly extends: number[] = [];
  /** The request that was cut in this attempt; -1 = none. */
  newChunked = -1;
  /** Why the last request was not admitted, or the next one will not be. Tokens. */
  readonly failure = { because: Because.none as Because, need: 0, have: 0 };
  private readonly context: AdderContext;
  private readonly running: readonly number[];
  private readonly ratio: number;
  /** The request whose prompt was cut before is cut again. */
  private isCutting = false;
  private totalOffset: number;
  private currentOffset: number;
  /** Prompt tokens left of `maxPrefillTokens`. */
  remInput: number;
  /** Prompt tokens left of `chunkedPrefillSize`; null = prompts are not split. */
  remChunk: number | null;
  private readonly completion = new Completion();

  /** `mixedDecodeTokens`: decodes that take part in the step. */
  constructor(context: AdderContext, running: readonly number[], ratio: number, mixedDecodeTokens: number) {
    const { chunkedPrefillSize, maxPrefillTokens } = context.settings;
    this.context = context;
    this.running = running;
    this.ratio = ratio;
    let reserved = 0;
    for (const request of running) reserved += this.reservedFor(request);
    this.totalOffset = mixedDecodeTokens + reserved;
    this.currentOffset = mixedDecodeTokens;
    this.remInput = maxPrefillTokens - mixedDecodeTokens;
    this.remChunk = chunkedPrefillSize > 0 ? chunkedPrefillSize - mixedDecodeTokens : null;
  }

  /** Tokens that are free, or could be, and that nobody is expected to want. */
  get remTotal(): number {
    const { memory } = this.context;
    return memory.available + memory.evictable - this.totalOffset;
  }

  /** Tokens that are free, or could be, now. */
  get currentRem(): number {
    const { memory } = this.context;
    return memory.available + memory.evictable - this.currentOffset;
  }

  /** Goes on with the request whose prompt was cut before. It is admitted whatever the budgets say; true = it is cut again. */
  addChunked(request: number): boolean {
    const { sequences } = this.context;
    const rest = sequences.known(request) - sequences.computed[request];
    const chunk = this.remChunk ?? rest;
    const limit = Math.min(chunk, Math.trunc(this.remTotal));
    // Beside very many decodes nothing may be left of the chunk. The engine has no rule for that: one token.
    const most = Math.min(rest, Math.max(1, limit > 0 ? limit : chunk));
    const { override, memory } = this.context;
    const tokens = this.remChunk === null ? most : (override?.cap(request, most, memory.blockSize) ?? most);
    const isCut = tokens < rest;
    this.isCutting = isCut;
    this.admitted.push(request);
    this.extends.push(tokens);
    this.spend(tokens, isCut ? 0 : this.clippedOutput(request));
    return isCut;
  }

  /** Offers the next request, of which `hit` tokens were found in the cache just now. */
  add(request: number, hit: number): AddResult {
    const { sequences, memory, settings } = this.context;
    const { prefillMaxRequests } = settings;
    if (prefillMaxRequests > 0 && this.admitted.length >= prefillMaxRequests) {
      return this.fail(AddResult.other, Because.prefillRequests, 1, 0);
    }
    const wanted = sequences.known(request) - hit;
    if (memory.tree === null && this.ignoresEos(request)) return this.addForeseen(request, wanted);
    const outputs = Math.min(Math.max(sequences.outputLimit[request] - sequences.generated[request], 0), CLIP);
    const total = wanted + outputs;
    if (total >= this.remTotal) return this.failTokens(total, this.remTotal);
    if (this.exceedsInput(wanted)) return this.fail(AddResult.other, Because.inputBudget, wanted, this.remInput);
    // What it uses of the cache cannot be evicted for it.
    memory.lockHit(request);
    const remTotal = this.remTotal;
    memory.unlockHit(request);
    if (total >= remTotal) return this.failTokens(total, remTotal);
    return this.addWithin(request, hit, wanted, this.pageFloor(this.remChunk ?? 0));
  }

  /** What a running request is expected to want more than it has. */
  reservedFor(request: number): number {
    const { outputLimit, generated } = this.context.sequences;
    return Math.min(outputLimit[request] - generated[request], CLIP) * this.ratio;
  }

  /** A running request was preempted for one that is offered next. */
  dropRunning(request: number): void {
    this.totalOffset -= this.reservedFor(request);
  }

  /** The output that an admitted request may ask for, as far as it counts. */
  clippedOutput(request: number): number {
    return Math.min(this.context.sequences.outputLimit[request], CLIP);
  }

  /** Admits a request whose completion can be foreseen: it says that it will use all its output. */
  private addForeseen(request: number, wanted: number): AddResult {
    const pages = this.pageCeil(wanted);
    const free = Math.min(this.currentRem, this.remTotal);
    if (pages > free) return this.failTokens(pages, free);
    this.completion.add(this.courseOf(request), () => [...this.running, ...this.admitted].map((r) => this.courseOf(r)));
    const left = this.currentRem - pages;
    if (!this.completion.fits(left)) return this.failTokens(wanted + this.clippedOutput(request), left);
    return this.addWithin(request, 0, wanted, this.remChunk ?? 0);
  }

  /** Admits a request, whole if the chunk has room for it, else as much of it as `cut` allows. */
  private addWithin(request: number, hit: number, wanted: number, cut: number): AddResult {
    const { remChunk } = this;
    // Without its cache the engine cuts to the token, and could cut behind the prompt's end: here that is the whole prompt.
    const isWhole = remChunk === null || this.pageCeil(wanted) <= remChunk || wanted <= cut;
    if (!isWhole && cut <= 0) return this.fail(AddResult.other, Because.tokenBudget, wanted, remChunk);
    const most = isWhole ? wanted : cut;
    const { memory, override } = this.context;
    const tokens =
      remChunk === null || this.isCutting ? most : (override?.cap(request, most, memory.blockSize) ?? most);
    this.take(request, hit, tokens, wanted);
    // Of what is left nobody else can be given a part.
    if (tokens < most) this.remChunk = 0;
    return this.state();
  }

  /** What-if: admits a request whatever the budgets say, as much of it as a step may have; whole, where another one is being cut. */
  addAtAnyPrice(request: number, hit: number): void {
    const wanted = this.context.sequences.known(request) - hit;
    this.take(request, hit, this.partOf(wanted), wanted);
  }

  /** Tokens of a prompt that a step may have if nobody else is in it. */
  partOf(wanted: number): number {
    const { chunkedPrefillSize } = this.context.settings;
    const part = chunkedPrefillSize > 0 && !this.isCutting ? this.pageFloor(chunkedPrefillSize) : wanted;
    return part > 0 ? Math.min(wanted, part) : wanted;
  }

  private take(request: number, hit: number, tokens: number, wanted: number): void {
    const isWhole = tokens === wanted;
    this.context.memory.admit(request, hit, 0);
    this.admitted.push(request);
    this.extends.push(tokens);
    if (!isWhole) this.newChunked = request;
    this.spend(tokens, isWhole ? this.clippedOutput(request) : 0);
  }

  /** What the budgets say after an admission. */
  private state(): AddResult {
    const { remTotal, currentRem, remInput, remChunk } = this;
    if (remTotal <= 0 || currentRem <= 0) return this.failTokens(0, Math.min(remTotal, currentRem));
    if (remInput <= 0) return this.fail(AddResult.other, Because.inputBudget, 0, remInput);
    if (remChunk !== null && remChunk <= 0) return this.fail(AddResult.other, Because.tokenBudget, 0, remChunk);
    return AddResult.goOn;
  }

  private spend(tokens: number, outputs: number): void {
    const pages = this.pageCeil(tokens);
    this.totalOffset += pages + outputs;
    this.currentOffset += pages;
    this.remInput -= pages;
    if (this.remChunk !== null) this.remChunk -= pages;
  }

  /** Whether the input budget is too small; for the first request it never is. */
  private exceedsInput(tokens: number): boolean {
    return this.pageCeil(tokens) >= this.remInput && this.admitted.length > 0;
  }

  private ignoresEos(request: number): boolean {
    const { settings, sequences } = this.context;
    return settings.ignoreEos && sequences.requests.endsBy[request] === EndsBy.length;
  }

  private courseOf(request: number): { left: number; occupied: number } {
    const { sequences } = this.context;
    const share = this.ignoresEos(request) ? 1 : this.ratio;
    const left = sequences.outputLimit[request] * share - sequences.generated[request];
    return { left, occupied: sequences.known(request) };
  }

  private pageCeil(tokens: number): number {
    const { blockSize } = this.context.memory;
    return Math.ceil(tokens / blockSize) * blockSize;
  }

  private pageFloor(tokens: number): number {
    const { blockSize } = this.context.memory;
    return Math.floor(tokens / blockSize) * blockSize;
  }

  private failTokens(need: number, have: number): AddResult {
    return this.fail(AddResult.noToken, Because.tokensReserved, need, have);
  }

  private fail(result: AddResult, because: Because, need: number, have: number): AddResult {
    this.failure.because = because;
    this.failure.need = need;
    this.failure.have = Math.max(0, Math.floor(have));
    return result;
  }
}
