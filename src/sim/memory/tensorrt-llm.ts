import { Because } from '../decision.ts';
import type { EngineConfig } from '../engine-config.ts';
import { transferUs } from '../gpu/host-link.ts';
import type { RequestTable } from '../request.ts';
import type { Sequences } from '../sequences.ts';
import { ContentReader } from './block-content.ts';
import { BlockTree, type BlockTreeState } from './block-tree.ts';
import { type CachedPieces, collectPieces } from './cached-pieces.ts';
import { HolderTrial } from './holder-trial.ts';
import type { KvMemory } from './memory.ts';
import type { OwnershipObserver } from './ownership.ts';
import { noMatch, type PromptMatch, PromptMatcher } from './prompt-match.ts';
import { DEFAULT_PRIORITY, RetentionQueue, type RetentionQueueState } from './retention-queue.ts';

/** What the manager is told beside the common configuration, under the names of `KvCacheConfig` and `KvCacheRetentionConfig`. */
export interface ReuseSettings {
  /** A block may be matched by its beginning. */
  readonly enablePartialReuse: boolean;
  /** Also a block that somebody else uses: its beginning is copied. */
  readonly copyOnPartialReuse: boolean;
  /** Blocks of this priority and above go to host memory when they are evicted. */
  readonly secondaryOffloadMinPriority: number;
  /** Priorities, 0 to 100, that requests ask for: of the blocks of their prompts, and of those that decoding adds. */
  readonly promptPriority: number;
  readonly decodePriority: number;
}

/**
 * TensorRT-LLM's KV-cache manager (first version, C++, main of 2026): blocks in a tree by their content, free blocks in
 * queues by priority. A free block keeps its content until it is taken, so "free" and "reusable" go together.
 *
 * - A request takes the longest chain of whole blocks that matches its prompt, without the last token. If the next block
 *   matches in part it takes that too, for itself: a leaf that nobody holds as it is, else a copy of it.
 * - Blocks of a prompt enter the tree when their step is done, the others (the last one, not full, too) when the request
 *   gives its blocks back, from last to first. Of two equal blocks the first stays in the tree.
 * - A block that is taken anew leaves the tree with all below it, or goes to host memory, if there is some and its priority
 *   is high enough. A hit brings it back, and the step waits for that; the way out costs no step any time.
 *
 * A chain's blocks that are matched are held before any block is taken for it. The engine takes and matches in turn, so
 * that a block about to be matched can be pushed out to the host and come back at once; the result is the same.
 */
export class TensorRtMemory implements KvMemory {
  readonly preallocates = false;
  readonly blockSize: number;
  readonly usableBlocks: number;
  readonly failure = { because: Because.none as Because, need: 0, have: 0 };
  wastedTokens = 0;
  cachedBlocks = 0;
  /** Told of every change of a block, in tests. */
  observer: OwnershipObserver | null = null;
  private readonly caching: boolean;
  private readonly settings: ReuseSettings;
  private readonly sequences: Sequences;
  private readonly reader: ContentReader;
  /** Blocks of the device are 1 to `usableBlocks`, those of the host follow. */
  private readonly tree: BlockTree;
  private readonly free: RetentionQueue;
  /** Host blocks, the one to be given up first first; null = no host memory. */
  private readonly host: RetentionQueue | null;
  private readonly hostLink: { readonly bytesPerS: number };
  private readonly blockBytes: number;
  /** Block tables that hold a block; 0 = free. */
  private readonly references: Int32Array;
  private readonly priority: Uint8Array;
  /** Blocks that came back from the host since it was last asked for. */
  private onboarded = 0;
  private readonly matcher: PromptMatcher;
  /** Who would hold blocks if others lost theirs. */
  private readonly trial: HolderTrial;

  constructor(config: EngineConfig, sequences: Sequences, settings: ReuseSettings) {
    const { blockSize, numBlocks, hostBlocks } = config;
    this.blockSize = blockSize;
    this.usableBlocks = numBlocks - 1;
    this.caching = config.enablePrefixCaching;
    this.settings = settings;
    this.sequences = sequences;
    this.reader = new ContentReader(sequences.requests);
    const offloads = this.caching && hostBlocks > 0;
    this.tree = new BlockTree(this.usableBlocks + (offloads ? hostBlocks : 0));
    this.free = new RetentionQueue(1, this.usableBlocks);
    this.host = offloads ? new RetentionQueue(numBlocks, hostBlocks) : null;
    this.hostLink = { bytesPerS: config.hostLinkBytesPerS };
    this.blockBytes = config.kvBytesPerBlock;
    this.references = new Int32Array(numBlocks + hostBlocks);
    this.priority = new Uint8Array(numBlocks + hostBlocks).fill(DEFAULT_PRIORITY);
    this.trial = new HolderTrial(this.references);
    this.matcher = new PromptMatcher(this.tree, this.reader, this.references, blockSize);
  }

