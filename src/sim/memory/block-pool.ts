import type { OwnershipObserver } from './ownership.ts';

/**
 * The KV blocks and their free list, in vLLM's order (V1 block pool, main of 2026-08-17): a block is taken from the
 * front; freed blocks without a cache key go to the front, those with one to the back, so that the content that was
 * used longest ago is lost first. Block 0 is the null block and is never handed out.
 *
 * Layout: `next` and `previous` hold the free list as a ring through one extra entry, `numBlocks`; a block that is not
 * free is not linked.
 */
export class BlockPool {
  readonly numBlocks: number;
  freeCount: number;
  /** Free blocks whose content can be hit. */
  cachedFree = 0;
  /** How many block tables hold the block; 0 = free. */
  readonly references: Int32Array;
  /** Told of every change of a block, in tests. */
  observer: OwnershipObserver | null = null;
  private readonly next: Int32Array;
  private readonly previous: Int32Array;
  private readonly ring: number;
  /** Blocks from this one on were never taken: they follow one another in the free list as at the start. */
  private untouched = 1;

  constructor(numBlocks: number) {
    this.numBlocks = numBlocks;
    this.ring = numBlocks;
    this.freeCount = numBlocks - 1;
    this.references = new Int32Array(numBlocks);
    this.next = new Int32Array(numBlocks + 1);
    this.previous = new Int32Array(numBlocks + 1);
    let last = this.ring;
    for (let block = 1; block < numBlocks; block++) {
      this.next[last] = block;
      this.previous[block] = last;
      last = block;
    }
    this.next[last] = this.ring;
    this.previous[this.ring] = last;
  }

  /** The block that is taken next. */
  get first(): number {
    return this.next[this.ring];
  }

  /** Takes the first free block. The caller has made sure that there is one. */
  take(): number {
    const block = this.next[this.ring];
    this.unlink(block);
    this.references[block] = 1;
    if (this.observer !== null) this.observer('take', block);
    return block;
  }

  /** One more holder of a block; a free one leaves the free list, wherever it stands. */
  touch(block: number): void {
    const isFree = this.references[block]++ === 0;
    if (isFree) {
      this.unlink(block);
      this.cachedFree--;
    }
    if (this.observer !== null) this.observer(isFree ? 'hit' : 'share', block);
  }

  /** One holder less; how many are left. A block without holders is to be freed at once, by one of the next two. */
  drop(block: number): number {
    const left = --this.references[block];
    if (left > 0 && this.observer !== null) this.observer('unshare', block);
    return left;
  }

  /** The content of a free block is lost; where it stands in the list stays. */
  evict(block: number): void {
    if (this.observer !== null) this.observer('evict', block);
    this.cachedFree--;
  }

  /** Frees a block whose content can be hit, to the back of the list. */
  appendFree(block: number): void {
    if (this.observer !== null) this.observer('cache', block);
    this.cachedFree++;
    this.link(this.previous[this.ring], block);
  }

  /** Frees a block behind `anchor` (a free block, or `front`); freeing several, each behind the one before, keeps their order. */
  insertFree(anchor: number, block: number): void {
    if (this.observer !== null) this.observer('free', block);
    this.link(anchor, block);
  }

  /** The place before the first free block. */
  get front(): number {
    return this.ring;
  }

  /** Free blocks, next to be taken first. */
  freeList(): number[] {
    const list: number[] = [];
    this.eachFree((block) => list.push(block));
    return list;
  }

  /** The same without a list. @param visit gets a block and its place, 0 = next to be taken */
  eachFree(visit: (block: number, at: number) => void): void {
    let at = 0;
    for (let block = this.next[this.ring]; block !== this.ring; block = this.next[block]) visit(block, at++);
  }

  save(): BlockPoolState {
    const { untouched, ring } = this;
    return {
      freeCount: this.freeCount,
      cachedFree: this.cachedFree,
      untouched,
      references: this.references.slice(0, untouched),
      next: this.next.slice(0, untouched),
      first: this.next[ring],
      afterLast: this.next[ring - 1],
    };
  }

  restore(state: BlockPoolState): void {
    const { next, previous, references, ring } = this;
    const { untouched } = state;
    references.set(state.references);
    next.set(state.next);
    next[ring] = state.first;
    for (let block = untouched; block < this.untouched; block++) {
      references[block] = 0;
      next[block] = block + 1;
    }
    if (untouched < ring) next[ring - 1] = state.afterLast;
    // The way back follows from the way on; a block that is not free leads nowhere.
    const changed = Math.max(untouched, this.untouched);
    for (let block = 1; block < changed; block++) if (references[block] === 0) previous[next[block]] = block;
    for (let block = changed; block < ring; block++) previous[next[block]] = block;
    previous[next[ring]] = ring;
    this.freeCount = state.freeCount;
    this.cachedFree = state.cachedFree;
    this.untouched = untouched;
  }

  private link(anchor: number, block: number): void {
    const after = this.next[anchor];
    this.next[anchor] = block;
    this.previous[block] = anchor;
    this.next[block] = after;
    this.previous[after] = block;
    this.freeCount++;
  }

  private unlink(block: number): void {
    const before = this.previous[block];
    const after = this.next[block];
    this.next[before] = after;
    this.previous[after] = before;
    this.freeCount--;
    if (block >= this.untouched) this.untouched = block + 1;
  }
}

/** The columns end where the blocks begin that were never taken. */
export interface BlockPoolState {
  readonly freeCount: number;
  readonly cachedFree: number;
  readonly untouched: number;
  readonly references: Int32Array;
  readonly next: Int32Array;
  /** The first free block, and what follows the last block by number in the free list. */
  readonly first: number;
  readonly afterLast: number;
}
