import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases } from '../testing.ts';
import { BlockStore } from './block-store.ts';

/** Keys of a tree: a digit a block, so that 123 follows 12, and 1 the start. */
const parentOf = (key: number) => (key < 10 ? -1 : Math.floor(key / 10));
const chainOf = (key: number): readonly number[] => (key < 0 ? [] : [...chainOf(parentOf(key)), key]);

/** Obviously right: a plain map with the time of each block's last use. */
class SlowStore {
  readonly used = new Map<number, number>();
  readonly pins = new Map<number, number>();
  readonly evicted: number[] = [];
  private readonly capacity: number;
  private now = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  match(chain: readonly number[]): number {
    let count = 0;
    while (count < chain.length && this.used.has(chain[count])) count++;
    return count;
  }

  use(keys: readonly number[]): void {
    this.now++;
    for (const key of keys) this.used.set(key, this.now);
  }

  add(key: number): boolean {
    const parent = parentOf(key);
    if (parent >= 0 && !this.used.has(parent)) return false;
    if (!this.used.has(key) && this.used.size === this.capacity) {
      const free = [...this.used.keys()].filter(
        (each) => each !== parent && !this.pins.has(each) && ![...this.used.keys()].some((k) => parentOf(k) === each),
      );
      if (free.length === 0) return false;
      const [oldest] = free.sort((a, b) => (this.used.get(a) ?? 0) - (this.used.get(b) ?? 0));
      this.used.delete(oldest);
      this.evicted.push(oldest);
    }
    this.use([key]);
    return true;
  }

  unpin(key: number): void {
    const left = (this.pins.get(key) ?? 0) - 1;
    if (left === 0) this.pins.delete(key);
    else this.pins.set(key, left);
  }
}

const keyArb = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }).map((d) => Number(d.join('')));
const opArb = fc.record({ op: fc.constantFrom('add', 'add', 'add', 'chain', 'use', 'pin', 'unpin'), key: keyArb });

describe('block store', () => {
  it('keeps, finds and evicts what a plain map with times does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), fc.array(opArb, { maxLength: 60, size: 'max' }), (capacity, ops) => {
        const slow = new SlowStore(capacity);
        const evicted: number[] = [];
        let here = 0;
        const store = new BlockStore(capacity, {
          stored: () => here++,
          evicted: (key) => {
            here--;
            evicted.push(key);
          },
        });
        for (const { op, key } of ops) {
          const chain = chainOf(key);
          const found = slow.match(chain);
          expect(store.match(chain, chain.length)).toBe(found);
          if (op === 'add') expect(store.add(key, parentOf(key))).toBe(slow.add(key));
          else if (op === 'chain')
            for (const each of chain) expect(store.add(each, parentOf(each))).toBe(slow.add(each));
          else if (op === 'use') {
            store.use(chain, found);
            slow.use(chain.slice(0, found));
          } else if (op === 'pin' && found > 0) {
            store.pin(chain[found - 1]);
            slow.pins.set(chain[found - 1], 1 + (slow.pins.get(chain[found - 1]) ?? 0));
          } else if (op === 'unpin') {
            for (const pinned of [...slow.pins.keys()].slice(0, 1)) {
              store.unpin(pinned);
              slow.unpin(pinned);
            }
          }
          expect(evicted).toEqual(slow.evicted);
          expect([...store.keys()].sort()).toEqual([...slow.used.keys()].sort());
          expect(store.size).toBeLessThanOrEqual(capacity);
          expect([here, store.evictions]).toEqual([store.size, evicted.length]);
          for (const each of store.keys()) expect(parentOf(each) < 0 || store.has(parentOf(each))).toBe(true);
        }
      }),
      { numRuns: cases },
    );
  });

  it('refuses what was never stored', () => {
    const store = new BlockStore(4, { stored: () => {}, evicted: () => {} });
    expect(() => store.use([1], 1)).toThrow('key 1 is not stored');
    expect(() => store.pin(1)).toThrow('key 1 is not stored');
    store.add(1, -1);
    expect(() => store.unpin(1)).toThrow('key 1 is not read');
  });
});
