import { type Batch, EntryFlag } from '../batch.ts';
import { Because, Bound, DecisionKind } from '../decision.ts';
import type { EngineConfig } from '../engine-config.ts';
import { transferUs } from '../gpu/host-link.ts';
import { keptChunks } from '../memory/kept-chunks.ts';
import { LlamaMemory } from '../memory/llama-cells.ts';
import { Status } from '../request.ts';
import { acceptedDrafts, deliver, draftsFor } from './drafts.ts';
import { finish, hasAllOutput } from './finish.ts';
import type { PolicyKind } from './kind.ts';
import { chooseSlot } from './llama-slots.ts';
import { LlamaTasks, type LlamaTasksState } from './llama-tasks.ts';
import { addDecode, addPrompt } from './llama-view.ts';
import type { Fixed, Flips, Policy, PolicyContext } from './policy.ts';

export interface LlamaCppSettings {
  /** `--kv-unified`: all slots share all cells; otherwise each has the same share for itself. */
  readonly isUnified: boolean;
  /** Most tokens of a slot; 0 = all cells it can reach. */
  readonly slotContext: number;
  /** `--cont-batching`: prompts join while others generate. */
  readonly isContinuous: boolean;
  /** `--cache-prompt`: a prompt keeps what its slot has of its beginning. */
  readonly cachesPrompts: boolean;
  /** `--cache-reuse`: tokens of the smallest later chunk that is kept, and shifted; 0 = none is. */
  readonly cacheReuse: number;
  /** `--slot-prompt-similarity`: share of a prompt that a slot must hold to be chosen for it; 0 = never for that. */
  readonly slotPromptSimilarity: number;
  /** `--context-shift`: a slot that is full drops half of what it need not keep, instead of ending its request. */
  readonly shiftsContext: boolean;
  /** `--keep`: tokens at the front that a shift keeps; -1 = the whole prompt. */
  readonly keep: number;
  /** `--draft-min`: fewer drafts are not worth verifying. */
  readonly draftMin: number;
}

const SlotState = { idle: 0, started: 1, prompt: 2, generating: 3 } as const;
type SlotState = (typeof SlotState)[keyof typeof SlotState];

/** Part of an iteration's batch: the tokens of one slot. */
interface Piece {
  readonly slot: number;
  readonly request: number;
  tokens: number;
  readonly isPrompt: boolean;
  /** Drafts among the tokens. */
  readonly drafts: number;
  /** Its request has just begun. */
  isFirst: boolean;
}

/**
 * llama.cpp's server: slots, each with a sequence and with what is left of the one before. An iteration is one token for
 * every slot that generates, then prompts in the order of the slots up to `n_batch` tokens (the token budget). Everybody
 * waits for the whole iteration.
 *
 * If the cells do not last for an iteration's batch, an idle slot loses its tokens; with none left the batch is decoded in
 * smaller views, each a step here; and if not even one token finds a cell, all slots end with an error.
 * Rules: `update_slots`, `get_available_slot`, `try_clear_idle_slots` in tools/server/server-context.cpp and
 * `pop_deferred_task` in server-queue.cpp (master of 2026-05-01).
 */
export class LlamaCppPolicy implements Policy {
  /** Requests that have begun, in the order of their slots. */
  readonly running: number[] = [];
  wakeUs = Number.POSITIVE_INFINITY;
  private readonly context: PolicyContext;
  private readonly settings: LlamaCppSettings;
  private readonly memory: LlamaMemory;
  private readonly tasks: LlamaTasks;
  private readonly state: SlotState[];
  private readonly lastUsed: number[];
  private releases = 0;
  /** By slot: its entry in the batch that is completed, if it gets a token; -1 between completions. */
  private readonly entryOf: Int32Array;
  /** Whether somebody has begun or ended since `running` was listed. */
  private isListStale = false;
  /** What is left of the iteration's batch. */
  private rest: Piece[] = [];
  /** The slot whose prompt does not begin yet (what-if); -1 = none. */
  private withheld = -1;
  /** Time of copies to and from host memory that no step has waited for yet. */
  private copiesUs = 0;

  constructor(context: PolicyContext, settings: LlamaCppSettings) {
    const { config, memory } = context;
    if (!(memory instanceof LlamaMemory)) throw new Error("llama.cpp's slots need cells");
    this.context = context;
    this.settings = settings;
    this.memory = memory;
    this.tasks = new LlamaTasks(context.createQueue());
    this.state = Array.from({ length: config.maxNumSeqs }, () => SlotState.idle);
    this.lastUsed = this.state.map(() => -1);
    this.entryOf = new Int32Array(config.maxNumSeqs).fill(-1);
  }

