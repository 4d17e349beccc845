import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases } from '../../testing.ts';
import { chunkCost, chunkEqually, chunkInOrder, keptDrafts } from './chunking.ts';

describe('cost of a chunk', () => {
  it('is its length, unless what is in the cache brings it to the end of the prompt', () => {
    expect(chunkCost(64, 0, 64)).toBe(64);
    expect(chunkCost(64, 32, 200)).toBe(64);
    expect(chunkCost(64, 136, 200)).toBe(64);
    expect(chunkCost(200, 160, 200)).toBe(40);
    expect(chunkCost(64, 160, 200)).toBe(40);
    expect(chunkCost(192, 192, 192)).toBe(0);
  });
});

describe('drafts where prompts had to be cut', () => {
  it('are kept as far as the last unit of their chunk has places', () => {
    // Behind 58 tokens there are 6 places up to 64.
    expect(keptDrafts([58], [58], [0], [9], 100, 32, 200)).toEqual([6]);
    expect(keptDrafts([58], [58], [0], [4], 100, 32, 200)).toEqual([4]);
    expect(keptDrafts([64], [64], [0], [9], 100, 32, 200)).toEqual([0]);
  });

  it('are kept as far as the step has tokens left, and as one may have', () => {
    expect(keptDrafts([58], [58], [0], [9], 61, 32, 200)).toEqual([3]);
    expect(keptDrafts([58], [58], [0], [9], 100, 32, 60)).toEqual([2]);
  });

  it('count all the places of a unit as used, however few go there', () => {
    // 70 of 100 tokens are used; the first one's 24 places leave 6, of which the second one has 2 in its unit.
    expect(keptDrafts([40, 30], [40, 30], [0, 0], [1, 9], 100, 32, 200)).toEqual([1, 2]);
    expect(keptDrafts([40, 30], [40, 30], [0, 0], [1, 9], 95, 32, 200)).toEqual([1, 1]);
    expect(keptDrafts([40, 30], [40, 30], [0, 0], [0, 9], 95, 32, 200)).toEqual([0, 2]);
  });

  it('go to the last chunk of a prompt only, and what the cache spares is not used', () => {
    expect(keptDrafts([32, 40], [90, 40], [0, 0], [5, 5], 100, 32, 200)).toEqual([0, 5]);
    expect(keptDrafts([40], [40], [32], [9], 11, 32, 200)).toEqual([3]);
  });
});

describe('first come, first served', () => {
  it('rounds a chunk that is not the last down to whole units', () => {
    expect(chunkInOrder([250], [0], 100, 32)).toEqual([96]);
    expect(chunkInOrder([100], [0], 100, 32)).toEqual([100]);
  });

  it('gives the next one what is left, nothing if that is less than a unit', () => {
    expect(chunkInOrder([60, 250, 40], [0, 0, 0], 128, 32)).toEqual([60, 64, 0]);
    expect(chunkInOrder([60, 250, 4], [0, 0, 0], 128, 32)).toEqual([60, 64, 4]);
  });

  it('takes a prompt whole if what is not in the cache fits', () => {
    expect(chunkInOrder([250, 70], [192, 0], 128, 32)).toEqual([250, 70]);
    expect(chunkInOrder([250, 71], [192, 0], 128, 32)).toEqual([250, 64]);
  });
});

describe('equal progress', () => {
  it('gives each in turn one more unit', () => {
    expect(chunkEqually([200, 200], [0, 0], 128, 32)).toEqual([64, 64]);
    expect(chunkEqually([200, 200], [0, 0], 96, 32)).toEqual([64, 32]);
    expect(chunkEqually([40, 200, 10], [0, 0, 0], 120, 32)).toEqual([40, 64, 10]);
  });

  it('passes over who does not fit', () => {
    expect(chunkEqually([200, 5], [0, 0], 70, 32)).toEqual([64, 5]);
  });
});

/** What the two say in words, with every sum taken anew. */
function slowly(remaining: number[], reusable: number[], capacity: number, unit: number, isEqual: boolean): number[] {
  const chunks = remaining.map(() => 0);
  const cost = (i: number, chunk: number): number => {
    if (reusable[i] === 0) return chunk;
    return reusable[i] + chunk < remaining[i] ? chunk : Math.max(0, remaining[i] - reusable[i]);
  };
  const used = (): number => chunks.reduce((sum, chunk, i) => sum + cost(i, chunk), 0);
  if (isEqual) {
    let hasProgress = true;
    while (hasProgress && used() < capacity) {
      hasProgress = false;
      remaining.forEach((most, i) => {
        const before = chunks[i];
        chunks[i] = Math.min(most, before + unit);
        if (used() > capacity) chunks[i] = before;
        if (chunks[i] > before) hasProgress = true;
      });
    }
    return chunks;
  }
  remaining.forEach((most, i) => {
    const left = capacity - used();
    chunks[i] = most;
    if (used() <= capacity) return;
    chunks[i] = Math.min(most, left);
    while (chunks[i] % unit !== 0) chunks[i]--;
  });
  return chunks;
}

it('divides as the words say, and never more than there is', () => {
  const arb = fc.record({
    prompts: fc.array(fc.record({ remaining: fc.integer({ min: 1, max: 90 }), blocks: fc.nat(20) }), { maxLength: 6 }),
    capacity: fc.nat(150),
    unit: fc.constantFrom(1, 4, 16),
  });
  fc.assert(
    fc.property(arb, fc.boolean(), ({ prompts, capacity, unit }, isEqual) => {
      const remaining = prompts.map((p) => p.remaining);
      const reusable = prompts.map((p) => Math.min(p.blocks, Math.floor(p.remaining / unit)) * unit);
      const divide = isEqual ? chunkEqually : chunkInOrder;
      const chunks = divide(remaining, reusable, capacity, unit);
      expect(chunks).toEqual(slowly(remaining, reusable, capacity, unit, isEqual));
      const used = chunks.reduce((sum, chunk, i) => sum + chunkCost(chunk, reusable[i], remaining[i]), 0);
      expect(used).toBeLessThanOrEqual(capacity);
    }),
    { numRuns: 4 * cases },
  );
});
