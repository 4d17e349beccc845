import { Because } from '../decision.ts';
import type { EngineConfig } from '../engine-config.ts';
import { speculationOf } from '../phase/speculation.ts';
import { PRIVATE_SEGMENTS, type RequestTable } from '../request.ts';
import type { Sequences } from '../sequences.ts';
import { BlockPool, type BlockPoolState } from './block-pool.ts';
import { type CachedPieces, collectPieces } from './cached-pieces.ts';
import { type HashChain, readHashChain } from './hash-chain.ts';
import { createHostTier, type HostTier, type HostTierState } from './host-tier.ts';
import { KeyChains, type KeyChainsState } from './key-chains.ts';
import type { KvMemory } from './memory.ts';
import { PrefixIndex, type PrefixIndexState } from './prefix-index.ts';
import { createSlidingWindow, type SlidingWindow } from './sliding-window.ts';

/**
 * Paged KV memory with an optional prefix cache, after vLLM's KV-cache manager (V1, main of 2026-08-17).
 *
 * A request whose tokens nobody else can have ("private") needs no keys: its full blocks are only marked as cached.
 * It gets real keys when it is preempted, because then it can find its own blocks again.
 *
 * With a host tier the content of a cached block that is given out anew is copied to host memory first, and a hit goes on
 * with blocks from there. The step that needs them waits for the way in. The way out costs no step any time: a block is
 * copied in a fraction of the time it takes to compute one, in the other direction of the link. (vLLM's own off-loading
 * copies blocks as soon as they are full, and loads beside the steps.)
 */
export class PagedMemory implements KvMemory {
  readonly preallocates = false;
  readonly blockSize: number;
  readonly usableBlocks: number;
  readonly failure = { because: Because.none as Because, need: 0, have: 0 };
  readonly pool: BlockPool;
  wastedTokens = 0;
  /** Evicted blocks in host memory; null = their content is lost. */
  readonly host: HostTier | null;
  /** Time of the moves from host memory since it was last asked for. */
  private transferUs = 0;
  private readonly maxModelLen: number;
  private readonly caching: boolean;
  private readonly dropsLastHit: boolean;
  private readonly window: SlidingWindow | null;
  private readonly sequences: Sequences;
  private readonly index: PrefixIndex;
  /** 1 = cached under a key that only its owner could ask for. */
  private readonly isPrivate: Uint8Array;
  private privateBlocks = 0;
  /** Keys of live requests that may share. */
  private readonly chains: KeyChains;
  /** Per request: blocks of its table that are registered. */
  private registered = new Int32Array(0);
  /** Per request: blocks at the front of its table that it found in the cache. */
  private hits = new Int32Array(0);
  private shares = new Uint8Array(0);

  constructor(config: EngineConfig, sequences: Sequences) {
    this.blockSize = config.blockSize;
    this.maxModelLen = config.maxModelLen;
    this.caching = config.enablePrefixCaching;
    this.dropsLastHit = speculationOf(config).dropsLastHit;
    this.window = createSlidingWindow(config, this.dropsLastHit);
    this.usableBlocks = config.numBlocks - 1;
    this.sequences = sequences;
    this.pool = new BlockPool(config.numBlocks);
    this.index = new PrefixIndex(config.numBlocks);
    this.chains = new KeyChains(sequences.requests, this.index, config.blockSize);
    this.isPrivate = new Uint8Array(config.numBlocks);
    const offloads = offloadsBlocks(config);
    if (offloads && config.slidingWindow > 0) throw new Error('a sliding window and off-loading do not go together');
    this.host = offloads ? createHostTier(config, (key) => this.index.release(key)) : null;
  }

  get freeBlocks(): number {
    return this.pool.freeCount;
  }

  get cachedBlocks(): number {
    return this.pool.cachedFree;
  }

  /** Distinct keys in the prefix cache. */
  get cachedKeys(): number {
    return this.index.distinct + this.privateBlocks;
  }

