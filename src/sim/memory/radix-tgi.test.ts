import fc from 'fast-check';
import { expect, it } from 'vitest';
import { assert, cases } from '../testing.ts';
import { type SlowAllocation, SlowTgiAllocator, textArb } from './radix-testing.ts';
import { type TgiAllocation, TgiRadixAllocator, type TrieNode } from './radix-tgi.ts';
import { spanOf } from './token-span.ts';

const opArb = fc.record({
  isEnd: fc.boolean(),
  /** One letter a block. */
  text: textArb,
  outputs: fc.nat(6),
  which: fc.nat(10),
  isSaved: fc.boolean(),
});

it('a trie of blocks does what a plain list of sequences does, and owns every block once', () => {
  fc.assert(
    fc.property(fc.constantFrom(1, 4), fc.array(opArb, { maxLength: 40, size: 'max' }), (blockSize, ops) => {
      let allocator = new TgiRadixAllocator(31, blockSize);
      const slow = new SlowTgiAllocator(31);
      const live: { fast: TgiAllocation; slow: SlowAllocation }[] = [];
      for (const { isEnd, text, outputs, which, isSaved } of ops) {
        // What was saved is another allocator's to go on with; this one is thrown away.
        if (isSaved) {
          const saved = allocator.save();
          allocator = new TgiRadixAllocator(31, blockSize);
          allocator.allocate(3 * blockSize, null);
          const nodes = allocator.restore(saved);
          for (const one of live) one.fast = { ...one.fast, node: nodes.get(one.fast.node.id) ?? allocator.root };
        }
        if (isEnd && live.length > 0) {
          const [one] = live.splice(which % live.length, 1);
          allocator.release(one.fast);
          slow.release(one.slow);
        } else {
          const prompt = spanOf([...text].map((c) => ({ segment: c.charCodeAt(0), offset: 0, length: blockSize })));
          const fast = allocator.allocate((text.length + outputs) * blockSize, prompt);
          const expected = slow.allocate(text.length + outputs, text);
          if (expected === null) expect(fast).toBeNull();
          else if (fast === null) throw new Error('no room, although the list has some');
          else {
            expect(Array.from(fast.blocks)).toEqual(expected.blocks);
            expect(fast.prefixTokens).toBe(expected.prefix * blockSize);
            live.push({ fast, slow: expected });
          }
        }
        expect(allocator.freeList()).toEqual(slow.free);
        expect(allocator.cachedBlocks).toBe(slow.cached);
        checkTrie(
          allocator,
          live.map((one) => one.fast),
        );
      }
      for (const one of live) allocator.release(one.fast);
      expect(allocator.freeBlocks + allocator.cachedBlocks).toBe(allocator.usableBlocks);
    }),
    { numRuns: cases },
  );
});

it('prompts that may not be cached leave nothing behind', () => {
  const allocator = new TgiRadixAllocator(11, 1);
  const one = allocator.allocate(5, null);
  if (one === null) throw new Error('no room');
  allocator.release(one);
  expect([allocator.cachedBlocks, allocator.freeBlocks]).toEqual([0, 10]);
});

/** Blocks are free, cached or an allocation's own, each once; references are children and users. */
function checkTrie(allocator: TgiRadixAllocator, live: readonly TgiAllocation[]): void {
  const seen = new Set(allocator.freeList());
  let cached = 0;
  const own = (block: number): void => {
    assert(!seen.has(block), () => `block ${block} is owned twice`);
    seen.add(block);
  };
  const walk = (node: TrieNode): void => {
    const users = live.filter((a) => a.node === node).length;
    assert(node.references === node.children.size + users, () => `${node.references} references, ${users} users`);
    cached += node.blocks.length;
    node.blocks.forEach(own);
    for (const child of node.children.values()) walk(child);
  };
  walk(allocator.root);
  for (const { blocks, prefixTokens } of live) blocks.subarray(prefixTokens / allocator.blockSize).forEach(own);
  expect(cached).toBe(allocator.cachedBlocks);
  expect(seen.size).toBe(allocator.usableBlocks);
}