  /** Blocks that nobody holds, whether or not their content can be hit. */
  get freeBlocks(): number {
    return this.free.size;
  }

  /** Blocks in the tree, those of the host included. */
  get cachedKeys(): number {
    return this.tree.size;
  }

  /** Blocks of the host, next to be given up first. */
  hostList(): number[] {
    return this.host?.list() ?? [];
  }

  /** Free blocks, next to be taken first. */
  freeList(): number[] {
    return this.free.list();
  }

  isCached(block: number): boolean {
    return this.references[block] === 0 && this.tree.has(block);
  }

  /** How many tables hold a block. */
  holders(block: number): number {
    return this.references[block];
  }

  /** Blocks of the host have numbers behind those of the device. */
  cachedPieces(): CachedPieces {
    const { tree, references } = this;
    const place = new Map([...this.hostList(), ...this.freeList()].map((block, at) => [block, at]));
    const read = (block: number) => ({
      tokens: tree.tokens[block],
      users: references[block],
      block,
      order: place.get(block) ?? 0,
    });
    const childrenOf = (block: number) => tree.childrenOf(block);
    return collectPieces(childrenOf(0), childrenOf, read, true);
  }

  arrive(request: number): void {
    this.matcher.forget(request);
  }

  blocksFor(promptTokens: number, outputTokens: number): number {
    return Math.ceil((promptTokens + outputTokens) / this.blockSize);
  }

  findHit(request: number): number {
    const known = this.sequences.known(request);
    return Math.min(this.match(request, known).blocks, Math.floor((known - 1) / this.blockSize)) * this.blockSize;
  }

  cachedTokens(requests: RequestTable, request: number): number {
    if (!this.caching) return 0;
    return this.matcher.search(request, requests.promptTokens[request] - 1, requests).blocks * this.blockSize;
  }

  /** What is in the tree of the first `prompt` tokens of a request that holds no blocks. Nothing without block reuse. */
  match(request: number, prompt: number): PromptMatch {
    return this.caching ? this.matcher.match(request, prompt) : noMatch;
  }

  /**
   * Gives a request blocks for the first `prompt` tokens and for drafts behind them; the caller has made sure that they suffice.
   * Returns how many tokens it need not compute.
   */
  start(request: number, prompt: number, drafts = 0): number {
    const { blockSize, sequences, tree, settings } = this;
    const blocks = Math.ceil((prompt + drafts) / blockSize);
    const table = sequences.reserveTable(request, Math.max(blocks, 4));
    let count = 0;
    let hit = 0;
    let source = 0;
    if (this.caching) {
      this.reader.begin(request);
      for (let parent = 0; ; parent = table[count++]) {
        const tokens = Math.min(blockSize, prompt - 1 - count * blockSize);
        if (tokens <= 0) break;
        const content = this.reader.next(tokens);
        const equal = tree.child(parent, content);
        if (equal === 0 || tokens < blockSize) {
          const nearest = equal === 0 && settings.enablePartialReuse;
          source = nearest ? tree.nearest(parent, content, this.mayUse) : equal;
          if (source !== 0) hit += tree.commonTokens(source, content);
          break;
        }
        table[count] = equal;
        hit += blockSize;
      }
      for (let i = 0; i < count; i++) this.claim(table[i]);
      if (source !== 0) table[count++] = this.takePart(source);
      for (let i = 0; i < count; i++) if (table[i] > this.usableBlocks) table[i] = this.onboard(table[i]);
      this.matcher.forget(request);
    }
    for (; count < blocks; count++) table[count] = this.take(settings.promptPriority);
    sequences.tableLength[request] = blocks;
    this.wastedTokens += blocks * blockSize - hit;
    return hit;
  }

  /** `start` for all known tokens, where enough blocks are free. What is hit is decided here, not by the caller. */
  admit(
    request: number,
    _hitTokens: number,
    _newTokens: number,
    _wholePrompt: boolean,
    watermarkBlocks: number,
    reservedBlocks = 0,
  ): boolean {
    const known = this.sequences.known(request);
    const need = this.blocksFor(known, 0) - this.sharedBlocks(request, known);
    if (need + watermarkBlocks + reservedBlocks > this.free.size) return this.fail(need);
    this.start(request, known);
    return true;
  }

