import type { BlockContent } from './block-content.ts';

/**
 * A tree of blocks with reusable content, after the lookup tree of TensorRT-LLM's KV-cache manager (main of 2026): a block
 * hangs under the block that holds the tokens before its own, and no two children of a block hold the same. Only a leaf may
 * hold fewer tokens than fit. Blocks are numbers from 1; 0 is the root, before all tokens.
 *
 * Layout: columns by block. Children of a block form a list (`firstChild`, `nextSibling`); a hash table finds those that
 * begin with a given token (`buckets`, `nextInBucket`).
 */
export class BlockTree {
  /** Blocks in the tree. */
  size = 0;
  /** Parent of a block, -1 if it is not in the tree. */
  readonly parent: Int32Array;
  /** Tokens that a block holds. */
  readonly tokens: Int32Array;
  private readonly extras: Int32Array;
  private readonly segment: Int32Array;
  private readonly offset: Int32Array;
  private readonly length: Int32Array;
  /** Pieces behind the first one, of the blocks that have some. */
  private readonly more = new Map<number, readonly number[]>();
  private readonly firstChild: Int32Array;
  private readonly nextSibling: Int32Array;
  private readonly previousSibling: Int32Array;
  private readonly nextInBucket: Int32Array;
  private readonly previousInBucket: Int32Array;
  /** First block of each bucket, 0 = none. */
  private readonly buckets: Int32Array;

  /** Room for the blocks 1 to `blocks`. */
  constructor(blocks: number) {
    const column = (): Int32Array<ArrayBuffer> => new Int32Array(blocks + 1);
    this.parent = column().fill(-1);
    this.tokens = column();
    this.extras = column();
    this.segment = column();
    this.offset = column();
    this.length = column();
    this.firstChild = column();
    this.nextSibling = column();
    this.previousSibling = column();
    this.nextInBucket = column();
    this.previousInBucket = column();
    this.buckets = new Int32Array(1 << (32 - Math.clz32(blocks)));
  }

  /** Whether a block can be found. */
  has(block: number): boolean {
    return this.parent[block] >= 0;
  }

  isLeaf(block: number): boolean {
    return this.firstChild[block] === 0;
  }

  /** The child of `parent` that holds exactly this content, 0 if there is none. */
  child(parent: number, content: BlockContent): number {
    let block = this.buckets[this.bucketOf(parent, content)];
    for (; block !== 0; block = this.nextInBucket[block]) {
      if (this.parent[block] !== parent || this.tokens[block] !== content.tokens) continue;
      if (this.commonTokens(block, content) === content.tokens) return block;
    }
    return 0;
  }

  /**
   * The child of `parent` with the longest beginning in common, of those that may be used; 0 if none has any. The engine
   * leaves open which of several it takes; here it is the one with the smallest number.
   */
  nearest(parent: number, content: BlockContent, mayUse: (block: number) => boolean): number {
    let best = 0;
    let most = 0;
    let block = this.buckets[this.bucketOf(parent, content)];
    for (; block !== 0; block = this.nextInBucket[block]) {
      if (this.parent[block] !== parent) continue;
      const common = this.commonTokens(block, content);
      if (common === 0 || common < most || (common === most && block > best) || !mayUse(block)) continue;
      best = block;
      most = common;
    }
    return best;
  }

  /** Tokens that a block and a content have in common from their beginnings. */
  commonTokens(block: number, content: BlockContent): number {
    if (this.extras[block] !== content.extras) return 0;
    if (this.segment[block] !== content.segment || this.offset[block] !== content.offset) return 0;
    let common = Math.min(this.length[block], content.length);
    const theirs = content.more;
    if (this.length[block] !== content.length || theirs === null) return common;
    const own = this.more.get(block);
    if (own === undefined) return common;
    for (let i = 0; i < own.length && i < theirs.length; i += 3) {
      if (own[i] !== theirs[i] || own[i + 1] !== theirs[i + 1]) break;
      common += Math.min(own[i + 2], theirs[i + 2]);
      if (own[i + 2] !== theirs[i + 2]) break;
    }
    return common;
  }

  /** Hangs a block under another. There must be no such child yet. */
  attach(block: number, parent: number, content: BlockContent): void {
    if (this.parent[block] >= 0) throw new Error(`block ${block} is in the tree already`);
    this.extras[block] = content.extras;
    this.segment[block] = content.segment;
    this.offset[block] = content.offset;
    this.length[block] = content.length;
    this.tokens[block] = content.tokens;
    if (content.more !== null) this.more.set(block, content.more);
    this.link(block, parent);
  }

  /** Blocks that hang under a block, by number; 0 = those that prompts begin with. */
  childrenOf(block: number): readonly number[] {
    const children: number[] = [];
    for (let child = this.firstChild[block]; child !== 0; child = this.nextSibling[child]) children.push(child);
    return children.sort((a, b) => a - b);
  }

