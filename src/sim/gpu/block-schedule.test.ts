import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockSchedule } from './block-schedule.ts';

/** The obvious way: every multiprocessor has its own time. */
class SlowSchedule {
  readonly times: number[];
  constructor(processors: number) {
    this.times = new Array<number>(processors).fill(0);
  }
  place(blocks: number, _: number, length: number): void {
    for (let i = 0; i < blocks; i++) {
      this.times.sort((a, b) => a - b);
      this.times[0] += length;
    }
  }
  pour(work: number): void {
    this.times.sort((a, b) => a - b);
    let level = 0;
    for (let n = 1; n <= this.times.length; n++) {
      const sum = this.times.slice(0, n).reduce((a, b) => a + b, 0);
      level = (work + sum) / n;
      if (n === this.times.length || level <= this.times[n]) break;
    }
    this.times.forEach((time, i) => {
      this.times[i] = Math.max(time, level);
    });
  }
}

const step = fc.record({
  blocks: fc.integer({ min: 0, max: 40 }),
  length: fc.integer({ min: 1, max: 50 }),
  poured: fc.integer({ min: 0, max: 100 }),
});
const steps = fc.array(step, { maxLength: 12 });
const processors = fc.integer({ min: 1, max: 9 });

function run(
  schedule: BlockSchedule | SlowSchedule,
  list: readonly { blocks: number; length: number; poured: number }[],
) {
  if (schedule instanceof BlockSchedule) schedule.clear(list.length);
  // Twice, as heads repeat their blocks: the queues go on where they are.
  for (let round = 0; round < 2; round++) {
    list.forEach(({ blocks, length, poured }, i) => {
      schedule.place(blocks, i, length);
      schedule.pour(poured);
    });
  }
}

describe('block schedule', () => {
  it('ends as multiprocessor by multiprocessor', () => {
    fc.assert(
      fc.property(processors, steps, (n, list) => {
        const fast = new BlockSchedule(n);
        fast.clear(40);
        fast.place(3, 39, 7);
        run(fast, list);
        const slow = new SlowSchedule(n);
        run(slow, list);
        expect(fast.last).toBeCloseTo(Math.max(...slow.times), 9);
      }),
    );
  });

  it('starts the last block no later than after an equal share of all other work', () => {
    fc.assert(
      fc.property(processors, steps, (n, list) => {
        const schedule = new BlockSchedule(n);
        run(schedule, list);
        const longest = Math.max(0, ...list.map(({ blocks, length }) => (blocks > 0 ? length : 0)));
        const all = 2 * list.reduce((sum, { blocks, length, poured }) => sum + blocks * length + poured, 0);
        expect(schedule.last).toBeLessThanOrEqual((all - longest) / n + longest + 1e-9);
      }),
    );
  });

  it('never ends earlier when blocks are added, take longer, or work is poured', () => {
    fc.assert(
      fc.property(processors, steps, fc.nat(11), step, (n, list, at, more) => {
        const grown = list.map((s, i) =>
          i === at
            ? { blocks: s.blocks + more.blocks, length: s.length + more.length, poured: s.poured + more.poured }
            : s,
        );
        const before = new BlockSchedule(n);
        run(before, list);
        const after = new BlockSchedule(n);
        run(after, grown);
        expect(after.last).toBeGreaterThanOrEqual(before.last - 1e-9);
      }),
    );
  });
});
