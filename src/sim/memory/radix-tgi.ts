import { type CachedPieces, collectPieces } from './cached-pieces.ts';
import { EvictionHeap } from './eviction-heap.ts';
import { commonTokens, headKey, sliceSpan, spanOf, type TokenSpan } from './token-span.ts';

/** A node of the trie: whole blocks of tokens after its parent's. */
export interface TrieNode {
  /** Small number that orders nodes with equal counters; a removed node's number is given out again first. */
  readonly id: number;
  key: TokenSpan;
  /** One block each `blockSize` tokens of `key`. */
  blocks: Int32Array;
  parent: TrieNode | null;
  /** By first block. */
  readonly children: Map<string, TrieNode>;
  /** Allocations that use the node, and its children; 0 = may be evicted. */
  references: number;
  lastAccess: number;
}

/** Blocks of one request. */
export interface TgiAllocation {
  /** All blocks in logical order, the found ones first. */
  readonly blocks: Int32Array;
  /** Tokens found in the cache. */
  readonly prefixTokens: number;
  readonly prompt: TokenSpan | null;
  readonly node: TrieNode;
}

/**
 * The block allocator with prefix caching of Hugging Face's text-generation-inference (v3, `radix.rs` of commit
 * db931fcf). A request reserves blocks for its prompt and its whole output when it is admitted; its prompt becomes
 * findable when it ends. A leaf may lose blocks from its end, so an eviction frees exactly what is needed.
 *
 * Blocks are 1 .. numBlocks - 1. The free list is a stack.
 */
export class TgiRadixAllocator {
  readonly blockSize: number;
  readonly usableBlocks: number;
  readonly root: TrieNode;
  /** Blocks that the trie owns. */
  cachedBlocks = 0;
  /** Told of every block that the trie gives up. */
  evicted: ((block: number) => void) | null = null;
  /** Blocks that hold nothing: the first `freeBlocks` entries of a stack. */
  freeBlocks: number;
  private readonly free: Int32Array;
  /** 1 = the trie owns the block. */
  private readonly owned: Uint8Array;
  /** Nodes that may be evicted, and the order in which they will be. The queue has entries that have come true no more. */
  private readonly leaves = new Set<TrieNode>();
  private queue = new EvictionHeap<Candidate>([], isBefore);
  private freeIds: number[] = [];
  private nextId = 1;
  private counter = 0;

  constructor(numBlocks: number, blockSize: number) {
    this.blockSize = blockSize;
    this.usableBlocks = numBlocks - 1;
    this.owned = new Uint8Array(numBlocks);
    this.freeBlocks = this.usableBlocks;
    this.free = Int32Array.from({ length: this.usableBlocks }, (_, i) => i + 1);
    this.root = this.createNode(spanOf([]), new Int32Array(0), null);
  }

  /** Free blocks; the last ones are taken first. */
  freeList(): number[] {
    return Array.from(this.free.subarray(0, this.freeBlocks));
  }

  /** Whether the trie owns a block, so that it can be found. */
  isCached(block: number): boolean {
    return this.owned[block] === 1;
  }

  /** The trie to look at. */
  pieces(): CachedPieces {
    const childrenOf = (node: TrieNode) => [...node.children.values()];
    // A node counts its children beside the allocations that end in it.
    const usersOf = (node: TrieNode): number =>
      childrenOf(node).reduce((sum, child) => sum + usersOf(child), node.references - node.children.size);
    const read = (node: TrieNode) => ({
      tokens: node.key.length,
      users: usersOf(node),
      block: node.blocks[0],
      // Only leaves are evicted; what is above one goes after it.
      order: node.children.size === 0 ? node.lastAccess : Number.MAX_VALUE,
    });
    return collectPieces(childrenOf(this.root), childrenOf, read, false);
  }

  /** Tokens of the longest cached prefix, in whole blocks. Nothing counts as used by that. */
  peek(prompt: TokenSpan): number {
    let node = this.root;
    let known = 0;
    while (prompt.length - known >= this.blockSize) {
      const rest = sliceSpan(prompt, known);
      const child = node.children.get(headKey(rest, this.blockSize));
      if (child === undefined) break;
      const common = this.commonInBlocks(child.key, rest);
      known += common;
      if (common < child.key.length) break;
      node = child;
    }
    return known;
  }