  get hasWork(): boolean {
    return this.waitingCount + this.running.length > 0;
  }

  get waitingCount(): number {
    let count = this.tasks.size;
    for (let slot = 0; slot < this.state.length; slot++) if (this.hasNotBegun(slot)) count++;
    return count;
  }

  get waitingHead(): number {
    for (let slot = 0; slot < this.state.length; slot++) if (this.hasNotBegun(slot)) return this.memory.requestOf(slot);
    return this.tasks.peek();
  }

  waiting(): number[] {
    return [...this.notBegun(), ...this.tasks.list()];
  }

  get flips(): Flips {
    return { chunkUnit: 1, preempts: false, fixed: (because, request) => this.fixed(because, request) };
  }

  withhold(request: number): (() => void) | null {
    const slot = this.slotOfWaiting(request);
    if (slot < 0) return this.tasks.withhold(request);
    this.withheld = slot;
    return () => {
      this.withheld = -1;
    };
  }

  arrive(request: number): void {
    this.tasks.add(request);
  }

  schedule(nowUs: number, batch: Batch): void {
    const { override, sequences } = this.context;
    do {
      if (this.rest.length === 0) this.beginIteration(nowUs, batch);
      // When all slots have failed, those that waited for one begin.
    } while (this.rest.length > 0 && !this.decodeView(nowUs, batch));
    this.updateRunning();
    const forced = override.asks('admit');
    if (forced >= 0 && sequences.status[forced] === Status.running) override.take();
    batch.transferUs += this.copiesUs;
    this.copiesUs = 0;
    this.holdHead(batch);
  }

  complete(batch: Batch, nowUs: number): void {
    const { sequences, clock } = this.context;
    const { entryOf } = this;
    for (let i = 0; i < batch.count; i++) {
      const request = batch.request[i];
      sequences.inFlight[request] -= batch.tokens[i];
      const isSampled = (batch.flags[i] & EntryFlag.samples) !== 0;
      if (isSampled && sequences.status[request] === Status.running) entryOf[this.memory.slotOfRequest(request)] = i;
    }
    clock.begin(nowUs);
    for (let slot = 0; slot < this.state.length; slot++) {
      const entry = entryOf[slot];
      if (entry < 0) continue;
      entryOf[slot] = -1;
      const request = this.memory.requestOf(slot);
      this.state[slot] = SlotState.generating;
      deliver(this.context, request, this.verify(request, batch.drafts[entry]));
      if (!hasAllOutput(sequences, request)) continue;
      finish(this.context, request, nowUs);
      this.release(slot);
    }
    clock.end();
    this.updateRunning();
  }

  abort(request: number, nowUs: number): boolean {
    const { sequences } = this.context;
    const status = sequences.status[request];
    if (status !== Status.running && status !== Status.waiting) return false;
    const slot = this.memory.slotOfRequest(request);
    if (slot >= 0) {
      this.rest = this.rest.filter((piece) => piece.request !== request);
      this.release(slot);
    } else this.tasks.remove(request);
    sequences.status[request] = Status.aborted;
    sequences.finishUs[request] = nowUs;
    this.updateRunning();
    return true;
  }

  settle(): void {}

  watch(): void {}

  save(): LlamaCppState {
    return {
      tasks: this.tasks.save(),
      state: this.state.slice(),
      lastUsed: this.lastUsed.slice(),
      releases: this.releases,
      rest: this.rest.map((piece) => ({ ...piece })),
    };
  }

  restore(saved: unknown): void {
    const state = saved as LlamaCppState;
    this.tasks.restore(state.tasks);
    state.state.forEach((slotState, slot) => {
      this.state[slot] = slotState;
      this.lastUsed[slot] = state.lastUsed[slot];
    });
    this.releases = state.releases;
    this.rest = state.rest.map((piece) => ({ ...piece }));
    this.copiesUs = 0;
    this.isListStale = true;
    this.updateRunning();
  }

