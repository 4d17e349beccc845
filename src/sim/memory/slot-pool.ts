/**
 * Free token slots in the order of SGLang's allocators (v0.5.9, commit d2b3c7f). Slots are handed out in pages of
 * `pageSize`; page q holds slots `q * pageSize .. (q + 1) * pageSize - 1`, and page 0 is a dummy that is never handed out.
 * With pages of one token freed slots go to the back of the list; with larger ones each call's pages go to the front,
 * in ascending order.
 */
export class SlotPool {
  readonly pageSize: number;
  /** Slots of all pages that can be handed out. */
  readonly size: number;
  /** Free pages as a ring: `count` of them from `head` on. */
  private readonly ring: Int32Array;
  private head = 0;
  private count: number;

  constructor(size: number, pageSize: number) {
    this.pageSize = pageSize;
    const pages = Math.floor(size / pageSize);
    this.size = pages * pageSize;
    this.count = pages;
    this.ring = Int32Array.from({ length: Math.max(1, pages) }, (_, i) => i + 1);
  }

  /** Free slots. */
  get available(): number {
    return this.count * this.pageSize;
  }

  /** Takes `tokens` slots, a whole number of pages; null if there are fewer. */
  take(tokens: number): Int32Array | null {
    const { ring, pageSize } = this;
    const pages = Math.ceil(tokens / pageSize);
    if (pages > this.count) return null;
    const slots = new Int32Array(pages * pageSize);
    for (let page = 0; page < pages; page++) {
      const first = ring[(this.head + page) % ring.length] * pageSize;
      for (let i = 0; i < pageSize; i++) slots[page * pageSize + i] = first + i;
    }
    this.head = (this.head + pages) % ring.length;
    this.count -= pages;
    return slots;
  }

  /** Gives slots back. A page of which one slot is named is free as a whole. */
  free(slots: Int32Array): void {
    const { ring, pageSize } = this;
    const pages = pageSize === 1 ? slots : pagesOf(slots, pageSize);
    if (this.count + pages.length > ring.length) throw new Error('more slots are freed than there are');
    if (pageSize === 1) {
      for (let i = 0; i < pages.length; i++) ring[(this.head + this.count + i) % ring.length] = pages[i];
    } else {
      this.head = (this.head - pages.length + ring.length) % ring.length;
      for (let i = 0; i < pages.length; i++) ring[(this.head + i) % ring.length] = pages[i];
    }
    this.count += pages.length;
  }

  save(): SlotPoolState {
    return { ring: this.ring.slice(), head: this.head, count: this.count };
  }

  restore(state: SlotPoolState): void {
    this.ring.set(state.ring);
    this.head = state.head;
    this.count = state.count;
  }
}

/** A copy of the list of free pages. */
export interface SlotPoolState {
  readonly ring: Int32Array;
  readonly head: number;
  readonly count: number;
}

/** The distinct pages of some slots, ascending. */
function pagesOf(slots: Int32Array, pageSize: number): Int32Array {
  const pages = slots.map((slot) => Math.floor(slot / pageSize)).sort();
  return pages.filter((page, i) => i === 0 || page !== pages[i - 1]);
}
