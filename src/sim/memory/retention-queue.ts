/** Priority of a block for which nobody asked otherwise. */
export const DEFAULT_PRIORITY = 35;
/** Priorities go from 0, the first to be taken, to this. */
export const MOST_PRIORITY = 100;

/**
 * Free blocks in the order in which they are taken, after TensorRT-LLM's eviction policy (LRUEvictionPolicy, main of 2026):
 * the lowest priority first, and of one priority the block that was freed longest ago. At first all have the default priority, in order of their numbers.
 *
 * Layout: each priority is a ring through an entry of its own behind those of the blocks; `next` of a block that is not free is -1.
 */
export class RetentionQueue {
  size = 0;
  private readonly start: number;
  private readonly count: number;
  private readonly next: Int32Array;
  private readonly previous: Int32Array;
  /** No block has a lower priority than this. */
  private lowest = DEFAULT_PRIORITY;

  /** `count` blocks, numbered from `start`. */
  constructor(start: number, count: number) {
    this.start = start;
    this.count = count;
    this.next = new Int32Array(count + MOST_PRIORITY + 1);
    this.previous = new Int32Array(count + MOST_PRIORITY + 1);
    this.clear();
    for (let block = start; block < start + count; block++) this.append(block, DEFAULT_PRIORITY);
  }

  has(block: number): boolean {
    return this.next[block - this.start] >= 0;
  }

  /** The block that is taken next; only when there is one. */
  first(): number {
    const { count, next } = this;
    while (next[count + this.lowest] === count + this.lowest) this.lowest++;
    return next[count + this.lowest] + this.start;
  }

  /** Frees a block: it is taken after all others of its priority. */
  append(block: number, priority: number): void {
    const at = block - this.start;
    const ring = this.count + priority;
    const last = this.previous[ring];
    this.next[last] = at;
    this.previous[at] = last;
    this.next[at] = ring;
    this.previous[ring] = at;
    if (priority < this.lowest) this.lowest = priority;
    this.size++;
  }

  /** Takes a free block out, wherever it stands. */
  remove(block: number): void {
    const at = block - this.start;
    const before = this.previous[at];
    const after = this.next[at];
    this.next[before] = after;
    this.previous[after] = before;
    this.next[at] = -1;
    this.size--;
  }

  /** Free blocks, next to be taken first. */
  list(): number[] {
    return Array.from(this.save().blocks);
  }

  save(): RetentionQueueState {
    const { next, count, start } = this;
    const blocks = new Int32Array(this.size);
    const priorities = new Uint8Array(this.size);
    let found = 0;
    for (let priority = 0; priority <= MOST_PRIORITY; priority++) {
      const ring = count + priority;
      for (let at = next[ring]; at !== ring; at = next[at]) {
        blocks[found] = at + start;
        priorities[found++] = priority;
      }
    }
    return { blocks, priorities };
  }

  restore({ blocks, priorities }: RetentionQueueState): void {
    this.clear();
    for (let i = 0; i < blocks.length; i++) this.append(blocks[i], priorities[i]);
  }

  private clear(): void {
    this.size = 0;
    this.lowest = MOST_PRIORITY;
    this.next.fill(-1, 0, this.count);
    for (let ring = this.count; ring < this.next.length; ring++) {
      this.next[ring] = ring;
      this.previous[ring] = ring;
    }
  }
}

export interface RetentionQueueState {
  readonly blocks: Int32Array;
  readonly priorities: Uint8Array;
}