  /**
   * Blocks of the first `prompt` tokens that a request surely finds with a holder: they take nothing from the free ones.
   * Holders who lose their blocks in thought do not count. (The engine counts every held block that matches, also behind
   * one that may be evicted, and the one of the last token, which will be a copy; its count can be one too many.)
   */
  sharedBlocks(request: number, prompt: number): number {
    // The last token is computed, so its block is nobody else's.
    const held = Math.min(this.match(request, prompt).held, Math.floor((prompt - 1) / this.blockSize));
    return this.trial.isIdle ? held : Math.min(held, this.trial.stillHeld(this.matcher.heldChain(request, prompt)));
  }

  grow(request: number, newTokens: number): boolean {
    const { sequences, blockSize } = this;
    const held = sequences.tableLength[request];
    const total = Math.ceil((sequences.computed[request] + newTokens) / blockSize);
    if (total <= held) return true;
    if (total - held > this.free.size) return this.fail(total - held);
    const table = sequences.reserveTable(request, total);
    for (let i = held; i < total; i++) table[i] = this.take(this.settings.decodePriority);
    sequences.tableLength[request] = total;
    this.wastedTokens += (total - held) * blockSize;
    return true;
  }

  /** Gives back the blocks at a request's end that hold none of its tokens any more, because drafts there were wrong. */
  rewind(request: number): void {
    const { sequences, blockSize } = this;
    const table = sequences.tables[request];
    const held = sequences.tableLength[request];
    const needed = Math.ceil(sequences.computed[request] / blockSize);
    for (let i = held - 1; i >= needed; i--) this.drop(table[i]);
    sequences.tableLength[request] = needed;
    this.wastedTokens -= (held - needed) * blockSize;
  }

  filled(tokens: number): void {
    this.wastedTokens -= tokens;
  }

  /** Puts the whole blocks among the first `tokens` tokens of a request into the tree. */
  cache(request: number, tokens: number): void {
    this.store(request, tokens - (tokens % this.blockSize));
  }

  release(request: number): void {
    const { sequences } = this;
    const length = sequences.tableLength[request];
    const computed = sequences.computed[request];
    if (length > 0) {
      // The last token that is known was not computed yet, or for nothing.
      this.store(request, Math.min(computed, sequences.known(request) - 1));
      const table = sequences.tables[request];
      for (let i = length - 1; i >= 0; i--) this.drop(table[i]);
      this.wastedTokens -= length * this.blockSize - computed;
      this.matcher.changed();
    }
    this.matcher.forget(request);
    sequences.dropTable(request);
  }

  resetCache(): boolean {
    if (this.free.size !== this.usableBlocks) return false;
    this.tree.clear(this.gone);
    this.matcher.changed();
    return true;
  }

  /** Time of the moves from host memory since the last call, microseconds. */
  takeTransferUs(): number {
    const blocks = this.onboarded;
    this.onboarded = 0;
    return blocks === 0 ? 0 : transferUs(this.hostLink, blocks * this.blockBytes);
  }

  /** From here on blocks are given back in thought only. */
  beginTrial(): void {
    this.trial.begin();
  }

  /** How many blocks would come free if a request lost its own now, after those that have lost theirs in thought. */
  loseInThought(request: number): number {
    const { tables, tableLength } = this.sequences;
    return this.trial.lose(tables[request], tableLength[request]);
  }

  /** A request that is to start counts on its shared blocks: for it they stay, whoever else loses them. */
  shareInThought(request: number, prompt: number): void {
    const shared = this.sharedBlocks(request, prompt);
    if (shared > 0) this.trial.hold(this.matcher.heldChain(request, prompt), shared);
  }

  save(): TensorRtMemoryState {
    return {
      extras: this.reader.save(),
      tree: this.tree.save(),
      free: this.free.save(),
      host: this.host?.save() ?? null,
      references: this.references.slice(),
      priority: this.priority.slice(),
      wastedTokens: this.wastedTokens,
      cachedBlocks: this.cachedBlocks,
      onboarded: this.onboarded,
    };
  }

  restore(saved: unknown): void {
    const state = saved as TensorRtMemoryState;
    this.reader.restore(state.extras);
    this.tree.restore(state.tree);
    this.free.restore(state.free);
    if (state.host !== null) this.host?.restore(state.host);
    this.references.set(state.references);
    this.priority.set(state.priority);
    this.wastedTokens = state.wastedTokens;
    this.cachedBlocks = state.cachedBlocks;
    this.onboarded = state.onboarded;
    this.matcher.changed();
  }

