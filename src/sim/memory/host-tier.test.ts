import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { devices } from '../gpu/device.ts';
import type { HostLink } from '../gpu/host-link.ts';
import { cases } from '../testing.ts';
import { HostTier } from './host-tier.ts';

/** A block of 1,000 bytes takes 10 us. */
const link: HostLink = { bytesPerS: 100e6, evidence: 'estimated', source: '' };

/** Obviously right: one list of everything that is there, in order of last use. */
class SlowHostTier {
  content: { kind: 'swap' | 'cache'; name: number; blocks: number }[] = [];
  readonly dropped: number[] = [];
  readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  used(kind?: 'swap' | 'cache'): number {
    return this.content.reduce((sum, c) => sum + (kind === undefined || c.kind === kind ? c.blocks : 0), 0);
  }

  has(kind: 'swap' | 'cache', name: number): boolean {
    return this.content.some((c) => c.kind === kind && c.name === name);
  }

  /** Removes one entry and returns its blocks. */
  remove(kind: 'swap' | 'cache', name: number): number {
    const found = this.content.find((c) => c.kind === kind && c.name === name);
    this.content = this.content.filter((c) => c !== found);
    return found?.blocks ?? 0;
  }

  /** Adds an entry as the last used one, dropping cached ones from the front; false if that does not make room. */
  add(kind: 'swap' | 'cache', name: number, blocks: number): boolean {
    if (this.used('swap') + blocks > this.capacity) return false;
    while (this.used() + blocks > this.capacity) {
      const oldest = this.content.find((c) => c.kind === 'cache');
      if (oldest === undefined) return false;
      this.remove('cache', oldest.name);
      this.dropped.push(oldest.name);
    }
    this.content.push({ kind, name, blocks });
    return true;
  }
}

const opArb = fc.record({
  op: fc.constantFrom('swapOut', 'swapIn', 'forget', 'offload', 'offload', 'offload', 'reload', 'lookup'),
  name: fc.nat(7),
  blocks: fc.integer({ min: 1, max: 6 }),
});

describe('host tier', () => {
  it('does what a plain list does, loses nothing and stores nothing twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.array(opArb, { maxLength: 50, size: 'max' }), (capacity, ops) => {
        const dropped: number[] = [];
        const tier = new HostTier({ capacityBlocks: capacity, blockBytes: 1000, link }, (key) => dropped.push(key));
        const slow = new SlowHostTier(capacity);
        for (const { op, name, blocks } of ops) {
          if (op === 'swapOut') {
            if (slow.has('swap', name)) expect(() => tier.swapOut(name, blocks)).toThrow('swapped out twice');
            else expect(tier.swapOut(name, blocks)).toBe(slow.add('swap', name, blocks) ? 10 * blocks : null);
          } else if (op === 'swapIn') {
            if (slow.has('swap', name)) expect(tier.swapIn(name)).toBe(10 * slow.remove('swap', name));
            else expect(() => tier.swapIn(name)).toThrow('not swapped out');
          } else if (op === 'forget' && slow.has('swap', name)) {
            expect(tier.forget(name)).toBe(slow.remove('swap', name));
          } else if (op === 'offload') {
            const wasHere = slow.remove('cache', name) > 0;
            const fits = slow.add('cache', name, 1);
            expect(tier.offload(name)).toBe(wasHere ? 0 : fits ? 10 : null);
          } else if (op === 'reload') {
            if (slow.has('cache', name)) {
              slow.add('cache', name, slow.remove('cache', name));
              expect(tier.reload([name])).toBe(10);
            } else expect(() => tier.reload([name])).toThrow('nothing is off-loaded');
          }
          expect(tier.lookup(name)).toBe(slow.has('cache', name));
          expect(tier.blocksOf(name)).toBe(slow.content.find((c) => c.kind === 'swap' && c.name === name)?.blocks ?? 0);
          expect(tier.keys()).toEqual(slow.content.filter((c) => c.kind === 'cache').map((c) => c.name));
          expect([tier.swappedBlocks, tier.cachedBlocks]).toEqual([slow.used('swap'), slow.used('cache')]);
          expect(tier.freeBlocks).toBe(capacity - slow.used());
          expect(tier.freeBlocks).toBeGreaterThanOrEqual(0);
          expect(dropped).toEqual(slow.dropped);
        }
        const copy = new HostTier({ capacityBlocks: capacity, blockBytes: 1000, link });
        copy.restore(tier.save());
        expect(copy.save()).toEqual(tier.save());
        expect(copy.freeBlocks).toBe(tier.freeBlocks);
      }),
      { numRuns: cases },
    );
  });

  it('keeps what is used: the key used longest ago goes first', () => {
    const tier = new HostTier({ capacityBlocks: 3, blockBytes: 1000, link });
    for (const key of [1, 2, 3]) tier.offload(key);
    tier.reload([1]);
    tier.offload(4);
    expect(tier.keys()).toEqual([3, 1, 4]);
  });

  it('copies several blocks in one go, and rounds only once', () => {
    const tier = new HostTier({ capacityBlocks: 3, blockBytes: 1050, link });
    expect([1, 2, 3].map((key) => tier.offload(key))).toEqual([11, 11, 11]);
    expect(tier.reload([1, 2, 3])).toBe(32);
  });
});

describe('links', () => {
  it('swaps a 1,024-token Llama-3.1-8B sequence to the host of an H200 in 2.4 ms', () => {
    const { hostLink } = devices.h200;
    if (hostLink === null) throw new Error('the link is known');
    // 64 blocks of 16 tokens, 128 KiB a token.
    const tier = new HostTier({ capacityBlocks: 64, blockBytes: 16 * 131_072, link: hostLink });
    expect(tier.swapOut(0, 64)).toBe(2432);
  });

  it.each(Object.values(devices).filter(({ hostLink }) => hostLink !== null))('$id says how it is known', (device) => {
    const { id, hostLink } = device;
    expect(hostLink?.evidence).toBe(id === 'h200' ? 'measured' : 'estimated');
    // From PCIe 3.0 x16 to PCIe 5.0 x16.
    expect(hostLink?.bytesPerS).toBeGreaterThan(12e9);
    expect(hostLink?.bytesPerS).toBeLessThan(64e9);
  });

  it('only devices for one user have none: their memory is the host’s, or nobody published the rate', () => {
    const without = Object.values(devices).filter(({ hostLink }) => hostLink === null);
    expect(without.map(({ id }) => id).toSorted()).toEqual(['apple-m4', 'laptop-cpu', 'laptop-gpu', 'phone']);
  });
});
