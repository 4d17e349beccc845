import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assert, cases } from '../testing.ts';
import { type RadixNode, SglangRadixTree } from './radix-sglang.ts';
import { SlowSglangCache, textArb } from './radix-testing.ts';
import { SlotPool } from './slot-pool.ts';
import { spanOf, type TokenSpan } from './token-span.ts';

const opArb = fc.record({
  op: fc.constantFrom('insert' as const, 'insert' as const, 'match' as const, 'lock' as const, 'unlock', 'evict'),
  /** One letter a page. */
  text: textArb,
  number: fc.nat(30),
  isSaved: fc.boolean(),
});

/** A letter's page: with one token, neighbouring letters of the alphabet are neighbours of one stream. */
function spell(text: string, pageSize: number, tail: number): TokenSpan {
  const pages = [...text].map((letter) => {
    const code = letter.charCodeAt(0) - 97;
    return pageSize === 1
      ? { segment: code >> 1, offset: code & 1, length: 1 }
      : { segment: code, offset: 0, length: pageSize };
  });
  return spanOf([...pages, { segment: 9, offset: 0, length: tail % pageSize }]);
}

describe('radix cache with locks and LRU eviction', () => {
  it('does what a plain list of sequences does, and owns every slot once', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 4), fc.array(opArb, { maxLength: 40, size: 'max' }), (pageSize, ops) => {
        const pool = new SlotPool(60 * pageSize, pageSize);
        let tree = new SglangRadixTree(pageSize);
        const slow = new SlowSglangCache();
        let locked: RadixNode[] = [];
        const pagesOf = (slots: Int32Array) => Array.from(slots.filter((_, i) => i % pageSize === 0));
        const evict = (pages: number) => {
          const freed: number[] = [];
          tree.evict(pages * pageSize, (slots) => {
            freed.push(...pagesOf(slots));
            pool.free(slots);
          });
          expect(freed).toEqual(slow.evict(pages));
        };
        for (const { op, text, number, isSaved } of ops) {
          // What was saved is another tree's to go on with; this one is thrown away.
          if (isSaved) {
            const saved = tree.save();
            tree = new SglangRadixTree(pageSize);
            tree.insert(spell('ccc', pageSize, 0), new Int32Array(3 * pageSize));
            const nodes = tree.restore(saved);
            locked = locked.map((node) => nodes.get(node.created) ?? tree.root);
          }
          const tokens = spell(text, pageSize, number);
          if (op === 'insert') {
            const need = text.length * pageSize;
            if (pool.available < need) evict(text.length);
            const slots = pool.take(need);
            if (slots === null) continue;
            const known = tree.insert(tokens, slots);
            expect(known).toBe(slow.insert(text, pagesOf(slots)) * pageSize);
            pool.free(slots.subarray(0, known));
          } else if (op === 'match' || op === 'lock') {
            const found = tree.match(tokens);
            const expected = slow.match(text);
            expect(pagesOf(tree.slotsOf(found.node))).toEqual(expected.slots);
            expect(found.length).toBe(expected.path.length * pageSize);
            if (op === 'lock') {
              tree.lock(found.node);
              locked.push(found.node);
              slow.locked.push(expected.path);
            }
          } else if (op === 'unlock' && locked.length > 0) {
            const at = number % locked.length;
            tree.unlock(locked.splice(at, 1)[0]);
            slow.locked.splice(at, 1);
          } else if (op === 'evict') evict(number);
          expect(tree.evictable).toBe(slow.count(false) * pageSize);
          expect(tree.protected).toBe(slow.count(true) * pageSize);
          checkTree(tree, pool, locked);
        }
      }),
      { numRuns: cases },
    );
  });

  it('refuses to unlock what nobody has locked', () => {
    const tree = new SglangRadixTree(1);
    tree.insert(spell('abc', 1, 0), Int32Array.of(1, 2, 3));
    const { node } = tree.match(spell('ab', 1, 0));
    expect(() => tree.unlock(node)).toThrow('nobody has locked');
  });

  it('keeps tokens of different adapters apart', () => {
    const tree = new SglangRadixTree(1);
    tree.insert(spell('abc', 1, 0), Int32Array.of(1, 2, 3), 0, 'lora-a');
    expect(tree.match(spell('abc', 1, 0)).length).toBe(0);
    expect(tree.match(spell('abc', 1, 0), 'lora-a').length).toBe(3);
  });
});

/** Sizes agree with a recount, locks with the locked paths, and every slot is the pool's or one node's. */
function checkTree(tree: SglangRadixTree, pool: SlotPool, locked: readonly RadixNode[]): void {
  const seen = new Set<number>();
  const sizes = { evictable: 0, protected: 0 };
  const walk = (node: RadixNode): void => {
    if (node !== tree.root) {
      const users = locked.filter((l) => isOrIsBelow(l, node)).length;
      assert(node.lock === users, () => `${node.lock} locks, ${users} users`);
      sizes[node.lock > 0 ? 'protected' : 'evictable'] += node.key.length;
      assert(node.slots.length === node.key.length, 'a key is not as long as its slots');
      for (const slot of node.slots) {
        assert(!seen.has(slot), () => `slot ${slot} is owned twice`);
        seen.add(slot);
      }
    }
    for (const child of node.children.values()) {
      assert(child.parent === node, 'a child has another parent');
      walk(child);
    }
  };
  walk(tree.root);
  expect(sizes).toEqual({ evictable: tree.evictable, protected: tree.protected });
  expect(seen.size + pool.available).toBe(pool.size);
}

function isOrIsBelow(node: RadixNode, above: RadixNode): boolean {
  for (let at: RadixNode | null = node; at !== null; at = at.parent) if (at === above) return true;
  return false;
}

describe('slot pool', () => {
  it('hands out every slot once, in the order of the lists that it stands for', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 4),
        fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 40, size: 'max' }),
        (pageSize, ops) => {
          const pool = new SlotPool(16 * pageSize, pageSize);
          let free = Array.from({ length: 16 }, (_, i) => i + 1);
          const held: Int32Array[] = [];
          for (const op of ops) {
            if (op > 0) {
              const slots = pool.take(op);
              const pages = Math.ceil(op / pageSize);
              if (pages > free.length) expect(slots).toBeNull();
              else {
                const expected = free
                  .splice(0, pages)
                  .flatMap((p) => Array.from({ length: pageSize }, (_, i) => p * pageSize + i));
                expect([...(slots ?? [])]).toEqual(expected);
                if (slots !== null) held.push(slots);
              }
            } else if (held.length > 0) {
              const [slots] = held.splice(-op % held.length, 1);
              pool.free(slots);
              const pages = [...new Set(Array.from(slots, (slot) => Math.floor(slot / pageSize)))];
              free = pageSize === 1 ? [...free, ...pages] : [...pages.toSorted((a, b) => a - b), ...free];
            }
            expect(pool.available).toBe(free.length * pageSize);
          }
        },
      ),
      { numRuns: cases },
    );
  });

  it('goes back to a saved state', () => {
    const pool = new SlotPool(8, 1);
    pool.take(3);
    const saved = pool.save();
    const next = pool.take(2);
    pool.restore(saved);
    expect(pool.take(2)).toEqual(next);
  });
});
