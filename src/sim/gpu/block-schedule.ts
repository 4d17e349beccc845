/**
 * List scheduling: blocks go, in order, to the multiprocessor that is free first. Multiprocessors that are free at the same
 * time and run blocks of one length are kept as one level, so that equal blocks cost as much to place as one.
 *
 * Nobody is free earlier than the one before, so blocks of one length end in the order in which they start: each length has a
 * queue of its levels, and who is free first stands at the head of one of them.
 *
 *     length 0   | 40 x 3 | 55 x 1 |           times x multiprocessors, a ring each
 *     length 1   | 41 x 2 | 41.5 x 4 | 60 x 1 |
 *     poured     | 38 x 9 |                    what has been filled up, or is free from the start
 *
 * No multiprocessor is free earlier when a block is added or takes longer (the sorted times of all multiprocessors can only
 * rise), which makes every time that is read from it non-decreasing.
 */
export class BlockSchedule {
  private readonly processors: number;
  /** Places of a queue: a power of two, and more than there can be levels. */
  private readonly size: number;
  private times = new Float64Array(0);
  private counts = new Int32Array(0);
  /** Of each queue: positions of its first level and after its last one, which only grow, and the time of the first one. */
  private first = new Int32Array(0);
  private end = new Int32Array(0);
  private front = new Float64Array(0);
  /** Queues in use; the last one is that of poured levels. */
  private queues = 0;
  /** The queue whose first level is free first, and when. */
  private least = 0;
  private leastTime = 0;

  constructor(processors: number) {
    this.processors = processors;
    let size = 1;
    while (size <= processors) size *= 2;
    this.size = size;
  }

  /** Frees all multiprocessors for blocks of so many lengths. */
  clear(lengths: number): void {
    this.queues = lengths + 1;
    if (this.queues > this.front.length) this.grow(2 * this.queues);
    this.first.fill(0, 0, this.queues);
    this.end.fill(0, 0, this.queues);
    this.front.fill(Number.POSITIVE_INFINITY, 0, this.queues);
    this.fill(0, this.processors);
  }

  /** When the last multiprocessor is free. */
  get last(): number {
    let last = 0;
    for (let queue = 0; queue < this.queues; queue++) {
      if (this.end[queue] > this.first[queue]) last = Math.max(last, this.times[this.lastOf(queue)]);
    }
    return last;
  }

  /** Places `blocks` of the length with this number, which is `length` whenever blocks of it are placed. */
  place(blocks: number, number: number, length: number): void {
    const { counts, size } = this;
    for (let left = blocks; left > 0; ) {
      const { least, leastTime } = this;
      const level = least * size + (this.first[least] & (size - 1));
      const placed = Math.min(left, counts[level]);
      left -= placed;
      counts[level] -= placed;
      this.append(number, leastTime + length, placed);
      if (counts[level] === 0) this.drop();
    }
  }

  /** Spreads work that is divided at will: the multiprocessors that are free first share it. */
  pour(work: number): void {
    if (work <= 0) return;
    const { counts, size } = this;
    let count = 0;
    for (let left = work; ; ) {
      const time = this.leastTime;
      count += counts[this.least * size + (this.first[this.least] & (size - 1))];
      this.drop();
      const room = (this.leastTime - time) * count;
      if (left < room) {
        this.fill(time + left / count, count);
        return;
      }
      left -= room;
    }
  }

  /** Makes multiprocessors that are free before all others a level of their own. */
  private fill(time: number, count: number): void {
    const poured = this.queues - 1;
    this.first[poured] = 0;
    this.end[poured] = 0;
    this.append(poured, time, count);
    this.least = poured;
    this.leastTime = time;
  }

  private append(queue: number, time: number, count: number): void {
    const { times, counts, size } = this;
    if (this.end[queue] === this.first[queue]) this.front[queue] = time;
    else {
      const last = this.lastOf(queue);
      if (times[last] === time) {
        counts[last] += count;
        return;
      }
    }
    const level = queue * size + (this.end[queue] & (size - 1));
    times[level] = time;
    counts[level] = count;
    this.end[queue]++;
  }

  /** Removes the level that is free first. */
  private drop(): void {
    const { least, front, queues, size } = this;
    const first = ++this.first[least];
    front[least] =
      first === this.end[least] ? Number.POSITIVE_INFINITY : this.times[least * size + (first & (size - 1))];
    let next = 0;
    for (let queue = 1; queue < queues; queue++) if (front[queue] < front[next]) next = queue;
    this.least = next;
    this.leastTime = front[next];
  }

  private lastOf(queue: number): number {
    return queue * this.size + ((this.end[queue] - 1) & (this.size - 1));
  }

  private grow(queues: number): void {
    this.times = new Float64Array(queues * this.size);
    this.counts = new Int32Array(queues * this.size);
    this.first = new Int32Array(queues);
    this.end = new Int32Array(queues);
    this.front = new Float64Array(queues);
  }
}
