import { EvictionHeap } from './eviction-heap.ts';

/** A block that is stored. */
interface Stored {
  readonly key: number;
  readonly parent: Stored | null;
  /** Stored blocks that follow it. */
  children: number;
  /** Those that are reading it: it cannot go. */
  pins: number;
  /** Number of its last use: later uses have higher ones. */
  usedAt: number;
}

/** A block that could go, as of one of its uses: out of date when it has been used again. */
interface Candidate {
  readonly stored: Stored;
  readonly usedAt: number;
}

/** Told of keys whose content comes and goes. */
export interface StoreListener {
  stored(key: number): void;
  evicted(key: number): void;
}

/**
 * Blocks of KV by their keys in a hash chain, in bounded room. When that is full the block goes that was used longest ago among those
 * that no other one follows: whatever is stored can be found, because all before it is stored too.
 */
export class BlockStore {
  readonly capacity: number;
  evictions = 0;
  private readonly listener: StoreListener;
  private readonly blocks = new Map<number, Stored>();
  private candidates = new EvictionHeap<Candidate>([], isBefore);
  private uses = 0;

  constructor(capacity: number, listener: StoreListener) {
    this.capacity = capacity;
    this.listener = listener;
  }

  get size(): number {
    return this.blocks.size;
  }

  has(key: number): boolean {
    return this.blocks.has(key);
  }

  /** How many of the first `count` keys of a chain are stored: all up to the first that is not. */
  match(chain: readonly number[], count: number): number {
    let [found, missing] = [0, count + 1];
    while (missing - found > 1) {
      const middle = (found + missing) >> 1;
      if (this.blocks.has(chain[middle - 1])) found = middle;
      else missing = middle;
    }
    return found;
  }

  /** The first `count` blocks of a chain, which are stored, are of use to somebody. */
  use(chain: readonly number[], count: number): void {
    const usedAt = ++this.uses;
    for (let i = 0; i < count; i++) {
      const stored = this.blocks.get(chain[i]);
      if (stored === undefined) throw new Error(`key ${chain[i]} is not stored`);
      stored.usedAt = usedAt;
      this.offer(stored);
    }
  }

  /** Somebody begins to read a block and all before it: they stay until `unpin`. */
  pin(key: number): void {
    const stored = this.blocks.get(key);
    if (stored === undefined) throw new Error(`key ${key} is not stored`);
    stored.pins++;
  }

  unpin(key: number): void {
    const stored = this.blocks.get(key);
    if (stored === undefined || stored.pins === 0) throw new Error(`key ${key} is not read`);
    stored.pins--;
    this.offer(stored);
  }

  /**
   * Stores a block that follows `parent` (-1 = the start). False, and no change, where nobody could find it because its parent is gone, or
   * where no other one can make room.
   */
  add(key: number, parent: number): boolean {
    const before = parent < 0 ? null : this.blocks.get(parent);
    if (before === undefined) return false;
    const known = this.blocks.get(key);
    if (known !== undefined) {
      known.usedAt = ++this.uses;
      this.offer(known);
      return true;
    }
    // The one that it follows is not to make room for it.
    if (before !== null) before.children++;
    if (this.blocks.size === this.capacity && !this.evict()) {
      if (before !== null) {
        before.children--;
        this.offer(before);
      }
      return false;
    }
    const stored = { key, parent: before, children: 0, pins: 0, usedAt: ++this.uses };
    this.blocks.set(key, stored);
    this.listener.stored(key);
    this.offer(stored);
    return true;
  }

  /** Keys of all that is stored, for tests. */
  keys(): readonly number[] {
    return [...this.blocks.keys()];
  }

  /** Puts a block among those that could go, if it could. */
  private offer(stored: Stored): void {
    if (stored.children > 0 || stored.pins > 0) return;
    // Most of it is out of date by then.
    if (this.candidates.size > 1024 + 4 * this.blocks.size) this.candidates = new EvictionHeap(this.leaves(), isBefore);
    this.candidates.push({ stored, usedAt: stored.usedAt });
  }

  private *leaves(): Iterable<Candidate> {
    for (const stored of this.blocks.values()) {
      if (stored.children === 0 && stored.pins === 0) yield { stored, usedAt: stored.usedAt };
    }
  }

  private evict(): boolean {
    for (let next = this.candidates.pop(); next !== undefined; next = this.candidates.pop()) {
      const { stored, usedAt } = next;
      const isUpToDate = this.blocks.get(stored.key) === stored && stored.usedAt === usedAt;
      if (!isUpToDate || stored.children > 0 || stored.pins > 0) continue;
      this.blocks.delete(stored.key);
      this.evictions++;
      if (stored.parent !== null) {
        stored.parent.children--;
        this.offer(stored.parent);
      }
      this.listener.evicted(stored.key);
      return true;
    }
    return false;
  }
}

/** Of blocks used at once, one chain, only the last can be a candidate: there are no ties but of one block with itself. */
function isBefore(a: Candidate, b: Candidate): boolean {
  return a.usedAt < b.usedAt;
}