  /** Without copying only a leaf that nobody holds can be used in part. */
  private readonly mayUse = (block: number): boolean => this.settings.copyOnPartialReuse || this.isLoose(block);

  private isLoose(block: number): boolean {
    return this.references[block] === 0 && this.tree.isLeaf(block);
  }

  /** One more holder. A block of the host stays where it is for now, safe from being given up. */
  private claim(block: number): void {
    const { references, observer } = this;
    this.priority[block] = this.settings.promptPriority;
    if (block > this.usableBlocks) {
      this.host?.remove(block);
      return;
    }
    const isFree = references[block]++ === 0;
    if (isFree) {
      this.free.remove(block);
      this.cachedBlocks--;
    }
    observer?.(isFree ? 'hit' : 'share', block);
    this.matcher.changed();
  }

  /** A block of one's own that begins as `source` does: itself, if nobody else needs it, or a copy. */
  private takePart(source: number): number {
    if (this.isLoose(source)) {
      this.claim(source);
      this.tree.detach(source, nothing);
      return source;
    }
    if (source > this.usableBlocks) this.onboarded++;
    return this.take(this.priority[source]);
  }

  /** Brings the content of a claimed host block to the device. */
  private onboard(from: number): number {
    const { host, tree } = this;
    if (host === null) throw new Error('there is no host memory');
    const block = this.take(this.priority[from]);
    if (tree.has(from)) tree.move(from, block);
    this.onboarded++;
    host.append(from, DEFAULT_PRIORITY);
    return block;
  }

  /** Takes the first free block. Its content is lost with all that follows it, or goes to the host. */
  private take(priority: number): number {
    const { tree, free, observer } = this;
    const block = free.first();
    if (tree.has(block)) this.evict(block);
    free.remove(block);
    this.references[block] = 1;
    this.priority[block] = priority;
    observer?.('take', block);
    this.matcher.changed();
    return block;
  }

  private evict(block: number): void {
    const { tree, host } = this;
    if (host !== null && host.size > 0 && this.priority[block] >= this.settings.secondaryOffloadMinPriority) {
      const to = host.first();
      if (tree.has(to)) tree.detach(to, this.gone);
      host.remove(to);
      this.priority[to] = this.priority[block];
      // What was given up there may have carried this block too.
      if (tree.has(block)) {
        tree.move(block, to);
        this.cachedBlocks--;
        this.observer?.('evict', block);
      }
      host.append(to, this.priority[to]);
    } else tree.detach(block, this.gone);
  }

  /** A block has left the tree. */
  private readonly gone = (block: number): void => {
    if (block > this.usableBlocks || this.references[block] > 0) return;
    this.cachedBlocks--;
    this.observer?.('evict', block);
  };

  /** Puts a request's blocks for its first `tokens` tokens into the tree, the last one even if it is not full. */
  private store(request: number, tokens: number): void {
    if (!this.caching) return;
    const { tree, reader, blockSize, sequences } = this;
    const table = sequences.tables[request];
    reader.begin(request);
    let parent = 0;
    // Nothing follows a block that has just entered the tree.
    let isNew = false;
    for (let at = 0; at * blockSize < tokens; at++) {
      const size = Math.min(blockSize, tokens - at * blockSize);
      const own = table[at];
      if (tree.parent[own] === parent) {
        reader.skip(size);
        parent = own;
        continue;
      }
      const content = reader.next(size);
      const equal: number = isNew ? 0 : tree.child(parent, content);
      if (equal === 0) tree.attach(own, parent, content);
      isNew = equal === 0;
      parent = isNew ? own : equal;
    }
    if (isNew) this.matcher.changed();
  }

  /** One holder less. */
  private drop(block: number): void {
    const { observer } = this;
    if (--this.references[block] > 0) {
      observer?.('unshare', block);
      return;
    }
    this.free.append(block, this.priority[block]);
    const isCached = this.tree.has(block);
    if (isCached) this.cachedBlocks++;
    observer?.(isCached ? 'cache' : 'free', block);
  }

  private fail(need: number): false {
    this.failure.because = Because.noBlocks;
    this.failure.need = need;
    this.failure.have = this.free.size;
    return false;
  }
}

function nothing(): void {}

export interface TensorRtMemoryState {
  readonly extras: readonly string[];
  readonly tree: BlockTreeState;
  readonly free: RetentionQueueState;
  readonly host: RetentionQueueState | null;
  readonly references: Int32Array;
  readonly priority: Uint8Array;
  readonly wastedTokens: number;
  readonly cachedBlocks: number;
  readonly onboarded: number;
}
