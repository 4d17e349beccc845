/**
 * The prefix cache's keys: a trie over pieces of symbolic token streams. A key stands for a block's tokens *and all
 * before them*, as a hash chain does, but equality is exact. Nodes exist as long as a block carries them, a request
 * remembers them, or another node follows them.
 *
 * Several blocks may carry one key (equal blocks are not merged); `first` gives the one registered first.
 */
export class PrefixIndex {
  /** Keys that at least one block carries. */
  distinct = 0;
  /** Blocks that carry a key. */
  private carrierCount = 0;
  private nodes = 0;
  private freeNode = -1;
  private parent = new Int32Array(1024);
  private segment = new Int32Array(1024);
  private offset = new Int32Array(1024);
  private length = new Int32Array(1024);
  private uses = new Int32Array(1024);
  private head = new Int32Array(1024);
  private tail = new Int32Array(1024);
  /** Next node of the same hash bucket, or of the list of free nodes. */
  private chain = new Int32Array(1024);
  private buckets = new Int32Array(2048).fill(-1);
  /** Key a block carries, -1 if none; and the blocks of one key in order of registration. */
  private readonly keyOf: Int32Array;
  private readonly nextBlock: Int32Array;
  private readonly previousBlock: Int32Array;

  constructor(numBlocks: number) {
    this.keyOf = new Int32Array(numBlocks).fill(-1);
    this.nextBlock = new Int32Array(numBlocks).fill(-1);
    this.previousBlock = new Int32Array(numBlocks).fill(-1);
  }

  /** The node of `length` tokens of a stream after `parent` (-1 = the start). Retained once for the caller. */
  intern(parent: number, segment: number, offset: number, length: number): number {
    const node = this.find(parent, segment, offset, length);
    if (node < 0) return this.create(parent, segment, offset, length);
    this.uses[node]++;
    return node;
  }

  /** The same node if it exists, else -1. Nothing is retained. */
  find(parent: number, segment: number, offset: number, length: number): number {
    const bucket = this.bucketOf(parent, segment, offset, length);
    for (let node = this.buckets[bucket]; node >= 0; node = this.chain[node]) {
      if (
        this.offset[node] === offset &&
        this.segment[node] === segment &&
        this.parent[node] === parent &&
        this.length[node] === length
      ) {
        return node;
      }
    }
    return -1;
  }

  /** One more holder of a key that exists; ended by `release`. */
  retain(node: number): void {
    this.uses[node]++;
  }

  /** Gives back what `intern` gave. */
  release(node: number): void {
    let current = node;
    while (current >= 0 && --this.uses[current] === 0) {
      this.unchain(current);
      const parent = this.parent[current];
      this.chain[current] = this.freeNode;
      this.freeNode = current;
      current = parent;
    }
  }

  /** The block registered first under a key, -1 if there is none. */
  first(node: number): number {
    return this.head[node];
  }

  /** Key that a block carries, -1 if none. */
  keyOfBlock(block: number): number {
    return this.keyOf[block];
  }

  register(block: number, node: number): void {
    if (this.keyOf[block] < 0) this.carrierCount++;
    this.keyOf[block] = node;
    this.uses[node]++;
    const last = this.tail[node];
    this.previousBlock[block] = last;
    this.nextBlock[block] = -1;
    this.tail[node] = block;
    if (last >= 0) this.nextBlock[last] = block;
    else {
      this.head[node] = block;
      this.distinct++;
    }
  }

  /** Takes a block's key away; whether it had one. */
  unregister(block: number): boolean {
    const node = this.keyOf[block];
    if (node < 0) return false;
    this.carrierCount--;
    this.keyOf[block] = -1;
    const before = this.previousBlock[block];
    const after = this.nextBlock[block];
    if (before >= 0) this.nextBlock[before] = after;
    else this.head[node] = after;
    if (after >= 0) this.previousBlock[after] = before;
    else this.tail[node] = before;
    if (this.head[node] < 0) this.distinct--;
    this.release(node);
    return true;
  }

  /** The pieces from behind `ancestor` (-1 = the start) to a key: stream, offset and length of each. */
  piecesAfter(ancestor: number, node: number): readonly number[] {
    const pieces: (readonly number[])[] = [];
    for (let at = node; at !== ancestor; at = this.parent[at]) {
      pieces.push([this.segment[at], this.offset[at], this.length[at]]);
    }
    return pieces.toReversed().flat();
  }

  /** All blocks that carry a key. */
  blocksOf(node: number): readonly number[] {
    const blocks: number[] = [];
    for (let block = this.head[node]; block >= 0; block = this.nextBlock[block]) blocks.push(block);
    return blocks;
  }

  /**
   * The keys of whole blocks as a tree: children by parent, -1 = the start. Keys that no block carries any more are in it as
   * far as others follow them.
   */
  wholeBlocks(blockSize: number): ReadonlyMap<number, readonly number[]> {
    const children = new Map<number, number[]>();
    const depths = new Map<number, number>([[-1, 0]]);
    const known = new Set<number>();
    const depthOf = (node: number): number => {
      const path: number[] = [];
      let at = node;
      for (; !depths.has(at); at = this.parent[at]) path.push(at);
      let depth = depths.get(at) ?? 0;
      for (const next of path.toReversed()) {
        depth += this.length[next];
        depths.set(next, depth);
      }
      return depths.get(node) ?? 0;
    };
    for (const block of this.carriers()) {
      let node = this.keyOf[block];
      while (node >= 0 && !known.has(node)) {
        known.add(node);
        depthOf(node);
        // Nodes within a block belong to the one that ends it.
        let above = this.parent[node];
        while (above >= 0 && depthOf(above) % blockSize !== 0) above = this.parent[above];
        const siblings = children.get(above);
        if (siblings === undefined) children.set(above, [node]);
        else siblings.push(node);
        node = above;
      }
    }
    return children;
  }