  /**
   * Blocks for `tokens` tokens, prompt and output together. A prompt of null is neither looked up nor kept; one that is not
   * to be found (`mayFind`) is only kept. Null if there is no room; what was evicted in the attempt stays evicted.
   */
  allocate(tokens: number, prompt: TokenSpan | null, mayFind = true): TgiAllocation | null {
    const found: number[] = [];
    const node = prompt === null || !mayFind ? this.root : this.find(prompt, found);
    this.refer(node);
    const prefixTokens = found.length * this.blockSize;
    const need = Math.ceil(Math.max(0, tokens - prefixTokens) / this.blockSize);
    if (need > this.freeBlocks) this.evict(need - this.freeBlocks);
    if (need > this.freeBlocks) {
      this.unrefer(node);
      return null;
    }
    const blocks = new Int32Array(found.length + need);
    blocks.set(found);
    blocks.set(this.free.subarray(this.freeBlocks - need, this.freeBlocks), found.length);
    this.freeBlocks -= need;
    return { blocks, prefixTokens, prompt, node };
  }

  /** Takes an allocation back that nobody has used: nothing was computed, so nothing becomes findable. */
  drop({ blocks, prefixTokens, node }: TgiAllocation): void {
    this.unrefer(node);
    this.freeAll(blocks.subarray(prefixTokens / this.blockSize));
  }

  /** Forgets all content; only while no allocation is in use. */
  clear(): void {
    this.evict(this.cachedBlocks);
    if (this.cachedBlocks > 0) throw new Error('the trie is cleared while it is in use');
  }

  /** Ends a request: its prompt's blocks go to the trie, all others to the free list. */
  release({ blocks, prefixTokens, prompt, node }: TgiAllocation): void {
    this.unrefer(node);
    if (prompt === null) {
      this.freeAll(blocks);
      return;
    }
    const promptBlocks = Math.floor(prompt.length / this.blockSize);
    if (prompt.length > prefixTokens && promptBlocks > 0) {
      const aligned = sliceSpan(prompt, 0, promptBlocks * this.blockSize);
      const known = this.insert(aligned, blocks.subarray(0, promptBlocks)) / this.blockSize;
      // Somebody else put the same tokens in meanwhile.
      this.freeAll(blocks.subarray(prefixTokens / this.blockSize, known));
    }
    this.freeAll(blocks.subarray(promptBlocks));
  }

  save(): TrieState {
    const nodes: SavedNode[] = [];
    const walk = (node: TrieNode): void => {
      for (const child of node.children.values()) {
        const { parent: _, children: __, ...rest } = child;
        nodes.push({ ...rest, parent: node.id });
        walk(child);
      }
    };
    walk(this.root);
    const { counter, nextId } = this;
    const free = this.free.slice(0, this.freeBlocks);
    return { counter, nextId, rootReferences: this.root.references, nodes, free, freeIds: this.freeIds.slice() };
  }

  /** Goes to a saved state. Nodes are new objects; the map gives those that allocations hold, by id. */
  restore(state: TrieState): ReadonlyMap<number, TrieNode> {
    const { root } = this;
    const byId = new Map([[root.id, root]]);
    root.children.clear();
    root.references = state.rootReferences;
    this.leaves.clear();
    this.queue = new EvictionHeap<Candidate>([], isBefore);
    this.cachedBlocks = 0;
    this.owned.fill(0);
    for (const { parent: above, ...rest } of state.nodes) {
      const parent = byId.get(above);
      if (parent === undefined) throw new Error('a saved node comes before its parent');
      const node: TrieNode = { ...rest, parent, children: new Map() };
      byId.set(node.id, node);
      parent.children.set(headKey(node.key, this.blockSize), node);
      if (node.references === 0) this.addCandidate(node);
      this.cachedBlocks += node.blocks.length;
      for (const block of node.blocks) this.owned[block] = 1;
    }
    this.counter = state.counter;
    this.nextId = state.nextId;
    this.free.set(state.free);
    this.freeBlocks = state.free.length;
    this.freeIds = state.freeIds.slice();
    return byId;
  }

  /** Appends the blocks of the longest cached prefix to `blocks` and returns the node it ends in, which is not split. */
  private find(prompt: TokenSpan, blocks: number[]): TrieNode {
    this.counter++;
    let node = this.root;
    let rest = prompt;
    while (rest.length >= this.blockSize) {
      const child = node.children.get(headKey(rest, this.blockSize));
      if (child === undefined) break;
      child.lastAccess = this.counter;
      const common = this.commonInBlocks(child.key, rest);
      for (const block of child.blocks.subarray(0, common / this.blockSize)) blocks.push(block);
      node = child;
      if (common < child.key.length) break;
      rest = sliceSpan(rest, common);
    }
    return node;
  }

  /** Adds a sequence of whole blocks and returns how many of its first tokens the trie had. */
  private insert(tokens: TokenSpan, blocks: Int32Array): number {
    this.counter++;
    let node = this.root;
    let known = 0;
    while (known < tokens.length) {
      const rest = sliceSpan(tokens, known);
      const child = node.children.get(headKey(rest, this.blockSize));
      if (child === undefined) {
        this.addLeaf(node, rest, blocks.slice(known / this.blockSize));
        break;
      }
      child.lastAccess = this.counter;
      if (this.leaves.has(child)) this.addCandidate(child);
      const common = this.commonInBlocks(child.key, rest);
      known += common;
      node = common < child.key.length && known < tokens.length ? this.split(child, common) : child;
    }
    return known;
  }

