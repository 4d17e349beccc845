import { beforeEach, describe, expect, it } from 'vitest';
import { Because } from '../decision.ts';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { RequestTable, type Segment } from '../request.ts';
import { Sequences } from '../sequences.ts';
import { OwnershipChecker } from './ownership.ts';
import { TgiMemory } from './tgi.ts';

/** Memory whose blocks are followed; every request has been computed to its end when it is released. */
class Fixture {
  readonly requests = new RequestTable();
  readonly sequences = new Sequences(this.requests);
  readonly checker: OwnershipChecker;
  readonly memory: TgiMemory;

  constructor(numBlocks: number, config: Partial<EngineConfig> = {}, speculate = 0) {
    this.memory = new TgiMemory(
      { ...defaultEngineConfig(numBlocks), blockSize: 1, ...config },
      this.sequences,
      speculate,
    );
    this.checker = new OwnershipChecker(numBlocks);
    this.memory.observer = this.checker.observe;
  }

  /** A request for that prompt, with an output of `outputs` tokens at most. */
  ask(pieces: readonly (readonly [segment: number, length: number])[], outputs: number, hasImage = false): number {
    const segments = pieces.map(([segment, length]): Segment => ({ segment, offset: 0, length }));
    const promptTokens = pieces.reduce((sum, [, length]) => sum + length, 0);
    const images = hasImage ? [{ position: 0, tokens: 1, hash: 1 }] : [];
    const request = this.requests.push({ arrivalUs: 0, promptTokens, outputTokens: outputs, segments, images });
    this.sequences.arrive(request, outputs);
    return request;
  }

  /** Admits it and returns its blocks, or null. */
  admit(request: number): number[] | null {
    if (!this.memory.admit(request)) return null;
    this.sequences.computed[request] = this.memory.hitOf(request);
    const { tables, tableLength } = this.sequences;
    return Array.from(tables[request].subarray(0, tableLength[request]));
  }

  end(request: number): void {
    const computed = this.memory.placesFor(request, 1e9);
    this.memory.filled(computed - this.sequences.computed[request]);
    this.sequences.computed[request] = computed;
    this.memory.release(request);
  }
}