  save(): PrefixIndexState {
    const column = (from: Int32Array): Int32Array<ArrayBuffer> => from.slice(0, this.nodes);
    const carriers = this.carriers();
    const ofCarriers = (from: Int32Array): Int32Array<ArrayBuffer> => carriers.map((block) => from[block]);
    return {
      distinct: this.distinct,
      nodes: this.nodes,
      freeNode: this.freeNode,
      parent: column(this.parent),
      segment: column(this.segment),
      offset: column(this.offset),
      length: column(this.length),
      uses: column(this.uses),
      head: column(this.head),
      tail: column(this.tail),
      chain: column(this.chain),
      buckets: this.buckets.slice(),
      carriers,
      keyOf: ofCarriers(this.keyOf),
      nextBlock: ofCarriers(this.nextBlock),
      previousBlock: ofCarriers(this.previousBlock),
    };
  }

  restore(state: PrefixIndexState): void {
    const capacity = state.buckets.length / 2;
    const column = (from: Int32Array): Int32Array<ArrayBuffer> => copyInto(new Int32Array(capacity), from);
    this.distinct = state.distinct;
    this.nodes = state.nodes;
    this.freeNode = state.freeNode;
    this.parent = column(state.parent);
    this.segment = column(state.segment);
    this.offset = column(state.offset);
    this.length = column(state.length);
    this.uses = column(state.uses);
    this.head = column(state.head);
    this.tail = column(state.tail);
    this.chain = column(state.chain);
    this.buckets = copyInto(new Int32Array(state.buckets.length), state.buckets);
    if (this.carrierCount > 0) this.keyOf.fill(-1);
    this.carrierCount = state.carriers.length;
    for (let i = 0; i < state.carriers.length; i++) {
      const block = state.carriers[i];
      this.keyOf[block] = state.keyOf[i];
      this.nextBlock[block] = state.nextBlock[i];
      this.previousBlock[block] = state.previousBlock[i];
    }
  }

  /** Blocks that carry a key, by number. */
  private carriers(): Int32Array<ArrayBuffer> {
    const carriers = new Int32Array(this.carrierCount);
    let count = 0;
    for (let block = 0; count < carriers.length; block++) if (this.keyOf[block] >= 0) carriers[count++] = block;
    return carriers;
  }

  private create(parent: number, segment: number, offset: number, length: number): number {
    let node = this.freeNode;
    if (node >= 0) this.freeNode = this.chain[node];
    else {
      if (this.nodes === this.parent.length) this.grow();
      node = this.nodes++;
    }
    this.parent[node] = parent;
    this.segment[node] = segment;
    this.offset[node] = offset;
    this.length[node] = length;
    this.uses[node] = 1;
    this.head[node] = -1;
    this.tail[node] = -1;
    if (parent >= 0) this.uses[parent]++;
    this.enchain(node);
    return node;
  }

  private enchain(node: number): void {
    const bucket = this.bucketOf(this.parent[node], this.segment[node], this.offset[node], this.length[node]);
    this.chain[node] = this.buckets[bucket];
    this.buckets[bucket] = node;
  }

  private unchain(node: number): void {
    const bucket = this.bucketOf(this.parent[node], this.segment[node], this.offset[node], this.length[node]);
    if (this.buckets[bucket] === node) {
      this.buckets[bucket] = this.chain[node];
      return;
    }
    let before = this.buckets[bucket];
    while (this.chain[before] !== node) before = this.chain[before];
    this.chain[before] = this.chain[node];
  }

  private bucketOf(parent: number, segment: number, offset: number, length: number): number {
    let hash = Math.imul(parent + 1, 0x9e3779b1) ^ Math.imul(segment, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ offset, 0xc2b2ae35) ^ length;
    return (hash ^ (hash >>> 16)) & (this.buckets.length - 1);
  }

  private grow(): void {
    const double = (column: Int32Array): Int32Array<ArrayBuffer> => copyInto(new Int32Array(column.length * 2), column);
    const live = new Uint8Array(this.nodes).fill(1);
    for (let node = this.freeNode; node >= 0; node = this.chain[node]) live[node] = 0;
    this.parent = double(this.parent);
    this.segment = double(this.segment);
    this.offset = double(this.offset);
    this.length = double(this.length);
    this.uses = double(this.uses);
    this.head = double(this.head);
    this.tail = double(this.tail);
    this.chain = double(this.chain);
    this.buckets = new Int32Array(this.buckets.length * 2).fill(-1);
    for (let node = 0; node < this.nodes; node++) if (live[node] === 1) this.enchain(node);
  }
}

function copyInto(to: Int32Array<ArrayBuffer>, from: Int32Array): Int32Array<ArrayBuffer> {
  to.set(from);
  return to;
}

/** A copy of the whole index. */
export interface PrefixIndexState {
  readonly distinct: number;
  readonly nodes: number;
  readonly freeNode: number;
  readonly parent: Int32Array;
  readonly segment: Int32Array;
  readonly offset: Int32Array;
  readonly length: Int32Array;
  readonly uses: Int32Array;
  readonly head: Int32Array;
  readonly tail: Int32Array;
  readonly chain: Int32Array;
  readonly buckets: Int32Array;
  /** Blocks that carry a key; the next three columns have an entry for each. */
  readonly carriers: Int32Array;
  readonly keyOf: Int32Array;
  readonly nextBlock: Int32Array;
  readonly previousBlock: Int32Array;
}
