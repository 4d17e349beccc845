import { Because } from '../decision.ts';
import type { EngineConfig } from '../engine-config.ts';
import type { Sequences } from '../sequences.ts';
import type { Chunk } from './kept-chunks.ts';
import { LlamaPromptCache, type SavedPrompt } from './llama-prompt-cache.ts';
import type { KvMemory } from './memory.ts';
import type { OwnershipObserver } from './ownership.ts';
import { requestSpan } from './request-span.ts';
import { commonTokens, sliceSpan, spanOf, type TokenSpan } from './token-span.ts';

const nothing: TokenSpan = { pieces: [], length: 0 };
const noCells = new Int32Array(0);

/** What a slot holds, and for whom. */
interface Slot {
  /** The request it works for; -1 = idle. */
  request: number;
  /** Cached: cells of tokens that nobody works with now, in order. Empty once the slot's request has begun. */
  cells: Int32Array;
  /** The tokens in them. */
  span: TokenSpan;
  /** Whose tokens they were; -1 = nobody's yet. */
  last: number;
  /** Of a request whose context was shifted: tokens kept at the front, and how many behind them are gone. */
  kept: number;
  dropped: number;
}

/**
 * llama.cpp's KV cache: one cell a token, and slots that keep their tokens when their request has ended, until the next
 * one comes. Unified, all slots share all cells; otherwise each has the same share for itself.
 *
 * A cell of an idle slot is free, but cached: nobody can have it before the slot's tokens are thrown away (`purge`). Cells
 * dropped by a context shift leave the null block in the request's table, as blocks behind a sliding window do.
 * Source: tools/server/server-context.cpp and src/llama-kv-cache.cpp (master of 2026-05-01).
 */
export class LlamaMemory implements KvMemory {
  readonly preallocates = false;
  readonly blockSize = 1;
  readonly usableBlocks: number;
  readonly wastedTokens = 0;
  readonly failure = { because: Because.none as Because, need: 0, have: 0 };
  /** Most tokens of one slot. */
  readonly slotContext: number;
  /** States of slots that were given to others, in host memory; null = none are saved. */
  readonly promptCache: LlamaPromptCache | null;
  /** Told of every change of a cell, in tests. */
  observer: OwnershipObserver | null = null;
  private readonly isUnified: boolean;
  private readonly sequences: Sequences;
  private readonly slots: Slot[];
  private readonly slotOf = new Map<number, number>();
  /** Cells without content, by region; the last is taken first. */
  private readonly empty: number[][];
  private readonly cached: Uint8Array;
  cachedBlocks = 0;

  /** @param slotContext most tokens of one slot */
  constructor(config: EngineConfig, sequences: Sequences, slots: number, isUnified: boolean, slotContext: number) {
    if (config.blockSize !== 1) throw new Error('a cell of llama.cpp holds one token');
    const cells = config.numBlocks - 1;
    const regions = isUnified ? 1 : slots;
    const perRegion = Math.floor(cells / regions);
    this.sequences = sequences;
    this.isUnified = isUnified;
    this.slotContext = slotContext;
    this.usableBlocks = regions * perRegion;
    this.promptCache = config.hostBlocks > 0 ? new LlamaPromptCache(config.hostBlocks) : null;
    this.cached = new Uint8Array(config.numBlocks);
    this.slots = Array.from({ length: slots }, () => ({ ...emptySlot }));
    this.empty = Array.from({ length: regions }, (_, region) =>
      Array.from({ length: perRegion }, (__, i) => (region + 1) * perRegion - i),
    );
  }

  get freeBlocks(): number {
    return this.emptyCells + this.cachedBlocks;
  }

  /** Cells without content. */
  get emptyCells(): number {
    let cells = 0;
    for (let region = 0; region < this.empty.length; region++) cells += this.empty[region].length;
    return cells;
  }

  isCached(block: number): boolean {
    return this.cached[block] === 1;
  }

  /** Empty cells of other slots than the next request will get: of the busy ones, since it goes into an idle one. */
  unusableBlocks(next: number): number {
    if (this.isUnified || next < 0) return 0;
    let cells = 0;
    for (let slot = 0; slot < this.slots.length; slot++)
      if (this.slots[slot].request >= 0 && this.slots[slot].request !== next) cells += this.empty[slot].length;
    return cells;
  }

  blocksFor(promptTokens: number, outputTokens: number): number {
    return Math.min(promptTokens + outputTokens, this.slotContext);
  }

