/**
 * Ownership of KV blocks is linear: a block is given to somebody, given back once, and never used in between by anybody
 * else. A memory manager can report each change; a checker follows them in tests and throws at the first that cannot be.
 *
 *     free --take--> owned --share--> shared by 2, 3, ...      cached: free to be taken, but its content can be hit
 *          <--free--       <-unshare-
 *          <------evict-- cached <--cache-- owned
 *                         cached ---hit---> owned
 */
export type OwnershipEvent = 'take' | 'share' | 'unshare' | 'free' | 'cache' | 'evict' | 'hit';

/** Told of each change of a block. */
export type OwnershipObserver = (event: OwnershipEvent, block: number) => void;

/** Follows every block; throws, in words, at an event that its state does not allow. */
export class OwnershipChecker {
  /** Holders of each block; 0 = free or cached. */
  private readonly holders: Int32Array;
  private readonly cached: Uint8Array;

  /** All `numBlocks` blocks are free. */
  constructor(numBlocks: number) {
    this.holders = new Int32Array(numBlocks);
    this.cached = new Uint8Array(numBlocks);
  }

  /** Sets a block's state without a change, to start in the middle of a run. */
  adopt(block: number, holders: number, isCached: boolean): void {
    this.holders[block] = holders;
    this.cached[block] = holders === 0 && isCached ? 1 : 0;
  }

  readonly observe: OwnershipObserver = (event, block) => {
    const { holders, cached } = this;
    if (!(block >= 0 && block < holders.length)) throw new Error(`block ${block} does not exist (${event})`);
    if (!isAllowed(event, holders[block], cached[block] === 1)) throw new Error(this.explain(event, block));
    switch (event) {
      case 'take':
        holders[block] = 1;
        break;
      case 'share':
        holders[block]++;
        break;
      case 'unshare':
        holders[block]--;
        break;
      case 'free':
        holders[block] = 0;
        break;
      case 'cache':
        holders[block] = 0;
        cached[block] = 1;
        break;
      case 'evict':
        cached[block] = 0;
        break;
      case 'hit':
        cached[block] = 0;
        holders[block] = 1;
        break;
    }
  };

  /** A block's state in words. */
  stateOf(block: number): string {
    const holders = this.holders[block];
    if (holders > 1) return `shared by ${holders}`;
    if (holders === 1) return 'owned';
    return this.cached[block] === 1 ? 'cached' : 'free';
  }

  /** Throws if somebody still holds a block, to be called when nobody should. */
  expectNoLeaks(): void {
    const leaks = Array.from(this.holders.keys()).filter((block) => this.holders[block] > 0);
    if (leaks.length === 0) return;
    const [first] = leaks;
    throw new Error(`${leaks.length} blocks leak: block ${first} is still ${this.stateOf(first)}`);
  }

  private explain(event: OwnershipEvent, block: number): string {
    const state = this.stateOf(block);
    const isReturned = state === 'free' || state === 'cached';
    if (isReturned && (event === 'free' || event === 'cache'))
      return `block ${block} is given back twice: it is ${state}`;
    if (isReturned && (event === 'share' || event === 'unshare'))
      return `block ${block} is used after it was given back: ${event}, but it is ${state}`;
    return `block ${block}: ${event}, but it is ${state}`;
  }
}

function isAllowed(event: OwnershipEvent, holders: number, isCached: boolean): boolean {
  switch (event) {
    case 'take':
      return holders === 0 && !isCached;
    case 'share':
      return holders >= 1;
    case 'unshare':
      return holders >= 2;
    case 'free':
    case 'cache':
      return holders === 1;
    case 'evict':
    case 'hit':
      return isCached;
  }
}
