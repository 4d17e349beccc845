/** SGLang's waiting queue: requests are taken from its front only, and its policy may put it into another order. */
export class WaitingList {
  private items: number[] = [];
  private first = 0;
  /** Items up to here are in the order of the last `keepSorted`. */
  private sorted = 0;

  get size(): number {
    return this.items.length - this.first;
  }

  at(place: number): number {
    return this.items[this.first + place];
  }

  add(request: number): void {
    this.items.push(request);
  }

  /** Takes the first `count` requests out. */
  take(count: number): void {
    this.first += count;
    if (this.first * 2 < this.items.length) return;
    this.items = this.items.slice(this.first);
    this.sorted = Math.max(0, this.sorted - this.first);
    this.first = 0;
  }

  remove(request: number): void {
    const list = this.list();
    const at = list.indexOf(request);
    if (at < 0) return;
    list.splice(at, 1);
    const { sorted, first } = this;
    this.reorder(list);
    this.sorted = Math.max(0, at < sorted - first ? sorted - first - 1 : sorted - first);
  }

  list(): number[] {
    return this.items.slice(this.first);
  }

  /** Puts the same requests into another order. */
  reorder(list: readonly number[]): void {
    this.items = list.slice();
    this.first = 0;
    this.sorted = 0;
  }

  /**
   * A stable sort by an order that never changes while a request waits: only those that came since the last time have to
   * find their places.
   */
  keepSorted(compare: (a: number, b: number) => number): void {
    const { items } = this;
    for (let next = Math.max(this.sorted, this.first); next < items.length; next++) {
      const request = items[next];
      let low = this.first;
      let high = next;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (compare(items[middle], request) <= 0) low = middle + 1;
        else high = middle;
      }
      if (low === next) continue;
      items.copyWithin(low + 1, low, next);
      items[low] = request;
    }
    this.sorted = items.length;
  }
}
