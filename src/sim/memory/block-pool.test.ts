import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockPool } from './block-pool.ts';

const numBlocks = 12;

/** One change: takes the first free block, or frees a held one to the back or the front. */
const change = fc.record({ kind: fc.constantFrom('take', 'append', 'insert'), at: fc.nat(numBlocks) });
const changes = fc.array(change, { maxLength: 40 });

function play(pool: BlockPool, held: number[], steps: readonly { kind: string; at: number }[]): number[] {
  const now = held.slice();
  for (const { kind, at } of steps) {
    if (kind === 'take') {
      if (pool.freeCount > 0) now.push(pool.take());
    } else if (now.length > 0) {
      const [block] = now.splice(at % now.length, 1);
      pool.drop(block);
      if (kind === 'append') pool.appendFree(block);
      else pool.insertFree(pool.front, block);
    }
  }
  return now;
}

describe('a saved pool', () => {
  it('goes on as the pool it was taken from, wherever it is restored', () => {
    fc.assert(
      fc.property(changes, changes, changes, changes, (before, after, later, elsewhere) => {
        const pool = new BlockPool(numBlocks);
        const held = play(pool, [], before);
        const state = pool.save();
        const list = pool.freeList();
        const references = pool.references.slice();
        play(pool, held, after);
        const expected = pool.freeList();

        const other = new BlockPool(numBlocks);
        play(other, [], elsewhere);
        for (const target of [pool, new BlockPool(numBlocks), other]) {
          target.restore(state);
          expect(target.freeList()).toEqual(list);
          expect(target.freeCount).toBe(list.length);
          expect(target.references).toEqual(references);
          expect(target.save()).toEqual(state);
          play(target, held, after);
          expect(target.freeList()).toEqual(expected);
          // A state of another moment, then back: nothing of it is left.
          play(
            target,
            play(target, [], []),
            later.filter(({ kind }) => kind === 'take'),
          );
          target.restore(state);
          expect(target.freeList()).toEqual(list);
        }
      }),
    );
  });

  it('holds nothing of blocks that were never taken', () => {
    const pool = new BlockPool(100_000);
    pool.take();
    const { references, next } = pool.save();
    expect([references.length, next.length]).toEqual([2, 2]);
  });
});
