import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batch, EntryFlag } from '../batch.ts';
import { RequestTable, Status } from '../request.ts';
import { Sequences } from '../sequences.ts';
import { cases } from '../testing.ts';
import { FairShareQueue } from './fair-share.ts';
import { FairShares } from './fair-shares.ts';
import { FcfsQueue } from './fcfs.ts';
import { LongestPrefixQueue, PrefixHits } from './longest-prefix.ts';
import { PriorityQueue } from './priority.ts';
import type { WaitingQueue } from './queue.ts';
import { ShortestJobQueue, TokensLeft } from './shortest-job.ts';

/** A queue as a plain list that is sorted whenever somebody looks: next first. */
interface SlowQueue {
  list(): number[];
  add(request: number): void;
  putBack(request: number): void;
  remove(request: number): void;
  /** The head is about to be taken. */
  take(request: number): void;
}

/** What happens to a queue. Numbers pick a request out of those that wait, or out of those that were taken, counted round. */
const operationsArb = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('add' as const), pick: fc.nat(99) }),
    fc.record({ kind: fc.constantFrom('take' as const, 'back' as const, 'remove' as const), pick: fc.nat(99) }),
    fc.record({ kind: fc.constantFrom('call' as const, 'step' as const), pick: fc.nat(99) }),
  ),
  { maxLength: 60 },
);

const requestsArb = fc.array(
  fc.record({
    promptTokens: fc.integer({ min: 1, max: 9 }),
    outputTokens: fc.constant(50),
    priority: fc.integer({ min: 0, max: 2 }),
    user: fc.integer({ min: 0, max: 3 }),
    arrivalUs: fc.constantFrom(0, 1),
  }),
  { minLength: 1, maxLength: 30 },
);

/** A queue and its twin over a table of requests; `tick` moves the world on: a new call of the scheduler, or a step of those taken. */
interface Twins {
  readonly fast: WaitingQueue;
  readonly slow: SlowQueue;
  readonly tick?: (kind: 'call' | 'step', pick: number, taken: readonly number[]) => void;
  /** Puts the state of another pair's fast queue, and of what it shares, into this one. */
  readonly restore?: (other: Twins) => void;
  readonly shared?: unknown;
}

function tableOf(specs: readonly { promptTokens: number; outputTokens: number; arrivalUs: number }[]): Sequences {
  const requests = new RequestTable(specs.length);
  for (const spec of [...specs].sort((a, b) => a.arrivalUs - b.arrivalUs)) requests.push(spec);
  const sequences = new Sequences(requests);
  for (let r = 0; r < requests.count; r++) {
    sequences.arrive(r, 50);
    sequences.predicted[r] = 1 + ((r * 7) % 5) * 10;
  }
  return sequences;
}

function expectSame(create: (sequences: Sequences) => Twins): void {
  fc.assert(
    fc.property(requestsArb, operationsArb, (specs, operations) => {
      const sequences = tableOf(specs);
      const twins = create(sequences);
      const { fast, slow } = twins;
      const taken: number[] = [];
      let arrived = 0;
      for (const { kind, pick } of operations) {
        const waiting = slow.list();
        if (kind === 'add' && arrived < specs.length) {
          fast.add(arrived);
          slow.add(arrived++);
        } else if (kind === 'take' && waiting.length > 0) {
          const head = fast.head();
          expect(head).toBe(waiting[0]);
          slow.take(head);
          expect(fast.takeHead()).toBe(head);
          taken.push(head);
          // Half of them start; the others are put back as they were.
          if (pick % 2 === 0) {
            sequences.status[head] = Status.running;
            sequences.generated[head] += pick % 40;
          }
        } else if (kind === 'back' && taken.length > 0) {
          const [request] = taken.splice(pick % taken.length, 1);
          if (sequences.status[request] === Status.running) sequences.status[request] = Status.preempted;
          fast.putBack(request);
          slow.putBack(request);
        } else if (kind === 'remove' && waiting.length > 0) {
          const request = waiting[pick % waiting.length];
          slow.remove(request);
          expect(fast.remove(request)).toBe(true);
          expect(fast.remove(request)).toBe(false);
        } else if (kind === 'call' || kind === 'step') twins.tick?.(kind, pick, taken);
        const now = slow.list();
        expect(fast.size).toBe(now.length);
        // Looking changes nothing, and sees what the list has.
        const before = fast.save();
        expect(fast.peek()).toBe(fast.list()[0] ?? -1);
        expect(fast.save()).toEqual(before);
        if (now.length > 0) expect(fast.head()).toBe(now[0]);
        expect(fast.list()).toEqual(now);
      }
      const copy = create(sequences);
      copy.restore?.(twins);
      copy.fast.restore(JSON.parse(JSON.stringify(fast.save())));
      expect(copy.fast.save()).toEqual(fast.save());
      expect(copy.fast.list()).toEqual(fast.list());
      fast.clear();
      expect([fast.size, fast.list()]).toEqual([0, []]);
    }),
    { numRuns: cases },
  );
}

/** The twin of an order that is given by a comparison. */
function sorted(compare: (a: number, b: number) => number): SlowQueue {
  const list: number[] = [];
  const remove = (request: number) => list.splice(list.indexOf(request), 1);
  return {
    list: () => list.slice().sort(compare),
    add: (request) => list.push(request),
    putBack: (request) => list.push(request),
    remove,
    take: remove,
  };
}

