/**
 * List scheduling: blocks go, in order, to the multiprocessor that is free first. Multiprocessors that are free at the same
 * time are kept as one level, so that equal blocks cost as much to place as one.
 *
 * No multiprocessor is free earlier when a block is added or takes longer (the sorted times of all multiprocessors can only
 * rise), which makes every time that is read from it non-decreasing.
 */
export class BlockSchedule {
  private readonly processors: number;
  /** Levels `from` to `to` - 1 in ascending order: when they are free, and how many multiprocessors each one has. */
  private readonly times: Float64Array;
  private readonly counts: Int32Array;
  private from = 0;
  private to = 0;

  constructor(processors: number) {
    this.processors = processors;
    // A level more than multiprocessors while a block moves up.
    this.times = new Float64Array(processors + 1);
    this.counts = new Int32Array(processors + 1);
    this.clear();
  }

  clear(): void {
    this.from = 0;
    this.to = 1;
    this.times[0] = 0;
    this.counts[0] = this.processors;
  }

  /** When the last multiprocessor is free. */
  get last(): number {
    return this.times[this.to - 1];
  }

  /** Places `blocks` that take `length` each. */
  place(blocks: number, length: number): void {
    const { times, counts } = this;
    let left = blocks;
    while (left > 0) {
      const end = times[this.from] + length;
      const placed = Math.min(left, counts[this.from]);
      left -= placed;
      counts[this.from] -= placed;
      if (counts[this.from] === 0) this.from++;
      this.insert(end, placed);
    }
  }

  /** Spreads work that is divided at will: the multiprocessors that are free first share it. */
  pour(work: number): void {
    const { times, counts } = this;
    let left = work;
    while (left > 0) {
      const { from } = this;
      const room = from + 1 < this.to ? (times[from + 1] - times[from]) * counts[from] : Number.POSITIVE_INFINITY;
      if (left < room) {
        times[from] += left / counts[from];
        return;
      }
      left -= room;
      counts[from + 1] += counts[from];
      this.from++;
    }
  }

  private insert(time: number, count: number): void {
    const { times, counts } = this;
    let above = this.to;
    while (above > this.from && times[above - 1] > time) above--;
    if (above > this.from && times[above - 1] === time) {
      counts[above - 1] += count;
      return;
    }
    if (this.from > 0) {
      // The places of levels that are gone: those below move down.
      times.copyWithin(this.from - 1, this.from, above);
      counts.copyWithin(this.from - 1, this.from, above);
      this.from--;
      above--;
    } else {
      times.copyWithin(above + 1, above, this.to);
      counts.copyWithin(above + 1, above, this.to);
      this.to++;
    }
    times[above] = time;
    counts[above] = count;
  }
}