  /** Whether a free block's content can still be hit. */
  isCached(block: number): boolean {
    return this.isPrivate[block] === 1 || this.index.keyOfBlock(block) >= 0;
  }

  cachedPieces(): CachedPieces {
    const { index, pool, blockSize } = this;
    const children = index.wholeBlocks(blockSize);
    const place = new Int32Array(pool.numBlocks);
    pool.eachFree((block, at) => {
      place[block] = at;
    });
    const read = (node: number) => {
      const blocks = index.blocksOf(node);
      const users = blocks.reduce((sum, block) => sum + pool.references[block], 0);
      const block = blocks[0] ?? 0;
      return { tokens: blockSize, users, block, order: place[block] };
    };
    const childrenOf = (node: number) => children.get(node) ?? [];
    return collectPieces(childrenOf(-1), childrenOf, read, true, this.privateBlocks * blockSize);
  }

  eachFree(visit: (block: number, at: number) => void): void {
    this.pool.eachFree(visit);
  }

  cachedTokens(requests: RequestTable, request: number): number {
    if (!this.caching || requests.segmentId[requests.segmentStart[request]] >= PRIVATE_SEGMENTS) return 0;
    const most = Math.floor((requests.promptTokens[request] - 1) / this.blockSize);
    return this.chains.cachedBlocks(requests, request, most) * this.blockSize;
  }

  hashChain(request: number): HashChain | null {
    const { sequences, blockSize, pool } = this;
    if (!this.caching) return null;
    const known = Math.min(sequences.known(request), this.maxModelLen);
    return readHashChain({
      request,
      blockSize,
      known,
      computed: sequences.computed[request],
      table: sequences.tables[request].subarray(0, sequences.tableLength[request]),
      hits: this.hits[request],
      links: this.chains.look(request, Math.floor(known / blockSize)),
      pool,
    });
  }

  blocksFor(promptTokens: number, outputTokens: number): number {
    return Math.ceil((promptTokens + outputTokens) / this.blockSize);
  }

  findHit(request: number): number {
    return this.hitBlocks(request) * this.blockSize;
  }

  admit(
    request: number,
    hitTokens: number,
    newTokens: number,
    wholePrompt: boolean,
    watermarkBlocks: number,
    reservedBlocks = 0,
  ): boolean {
    const { pool, sequences, blockSize, window } = this;
    const hits = hitTokens / blockSize;
    const held = sequences.tableLength[request];
    const keys = hits > 0 ? this.chains.of(request, hits) : noKeys;
    const skipped = window === null ? 0 : window.skippedBlocks(hitTokens);
    const freeHits = this.freeHits(keys, skipped, hits);
    if (wholePrompt) {
      const whole = Math.max(0, this.promptBlocks(request) - held - hits) + freeHits;
      if (whole + watermarkBlocks > pool.freeCount) return this.fail(Because.fullPrompt, whole, watermarkBlocks);
    }
    if (held > 0 && window !== null) this.dropSkipped(request, window);
    const after = sequences.computed[request] + hitTokens + newTokens;
    const total = Math.max(held, Math.ceil(Math.min(after, this.maxModelLen) / blockSize));
    const need = Math.max(0, total - held - hits) + freeHits;
    if (need + watermarkBlocks + reservedBlocks > pool.freeCount) {
      const isReserved = need + watermarkBlocks <= pool.freeCount;
      return this.fail(isReserved ? Because.reserved : Because.noBlocks, need, isReserved ? 0 : watermarkBlocks);
    }
    const table = sequences.reserveTable(request, Math.max(total, 4));
    for (let i = 0; i < hits; i++) {
      if (i < skipped) {
        table[i] = 0;
        continue;
      }
      const block = this.index.first(keys[i]);
      // What is in host memory gets a block when all hits are safe from eviction.
      if (block >= 0) pool.touch(block);
      table[i] = block;
    }
    if (this.host !== null) this.reload(table, keys, hits, this.host);
    for (let i = held + hits; i < total; i++) table[i] = this.take();
    sequences.tableLength[request] = total;
    if (held === 0) {
      this.registered[request] = hits;
      this.hits[request] = hits;
    }
    this.wastedTokens += (total - held - hits) * blockSize;
    return true;
  }