describe('queue orders do what a sorted list does', () => {
  it('first come, first served', () => {
    expectSame(() => {
      const list: number[] = [];
      const remove = (request: number) => list.splice(list.indexOf(request), 1);
      return {
        fast: new FcfsQueue(),
        slow: {
          list: () => list.slice(),
          add: (request) => list.push(request),
          putBack: (request) => list.unshift(request),
          remove,
          take: remove,
        },
      };
    });
  });

  it('priority', () => {
    expectSame(({ requests }) => ({
      fast: new PriorityQueue(requests),
      slow: sorted((a, b) => requests.priority[a] - requests.priority[b] || a - b),
    }));
  });

  it('shortest job', () => {
    expectSame((sequences) => {
      const left = new Map<number, number>();
      const list = sorted((a, b) => (left.get(a) ?? 0) - (left.get(b) ?? 0) || a - b);
      const note = (request: number) =>
        left.set(request, Math.max(1, sequences.predicted[request] - sequences.generated[request]));
      return {
        fast: new ShortestJobQueue(sequences, new TokensLeft()),
        slow: {
          ...list,
          add: (request) => {
            note(request);
            list.add(request);
          },
          putBack: (request) => {
            note(request);
            list.putBack(request);
          },
        },
      };
    });
  });

  it('longest prefix: the first ones ranked once a call, and only after something has happened', () => {
    const ranked = 5;
    expectSame(() => {
      // What is cached changes with the world, between calls too.
      const world = { call: 0, cached: 1 };
      const hitOf = (request: number) => ((request * 13 + world.cached * 5) % 7) * 16;
      const hits = new PrefixHits(hitOf);
      let arrivals: number[] = [];
      let ranks: number[] = [];
      let rankedIn = -1;
      let isDirty = false;
      const rank = () => {
        if (!isDirty || rankedIn === world.call) return;
        [isDirty, rankedIn] = [false, world.call];
        const first = arrivals.slice(0, ranked);
        ranks = first.sort((a, b) => hitOf(b) - hitOf(a) || a - b);
      };
      const add = (request: number) => {
        arrivals = [...arrivals, request].sort((a, b) => a - b);
        isDirty = true;
      };
      const remove = (request: number) => {
        arrivals = arrivals.filter((r) => r !== request);
        ranks = ranks.filter((r) => r !== request);
        isDirty = arrivals.length > 0;
      };
      return {
        fast: new LongestPrefixQueue(hits, ranked),
        slow: {
          list: () => {
            rank();
            return [...ranks, ...arrivals.filter((r) => !ranks.includes(r))];
          },
          add,
          putBack: add,
          remove,
          take: remove,
        },
        tick: (kind, pick) => {
          world.cached = pick;
          if (kind !== 'call') return;
          world.call++;
          hits.call++;
        },
        restore: () => {
          hits.call = world.call;
        },
      };
    });
  });

  it('fair share: virtual token counters, written down plainly', () => {
    expectSame((sequences) => {
      const { requests } = sequences;
      const shares = new FairShares(sequences);
      const counters = [0, 0, 0, 0];
      const paid = new Set<number>();
      let last = -1;
      let list: number[] = [];
      const user = (request: number) => requests.user[request];
      const remove = (request: number) => {
        list = list.filter((r) => r !== request);
        last = user(request);
      };
      const ordered = () => {
        const now = counters.slice();
        const rest = list.slice();
        const next: number[] = [];
        while (rest.length > 0) {
          // The first of each user in the list is the user's next.
          const heads = rest.filter((r, i) => rest.findIndex((other) => user(other) === user(r)) === i);
          const [head] = heads.sort((a, b) => now[user(a)] - now[user(b)] || a - b);
          rest.splice(rest.indexOf(head), 1);
          if (!paid.has(head)) now[user(head)] += requests.promptTokens[head];
          next.push(head);
        }
        return next;
      };
      return {
        fast: new FairShareQueue(shares),
        slow: {
          list: ordered,
          add: (request) => {
            const others = list.filter((r) => user(r) !== user(request)).map((r) => counters[user(r)]);
            if (!list.some((r) => user(r) === user(request))) {
              const least = others.length > 0 ? Math.min(...others) : last >= 0 ? counters[last] : 0;
              counters[user(request)] = Math.max(counters[user(request)], least);
            }
            list = [...list, request];
          },
          putBack: (request) => {
            if (sequences.status[request] === Status.waiting && paid.delete(request)) {
              counters[user(request)] -= requests.promptTokens[request];
            }
            list = [request, ...list];
          },
          remove,
          take: (request) => {
            if (!paid.has(request)) counters[user(request)] += requests.promptTokens[request];
            paid.add(request);
            remove(request);
          },
        },
        tick: (kind, _, taken) => {
          if (kind !== 'step') return;
          const batch = new Batch();
          taken.forEach((request, i) => {
            // The first is a member of the decode set, the last computes a part of its prompt, the others decode.
            if (i === 0) batch.setSize = 1;
            else batch.push(request, 3, 0, 0, 0, i === taken.length - 1 ? EntryFlag.prefill : EntryFlag.samples);
            if (i === 0) counters[user(request)] += 2;
            else if (i < taken.length - 1) counters[user(request)] += 2 * 3;
          });
          if (taken.length > 0) shares.joined(taken[0]);
          shares.launched(batch);
          if (taken.length > 0) shares.parted(taken[0]);
        },
        shared: shares,
        restore: (other) => {
          if (other.shared instanceof FairShares) shares.restore(other.shared.save());
        },
      };
    });
  });
});
