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
    this.ring = new Int32Array(Math.max(1, pages));
    for (let i = 0; i < pages; i++) this.ring[i] = i + 1;
  }

  /** Free slots. */
  get available(): number {
    return this.count * this.pageSize;
  }

  /** Free pages. */
  get availablePages(): number {
    return this.count;
  }

  /** Takes `tokens` slots, a whole number of pages; null if there are fewer. */
  take(tokens: number): Int32Array | null {
    const { pageSize } = this;
    const pages = new Int32Array(Math.ceil(tokens / pageSize));
    if (pages.length > this.count) return null;
    this.takePages(pages, 0, pages.length);
    return pageSize === 1 ? pages : slotsOfPages(pages, pageSize);
  }

  /** Takes so many pages, which must be there, and writes them into a table from a place on. */
  takePages(table: Int32Array, at: number, pages: number): void {
    const { ring } = this;
    let { head } = this;
    for (let i = 0; i < pages; i++) {
      table[at + i] = ring[head];
      head = head + 1 === ring.length ? 0 : head + 1;
    }
    this.head = head;
    this.count -= pages;
  }

  /** Gives slots back. A page of which one slot is named is free as a whole. */
  free(slots: Int32Array): void {
    const { pageSize } = this;
    this.freePages(pageSize === 1 ? slots : slots.map((slot) => Math.floor(slot / pageSize)));
  }

  /** Gives pages back. One that is named twice, as by two of its slots, is free once. */
  freePages(named: Int32Array): void {
    const { ring, pageSize } = this;
    const pages = pageSize === 1 ? named : distinct(named);
    if (this.count + pages.length > ring.length) throw new Error('more slots are freed than there are');
    if (pageSize > 1) this.head = (this.head - pages.length + ring.length) % ring.length;
    let at = (pageSize === 1 ? this.head + this.count : this.head) % ring.length;
    for (let i = 0; i < pages.length; i++) {
      ring[at] = pages[i];
      at = at + 1 === ring.length ? 0 : at + 1;
    }
    this.count += pages.length;
  }

  save(): SlotPoolState {
    const { ring, head, count } = this;
    const free = new Int32Array(count);
    const first = Math.min(count, ring.length - head);
    free.set(ring.subarray(head, head + first));
    free.set(ring.subarray(0, count - first), first);
    return { free };
  }

  restore({ free }: SlotPoolState): void {
    this.ring.set(free);
    this.head = 0;
    this.count = free.length;
  }
}

/** A copy of the list of free pages, next first. */
export interface SlotPoolState {
  readonly free: Int32Array;
}

/** All slots of some pages, in order. */
export function slotsOfPages(pages: Int32Array, pageSize: number): Int32Array {
  const slots = new Int32Array(pages.length * pageSize);
  for (let page = 0; page < pages.length; page++) {
    const first = pages[page] * pageSize;
    for (let i = 0; i < pageSize; i++) slots[page * pageSize + i] = first + i;
  }
  return slots;
}

/** The pages of slots that are whole pages, in order. */
export function pagesOfSlots(slots: Int32Array, pageSize: number): Int32Array {
  if (pageSize === 1) return slots;
  const pages = new Int32Array(slots.length / pageSize);
  for (let page = 0; page < pages.length; page++) pages[page] = slots[page * pageSize] / pageSize;
  return pages;
}

/** The distinct ones of some pages, ascending. */
function distinct(named: Int32Array): Int32Array {
  const pages = named.slice().sort();
  return pages.filter((page, i) => i === 0 || page !== pages[i - 1]);
}
