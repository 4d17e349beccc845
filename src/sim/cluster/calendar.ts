/** What is to happen in a fleet beside arrivals and steps, in order of time. Equal times: by kind, then in the order in which they were entered. */
export class Calendar<Entry> {
  private readonly heap: Item<Entry>[] = [];
  private entered = 0;

  /** When the next entry is due; Infinity if there is none. */
  get nextUs(): number {
    return this.heap.length === 0 ? Number.POSITIVE_INFINITY : this.heap[0].atUs;
  }

  add(atUs: number, kind: number, entry: Entry): void {
    const item = { atUs, kind, order: this.entered++, entry };
    const { heap } = this;
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(item, heap[above])) break;
      heap[at] = heap[above];
      at = above;
    }
    heap[at] = item;
  }

  /** Takes the next entry out; only while there is one. */
  take(): Entry {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.siftDown(last);
    return first.entry;
  }

  private siftDown(item: Item<Entry>): void {
    const { heap } = this;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1], heap[below])) below++;
      if (!isBefore(heap[below], item)) break;
      heap[at] = heap[below];
      at = below;
    }
    heap[at] = item;
  }
}

interface Item<Entry> {
  readonly atUs: number;
  readonly kind: number;
  readonly order: number;
  readonly entry: Entry;
}

function isBefore<Entry>(a: Item<Entry>, b: Item<Entry>): boolean {
  if (a.atUs !== b.atUs) return a.atUs < b.atUs;
  return a.kind !== b.kind ? a.kind < b.kind : a.order < b.order;
}
