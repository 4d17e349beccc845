import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases } from '../testing.ts';
import { BlockPool } from './block-pool.ts';
import { OwnershipChecker, type OwnershipEvent } from './ownership.ts';

const ways = {
  free: [],
  owned: ['take'],
  'shared by 2': ['take', 'share'],
  'shared by 3': ['take', 'share', 'share'],
  cached: ['take', 'cache'],
} as const satisfies Record<string, readonly OwnershipEvent[]>;

const events = ['take', 'share', 'unshare', 'free', 'cache', 'evict', 'hit'] as const;

/** All that may happen, and what comes of it. */
const allowed: Record<keyof typeof ways, Partial<Record<OwnershipEvent, string>>> = {
  free: { take: 'owned' },
  owned: { share: 'shared by 2', free: 'free', cache: 'cached' },
  'shared by 2': { share: 'shared by 3', unshare: 'owned' },
  'shared by 3': { share: 'shared by 4', unshare: 'shared by 2' },
  cached: { evict: 'free', hit: 'owned' },
};

const table = (Object.keys(ways) as (keyof typeof ways)[]).flatMap((state) =>
  events.map((event) => [state, event, allowed[state][event] ?? 'an error'] as const),
);

describe('ownership', () => {
  it.each(table)('%s, %s: %s', (state, event, expected) => {
    const checker = new OwnershipChecker(4);
    for (const before of ways[state]) checker.observe(before, 2);
    expect(checker.stateOf(2)).toBe(state);
    if (expected === 'an error') expect(() => checker.observe(event, 2)).toThrow(/^block 2/);
    else {
      checker.observe(event, 2);
      expect(checker.stateOf(2)).toBe(expected);
    }
  });

  it.each([
    [['take', 'free', 'free'], 'block 1 is given back twice: it is free'],
    [['take', 'cache', 'free'], 'block 1 is given back twice: it is cached'],
    [['take', 'free', 'share'], 'block 1 is used after it was given back: share, but it is free'],
    [['take', 'take'], 'block 1: take, but it is owned'],
    [['take', 'share', 'free'], 'block 1: free, but it is shared by 2'],
  ] as const)('says what is wrong: %#', (story, words) => {
    const checker = new OwnershipChecker(4);
    expect(() => {
      for (const event of story) checker.observe(event, 1);
    }).toThrow(words);
  });

  it('names a leak at the end', () => {
    const checker = new OwnershipChecker(4);
    checker.observe('take', 1);
    checker.observe('take', 3);
    checker.observe('free', 1);
    expect(() => checker.expectNoLeaks()).toThrow('1 blocks leak: block 3 is still owned');
    checker.observe('cache', 3);
    checker.expectNoLeaks();
  });

  it('starts in the middle of a run', () => {
    const checker = new OwnershipChecker(4);
    checker.adopt(1, 2, true);
    checker.adopt(2, 0, true);
    expect([1, 2, 3].map((block) => checker.stateOf(block))).toEqual(['shared by 2', 'cached', 'free']);
    expect(() => checker.observe('take', 4)).toThrow('does not exist');
  });
});

describe('block pool', () => {
  it('reports every change, so that a mistake of its user is found', () => {
    const opArb = fc.record({
      op: fc.constantFrom('take', 'touch', 'give'),
      which: fc.nat(20),
      isCached: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(opArb, { maxLength: 40, size: 'max' }), (ops) => {
        const pool = new BlockPool(9);
        const checker = new OwnershipChecker(9);
        pool.observer = checker.observe;
        const cached = new Set<number>();
        for (const { op, which, isCached } of ops) {
          const block = 1 + (which % 8);
          if (op === 'take' && pool.freeCount > 0) {
            if (cached.delete(pool.first)) checker.observe('evict', pool.first);
            pool.take();
          } else if (op === 'touch' && (pool.references[block] > 0 || cached.has(block))) {
            pool.touch(block);
            cached.delete(block);
          } else if (op === 'give' && pool.references[block] > 0 && pool.drop(block) === 0) {
            if (isCached) {
              pool.appendFree(block);
              cached.add(block);
            } else pool.insertFree(pool.front, block);
          }
          const states = pool.freeList().map((b) => checker.stateOf(b));
          expect(states).toEqual(pool.freeList().map((b) => (cached.has(b) ? 'cached' : 'free')));
        }
        const [free] = pool.freeList();
        if (free !== undefined) expect(() => pool.insertFree(pool.front, free)).toThrow('given back twice');
      }),
      { numRuns: cases },
    );
  });
});
