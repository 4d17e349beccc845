import { Because } from '../decision.ts';
import type { EngineConfig } from '../engine-config.ts';
import type { RequestTable } from '../request.ts';
import type { Sequences } from '../sequences.ts';
import type { CachedPieces } from './cached-pieces.ts';
import type { KvMemory } from './memory.ts';
import type { OwnershipObserver } from './ownership.ts';
import { type TgiAllocation, TgiRadixAllocator, type TrieState } from './radix-tgi.ts';
import { spanOf, type TokenSpan } from './token-span.ts';

/**
 * KV memory of Hugging Face's text-generation-inference (v3, `block_allocator.rs` and `radix.rs` of commit db931fcf): at
 * admission a request gets blocks for its prompt and for all that it may generate, and keeps them until it ends. With
 * prefix caching its prompt becomes findable at that moment; without, the allocator is a stack of free blocks, and a model
 * with a sliding window takes no more blocks than the window has (it writes round and round in them).
 *
 * Images are told apart only by engines that cache them; prompts with images are neither looked up nor kept here, as TGI
 * switches its cache off for such models. It knows no cache salts.
 */
export class TgiMemory implements KvMemory {
  readonly preallocates = true;
  readonly blockSize: number;
  readonly usableBlocks: number;
  readonly failure = { because: Because.none as Because, need: 0, have: 0 };
  freeBlocks: number;
  wastedTokens = 0;
  private readonly caches: boolean;
  /** Most places that one request takes. */
  private readonly mostPlaces: number;
  /** Places that a request gets beyond its prompt and output, less one: the last token is never stored. */
  private readonly speculate: number;
  private readonly sequences: Sequences;
  private readonly allocator: TgiRadixAllocator;
  /** Requests that hold a block. */
  private readonly holders: Int32Array;
  private readonly live = new Map<number, Allocated>();
  private watcher: OwnershipObserver | null = null;

  /** `speculate`: drafts that a request verifies in a step. */
  constructor(config: EngineConfig, sequences: Sequences, speculate: number) {
    this.blockSize = config.blockSize;
    this.usableBlocks = config.numBlocks - 1;
    this.freeBlocks = this.usableBlocks;
    this.caches = config.enablePrefixCaching;
    this.mostPlaces = !this.caches && config.slidingWindow > 0 ? config.slidingWindow : Number.POSITIVE_INFINITY;
    this.speculate = speculate;
    this.sequences = sequences;
    this.allocator = new TgiRadixAllocator(config.numBlocks, config.blockSize);
    this.holders = new Int32Array(config.numBlocks);
  }

  /** Told of every change of a block, in tests. */
  set observer(observer: OwnershipObserver | null) {
    this.watcher = observer;
    this.allocator.evicted = observer === null ? null : (block) => observer('evict', block);
  }

  /** Blocks whose content can be found, in use or not. */
  get cachedKeys(): number {
    return this.allocator.cachedBlocks;
  }

  /** Free blocks that hold nothing, the next one to be given out last. */
  freeList(): number[] {
    return this.allocator.freeList();
  }

  get cachedBlocks(): number {
    return this.freeBlocks - this.allocator.freeBlocks;
  }

  isCached(block: number): boolean {
    return this.holders[block] === 0 && this.allocator.isCached(block);
  }

  cachedPieces(): CachedPieces {
    return this.allocator.pieces();
  }

  arrive(): void {}

  blocksFor(promptTokens: number, outputTokens: number): number {
    return Math.ceil(Math.min(promptTokens + outputTokens + this.speculate - 1, this.mostPlaces) / this.blockSize);
  }

  /** Blocks that a request gets: its output is not known, so they are for all that it may generate. */
  blocksOf(request: number): number {
    const { requests, outputLimit } = this.sequences;
    return this.blocksFor(requests.promptTokens[request], outputLimit[request]);
  }

  findHit(request: number): number {
    return this.cachedTokens(this.sequences.requests, request);
  }

  cachedTokens(requests: RequestTable, request: number): number {
    const prompt = this.promptOf(requests, request);
    return prompt === null ? 0 : Math.min(this.allocator.peek(prompt), prompt.length - 1);
  }

  /**
   * Gives a request all its blocks, those found in the cache first. `hitOf` says afterwards how many tokens that were.
   * In an attempt that fails cached blocks may have been lost.
   */
  admit(request: number): boolean {
    const { allocator, sequences, blockSize, holders, watcher } = this;
    const prompt = this.promptOf(this.sequences.requests, request);
    const places = this.blocksOf(request) * blockSize;
    let allocation = allocator.allocate(places, prompt);
    // A prompt that ends within a cached piece keeps the whole piece from eviction. If nobody runs who could end, TGI would
    // wait for ever; here the prompt is computed anew.
    if (allocation === null && this.live.size === 0) allocation = allocator.allocate(places, prompt, false);
    if (allocation === null) {
      this.failure.because = Because.noBlocks;
      this.failure.need = places / blockSize - (prompt === null ? 0 : allocator.peek(prompt) / blockSize);
      this.failure.have = allocator.freeBlocks;
      return false;
    }
    const { blocks, prefixTokens, node } = allocation;
    this.live.set(request, { prefixTokens, prompt, node });
    sequences.reserveTable(request, blocks.length).set(blocks);
    sequences.tableLength[request] = blocks.length;
    for (let i = 0; i < blocks.length; i++) {
      const block = blocks[i];
      const isFirst = holders[block]++ === 0;
      if (isFirst) this.freeBlocks--;
      if (watcher !== null) watcher(!isFirst ? 'share' : i * blockSize < prefixTokens ? 'hit' : 'take', block);
    }
    this.wastedTokens += blocks.length * blockSize - this.hitOf(request);
    return true;
  }

