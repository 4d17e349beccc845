import { Because } from '../decision.ts';
import type { EngineConfig } from '../engine-config.ts';
import type { RequestTable } from '../request.ts';
import type { Sequences } from '../sequences.ts';
import { type CachedPieces, noPieces } from './cached-pieces.ts';
import { Holders } from './holders.ts';
import type { KvMemory } from './memory.ts';
import type { OwnershipObserver } from './ownership.ts';
import {
  type RadixEviction,
  type RadixMatch,
  type RadixNode,
  type RadixState,
  SglangRadixTree,
} from './radix-sglang.ts';
import { requestSpan } from './request-span.ts';
import { RequestTokens } from './request-tokens.ts';
import { pagesOfSlots, SlotPool, type SlotPoolState, slotsOfPages } from './slot-pool.ts';

/** What a radix memory is told beside the common configuration. */
export interface RadixOptions {
  readonly radixEvictionPolicy: RadixEviction;
  /** Stream whose first token ends all requests that end by a token; null = each its own. */
  readonly endStream: number | null;
}

/**
 * SGLang's KV memory (v0.5.9, commit d2b3c7f: `radix_cache.py`, `allocator.py`, `common.py`): slots of single tokens, or
 * of pages of them, and a radix tree that owns the slots of everything that was computed and is kept. Blocks are its
 * pages. A request holds the slots of its prefix, which are the tree's, by a lock on their path, and those behind it by
 * itself. With prefix caching switched off there is no tree, and every request owns all its slots.
 *
 * Free for somebody else is what is on the list and what the tree may evict. Nothing is evicted before it is needed:
 * `makeRoom` does it, and `grow` only takes from the list.
 */
export class RadixMemory implements KvMemory {
  readonly preallocates = false;
  readonly blockSize: number;
  readonly usableBlocks: number;
  readonly failure = { because: Because.none as Because, need: 0, have: 0 };
  readonly pool: SlotPool;
  /** Null with prefix caching switched off. */
  readonly tree: SglangRadixTree | null;
  wastedTokens = 0;
  readonly tokens: RequestTokens;
  private readonly sequences: Sequences;
  /** The last look-up: whose it was and what it found. */
  private found: { readonly request: number; readonly match: RadixMatch } | null = null;
  /** What running requests hold of the tree: the locked node, and the tokens up to its end. */
  private readonly prefixes = new Map<number, Prefix>();
  /** Pages that are freed together at the end of a batch; null = at once. */
  private freedTogether: Int32Array[] | null = null;
  private holders: Holders | null = null;
  /** 1 = in the tree. Written when somebody asks. */
  private marks = new Uint8Array(0);
  private marksAsOf = -1;

  constructor(config: EngineConfig, sequences: Sequences, options: RadixOptions) {
    this.blockSize = config.blockSize;
    this.usableBlocks = config.numBlocks - 1;
    this.sequences = sequences;
    this.pool = new SlotPool(this.usableBlocks * config.blockSize, config.blockSize);
    this.tree = config.enablePrefixCaching ? new SglangRadixTree(config.blockSize, options.radixEvictionPolicy) : null;
    this.tokens = new RequestTokens(sequences, options.endStream);
  }

  /** Tokens for which slots are on the free list. */
  get available(): number {
    return this.pool.available;
  }

  /** Tokens that could be evicted from the tree. */
  get evictable(): number {
    return this.tree?.evictable ?? 0;
  }

  /** Tokens of the tree that running requests use. */
  get protected(): number {
    return this.tree?.protected ?? 0;
  }

  get freeBlocks(): number {
    return this.pool.availablePages + this.evictable / this.blockSize;
  }

  get cachedBlocks(): number {
    return this.evictable / this.blockSize;
  }

  isCached(block: number): boolean {
    if (this.tree === null) return false;
    if (this.marksAsOf !== this.tree.changes) this.mark(this.tree);
    return this.marks[block] === 1;
  }

  cachedPieces(): CachedPieces {
    return this.tree?.pieces((slot) => Math.floor(slot / this.blockSize)) ?? noPieces;
  }

  blocksFor(promptTokens: number, outputTokens: number): number {
    return Math.ceil((promptTokens + outputTokens) / this.blockSize);
  }

  arrive(): void {}

  cachedTokens(requests: RequestTable, request: number): number {
    if (this.tree === null) return 0;
    const prompt = requestSpan(requests, request, requests.promptTokens[request] - 1);
    return this.tree.peek(prompt, extraKeyOf(requests, request));
  }

  /** Looks a request's tokens up, all but the last one. The look-up stamps and may split nodes. */
  findHit(request: number): number {
    const { tree } = this;
    if (tree === null) return 0;
    const match = tree.match(this.tokens.first(request, this.sequences.known(request) - 1), this.extraKey(request));
    this.found = { request, match };
    return match.length;
  }

  /** Locks what the last look-up found, so that it does not count as evictable any more; `unlockHit` takes that back. */
  lockHit(request: number): void {
    if (this.tree !== null) this.tree.lock(this.lastMatch(request).node);
  }

