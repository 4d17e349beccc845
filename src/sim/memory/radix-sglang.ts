import { type CachedPieces, collectPieces } from './cached-pieces.ts';
import { EvictionHeap } from './eviction-heap.ts';
import { commonTokens, headKey, sliceSpan, spanOf, type TokenSpan } from './token-span.ts';

/** Which unlocked leaf is lost first; SGLang's names. */
export type RadixEviction = 'lru' | 'lfu' | 'fifo' | 'mru' | 'filo' | 'priority';

/** A node of the tree: tokens after its parent's, and the slots that hold their keys and values. */
export interface RadixNode {
  key: TokenSpan;
  /** One slot a token of `key`. */
  slots: Int32Array;
  parent: RadixNode | null;
  /** By first page, in order of insertion. */
  readonly children: Map<string, RadixNode>;
  /** Requests that use the node or something below it; 0 = may be evicted. */
  lock: number;
  lastAccess: number;
  /** No two nodes of a tree have the same. */
  readonly created: number;
  hits: number;
  priority: number;
  /** Keeps equal tokens apart (adapter, tenant); null = none. */
  readonly extraKey: string | null;
  /** Whether an entry of the tree's candidates for eviction stands for it. */
  isCandidate: boolean;
}

export interface RadixMatch {
  /** Tokens found, a whole number of pages. */
  readonly length: number;
  /** The node that ends with the last of them; the root if there is none. To be locked while they are used. */
  readonly node: RadixNode;
}

/**
 * SGLang's RadixAttention cache (v0.5.9, `radix_cache.py` of commit d2b3c7f; arXiv 2312.07104, section 3): all computed
 * prefixes in one tree. The tree owns the slots of its nodes; whoever uses some locks their path. Nodes are split where
 * sequences part, even by a look-up, and unlocked leaves are evicted whole.
 *
 * Times are readings of a counter: only their order means something.
 */
export class SglangRadixTree {
  readonly pageSize: number;
  readonly root: RadixNode;
  /** Tokens in nodes that nobody has locked. */
  evictable = 0;
  /** Tokens in locked nodes. */
  protected = 0;
  /** Grows whenever tokens come into the tree or leave it. */
  changes = 0;
  private readonly eviction: RadixEviction;
  /** Leaves to evict, at most one entry a node; what does not hold any more is seen when it comes up. */
  private candidates = new EvictionHeap<Candidate>([], isBefore);
  private clock = 0;

  constructor(pageSize: number, eviction: RadixEviction = 'lru') {
    this.pageSize = pageSize;
    this.eviction = eviction;
    this.root = this.createNode(noTokens, noSlots, null, Number.NEGATIVE_INFINITY, null);
    this.root.lock = 1;
  }

  /** The longest cached prefix of whole pages. Marks its path as used, and splits the node that it ends in. */
  match(tokens: TokenSpan, extraKey: string | null = null): RadixMatch {
    let rest = this.wholePages(tokens);
    let node = this.root;
    let length = 0;
    if (rest.length === 0) return { length, node };
    const now = this.clock++;
    node.lastAccess = now;
    while (rest.length > 0) {
      const child = node.children.get(this.childKey(rest, extraKey));
      if (child === undefined) break;
      child.lastAccess = now;
      const common = this.commonPages(child.key, rest);
      length += common;
      if (common < child.key.length) {
        node = this.split(child, common);
        break;
      }
      node = child;
      rest = sliceSpan(rest, common);
    }
    return { length, node };
  }

  /** Tokens that `match` would find now, without a trace. */
  peek(tokens: TokenSpan, extraKey: string | null = null): number {
    let rest = this.wholePages(tokens);
    let node = this.root;
    let length = 0;
    while (rest.length > 0) {
      const child = node.children.get(this.childKey(rest, extraKey));
      if (child === undefined) break;
      const common = this.commonPages(child.key, rest);
      length += common;
      if (common < child.key.length) break;
      node = child;
      rest = sliceSpan(rest, common);
    }
    return length;
  }

  /** Slots of all tokens from the root to the end of a node, in order. */
  slotsOf(node: RadixNode): Int32Array {
    const parts: Int32Array[] = [];
    for (let at = node; at.parent !== null; at = at.parent) parts.push(at.slots);
    return joinSlots(parts.reverse());
  }