  /** Free blocks that `admit` would take for a request that holds none, without a watermark. */
  blocksToAdmit(request: number, hitTokens: number, newTokens: number): number {
    const hits = hitTokens / this.blockSize;
    const keys = hits > 0 ? this.chains.of(request, hits) : noKeys;
    const skipped = this.window === null ? 0 : this.window.skippedBlocks(hitTokens);
    const total = Math.ceil(Math.min(hitTokens + newTokens, this.maxModelLen) / this.blockSize);
    return Math.max(0, total - hits) + this.freeHits(keys, skipped, hits);
  }

  /** Hits from the given one on whose block has to leave the free list, or to be taken from it for what is in host memory. */
  private freeHits(keys: readonly number[], from: number, hits: number): number {
    let free = 0;
    for (let i = from; i < hits; i++) {
      const block = this.index.first(keys[i]);
      if (block < 0 || this.pool.references[block] === 0) free++;
    }
    return free;
  }

  grow(request: number, newTokens: number): boolean {
    const { sequences } = this;
    const tokens = sequences.computed[request] + newTokens;
    // Most decodes stay within their last block: this much is inlined.
    if (this.window === null && tokens <= sequences.tableLength[request] * this.blockSize) return true;
    return this.extend(request, tokens);
  }

  private extend(request: number, tokens: number): boolean {
    const { sequences } = this;
    if (this.window !== null) this.dropSkipped(request, this.window);
    const held = sequences.tableLength[request];
    const total = Math.ceil(Math.min(tokens, this.maxModelLen) / this.blockSize);
    const need = total - held;
    if (need <= 0) return true;
    if (need > this.pool.freeCount) return this.fail(Because.noBlocks, need, 0);
    const table = sequences.reserveTable(request, total);
    for (let i = held; i < total; i++) table[i] = this.take();
    sequences.tableLength[request] = total;
    this.wastedTokens += need * this.blockSize;
    return true;
  }

  /** Copies the hits among the first `hits` blocks that are not in the pool into new blocks. */
  private reload(table: Int32Array, keys: readonly number[], hits: number, host: HostTier): void {
    const missing: number[] = [];
    for (let i = 0; i < hits; i++) if (table[i] < 0) missing.push(i);
    if (missing.length === 0) return;
    this.transferUs += host.reload(missing.map((i) => keys[i]));
    for (const i of missing) {
      table[i] = this.take();
      this.index.register(table[i], keys[i]);
    }
  }

  /** Time of the moves from host memory since the last call, microseconds. */
  takeTransferUs(): number {
    const us = this.transferUs;
    this.transferUs = 0;
    return us;
  }

  /** Blocks that a request still lacks for all its known tokens. */
  missingBlocks(request: number): number {
    return Math.max(0, this.promptBlocks(request) - this.sequences.tableLength[request]);
  }

  filled(tokens: number): void {
    this.wastedTokens -= tokens;
  }

  cache(request: number, tokens: number): void {
    if (!this.caching) return;
    const full = Math.floor(tokens / this.blockSize);
    const from = this.registered[request];
    if (full > from) this.register(request, from, full);
  }

  private register(request: number, from: number, full: number): void {
    const table = this.sequences.tables[request];
    if (this.shares[request] === 0) {
      for (let i = from; i < full; i++) this.isPrivate[table[i]] = 1;
      this.privateBlocks += full - from;
    } else {
      const keys = this.chains.of(request, full);
      for (let i = from; i < full; i++) this.index.register(table[i], keys[i]);
    }
    this.registered[request] = full;
  }