describe('with a cache', () => {
  let f: Fixture;
  beforeEach(() => {
    f = new Fixture(21);
  });

  it('hands the last free blocks out first, and keeps a prompt when its request ends', () => {
    const one = f.ask([[1, 4]], 3);
    expect(f.admit(one)).toEqual([15, 16, 17, 18, 19, 20]);
    expect([f.memory.freeBlocks, f.memory.wastedTokens, f.memory.cachedKeys]).toEqual([14, 6, 0]);
    f.end(one);
    expect([f.memory.freeBlocks, f.memory.wastedTokens, f.memory.cachedKeys]).toEqual([20, 0, 4]);
    expect([14, 15, 18, 19].map((block) => f.memory.isCached(block))).toEqual([false, true, true, false]);
    expect(f.checker.stateOf(15)).toBe('cached');
    expect(f.memory.freeList().slice(-2)).toEqual([19, 20]);
  });

  it('shares found blocks; a prompt that is there whole still computes its last token', () => {
    const one = f.ask([[1, 4]], 2);
    f.admit(one);
    f.end(one);
    const [two, three] = [f.ask([[1, 4]], 3), f.ask([[1, 2]], 4)];
    expect(f.memory.findHit(two)).toBe(3);
    expect(f.admit(two)).toEqual([16, 17, 18, 19, 15, 20]);
    expect(f.admit(three)).toEqual([16, 17, 12, 13, 14]);
    expect([f.memory.hitOf(two), f.memory.hitOf(three)]).toEqual([3, 1]);
    expect(f.checker.stateOf(16)).toBe('shared by 2');
    expect(f.memory.isCached(18)).toBe(false);
    expect(f.memory.freeBlocks).toBe(20 - 9);
    expect(f.memory.wastedTokens).toBe(6 - 3 + 5 - 1);
    f.end(two);
    f.end(three);
    expect([f.memory.freeBlocks, f.memory.wastedTokens, f.memory.cachedKeys]).toEqual([20, 0, 4]);
    f.checker.expectNoLeaks();
  });

  it('says what is missing; what was evicted in vain stays evicted', () => {
    const [one, two, three] = [f.ask([[1, 8]], 1), f.ask([[2, 8]], 5), f.ask([[3, 5]], 5)];
    f.admit(one);
    f.end(one);
    f.admit(two);
    expect(f.memory.cachedKeys).toBe(8);
    // 8 can be evicted, 9 are needed.
    expect(f.admit(three)).toBeNull();
    expect(f.memory.failure).toEqual({ because: Because.noBlocks, need: 9, have: 8 });
    expect([f.memory.cachedKeys, f.memory.freeList().length]).toEqual([0, 8]);
    expect(f.sequences.tableLength[three]).toBe(0);
  });

  it('gives back what was admitted in vain, without keeping the prompt', () => {
    const one = f.ask([[1, 4]], 1);
    f.admit(one);
    f.end(one);
    const two = f.ask(
      [
        [1, 4],
        [2, 4],
      ],
      5,
    );
    const before = f.memory.freeList();
    f.admit(two);
    f.memory.drop(two);
    expect(f.memory.freeList()).toEqual(before);
    expect([f.memory.cachedKeys, f.memory.freeBlocks, f.memory.wastedTokens]).toEqual([4, 20, 0]);
    expect(f.sequences.tableLength[two]).toBe(0);
    f.checker.expectNoLeaks();
  });

  it('computes anew what nobody could ever find room for beside the piece it is found in', () => {
    const one = f.ask([[1, 18]], 1);
    f.admit(one);
    f.end(one);
    // Two tokens are found, but the piece they are in has 18, and only 2 places are beside it.
    const two = f.ask(
      [
        [1, 2],
        [2, 10],
      ],
      5,
    );
    expect(f.memory.findHit(two)).toBe(2);
    expect(f.admit(two)).toHaveLength(16);
    expect(f.memory.hitOf(two)).toBe(0);
    f.end(two);
    expect(
      f.memory.findHit(
        f.ask(
          [
            [1, 2],
            [2, 10],
          ],
          1,
        ),
      ),
    ).toBe(11);
    expect(f.memory.freeBlocks).toBe(20);
  });

  it('lets it wait as long as somebody else runs', () => {
    const [one, other] = [f.ask([[1, 15]], 1), f.ask([[3, 1]], 2)];
    f.admit(one);
    f.end(one);
    f.admit(other);
    const two = f.ask(
      [
        [1, 2],
        [2, 10],
      ],
      5,
    );
    expect(f.admit(two)).toBeNull();
    expect(f.memory.failure).toEqual({ because: Because.noBlocks, need: 14, have: 3 });
    f.end(other);
    expect(f.admit(two)).not.toBeNull();
  });

  it('neither finds nor keeps prompts with images', () => {
    const one = f.ask([[1, 4]], 1, true);
    f.admit(one);
    f.end(one);
    expect(f.memory.cachedKeys).toBe(0);
    expect(f.memory.findHit(f.ask([[1, 4]], 1, true))).toBe(0);
  });

  it('is emptied only while nobody runs', () => {
    const [one, two] = [f.ask([[1, 4]], 1), f.ask([[2, 4]], 1)];
    f.admit(one);
    f.end(one);
    f.admit(two);
    expect(f.memory.resetCache()).toBe(false);
    f.end(two);
    expect(f.memory.cachedKeys).toBe(8);
    expect(f.memory.resetCache()).toBe(true);
    expect([f.memory.cachedKeys, f.memory.freeList().length]).toEqual([0, 20]);
    expect(f.memory.isCached(20)).toBe(false);
  });

  it('goes on from a saved state with users, shared blocks and cached ones', () => {
    const one = f.ask([[1, 6]], 1);
    f.admit(one);
    f.end(one);
    const two = f.ask(
      [
        [1, 4],
        [2, 2],
      ],
      3,
    );
    f.admit(two);
    const saved = f.memory.save();
    const other = new TgiMemory({ ...defaultEngineConfig(21), blockSize: 1 }, f.sequences, 0);
    other.restore(saved);
    const three = f.ask([[1, 6]], 2);
    for (const memory of [f.memory, other]) {
      expect([memory.freeBlocks, memory.wastedTokens, memory.cachedKeys]).toEqual([20 - 8, 8 - 4, 6]);
      expect(memory.findHit(three)).toBe(5);
      expect(memory.isCached(19)).toBe(true);
      expect(memory.hitOf(two)).toBe(4);
    }
    expect(other.freeList()).toEqual(f.memory.freeList());
  });
});

it('blocks of several tokens are reserved whole', () => {
  const f = new Fixture(11, { blockSize: 16 });
  expect(f.memory.blocksFor(40, 9)).toBe(3);
  expect(f.memory.blocksFor(40, 10)).toBe(4);
  const one = f.ask([[1, 40]], 9);
  f.admit(one);
  expect([f.memory.freeBlocks, f.memory.wastedTokens]).toEqual([7, 48]);
});

it('drafts get places beyond the output', () => {
  const f = new Fixture(101, {}, 3);
  expect(f.memory.blocksFor(40, 9)).toBe(40 + 9 + 3 - 1);
});

it('without a cache a window is the most that a request takes, with one it counts for nothing', () => {
  const f = new Fixture(101, { slidingWindow: 20, enablePrefixCaching: false });
  const one = f.ask([[1, 15]], 30);
  expect(f.admit(one)).toHaveLength(20);
  expect([f.memory.placesFor(one, 15), f.memory.placesFor(one, 25)]).toEqual([15, 20]);
  f.end(one);
  expect([f.memory.freeBlocks, f.memory.wastedTokens, f.memory.cachedKeys]).toEqual([100, 0, 0]);
  expect(new Fixture(101, { slidingWindow: 20 }).memory.blocksFor(15, 30)).toBe(44);
});