  /**
   * Hands the slots of a computed sequence to the tree, cut to whole pages. Returns how many of the first tokens were in
   * it already: their slots stay the caller's, who frees them.
   */
  insert(tokens: TokenSpan, slots: Int32Array, priority = 0, extraKey: string | null = null): number {
    let rest = this.wholePages(tokens);
    let node = this.root;
    let known = 0;
    const now = this.clock++;
    node.lastAccess = now;
    while (rest.length > 0) {
      const child = node.children.get(this.childKey(rest, extraKey));
      if (child === undefined) break;
      child.lastAccess = now;
      const common = this.commonPages(child.key, rest);
      known += common;
      rest = sliceSpan(rest, common);
      // A split leaves the lower part's priority as it was.
      node = common < child.key.length ? this.split(child, common) : child;
      node.priority = Math.max(node.priority, priority);
    }
    if (rest.length > 0) {
      const leaf = this.createNode(rest, slots.slice(known, known + rest.length), node, priority, extraKey);
      node.children.set(this.childKey(rest, extraKey), leaf);
      this.nominate(leaf);
      this.evictable += rest.length;
      this.changes++;
    }
    return known;
  }

  /** Keeps a node and everything above it from eviction, once more. */
  lock(from: RadixNode): void {
    for (let node = from; node.parent !== null; node = node.parent) {
      if (node.lock++ > 0) continue;
      this.evictable -= node.key.length;
      this.protected += node.key.length;
    }
  }

  /** Takes one lock back. */
  unlock(from: RadixNode): void {
    for (let node = from; node.parent !== null; node = node.parent) {
      if (node.lock === 0) throw new Error('a node is unlocked that nobody has locked');
      if (--node.lock > 0) continue;
      this.evictable += node.key.length;
      this.protected -= node.key.length;
      this.nominate(node);
    }
  }

  /** Drops unlocked leaves until `tokens` are gone or none is left, and gives each one's slots to `free`. Returns the tokens dropped. */
  evict(tokens: number, free: (slots: Int32Array) => void): number {
    let evicted = 0;
    // Only with this order do nodes come forward when they are used.
    if (this.eviction === 'mru') this.nominateAll();
    while (evicted < tokens) {
      const node = this.nextVictim();
      if (node === null || node.parent === null) break;
      const { parent } = node;
      free(node.slots);
      evicted += node.key.length;
      this.evictable -= node.key.length;
      this.changes++;
      parent.children.delete(this.childKey(node.key, node.extraKey));
      this.nominate(parent);
    }
    return evicted;
  }

  /** The tree to look at; `blockOf` gives the block that a slot belongs to. */
  pieces(blockOf: (slot: number) => number): CachedPieces {
    const childrenOf = (node: RadixNode) => [...node.children.values()];
    const read = (node: RadixNode) => ({
      tokens: node.key.length,
      users: node.lock,
      block: blockOf(node.slots[0]),
      // Only leaves are evicted; what is above one goes after it.
      order: node.children.size === 0 ? this.rank(node) : Number.MAX_VALUE,
    });
    return collectPieces(childrenOf(this.root), childrenOf, read, false);
  }

  save(): RadixState {
    const nodes: SavedNode[] = [];
    const walk = (node: RadixNode): void => {
      for (const child of node.children.values()) {
        const { key, slots, lock, lastAccess, created, hits, priority, extraKey } = child;
        nodes.push({ key, slots, lock, lastAccess, created, hits, priority, extraKey, parent: node.created });
        walk(child);
      }
    };
    walk(this.root);
    return { clock: this.clock, rootAccess: this.root.lastAccess, rootPriority: this.root.priority, nodes };
  }

  /** Goes to a saved state. Nodes are new objects; the map gives those that were held before, by `created`. */
  restore(state: RadixState): ReadonlyMap<number, RadixNode> {
    const { root } = this;
    const byCreation = new Map([[root.created, root]]);
    root.children.clear();
    root.lastAccess = state.rootAccess;
    root.priority = state.rootPriority;
    this.candidates = new EvictionHeap<Candidate>([], isBefore);
    this.evictable = 0;
    this.protected = 0;
    this.changes++;
    for (const { parent: above, ...rest } of state.nodes) {
      const parent = byCreation.get(above);
      if (parent === undefined) throw new Error('a saved node comes before its parent');
      const node: RadixNode = { ...rest, parent, children: new Map(), isCandidate: false };
      byCreation.set(node.created, node);
      parent.children.set(this.childKey(node.key, node.extraKey), node);
      if (node.lock === 0) this.evictable += node.key.length;
      else this.protected += node.key.length;
    }
    this.clock = state.clock;
    this.nominateAll();
    return byCreation;
  }