  /** Tokens of the longest beginning that an idle slot has in common with the prompt. */
  findHit(request: number): number {
    const prompt = this.promptOf(request);
    let most = 0;
    for (const { request: owner, span } of this.slots) if (owner < 0) most = Math.max(most, commonTokens(span, prompt));
    return Math.min(most, prompt.length - 1);
  }

  /** The slot of a request, -1 if it has none. */
  slotOfRequest(request: number): number {
    return this.slotOf.get(request) ?? -1;
  }

  /** The request a slot works for, -1 if it is idle. */
  requestOf(slot: number): number {
    return this.slots[slot].request;
  }

  /** Tokens that a slot keeps for whoever comes next. */
  cachedOf(slot: number): TokenSpan {
    return this.slots[slot].span;
  }

  /** Whose tokens those are. */
  lastOf(slot: number): number {
    return this.slots[slot].last;
  }

  /** Tokens in the cells of a request. */
  tokensOf(request: number): number {
    return this.sequences.computed[request] - this.slotFor(request).dropped;
  }

  /** Cells that tokens of this slot can have now. */
  emptyFor(slot: number): number {
    return this.empty[this.isUnified ? 0 : slot].length;
  }

  /** A slot is given to a request. Its tokens stay cached, but nobody else can throw them away. */
  occupy(slot: number, request: number): void {
    this.slots[slot].request = request;
    this.slotOf.set(request, slot);
  }

  /** A request leaves its slot before it has begun. */
  vacate(request: number): void {
    this.slotFor(request).request = -1;
    this.slotOf.delete(request);
  }

  /** A request begins with those of its slot's tokens; the others are thrown away. */
  begin(request: number, chunks: readonly Chunk[]): void {
    const slot = this.slotFor(request);
    const { cells } = slot;
    const hits = chunks.reduce((sum, { length }) => sum + length, 0);
    const table = this.sequences.reserveTable(request, hits);
    let at = 0;
    for (const { from, length } of chunks)
      for (let i = from; i < from + length; i++) {
        this.uncache(cells[i], 'hit');
        table[at++] = cells[i];
      }
    const region = this.regionOf(request);
    // Last ones first, so that the cells of a slot are taken again in their order.
    for (let i = cells.length - 1; i >= 0; i--)
      if (this.cached[cells[i]] === 1) this.giveBack(region, cells[i], 'evict');
    slot.cells = noCells;
    slot.span = nothing;
    slot.dropped = 0;
    this.sequences.tableLength[request] = hits;
  }

  /** As `begin` with the first `hitTokens`, then cells for more. */
  admit(request: number, hitTokens: number, newTokens: number): boolean {
    const needed = newTokens + hitTokens - this.slotFor(request).cells.length;
    if (needed > this.emptyFor(this.slotOfRequest(request))) return this.fail(needed, this.slotOfRequest(request));
    this.begin(request, [{ from: 0, length: hitTokens }]);
    return this.grow(request, newTokens);
  }

  grow(request: number, newTokens: number): boolean {
    const { sequences } = this;
    const region = this.regionOf(request);
    if (newTokens > region.length) return this.fail(newTokens, this.slotOfRequest(request));
    const held = sequences.tableLength[request];
    const table = sequences.reserveTable(request, held + newTokens);
    for (let i = 0; i < newTokens; i++) table[held + i] = this.take(region);
    sequences.tableLength[request] = held + newTokens;
    return true;
  }

  /** The last tokens of a request are gone again: drafts that were wrong. */
  shrink(request: number, tokens: number): void {
    const { tables, tableLength } = this.sequences;
    const region = this.regionOf(request);
    for (let i = 0; i < tokens; i++) this.giveBack(region, tables[request][--tableLength[request]], 'free');
  }

  /** Context shift: of a request's tokens `keep` stay at the front, and the next `discard` go. */
  shift(request: number, keep: number, discard: number): void {
    const { sequences } = this;
    const slot = this.slotFor(request);
    const region = this.regionOf(request);
    const table = sequences.tables[request];
    const from = keep + slot.dropped;
    for (let i = from; i < from + discard; i++) {
      this.giveBack(region, table[i], 'free');
      table[i] = 0;
    }
    slot.kept = keep;
    slot.dropped += discard;
  }

  filled(): void {}

  cache(): void {}

  /** The slot of a request is idle again, and keeps its tokens. */
  release(request: number): void {
    const at = this.slotOfRequest(request);
    if (at < 0) return;
    const { sequences } = this;
    const slot = this.slots[at];
    const length = sequences.tableLength[request];
    if (length > 0) {
      const table = sequences.tables[request].slice(0, length);
      slot.cells = slot.dropped > 0 ? table.filter((cell) => cell > 0) : table;
      slot.span = this.spanOf(request, slot);
      slot.last = request;
      this.keep(slot.cells);
      sequences.dropTable(request);
    }
    slot.request = -1;
    slot.dropped = 0;
    this.slotOf.delete(request);
  }