  /** Gives tasks their slots, and puts the iteration's batch together. */
  private beginIteration(nowUs: number, batch: Batch): void {
    this.assignTasks();
    const most = this.context.limits.maxNumBatchedTokens;
    let tokens = 0;
    for (let slot = 0; slot < this.state.length; slot++) {
      if (this.state[slot] !== SlotState.generating) continue;
      const request = this.memory.requestOf(slot);
      if (this.settings.shiftsContext) this.shiftContext(request);
      const drafts = this.draftsFor(request);
      this.rest.push({ slot, request, tokens: 1 + drafts, isPrompt: false, drafts, isFirst: false });
      tokens += 1 + drafts;
    }
    const isTheirTurn = this.settings.isContinuous || tokens === 0;
    const forced = this.context.override.asks('admit');
    const first = forced < 0 ? -1 : this.slotOfWaiting(forced);
    if (first >= 0 && tokens < most) tokens += this.addPiece(nowUs, batch, first, most - tokens);
    for (let slot = 0; isTheirTurn && slot < this.state.length && tokens < most; slot++) {
      const state = this.state[slot];
      if (state !== SlotState.started && state !== SlotState.prompt) continue;
      if (slot !== first && slot !== this.withheld) tokens += this.addPiece(nowUs, batch, slot, most - tokens);
    }
  }

  /** The next tokens of a slot's prompt, at most so many. Returns how many. */
  private addPiece(nowUs: number, batch: Batch, slot: number, most: number): number {
    const { sequences, override } = this.context;
    const request = this.memory.requestOf(slot);
    const isFirst = this.state[slot] === SlotState.started;
    if (isFirst) this.beginPrompt(nowUs, batch, slot, request);
    const rest = sequences.requests.promptTokens[request] - sequences.computed[request];
    const tokens = override.cap(request, Math.min(rest, most));
    this.rest.push({ slot, request, tokens, isPrompt: true, drafts: 0, isFirst });
    if (tokens < rest) batch.bound = Bound.tokenBudget;
    return tokens;
  }

  /** The slot of a request whose prompt has not begun; -1 = it has none. */
  private slotOfWaiting(request: number): number {
    const slot = this.memory.slotOfRequest(request);
    return slot >= 0 && this.state[slot] === SlotState.started ? slot : -1;
  }

  /** Every slot is taken for good, and so are cells. */
  private fixed(because: Because, request: number): Fixed | null {
    if (because === Because.noBlocks) return 'neverTakesBack';
    return this.slotOfWaiting(request) < 0 ? 'slots' : null;
  }

  private assignTasks(): void {
    // Only if a task in front has been given up meanwhile is a slot left for somebody deferred. The real server lets it lie
    // until another one is released.
    while (this.tasks.size > 0 && this.state.includes(SlotState.idle)) this.assign(this.tasks.take());
    this.tasks.defer();
  }

  private assign(request: number): void {
    const { memory, lastUsed } = this;
    const prompt = memory.promptOf(request);
    const { slot, mayReplace } = chooseSlot(memory, lastUsed, prompt, this.settings.slotPromptSimilarity);
    if (slot < 0) throw new Error(`no slot for request ${request}, although one is idle`);
    if (mayReplace) this.replace(slot, request);
    memory.occupy(slot, request);
    this.state[slot] = SlotState.started;
  }

  /** Saves what a slot holds, and loads what suits the request better. */
  private replace(slot: number, request: number): void {
    const { memory } = this;
    const { promptCache } = memory;
    if (promptCache === null) return;
    const tokens = memory.cachedOf(slot);
    if (tokens.length > 0 && promptCache.store({ tokens, last: memory.lastOf(slot) })) this.copy(tokens.length);
    const best = promptCache.best(tokens, memory.promptOf(request));
    if (best >= 0) {
      const entry = promptCache.entries[best];
      if (memory.load(slot, entry)) {
        promptCache.remove(best);
        this.copy(entry.tokens.length);
      }
    }
    promptCache.trim();
  }

  private copy(tokens: number): void {
    const { hostLinkBytesPerS, kvBytesPerBlock } = this.context.config;
    this.copiesUs += transferUs({ bytesPerS: hostLinkBytesPerS }, tokens * kvBytesPerBlock);
  }

  /** The first look at a slot's new prompt: what of the slot's tokens it keeps. At least one token is computed. */
  private beginPrompt(nowUs: number, batch: Batch, slot: number, request: number): void {
    const { sequences } = this.context;
    const { memory, settings } = this;
    const prompt = memory.promptOf(request);
    const kept = settings.cachesPrompts ? keptChunks(memory.cachedOf(slot), prompt, settings.cacheReuse) : [];
    let hits = 0;
    const chunks = kept.map(({ from, length }) => {
      const use = Math.min(length, prompt.length - 1 - hits);
      hits += use;
      return { from, length: use };
    });
    memory.begin(request, chunks);
    this.state[slot] = SlotState.prompt;
    sequences.computed[request] = hits;
    batch.hitTokens += hits;
    // Without a token in a cell it waits until its first ones are decoded.
    if (hits > 0) this.admit(nowUs, request, hits);
  }