  release(request: number, ended: boolean): void {
    const length = this.leave(request, ended);
    if (length > 0) this.free(this.sequences.tables[request], 0, length);
    this.sequences.dropTable(request);
  }

  /** Takes a request's blocks from it without freeing them; `giveBack` does that later. */
  withhold(request: number, ended: boolean): number[] {
    const length = this.leave(request, ended);
    const blocks = length > 0 ? Array.from(this.sequences.tables[request].subarray(0, length)) : [];
    this.sequences.dropTable(request);
    return blocks;
  }

  giveBack(blocks: readonly number[]): void {
    this.free(blocks, 0, blocks.length);
  }

  resetCache(): boolean {
    if (this.pool.freeCount !== this.usableBlocks) return false;
    for (let block = 1; block < this.pool.numBlocks; block++) this.uncache(block);
    this.host?.clearCache();
    return true;
  }

  /** Prepares the columns for a request that arrives. */
  arrive(request: number): void {
    if (request >= this.registered.length) {
      const rows = Math.max(request + 1, 1024, 2 * this.registered.length);
      const registered = new Int32Array(rows);
      registered.set(this.registered);
      this.registered = registered;
      const hits = new Int32Array(rows);
      hits.set(this.hits);
      this.hits = hits;
      const shares = new Uint8Array(rows);
      shares.set(this.shares);
      this.shares = shares;
    }
    this.registered[request] = 0;
    this.hits[request] = 0;
    const { requests } = this.sequences;
    const isPrivate =
      requests.segmentId[requests.segmentStart[request]] >= PRIVATE_SEGMENTS &&
      requests.outputSegment[request] >= PRIVATE_SEGMENTS;
    // Nothing is off-loaded without a key.
    this.shares[request] = isPrivate && this.host === null ? 0 : 1;
    this.chains.begin(request);
  }

  save(): PagedState {
    return {
      pool: this.pool.save(),
      index: this.index.save(),
      isPrivate: this.isPrivate.slice(),
      privateBlocks: this.privateBlocks,
      wastedTokens: this.wastedTokens,
      host: this.host?.save() ?? null,
      registered: this.registered.slice(),
      hits: this.hits.slice(),
      shares: this.shares.slice(),
      chains: this.chains.save(),
    };
  }

  restore(saved: unknown): void {
    const state = saved as PagedState;
    this.pool.restore(state.pool);
    this.index.restore(state.index);
    this.isPrivate.set(state.isPrivate);
    this.privateBlocks = state.privateBlocks;
    this.wastedTokens = state.wastedTokens;
    if (state.host !== null) this.host?.restore(state.host);
    this.registered = state.registered.slice() as Int32Array<ArrayBuffer>;
    this.hits = state.hits.slice() as Int32Array<ArrayBuffer>;
    this.shares = state.shares.slice() as Uint8Array<ArrayBuffer>;
    this.chains.restore(state.chains);
  }

  /** Blocks for all known tokens of a request, or as many of them as it can hold at once. */
  private promptBlocks(request: number): number {
    const blocks = Math.ceil(Math.min(this.sequences.known(request), this.maxModelLen) / this.blockSize);
    return this.window === null ? blocks : Math.min(blocks, this.window.mostBlocks);
  }

  /** The request gives up its claim to its blocks; returns how many they are. */
  private leave(request: number, ended: boolean): number {
    const length = this.sequences.tableLength[request];
    if (length > 0) {
      this.wastedTokens -= length * this.blockSize - this.sequences.computed[request];
      if (!ended && this.shares[request] === 0) this.giveKeys(request, this.sequences.tables[request]);
    }
    this.registered[request] = 0;
    if (ended) this.chains.forget(request);
    return length;
  }

  /** Frees entries `from .. to - 1` of a table, last one first; those without a key will be taken first, in that order. */
  private free(table: ArrayLike<number>, from: number, to: number): void {
    const { pool } = this;
    let anchor = pool.front;
    for (let i = to - 1; i >= from; i--) {
      const block = table[i];
      if (block === 0 || pool.drop(block) > 0) continue;
      if (this.isCached(block)) pool.appendFree(block);
      else {
        pool.insertFree(anchor, block);
        anchor = block;
      }
    }
  }