  unlockHit(request: number): void {
    if (this.tree !== null) this.tree.unlock(this.lastMatch(request).node);
  }

  /** `hitTokens` are those of the request's last look-up. Without new tokens it only gets its prefix. */
  admit(request: number, hitTokens: number, newTokens: number): boolean {
    const need = Math.ceil(newTokens / this.blockSize);
    if (need > this.pool.availablePages) return this.fail(need);
    this.hold(request, hitTokens);
    this.extend(request, hitTokens + newTokens);
    return true;
  }

  /** Sees to that many tokens on the free list; if there are fewer, the tree gives up the whole number, not only what lacks. */
  makeRoom(tokens: number): boolean {
    if (this.pool.available < tokens) this.evict(tokens);
    return this.pool.available >= tokens;
  }

  grow(request: number, newTokens: number): boolean {
    const tokens = this.sequences.computed[request] + newTokens;
    const need = Math.ceil(tokens / this.blockSize) - this.sequences.tableLength[request];
    if (need > this.pool.availablePages) return this.fail(need);
    this.extend(request, tokens);
    return true;
  }

  filled(tokens: number): void {
    this.wastedTokens -= tokens;
  }

  /**
   * Puts the first `tokens` tokens of a running request into the tree, as far as they are whole pages. What was there
   * already the request uses from now on, and gives its own copy back. (`cache_unfinished_req`)
   */
  cache(request: number, tokens: number): void {
    const { tree, blockSize, sequences } = this;
    if (tree === null) return;
    const prefix = this.prefixOf(request);
    const table = sequences.tables[request];
    const key = this.tokens.first(request, tokens - (tokens % blockSize));
    const extraKey = this.extraKey(request);
    const known = tree.insert(key, this.slots(table, key.length), sequences.requests.priority[request], extraKey);
    const match = tree.match(key, extraKey);
    const doubled = [prefix.tokens / blockSize, known / blockSize] as const;
    this.free(table.subarray(...doubled), false);
    this.writePages(table, tree.slotsOf(match.node));
    this.holders?.gain(table.subarray(...doubled), true);
    tree.unlock(prefix.node);
    tree.lock(match.node);
    this.prefixes.set(request, { node: match.node, tokens: match.length });
  }

  /**
   * `ended`: what the request has computed goes into the tree first (`cache_finished_req`). Otherwise only what the tree
   * holds already stays there: room is wanted at once. (`release_kv_cache` with `is_insert=False`)
   */
  release(request: number, ended: boolean): void {
    const { sequences, tree, blockSize } = this;
    const held = sequences.tableLength[request];
    if (ended) this.tokens.forget(request);
    if (held === 0) return;
    const table = sequences.tables[request];
    this.wastedTokens -= held * blockSize - sequences.computed[request];
    if (tree === null) this.free(table.subarray(0, held), false);
    else this.giveBack(request, table, held, ended, tree);
    sequences.dropTable(request);
  }

  /** Pages that a running request holds beyond what it has computed are free again: drafts that were wrong. */
  trim(request: number): void {
    const { sequences, blockSize } = this;
    const held = sequences.tableLength[request];
    const used = Math.ceil(sequences.computed[request] / blockSize);
    if (used >= held) return;
    this.wastedTokens -= (held - used) * blockSize;
    this.free(sequences.tables[request].subarray(used, held), false);
    sequences.tableLength[request] = used;
  }

  /** From now on pages are collected, to be freed together: SGLang does so while it processes the results of a decode step. */
  beginFrees(): void {
    this.freedTogether = [];
  }

  endFrees(): void {
    const freed = this.freedTogether;
    this.freedTogether = null;
    if (freed !== null && freed.length > 0) this.pool.freePages(joined(freed));
  }

  resetCache(): boolean {
    if (this.freeBlocks !== this.usableBlocks) return false;
    this.evict(this.evictable);
    return true;
  }

  /** Reports each change of a block's owner from now on. */
  watch(observer: OwnershipObserver): Holders {
    const { tables, tableLength } = this.sequences;
    const held = tables.map((table, request) => table.subarray(0, tableLength[request]));
    this.holders = new Holders(
      this.usableBlocks + 1,
      held.filter((table) => table.length > 0),
      observer,
    );
    return this.holders;
  }

  save(): RadixMemoryState {
    return {
      pool: this.pool.save(),
      tree: this.tree?.save() ?? null,
      prefixes: [...this.prefixes].map(([request, { node, tokens }]) => [request, node.created, tokens]),
      wastedTokens: this.wastedTokens,
    };
  }

  restore(saved: unknown): void {
    const state = saved as RadixMemoryState;
    this.pool.restore(state.pool);
    this.wastedTokens = state.wastedTokens;
    this.found = null;
    this.prefixes.clear();
    if (this.tree === null || state.tree === null) return;
    const nodes = this.tree.restore(state.tree);
    for (const [request, created, tokens] of state.prefixes) {
      const node = nodes.get(created);
      if (node === undefined) throw new Error('a saved prefix ends in no node of the saved tree');
      this.prefixes.set(request, { node, tokens });
    }
  }