  private admit(nowUs: number, request: number, hits: number): void {
    const { sequences, decisions } = this.context;
    this.isListStale = true;
    sequences.status[request] = Status.running;
    sequences.firstScheduledUs[request] = nowUs;
    decisions.add(DecisionKind.admit, request, Because.none, sequences.requests.promptTokens[request] - hits, hits);
  }

  private shiftContext(request: number): void {
    const { sequences, decisions } = this.context;
    const { memory, settings } = this;
    const held = memory.tokensOf(request);
    if (held + 1 < memory.slotContext) return;
    const wanted = settings.keep < 0 ? sequences.requests.promptTokens[request] : settings.keep;
    const keep = Math.max(0, Math.min(memory.slotContext - 4, wanted));
    const discard = Math.floor((held - keep) / 2);
    memory.shift(request, keep, discard);
    decisions.add(DecisionKind.evict, request, Because.contextShift, discard, memory.slotContext);
  }

  /** Drafts that a slot verifies with its next token, as far as its context and its limit have room for them. */
  private draftsFor(request: number): number {
    const room = this.memory.slotContext - this.memory.tokensOf(request) - 2;
    const drafts = Math.min(draftsFor(this.context, request, this.context.sequences.outputLimit[request]), room);
    return drafts < Math.max(1, this.settings.draftMin) ? 0 : drafts;
  }

  /** Decodes the first tokens of the iteration's batch, as many as find cells. False if that is none: then all slots have failed. */
  private decodeView(nowUs: number, batch: Batch): boolean {
    const all = this.rest.reduce((sum, piece) => sum + piece.tokens, 0);
    let size = this.context.limits.maxNumBatchedTokens;
    for (;;) {
      const tokens = Math.min(size, all);
      if (this.fits(tokens)) {
        this.takeView(nowUs, batch, tokens);
        if (tokens < all && size < this.context.limits.maxNumBatchedTokens) this.noteShortage(batch);
        return true;
      }
      if (size === 1) {
        this.failAll(nowUs);
        return false;
      }
      if (!this.purgeIdleSlot()) size = Math.floor(size / 2);
    }
  }

  private fits(tokens: number): boolean {
    if (this.settings.isUnified) return tokens <= this.memory.emptyFor(0);
    let left = tokens;
    for (const piece of this.rest) {
      if (Math.min(piece.tokens, left) > this.memory.emptyFor(piece.slot)) return false;
      left -= Math.min(piece.tokens, left);
    }
    return true;
  }

  private purgeIdleSlot(): boolean {
    if (!this.settings.isUnified) return false;
    for (let slot = 0; slot < this.state.length; slot++) {
      if (this.state[slot] !== SlotState.idle || this.memory.cachedOf(slot).length === 0) continue;
      const tokens = this.memory.purge(slot);
      this.context.decisions.add(DecisionKind.evict, this.memory.lastOf(slot), Because.cellsFull, tokens, 0);
      return true;
    }
    return false;
  }

  /** Everybody who has a slot ends with an error, and the slots are empty. */
  private failAll(nowUs: number): void {
    const { sequences, decisions } = this.context;
    for (let slot = 0; slot < this.state.length; slot++) {
      const request = this.memory.requestOf(slot);
      if (request < 0) continue;
      decisions.add(DecisionKind.fail, request, Because.contextExceeded, 1, 0);
      sequences.status[request] = Status.aborted;
      sequences.finishUs[request] = nowUs;
      this.release(slot);
      this.memory.purge(slot);
      this.context.ended(request, nowUs);
    }
    this.rest = [];
  }

  /** The slot is idle, and the first of those who found none goes to the front of the tasks. */
  private release(slot: number): void {
    const request = this.memory.requestOf(slot);
    if (this.state[slot] === SlotState.started) this.memory.vacate(request);
    else this.memory.release(request);
    this.state[slot] = SlotState.idle;
    this.lastUsed[slot] = this.releases++;
    this.isListStale = true;
    this.tasks.popDeferred();
  }

  private takeView(nowUs: number, batch: Batch, tokens: number): void {
    let left = tokens;
    while (left > 0 && this.rest.length > 0) {
      const [piece] = this.rest;
      const part = Math.min(piece.tokens, left);
      left -= part;
      const { request } = piece;
      if (!piece.isPrompt) addDecode(batch, this.context, this.memory, request, part - 1);
      else {
        if (this.context.sequences.computed[request] === 0) this.admit(nowUs, request, 0);
        addPrompt(batch, this.context, this.memory, request, part, piece.isFirst);
      }
      piece.tokens -= part;
      piece.isFirst = false;
      // A view that ends among drafts leaves the others out.
      if (piece.tokens === 0 || !piece.isPrompt) this.rest.shift();
    }
  }

