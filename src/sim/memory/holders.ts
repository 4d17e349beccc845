import type { OwnershipObserver } from './ownership.ts';

/**
 * Counts who holds each block, for managers that need not know it themselves, and reports each change to an observer.
 * Kept only while somebody watches: it costs work for every block of every request.
 */
export class Holders {
  private readonly counts: Int32Array;
  private readonly observe: OwnershipObserver;

  /** `tables`: blocks of the requests that hold some now. */
  constructor(numBlocks: number, tables: Iterable<Int32Array>, observe: OwnershipObserver) {
    this.counts = new Int32Array(numBlocks);
    this.observe = observe;
    for (const table of tables) for (const block of table) this.counts[block]++;
  }

  of(block: number): number {
    return this.counts[block];
  }

  /** A request takes blocks: free ones, or such as are cached, whether others hold them or not. */
  gain(blocks: Int32Array, areCached: boolean): void {
    for (const block of blocks) {
      const others = this.counts[block]++;
      this.observe(others > 0 ? 'share' : areCached ? 'hit' : 'take', block);
    }
  }

  /** A request lets blocks go; what nobody holds any more is free, or stays cached. */
  lose(blocks: Int32Array, areCached: boolean): void {
    for (const block of blocks) {
      const others = --this.counts[block];
      this.observe(others > 0 ? 'unshare' : areCached ? 'cache' : 'free', block);
    }
  }

  /** The content of cached blocks that nobody holds is given up. */
  evict(blocks: Int32Array): void {
    for (const block of blocks) this.observe('evict', block);
  }
}
