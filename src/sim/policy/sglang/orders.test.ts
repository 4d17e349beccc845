import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultEngineConfig } from '../../engine-config.ts';
import { RadixMemory } from '../../memory/radix-memory.ts';
import { RequestTable } from '../../request.ts';
import { Sequences } from '../../sequences.ts';
import { cases } from '../../testing.ts';
import { graphRows } from './cuda-graph.ts';
import { preemptionVictims } from './priority-preemption.ts';
import { SchedulePolicy } from './schedule-policy.ts';
import { type SglangSettings, sglangDefaults } from './settings.ts';
import { WaitingList } from './waiting-list.ts';

/** Requests of some priorities that were all looked at, with an order over them. */
function setUp(count: number, settings: Partial<SglangSettings>, promptOf: (request: number) => number = () => 10) {
  const requests = new RequestTable(count);
  for (let r = 0; r < count; r++) requests.push({ arrivalUs: 0, promptTokens: promptOf(r), outputTokens: 5 });
  const sequences = new Sequences(requests);
  for (let r = 0; r < count; r++) sequences.arrive(r, 5);
  const all = { ...sglangDefaults, ...settings };
  const memory = new RadixMemory({ ...defaultEngineConfig(10_001), blockSize: 1 }, sequences, all);
  const policy = new SchedulePolicy(
    sequences,
    memory,
    all,
    (r) => r,
    () => -1,
  );
  const queue = new WaitingList();
  for (let r = 0; r < count; r++) queue.add(r);
  return { requests, sequences, memory, policy, queue };
}

describe('waiting list', () => {
  it('keeps an order as a stable sort of everybody would, whoever comes and goes', () => {
    const op = fc.record({ what: fc.constantFrom('add', 'add', 'add', 'sort', 'take', 'remove'), number: fc.nat(40) });
    fc.assert(
      fc.property(fc.array(op, { maxLength: 60, size: 'max' }), (ops) => {
        const rank = (request: number) => request % 5;
        const fast = new WaitingList();
        let slow: number[] = [];
        ops.forEach(({ what, number }, i) => {
          if (what === 'add') {
            fast.add(i);
            slow.push(i);
          } else if (what === 'sort') {
            fast.keepSorted((a, b) => rank(a) - rank(b));
            slow.sort((a, b) => rank(a) - rank(b));
          } else if (what === 'take') {
            const count = Math.min(number, slow.length);
            fast.take(count);
            slow = slow.slice(count);
          } else if (slow.length > 0) {
            const [gone] = slow.splice(number % slow.length, 1);
            fast.remove(gone);
          }
          expect(fast.list()).toEqual(slow);
          expect(fast.size).toBe(slow.length);
          if (slow.length > 0) expect(fast.at(slow.length - 1)).toBe(slow.at(-1));
        });
      }),
      { numRuns: cases },
    );
  });
});

describe('queue orders', () => {
  it('longest prefix first leaves a queue of more than 128 as it is', () => {
    // The later a request came, the more of it is cached.
    for (const [count, isOrdered] of [
      [128, true],
      [129, false],
      [200, false],
    ] as const) {
      const { policy, queue, memory } = setUp(count, { schedulePolicy: 'lpm' });
      for (let r = 0; r < count; r += 9) {
        memory.tree?.insert(memory.tokens.first(r, 1 + (r % 10)), new Int32Array(10));
      }
      const found = policy.order(queue, []);
      expect(found !== null).toBe(isOrdered);
      const arrival = Array.from({ length: count }, (_, r) => r);
      if (isOrdered) expect(queue.list()).not.toEqual(arrival);
      else expect(queue.list()).toEqual(arrival);
    }
  });

  it('orders by the cache need a cache', () => {
    for (const schedulePolicy of ['lpm', 'dfs-weight'] as const) {
      const { sequences } = setUp(3, {});
      const settings = { ...sglangDefaults, schedulePolicy };
      const config = { ...defaultEngineConfig(100), blockSize: 1, enablePrefixCaching: false };
      const memory = new RadixMemory(config, sequences, settings);
      const policy = new SchedulePolicy(
        sequences,
        memory,
        settings,
        (r) => r,
        () => -1,
      );
      expect(policy.name).toBe('fcfs');
    }
  });

  it('random shuffles anew each time, the same in every run', () => {
    const shuffled = () => {
      const { policy, queue } = setUp(30, { schedulePolicy: 'random', seed: 3 });
      policy.order(queue, []);
      const first = queue.list();
      policy.order(queue, []);
      return [first, queue.list()];
    };
    const [first, second] = shuffled();
    expect(shuffled()).toEqual([first, second]);
    expect(second).not.toEqual(first);
    expect(first.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, r) => r));
  });
});

describe('victims of a more important request', () => {
  const victims = (priorities: readonly number[], priority: number, tokens: number, low = false) => {
    const { sequences, requests } = setUp(priorities.length + 1, {});
    requests.priority.set([...priorities, priority]);
    sequences.status.fill(2, 0, priorities.length);
    const settings = { ...sglangDefaults, scheduleLowPriorityValuesFirst: low };
    return preemptionVictims([...priorities.keys()], priorities.length, tokens, {
      sequences,
      settings,
      entered: (r) => r,
      freedBy: () => 10,
    });
  };

  it('differ by more than 10, come from the least important, and are no more than it takes', () => {
    expect(victims([5, 1, 40], 20, 15)).toEqual([1, 0]);
    expect(victims([5, 1, 40], 20, 5)).toEqual([1]);
    expect(victims([9, 10], 20, 5)).toEqual([0]);
    expect(victims([10], 20, 5)).toEqual([]);
    // Of equal ones the latest.
    expect(victims([1, 1, 1], 20, 15)).toEqual([2, 1]);
    expect(victims([50, 20], 1, 15, true)).toEqual([0, 1]);
  });

  it('are nobody where all of them together free too little', () => {
    expect(victims([5, 1, 15], 20, 21)).toEqual([]);
  });
});

it('decode batches are padded to a captured size', () => {
  expect([1, 2, 3, 5, 9, 13, 17, 249, 257, 500, 513].map((rows) => graphRows(rows, 512, false))).toEqual([
    1, 2, 4, 8, 12, 16, 24, 256, 272, 512, 513,
  ]);
  expect([7, 8, 9].map((rows) => graphRows(rows, 8, false))).toEqual([8, 8, 9]);
  expect(graphRows(20, 22, false)).toBe(22);
  expect(graphRows(5, 0, false)).toBe(5);
  // With drafts the captured sizes lie closer.
  expect([5, 9, 31, 33, 65, 257].map((rows) => graphRows(rows, 512, true))).toEqual([5, 10, 32, 36, 72, 272]);
});