  /** Cuts a node behind its first `at` tokens. The upper part is new; the lower one stays the same object. */
  private split(node: RadixNode, at: number): RadixNode {
    const { parent } = node;
    if (parent === null) throw new Error('the root cannot be split');
    const upper = this.createNode(
      sliceSpan(node.key, 0, at),
      node.slots.subarray(0, at),
      parent,
      node.priority,
      node.extraKey,
    );
    upper.lock = node.lock;
    upper.hits = node.hits;
    // Under the same first page: it keeps its place among the parent's children.
    parent.children.set(this.childKey(node.key, node.extraKey), upper);
    node.parent = upper;
    node.key = sliceSpan(node.key, at);
    node.slots = node.slots.subarray(at);
    upper.children.set(this.childKey(node.key, node.extraKey), node);
    return upper;
  }

  private createNode(
    key: TokenSpan,
    slots: Int32Array,
    parent: RadixNode | null,
    priority: number,
    extraKey: string | null,
  ): RadixNode {
    const lastAccess = this.clock++;
    const created = this.clock++;
    return {
      key,
      slots,
      parent,
      children: new Map(),
      lock: 0,
      lastAccess,
      created,
      hits: 0,
      priority,
      extraKey,
      isCandidate: false,
    };
  }

  private wholePages(tokens: TokenSpan): TokenSpan {
    return sliceSpan(tokens, 0, tokens.length - (tokens.length % this.pageSize));
  }

  private commonPages(a: TokenSpan, b: TokenSpan): number {
    const common = commonTokens(a, b);
    return common - (common % this.pageSize);
  }

  private childKey(tokens: TokenSpan, extraKey: string | null): string {
    const head = headKey(tokens, this.pageSize);
    return extraKey === null ? head : `${head}|${extraKey}`;
  }

  /** Makes a node a candidate for eviction, if it may be evicted and is none yet. */
  private nominate(node: RadixNode): void {
    if (node.isCandidate || !mayBeEvicted(node)) return;
    node.isCandidate = true;
    const { lastAccess, created } = node;
    this.candidates.push({ node, rank: this.rank(node), lastAccess, created });
  }

  private nominateAll(): void {
    this.candidates = new EvictionHeap<Candidate>([], isBefore);
    const walk = (node: RadixNode): void => {
      node.isCandidate = false;
      this.nominate(node);
      for (const child of node.children.values()) walk(child);
    };
    walk(this.root);
  }

  /** The candidate that goes first. One that was used since it was nominated goes later than it seemed, never earlier. */
  private nextVictim(): RadixNode | null {
    for (;;) {
      const candidate = this.candidates.pop();
      if (candidate === undefined) return null;
      const { node } = candidate;
      node.isCandidate = false;
      if (!mayBeEvicted(node)) continue;
      if (candidate.lastAccess === node.lastAccess && candidate.rank === this.rank(node)) return node;
      this.nominate(node);
    }
  }

  private rank(node: RadixNode): number {
    switch (this.eviction) {
      case 'lru':
        return node.lastAccess;
      case 'lfu':
        return node.hits;
      case 'fifo':
        return node.created;
      case 'mru':
        return -node.lastAccess;
      case 'filo':
        return -node.created;
      case 'priority':
        return node.priority;
    }
  }
}

/** A leaf as it was when it became a candidate: times and rank may have grown since. */
interface Candidate {
  readonly node: RadixNode;
  readonly rank: number;
  readonly lastAccess: number;
  readonly created: number;
}

/** Whether `a` is evicted before `b`. No two nodes were created at the same time, so there are no ties. */
function isBefore(a: Candidate, b: Candidate): boolean {
  const order = a.rank - b.rank || a.lastAccess - b.lastAccess || a.created - b.created;
  return order < 0;
}

function mayBeEvicted(node: RadixNode): boolean {
  return node.lock === 0 && node.children.size === 0 && node.parent !== null;
}

/** A node without its relatives; `parent` is the parent's `created`. */
type SavedNode = Omit<RadixNode, 'parent' | 'children' | 'isCandidate'> & { readonly parent: number };

/** A copy of a tree: its nodes, each after its parent and before its later sisters. */
export interface RadixState {
  readonly clock: number;
  readonly rootAccess: number;
  readonly rootPriority: number;
  readonly nodes: readonly SavedNode[];
}

const noTokens = spanOf([]);
const noSlots = new Int32Array(0);

function joinSlots(parts: readonly Int32Array[]): Int32Array {
  if (parts.length === 1) return parts[0];
  const joined = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