  /** Prompt tokens of an admitted request that were found in the cache; at least one is left to compute. */
  hitOf(request: number): number {
    return Math.min(this.live.get(request)?.prefixTokens ?? 0, this.sequences.requests.promptTokens[request] - 1);
  }

  /** Takes the blocks back of a request that was admitted in vain: nothing of it was computed. */
  drop(request: number): void {
    const allocation = this.allocationOf(request);
    if (allocation === null) return;
    this.wastedTokens -= allocation.blocks.length * this.blockSize - this.hitOf(request);
    this.allocator.drop(allocation);
    this.leave(request, allocation.blocks);
  }

  /** Always true: what the request can come to is reserved. */
  grow(): boolean {
    return true;
  }

  /** How many of a request's first `tokens` tokens have places; with a sliding window the later ones take those of others. */
  placesFor(request: number, tokens: number): number {
    return Math.min(tokens, this.sequences.tableLength[request] * this.blockSize);
  }

  filled(tokens: number): void {
    this.wastedTokens -= tokens;
  }

  cache(): void {}

  release(request: number): void {
    const allocation = this.allocationOf(request);
    if (allocation === null) return;
    const { computed } = this.sequences;
    this.wastedTokens -= allocation.blocks.length * this.blockSize - this.placesFor(request, computed[request]);
    this.allocator.release(allocation);
    this.leave(request, allocation.blocks);
  }

  resetCache(): boolean {
    if (this.live.size > 0) return false;
    this.allocator.clear();
    return true;
  }

  save(): TgiMemoryState {
    const live = [...this.live].map(([request, { prefixTokens, prompt, node }]): SavedAllocation => {
      return { request, prefixTokens, prompt, node: node.id };
    });
    return { trie: this.allocator.save(), live, wastedTokens: this.wastedTokens };
  }

  /** The block tables of the requests are those of the saved state already. */
  restore(saved: unknown): void {
    const { trie, live, wastedTokens } = saved as TgiMemoryState;
    const { tables, tableLength } = this.sequences;
    const nodes = this.allocator.restore(trie);
    this.wastedTokens = wastedTokens;
    this.holders.fill(0);
    this.live.clear();
    let held = 0;
    for (const { request, prefixTokens, prompt, node: id } of live) {
      const node = nodes.get(id);
      if (node === undefined) throw new Error(`request ${request} uses a node that was not saved`);
      this.live.set(request, { prefixTokens, prompt, node });
      for (let i = 0; i < tableLength[request]; i++) if (this.holders[tables[request][i]]++ === 0) held++;
    }
    this.freeBlocks = this.usableBlocks - held;
  }

  /** Its blocks are the table itself. */
  private allocationOf(request: number): TgiAllocation | null {
    const allocated = this.live.get(request);
    if (allocated === undefined) return null;
    const { tables, tableLength } = this.sequences;
    return { ...allocated, blocks: tables[request].subarray(0, tableLength[request]) };
  }

  private leave(request: number, blocks: Int32Array): void {
    const { holders, watcher } = this;
    for (const block of blocks) {
      const isLast = --holders[block] === 0;
      if (isLast) this.freeBlocks++;
      if (watcher !== null) watcher(!isLast ? 'unshare' : this.allocator.isCached(block) ? 'cache' : 'free', block);
    }
    this.live.delete(request);
    this.sequences.dropTable(request);
  }

  /** The tokens under which a prompt is found and kept; null if it is neither. */
  private promptOf(requests: RequestTable, request: number): TokenSpan | null {
    if (!this.caches || requests.images.has(request)) return null;
    const pieces = [];
    for (let at = requests.segmentStart[request]; at < requests.segmentStart[request + 1]; at++) {
      const { segmentId, segmentOffset, segmentLength } = requests;
      pieces.push({ segment: segmentId[at], offset: segmentOffset[at], length: segmentLength[at] });
    }
    return spanOf(pieces);
  }
}

/** What a request got, less its blocks: those are in its table. */
type Allocated = Omit<TgiAllocation, 'blocks'>;

interface SavedAllocation {
  readonly request: number;
  readonly prefixTokens: number;
  readonly prompt: TokenSpan | null;
  readonly node: number;
}

interface TgiMemoryState {
  readonly trie: TrieState;
  readonly live: readonly SavedAllocation[];
  readonly wastedTokens: number;
}
