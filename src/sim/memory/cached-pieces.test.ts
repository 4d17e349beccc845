import { expect, it } from 'vitest';
import { collectPieces } from './cached-pieces.ts';
import { PrefixIndex } from './prefix-index.ts';

interface Node {
  readonly tokens: number;
  readonly users: number;
  readonly block: number;
  readonly order: number;
  readonly children: readonly Node[];
}

const node = (block: number, users: number, order: number, children: readonly Node[] = [], tokens = 16): Node => ({
  tokens,
  users,
  block,
  order,
  children,
});
const collect = (roots: readonly Node[], joins: boolean) =>
  collectPieces(
    roots,
    (n) => n.children,
    (n) => n,
    joins,
  );

it('joins blocks that follow each other alone and are held by equally many', () => {
  // Two blocks that three hold, then one that two hold, then two ways on.
  const pieces = collect([node(1, 3, 9, [node(2, 3, 9, [node(3, 2, 9, [node(4, 1, 9), node(5, 0, 7)])])])], true);
  expect([...pieces.tokens]).toEqual([32, 16, 16, 16]);
  expect([...pieces.parent]).toEqual([-1, 0, 1, 1]);
  expect([...pieces.users]).toEqual([3, 2, 1, 0]);
  // Positions in the pool: block 1 is the first.
  expect([...pieces.block]).toEqual([0, 2, 3, 4]);
  expect([...pieces.order]).toEqual([-1, -1, -1, 0]);
});

it('ranks what nobody holds by the first of its blocks to go, and leaves lost content without a place', () => {
  const pieces = collect([node(1, 0, 8, [node(2, 0, 3)]), node(6, 0, 5), node(0, 0, 0, [node(7, 0, 9)])], true);
  expect([...pieces.order]).toEqual([0, 1, -1, 2]);
  expect([...pieces.block]).toEqual([0, 5, -1, 6]);
  // A tree whose nodes are more than blocks stays as it is.
  expect(collect([node(1, 0, 8, [node(2, 0, 3)])], false).count).toBe(2);
});

it('reads whole blocks out of the index, whatever pieces of streams they are made of', () => {
  const index = new PrefixIndex(10);
  // A block of 4 + 12 tokens of two streams, then two different blocks after it.
  const start = index.intern(-1, 1, 0, 4);
  const first = index.intern(start, 2, 0, 12);
  const left = index.intern(first, 2, 12, 16);
  const right = index.intern(first, 3, 0, 16);
  index.register(1, first);
  index.register(2, left);
  index.register(3, right);
  index.register(4, right);
  const tree = index.wholeBlocks(16);
  expect(tree.get(-1)).toEqual([first]);
  expect(tree.get(first)).toEqual([left, right]);
  expect(index.blocksOf(right)).toEqual([3, 4]);
  // Without the first block the others still hang on its key, which no block carries.
  index.unregister(1);
  expect(index.wholeBlocks(16).get(-1)).toEqual([first]);
  expect(index.blocksOf(first)).toEqual([]);
});