  /** Frees blocks of unused leaves, the longest unused first. */
  private evict(blocks: number): void {
    let left = blocks;
    while (left > 0) {
      const candidate = this.queue.pop();
      if (candidate === undefined) return;
      const { node } = candidate;
      if (!this.leaves.has(node) || node.lastAccess !== candidate.lastAccess || node.parent === null) continue;
      const whole = node.blocks.length;
      if (whole > left) {
        const kept = whole - left;
        this.disown(node.blocks.subarray(kept));
        node.blocks = node.blocks.subarray(0, kept);
        node.key = sliceSpan(node.key, 0, kept * this.blockSize);
        this.queue.push(candidate);
        return;
      }
      const { parent } = node;
      this.disown(node.blocks);
      left -= whole;
      this.leaves.delete(node);
      this.freeIds.push(node.id);
      parent.children.delete(headKey(node.key, this.blockSize));
      this.unrefer(parent);
    }
  }

  /** Cuts a node behind its first `at` tokens. The upper part is a new node; the lower one stays the same. */
  private split(node: TrieNode, at: number): TrieNode {
    const { parent } = node;
    if (parent === null) throw new Error('the root cannot be split');
    const cut = at / this.blockSize;
    const upper = this.createNode(sliceSpan(node.key, 0, at), node.blocks.slice(0, cut), parent);
    parent.children.set(headKey(node.key, this.blockSize), upper);
    node.key = sliceSpan(node.key, at);
    node.blocks = node.blocks.slice(cut);
    node.parent = upper;
    upper.children.set(headKey(node.key, this.blockSize), node);
    upper.references = 1;
    return upper;
  }

  private addLeaf(parent: TrieNode, key: TokenSpan, blocks: Int32Array): void {
    const leaf = this.createNode(key, blocks, parent);
    this.addCandidate(leaf);
    parent.children.set(headKey(key, this.blockSize), leaf);
    this.refer(parent);
    this.cachedBlocks += blocks.length;
    for (const block of blocks) this.owned[block] = 1;
  }

  /** The trie gives blocks up. */
  private disown(blocks: Int32Array): void {
    for (const block of blocks) this.owned[block] = 0;
    if (this.evicted !== null) blocks.forEach(this.evicted);
    this.cachedBlocks -= blocks.length;
    this.freeAll(blocks);
  }

  private createNode(key: TokenSpan, blocks: Int32Array, parent: TrieNode | null): TrieNode {
    const id = this.freeIds.pop() ?? this.nextId++;
    return { id, key, blocks, parent, children: new Map(), references: 0, lastAccess: this.counter };
  }

  private refer(node: TrieNode): void {
    if (node.references++ === 0) this.leaves.delete(node);
  }

  private unrefer(node: TrieNode): void {
    if (node.references === 0) throw new Error('a node is given back that nobody uses');
    if (--node.references === 0 && node.parent !== null) this.addCandidate(node);
  }

  /** The node may be evicted from now on, when it is its turn by its present counter. */
  private addCandidate(node: TrieNode): void {
    this.leaves.add(node);
    if (this.queue.size > 2 * this.leaves.size + 64)
      this.queue = new EvictionHeap([...this.leaves].map(candidateOf), isBefore);
    else this.queue.push(candidateOf(node));
  }

  private commonInBlocks(a: TokenSpan, b: TokenSpan): number {
    const common = commonTokens(a, b);
    return common - (common % this.blockSize);
  }

  private freeAll(blocks: Int32Array): void {
    this.free.set(blocks, this.freeBlocks);
    this.freeBlocks += blocks.length;
  }
}

/** A node without its relatives; `parent` is the parent's id. */
type SavedNode = Omit<TrieNode, 'parent' | 'children'> & { readonly parent: number };

/** A copy of an allocator: its nodes, each after its parent. */
export interface TrieState {
  readonly counter: number;
  readonly nextId: number;
  readonly rootReferences: number;
  readonly nodes: readonly SavedNode[];
  readonly free: Int32Array;
  readonly freeIds: readonly number[];
}

/** A node that may be evicted, as it was when it became one. */
interface Candidate {
  readonly node: TrieNode;
  readonly lastAccess: number;
}

function candidateOf(node: TrieNode): Candidate {
  return { node, lastAccess: node.lastAccess };
}

function isBefore(a: Candidate, b: Candidate): boolean {
  return a.lastAccess === b.lastAccess ? a.node.id < b.node.id : a.lastAccess < b.lastAccess;
}