  /** Takes a block and all below it out of the tree, the lowest first; `gone` is told of each. */
  detach(block: number, gone: (block: number) => void): void {
    let at = block;
    for (;;) {
      const child = this.firstChild[at];
      if (child !== 0) {
        at = child;
        continue;
      }
      const parent = this.parent[at];
      this.unlink(at);
      this.more.delete(at);
      gone(at);
      if (at === block) return;
      at = parent;
    }
  }

  /** Takes all blocks out. */
  clear(gone: (block: number) => void): void {
    while (this.firstChild[0] !== 0) this.detach(this.firstChild[0], gone);
  }

  /** The content of a block is now in another one, which takes its place. */
  move(from: number, to: number): void {
    if (this.parent[to] >= 0) throw new Error(`block ${to} is in the tree already`);
    const parent = this.parent[from];
    this.unlink(from);
    for (const column of [this.extras, this.segment, this.offset, this.length, this.tokens]) column[to] = column[from];
    const more = this.more.get(from);
    if (more !== undefined) {
      this.more.set(to, more);
      this.more.delete(from);
    }
    this.link(to, parent);
    // The bucket of a child depends on its parent.
    for (let child = this.firstChild[from]; child !== 0; child = this.firstChild[from]) {
      this.unlink(child);
      this.link(child, to);
    }
  }

  /** A name of this content under this block, equal for equal chains of tokens only. */
  nameOf(parent: number, content: BlockContent): string {
    const { extras, segment, offset, length, more } = content;
    return `${parent} ${extras} ${segment} ${offset} ${length} ${more ?? ''}`;
  }

  save(): BlockTreeState {
    const blocks = new Int32Array(this.size);
    let count = 0;
    for (let block = 1; count < blocks.length; block++) if (this.parent[block] >= 0) blocks[count++] = block;
    const of = (column: Int32Array): Int32Array<ArrayBuffer> => {
      const rows = new Int32Array(blocks.length);
      for (let i = 0; i < rows.length; i++) rows[i] = column[blocks[i]];
      return rows;
    };
    return {
      blocks,
      parent: of(this.parent),
      tokens: of(this.tokens),
      extras: of(this.extras),
      segment: of(this.segment),
      offset: of(this.offset),
      length: of(this.length),
      more: [...this.more],
    };
  }

  restore(state: BlockTreeState): void {
    this.size = 0;
    for (const column of [this.firstChild, this.buckets]) column.fill(0);
    this.parent.fill(-1);
    this.more.clear();
    for (const [block, more] of state.more) this.more.set(block, more);
    for (let i = 0; i < state.blocks.length; i++) {
      const block = state.blocks[i];
      this.tokens[block] = state.tokens[i];
      this.extras[block] = state.extras[i];
      this.segment[block] = state.segment[i];
      this.offset[block] = state.offset[i];
      this.length[block] = state.length[i];
      this.link(block, state.parent[i]);
    }
  }

  private link(block: number, parent: number): void {
    this.parent[block] = parent;
    this.size++;
    const sibling = this.firstChild[parent];
    this.firstChild[parent] = block;
    this.nextSibling[block] = sibling;
    this.previousSibling[block] = 0;
    if (sibling !== 0) this.previousSibling[sibling] = block;
    const bucket = this.bucketOfBlock(block);
    const next = this.buckets[bucket];
    this.buckets[bucket] = block;
    this.nextInBucket[block] = next;
    this.previousInBucket[block] = 0;
    if (next !== 0) this.previousInBucket[next] = block;
  }

  private unlink(block: number): void {
    const before = this.previousSibling[block];
    const after = this.nextSibling[block];
    if (before !== 0) this.nextSibling[before] = after;
    else this.firstChild[this.parent[block]] = after;
    if (after !== 0) this.previousSibling[after] = before;
    const previous = this.previousInBucket[block];
    const next = this.nextInBucket[block];
    if (previous !== 0) this.nextInBucket[previous] = next;
    else this.buckets[this.bucketOfBlock(block)] = next;
    if (next !== 0) this.previousInBucket[next] = previous;
    this.parent[block] = -1;
    this.size--;
  }

  private bucketOfBlock(block: number): number {
    return this.hash(this.parent[block], this.extras[block], this.segment[block], this.offset[block]);
  }

  private bucketOf(parent: number, content: BlockContent): number {
    return this.hash(parent, content.extras, content.segment, content.offset);
  }

  private hash(parent: number, extras: number, segment: number, offset: number): number {
    let hash = Math.imul(parent + 1, 0x9e3779b1) ^ Math.imul(segment, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ offset, 0xc2b2ae35) ^ extras;
    return (hash ^ (hash >>> 16)) & (this.buckets.length - 1);
  }
}

/** What is in the tree: a row a block, by number. */
export interface BlockTreeState {
  readonly blocks: Int32Array;
  readonly parent: Int32Array;
  readonly tokens: Int32Array;
  readonly extras: Int32Array;
  readonly segment: Int32Array;
  readonly offset: Int32Array;
  readonly length: Int32Array;
  readonly more: readonly (readonly [block: number, pieces: readonly number[]])[];
}