  /** Throws a slot's tokens away. Returns how many they were. */
  purge(slot: number): number {
    const own = this.slots[slot];
    const { length } = own.cells;
    const region = this.empty[this.isUnified ? 0 : slot];
    for (let i = length - 1; i >= 0; i--) this.giveBack(region, own.cells[i], 'evict');
    own.cells = noCells;
    own.span = nothing;
    return length;
  }

  /** Replaces what an idle slot holds by tokens from host memory. False, and it is empty, if there is no room for them. */
  load(slot: number, { tokens: span, last }: SavedPrompt): boolean {
    this.purge(slot);
    const region = this.empty[this.isUnified ? 0 : slot];
    if (span.length > region.length) return false;
    const cells = new Int32Array(span.length);
    for (let i = 0; i < cells.length; i++) cells[i] = this.take(region);
    this.keep(cells);
    Object.assign(this.slots[slot], { cells, span, last });
    return true;
  }

  resetCache(): boolean {
    if (this.slots.some(({ request }) => request >= 0)) return false;
    for (let slot = 0; slot < this.slots.length; slot++) this.purge(slot);
    return true;
  }

  arrive(): void {}

  save(): LlamaMemoryState {
    return {
      slots: this.slots.map((slot) => ({ ...slot })),
      empty: this.empty.map((cells) => Int32Array.from(cells)),
      cached: this.cached.slice(),
      cachedBlocks: this.cachedBlocks,
      promptCache: this.promptCache?.save() ?? null,
    };
  }

  restore(saved: unknown): void {
    const state = saved as LlamaMemoryState;
    this.slotOf.clear();
    state.slots.forEach((slot, i) => {
      this.slots[i] = { ...slot };
      if (slot.request >= 0) this.slotOf.set(slot.request, i);
    });
    state.empty.forEach((cells, i) => {
      this.empty[i] = Array.from(cells);
    });
    this.cached.set(state.cached);
    this.cachedBlocks = state.cachedBlocks;
    if (state.promptCache !== null) this.promptCache?.restore(state.promptCache);
  }

  /** The tokens of a request's prompt. */
  promptOf(request: number): TokenSpan {
    const { requests } = this.sequences;
    return requestSpan(requests, request, requests.promptTokens[request]);
  }

  /** The tokens in a request's cells. */
  private spanOf(request: number, { kept, dropped }: Slot): TokenSpan {
    const { requests, computed } = this.sequences;
    const all = requestSpan(requests, request, computed[request]);
    if (dropped === 0) return all;
    return spanOf([...sliceSpan(all, 0, kept).pieces, ...sliceSpan(all, kept + dropped).pieces]);
  }

  private slotFor(request: number): Slot {
    const slot = this.slotOf.get(request);
    if (slot === undefined) throw new Error(`request ${request} has no slot`);
    return this.slots[slot];
  }

  private regionOf(request: number): number[] {
    return this.empty[this.isUnified ? 0 : this.slotOfRequest(request)];
  }

  private take(region: number[]): number {
    const cell = region.pop();
    if (cell === undefined) throw new Error('no empty cell, although one was counted');
    this.observer?.('take', cell);
    return cell;
  }

  private giveBack(region: number[], cell: number, event: 'free' | 'evict'): void {
    if (event === 'evict') this.uncache(cell, event);
    else this.observer?.('free', cell);
    region.push(cell);
  }

  private keep(cells: Int32Array): void {
    for (let i = 0; i < cells.length; i++) {
      this.cached[cells[i]] = 1;
      this.observer?.('cache', cells[i]);
    }
    this.cachedBlocks += cells.length;
  }

  private uncache(cell: number, event: 'hit' | 'evict'): void {
    this.cached[cell] = 0;
    this.cachedBlocks--;
    this.observer?.(event, cell);
  }

  private fail(need: number, slot: number): false {
    this.failure.because = Because.noBlocks;
    this.failure.need = need;
    this.failure.have = this.emptyFor(slot);
    return false;
  }
}

const emptySlot: Slot = { request: -1, cells: noCells, span: nothing, last: -1, kept: 0, dropped: 0 };

interface LlamaMemoryState {
  readonly slots: readonly Slot[];
  readonly empty: readonly Int32Array[];
  readonly cached: Uint8Array;
  readonly cachedBlocks: number;
  readonly promptCache: readonly SavedPrompt[] | null;
}