  /** Frees the blocks that have fallen behind the window; the null block stands in their places. */
  private dropSkipped(request: number, window: SlidingWindow): void {
    const { sequences } = this;
    const length = sequences.tableLength[request];
    const processed = sequences.computed[request] - sequences.inFlight[request];
    const skipped = Math.min(window.skippedBlocks(processed), length);
    const table = sequences.tables[request];
    let from = skipped;
    while (from > 0 && table[from - 1] !== 0) from--;
    if (from === skipped) return;
    this.free(table, from, skipped);
    table.fill(0, from, skipped);
  }

  private fail(because: Because, need: number, watermarkBlocks: number): false {
    const isWatermark = watermarkBlocks > 0 && need <= this.pool.freeCount;
    this.failure.because = isWatermark ? Because.watermark : because;
    this.failure.need = need;
    this.failure.have = this.pool.freeCount;
    return false;
  }

  /** Takes the first free block; what was cached in it is lost now, or kept in host memory. */
  private take(): number {
    if (this.host !== null) this.offload(this.pool.first, this.host);
    if (this.caching) this.uncache(this.pool.first);
    return this.pool.take();
  }

  private offload(block: number, host: HostTier): void {
    const key = this.index.keyOfBlock(block);
    if (key < 0) return;
    // The key must outlive its last block; while it is there it is held once.
    if (!host.lookup(key)) this.index.retain(key);
    if (host.offload(key) === null) this.index.release(key);
  }

  private uncache(block: number): void {
    if (this.isPrivate[block] === 1) {
      this.isPrivate[block] = 0;
      this.privateBlocks--;
    } else if (!this.index.unregister(block)) return;
    if (this.pool.references[block] === 0) this.pool.evict(block);
  }

  /** The last token is never taken from the cache: something must be computed to sample from. */
  private hitBlocks(request: number): number {
    if (!this.caching || this.shares[request] === 0) return 0;
    const most = Math.floor((this.sequences.known(request) - 1) / this.blockSize);
    const keys = this.chains.of(request, most);
    let hits = 0;
    if (this.window === null) {
      while (hits < most && this.index.first(keys[hits]) >= 0) hits++;
      if (this.host !== null) while (hits < most && this.isSomewhere(keys[hits], this.host)) hits++;
    } else hits = this.window.longestHit(most, (i) => this.index.first(keys[i]) >= 0);
    return this.dropsLastHit && hits > 0 ? hits - 1 : hits;
  }

  private isSomewhere(key: number, host: HostTier): boolean {
    return this.index.first(key) >= 0 || host.lookup(key);
  }

  /** A private request loses its blocks: give it and its cached blocks keys, so that it can find them again. */
  private giveKeys(request: number, table: Int32Array): void {
    this.shares[request] = 1;
    const full = this.registered[request];
    const keys = this.chains.of(request, full);
    for (let i = 0; i < full; i++) {
      if (table[i] === 0) continue;
      this.uncache(table[i]);
      this.index.register(table[i], keys[i]);
    }
  }
}

/** Whether evicted blocks go to host memory. */
export function offloadsBlocks(config: EngineConfig): boolean {
  return config.policy === 'vllm' && config.memory === 'paged' && config.enablePrefixCaching && config.hostBlocks > 0;
}

const noKeys: readonly number[] = [];
interface PagedState {
  readonly pool: BlockPoolState;
  readonly index: PrefixIndexState;
  readonly isPrivate: Uint8Array;
  readonly privateBlocks: number;
  readonly wastedTokens: number;
  readonly host: HostTierState | null;
  readonly registered: Int32Array;
  readonly hits: Int32Array;
  readonly shares: Uint8Array;
  readonly chains: KeyChainsState;
}