  /** How many drafts are right; the cells of the others are empty again. */
  private verify(request: number, drafts: number): number {
    const accepted = acceptedDrafts(this.context, request, drafts);
    this.context.sequences.computed[request] -= drafts - accepted;
    this.memory.shrink(request, drafts - accepted);
    return accepted;
  }

  /** The rest of the batch waits for its own view. */
  private noteShortage(batch: Batch): void {
    batch.bound = Bound.blocks;
    const { decisions } = this.context;
    for (const { request, tokens, slot } of this.rest) {
      decisions.add(DecisionKind.skip, request, Because.noBlocks, tokens, this.memory.emptyFor(slot));
    }
  }

  /** Why who waits first waits. */
  private holdHead(batch: Batch): void {
    if (batch.count === 0) return;
    const head = this.waitingHead;
    if (head < 0) return;
    const { config, limits, sequences, decisions } = this.context;
    const hold = (bound: Bound, because: Because, need: number, have: number): void => {
      if (batch.bound === Bound.nothingLeft) batch.bound = bound;
      decisions.add(DecisionKind.hold, head, because, need, have);
    };
    const hasSlot = this.memory.slotOfRequest(head) >= 0;
    const isCut = this.rest.some(({ request }) => request === head);
    if (isCut || (!hasSlot && this.rest.length > 0 && this.state.includes(SlotState.idle))) {
      // Its tokens found no cell, or slots are given out only when the iteration is over.
      const rest = this.rest.reduce((sum, { tokens }) => sum + tokens, 0);
      hold(Bound.blocks, Because.noBlocks, rest, this.memory.emptyCells);
    } else if (hasSlot) {
      const prompt = sequences.requests.promptTokens[head];
      const left = Math.max(0, limits.maxNumBatchedTokens - batch.shape.tokens);
      if (this.settings.isContinuous) hold(Bound.tokenBudget, Because.tokenBudget, prompt, left);
      else hold(Bound.batch, Because.notItsTurn, 0, 0);
    } else hold(Bound.seats, Because.seats, 1, config.maxNumSeqs);
  }

  /** Requests that have a slot and no token in it yet, in the order of the slots. */
  private notBegun(): number[] {
    return this.state.flatMap((_, slot) => (this.hasNotBegun(slot) ? [this.memory.requestOf(slot)] : []));
  }

  private hasNotBegun(slot: number): boolean {
    const request = this.memory.requestOf(slot);
    return request >= 0 && this.context.sequences.status[request] === Status.waiting;
  }

  private updateRunning(): void {
    if (!this.isListStale) return;
    this.isListStale = false;
    this.running.length = 0;
    for (let slot = 0; slot < this.state.length; slot++) {
      const request = this.memory.requestOf(slot);
      if (request >= 0 && this.context.sequences.status[request] === Status.running) this.running.push(request);
    }
  }
}

interface LlamaCppState {
  readonly tasks: LlamaTasksState;
  readonly state: readonly SlotState[];
  readonly lastUsed: readonly number[];
  readonly releases: number;
  readonly rest: readonly Piece[];
}

export const llamaCpp: PolicyKind<LlamaCppSettings> = {
  id: 'llama-cpp',
  defaults: {
    isUnified: true,
    slotContext: 0,
    isContinuous: true,
    cachesPrompts: true,
    cacheReuse: 0,
    slotPromptSimilarity: 0.1,
    shiftsContext: false,
    keep: 0,
    draftMin: 0,
  },
  createPolicy: (context, settings) => new LlamaCppPolicy(context, settings),
  // A prompt needs a place for one token more; with context shifts there may be any number of them.
  lengths(config, settings) {
    const context = slotContextOf(config, settings);
    return { prompt: context - 1, total: settings.shiftsContext ? UNLIMITED_TOKENS : context };
  },
  createMemory: (config, sequences, settings) =>
    new LlamaMemory(config, sequences, config.maxNumSeqs, settings.isUnified, slotContextOf(config, settings)),
};

/** Longer than any run. */
const UNLIMITED_TOKENS = 2 ** 30;

/** Most tokens of a slot. */
function slotContextOf(config: EngineConfig, { isUnified, slotContext }: LlamaCppSettings): number {
  const reachable = Math.floor((config.numBlocks - 1) / (isUnified ? 1 : config.maxNumSeqs));
  return slotContext > 0 ? Math.min(slotContext, reachable) : reachable;
}
