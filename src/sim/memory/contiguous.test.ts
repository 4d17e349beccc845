import { describe, expect, it } from 'vitest';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { RequestTable } from '../request.ts';
import { Sequences } from '../sequences.ts';
import { ContiguousMemory } from './contiguous.ts';

/** Memory of token-sized slots, and requests of the given lengths in it. */
function memoryWith(
  memory: EngineConfig['memory'],
  slots: number,
  lengths: readonly (readonly [prompt: number, output: number])[],
  change: Partial<EngineConfig> = {},
) {
  const requests = new RequestTable();
  const sequences = new Sequences(requests);
  const config = { ...defaultEngineConfig(slots + 1), memory, blockSize: 1, maxModelLen: 2048, asyncScheduling: false };
  const manager = new ContiguousMemory({ ...config, ...change }, sequences);
  for (const [promptTokens, outputTokens] of lengths) {
    const request = requests.push({ arrivalUs: 0, promptTokens, outputTokens });
    sequences.arrive(request, 2048 - promptTokens);
  }
  return { manager, sequences };
}

/** Admits requests until one does not fit; how many have. */
function fill(manager: ContiguousMemory, requests: number): number {
  for (let request = 0; request < requests; request++) if (!manager.admit(request)) return request;
  return requests;
}

describe('reservation', () => {
  it('of the longest length lets seven requests into the 15,728 slots of the PagedAttention paper', () => {
    const { manager } = memoryWith('contiguous', 15_728, Array(20).fill([100, 25]));
    expect(fill(manager, 20)).toBe(7);
    expect(manager.failure).toMatchObject({ need: 2048, have: 15_728 - 7 * 2048 });
    expect(manager.unusableBlocks(-1)).toBe(manager.freeBlocks);
  });

  it.each([
    ['contiguous', 2048],
    ['contiguous-pow2', 100 + 32],
    ['contiguous-oracle', 100 + 25],
  ] as const)('%s keeps %i places for a prompt of 100 and an output of 25 tokens', (rule, places) => {
    const { manager, sequences } = memoryWith(rule, 4096, [[100, 25]]);
    expect(manager.admit(0)).toBe(true);
    expect(sequences.tableLength[0]).toBe(places);
    expect(manager.wastedTokens).toBe(places);
  });

  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [32, 32],
    [33, 64],
    [1900, 1948],
  ])(
    'of the next power of two: %i output tokens take %i places, at most up to the longest length',
    (output, places) => {
      const { manager, sequences } = memoryWith('contiguous-pow2', 4096, [[100, output]]);
      manager.admit(0);
      expect(sequences.tableLength[0]).toBe(100 + places);
    },
  );

  it('has room for what is computed before the end is noticed', () => {
    const change = { asyncScheduling: true, batchesInFlight: 4 };
    const { manager, sequences } = memoryWith('contiguous-oracle', 4096, [[100, 25]], change);
    manager.admit(0);
    expect(sequences.tableLength[0]).toBe(100 + 24 + 3);
  });

  it('is not outgrown in silence', () => {
    const { manager, sequences } = memoryWith('contiguous-oracle', 4096, [[100, 25]]);
    manager.admit(0);
    sequences.computed[0] = 124;
    expect(manager.grow(0, 1)).toBe(true);
    expect(() => manager.grow(0, 2)).toThrow('outgrows its reservation');
  });

  it('of the longest length is enough for places asked for beyond it, which nobody fills', () => {
    const { manager, sequences } = memoryWith('contiguous', 4096, [[100, 25]]);
    manager.admit(0);
    sequences.computed[0] = 2047;
    expect(manager.grow(0, 5)).toBe(true);
  });
});

describe('external fragmentation', () => {
  it('counts what the allocator rounds up, and free pieces too small for the next request', () => {
    // 64 slots; each of the first three takes a piece of 16 and uses 10, so one piece of 16 is left.
    const small = [6, 4] as const;
    const { manager } = memoryWith('contiguous-oracle', 64, [small, small, small, [20, 3]]);
    expect(fill(manager, 4)).toBe(3);
    expect(manager.failure).toMatchObject({ need: 32, have: 16 });
    expect(manager.freeBlocks).toBe(34);
    expect(manager.unusableBlocks(-1)).toBe(18);
    expect(manager.unusableBlocks(3)).toBe(34);
    // The first and the third piece come back: with the last one 48 slots in pieces of 16 and 32.
    manager.release(0);
    manager.release(2);
    expect(manager.unusableBlocks(3)).toBe(6 + 16);
    expect(manager.admit(3)).toBe(true);
  });
});