  /** Keeps requests of other tenants apart; null = nobody's in particular. */
  extraKey(request: number): string | null {
    return extraKeyOf(this.sequences.requests, request);
  }

  /** The prefix that was looked up becomes the request's: its path is locked, and its pages are the first of its table. */
  private hold(request: number, hitTokens: number): void {
    const { tree, blockSize, sequences } = this;
    const pages = hitTokens / blockSize;
    if (tree !== null) {
      const { node, length } = this.lastMatch(request);
      if (length !== hitTokens)
        throw new Error(`request ${request} is given ${hitTokens} tokens, but ${length} were found`);
      tree.lock(node);
      this.prefixes.set(request, { node, tokens: length });
      const table = sequences.reserveTable(request, pages);
      this.writePages(table, tree.slotsOf(node));
      this.holders?.gain(table.subarray(0, pages), true);
    }
    sequences.tableLength[request] = pages;
  }

  /** Gives a request pages until it has places for `tokens` tokens. */
  private extend(request: number, tokens: number): void {
    const { sequences, blockSize } = this;
    const held = sequences.tableLength[request];
    const total = Math.ceil(tokens / blockSize);
    if (total <= held) return;
    const table = sequences.reserveTable(request, total);
    this.pool.takePages(table, held, total - held);
    sequences.tableLength[request] = total;
    this.wastedTokens += (total - held) * blockSize;
    this.holders?.gain(table.subarray(held, total), false);
  }

  private giveBack(request: number, table: Int32Array, held: number, ended: boolean, tree: SglangRadixTree): void {
    const { sequences, blockSize } = this;
    const { node, tokens: prefix } = this.prefixOf(request);
    // A token that is still in flight is not known, so nobody could ask for it.
    const tokens = Math.min(sequences.computed[request], sequences.known(request));
    const whole = tokens - (tokens % blockSize);
    let known = whole;
    if (ended) {
      const key = this.tokens.first(request, whole);
      const { priority } = sequences.requests;
      known = tree.insert(key, this.slots(table, whole), priority[request], this.extraKey(request));
    }
    this.holders?.lose(table.subarray(0, prefix / blockSize), true);
    this.free(table.subarray(prefix / blockSize, known / blockSize), false);
    this.holders?.lose(table.subarray(known / blockSize, whole / blockSize), true);
    this.free(table.subarray(whole / blockSize, held), false);
    tree.unlock(node);
    this.prefixes.delete(request);
  }

  private evict(tokens: number): void {
    this.tree?.evict(tokens, (slots) => {
      const pages = this.pagesOf(slots);
      this.pool.freePages(pages);
      this.holders?.evict(pages);
    });
  }

  private free(pages: Int32Array, areCached: boolean): void {
    if (pages.length === 0) return;
    this.holders?.lose(pages, areCached);
    // Only with larger pages does it matter which of them are freed together.
    if (this.freedTogether === null || this.blockSize === 1) this.pool.freePages(pages);
    else this.freedTogether.push(pages.slice());
  }

  /** Slots of the first `tokens` tokens of a table, whole pages. */
  private slots(table: Int32Array, tokens: number): Int32Array {
    const pages = table.subarray(0, tokens / this.blockSize);
    return this.blockSize === 1 ? pages : slotsOfPages(pages, this.blockSize);
  }

  /** Writes the pages of slots into a table, from its beginning. */
  private writePages(table: Int32Array, slots: Int32Array): void {
    table.set(this.pagesOf(slots));
  }

  private pagesOf(slots: Int32Array): Int32Array {
    return pagesOfSlots(slots, this.blockSize);
  }

  private lastMatch(request: number): RadixMatch {
    if (this.found?.request !== request) throw new Error(`request ${request} was not looked up`);
    return this.found.match;
  }

  private prefixOf(request: number): Prefix {
    const prefix = this.prefixes.get(request);
    if (prefix === undefined) throw new Error(`request ${request} holds nothing of the tree`);
    return prefix;
  }

  private mark(tree: SglangRadixTree): void {
    if (this.marks.length === 0) this.marks = new Uint8Array(this.usableBlocks + 1);
    const { marks } = this;
    marks.fill(0);
    const walk = (node: RadixNode): void => {
      for (const page of this.pagesOf(node.slots)) marks[page] = 1;
      for (const child of node.children.values()) walk(child);
    };
    walk(tree.root);
    this.marksAsOf = tree.changes;
  }

  private fail(need: number): false {
    this.failure.because = Because.noBlocks;
    this.failure.need = need;
    this.failure.have = this.pool.availablePages;
    return false;
  }
}

function extraKeyOf({ cacheSalt }: RequestTable, request: number): string | null {
  return cacheSalt[request] === 0 ? null : String(cacheSalt[request]);
}

interface Prefix {
  readonly node: RadixNode;
  readonly tokens: number;
}

interface RadixMemoryState {
  readonly pool: SlotPoolState;
  readonly tree: RadixState | null;
  /** Request, `created` of the node, tokens. */
  readonly prefixes: readonly (readonly [number, number, number])[];
  readonly wastedTokens: number;
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
