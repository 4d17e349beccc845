import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spanOf, type TokenSpan } from '../../memory/token-span.ts';
import { cases } from '../../testing.ts';
import { PrefixTree } from './prefix-tree.ts';

const INSTANCES = 3;

/** Prompts with common beginnings of all lengths: letters are tokens, neighbours in the alphabet are neighbours of one stream. */
const textArb = fc
  .record({
    base: fc.constantFrom('abcabcab', 'abcaacbb', 'abbbaacc', 'bcbcbcbc'),
    cut: fc.integer({ min: 0, max: 8 }),
    own: fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 4 }),
  })
  .map(({ base, cut, own }) => base.slice(0, cut) + own);

const spanOfText = (text: string): TokenSpan =>
  spanOf(
    [...text].map((letter) => ({ segment: letter.charCodeAt(0) >> 1, offset: letter.charCodeAt(0) & 1, length: 1 })),
  );

/** Obviously right: a list of whole prompts. */
class PromptList {
  private sent: { readonly text: string; readonly instance: number; readonly send: number }[] = [];
  private sends = 0;

  insert(text: string, instance: number): void {
    this.sent.push({ text, instance, send: this.sends++ });
  }

  remove(instance: number): void {
    this.sent = this.sent.filter((prompt) => prompt.instance !== instance);
  }

  match(text: string, instance: number): readonly [tokens: number, lastUse: number] {
    const own = this.sent.filter((prompt) => prompt.instance === instance);
    const commons = own.map((prompt) => {
      let common = 0;
      while (common < text.length && text[common] === prompt.text[common]) common++;
      return common;
    });
    const most = Math.max(0, ...commons);
    if (most === 0) return [0, -1];
    return [most, Math.max(...own.map(({ send }, i) => (commons[i] === most ? send : -1)))];
  }

  /** Different beginnings of its prompts: as many as a tree has tokens. */
  tokensOf(instance: number): number {
    const heads = new Set<string>();
    for (const { text, instance: owner } of this.sent)
      if (owner === instance) for (let i = 1; i <= text.length; i++) heads.add(text.slice(0, i));
    return heads.size;
  }
}

function matches(tree: PrefixTree, text: string): readonly (readonly [number, number])[] {
  const matched = new Float64Array(INSTANCES);
  const lastUse = new Float64Array(INSTANCES);
  tree.match(spanOfText(text), matched, lastUse);
  return Array.from(matched, (tokens, i) => [tokens, lastUse[i]] as const);
}

const opArb = fc.record({
  op: fc.constantFrom('insert' as const, 'insert' as const, 'insert' as const, 'remove' as const),
  text: textArb,
  instance: fc.nat(INSTANCES - 1),
});

describe('the tree of prompts that were sent', () => {
  it('finds what a list of whole prompts finds', () => {
    fc.assert(
      fc.property(fc.array(opArb, { maxLength: 30, size: 'max' }), textArb, (ops, asked) => {
        const tree = new PrefixTree(INSTANCES);
        const slow = new PromptList();
        for (const { op, text, instance } of ops) {
          if (op === 'remove') {
            if (text.length > 2) continue;
            tree.remove(instance);
            slow.remove(instance);
          } else {
            tree.insert(spanOfText(text), instance);
            slow.insert(text, instance);
          }
          for (const question of [asked, text]) {
            const expected = Array.from({ length: INSTANCES }, (_, i) => slow.match(question, i));
            expect(matches(tree, question)).toEqual(expected);
          }
          for (let i = 0; i < INSTANCES; i++) expect(tree.tokensOf(i)).toBe(slow.tokensOf(i));
        }
      }),
      { numRuns: 2 * cases },
    );
  });

  it('forgets from the ends what was sent longest ago, of those who have too much', () => {
    fc.assert(
      fc.property(fc.array(opArb, { maxLength: 30 }), fc.nat(20), textArb, (ops, most, asked) => {
        const tree = new PrefixTree(INSTANCES);
        let last = { text: '', instance: 0 };
        for (const { text, instance } of ops) {
          tree.insert(spanOfText(text), instance);
          last = { text, instance };
        }
        const before = matches(tree, asked);
        const sizes = Array.from({ length: INSTANCES }, (_, i) => tree.tokensOf(i));
        tree.evict(most);
        matches(tree, asked).forEach(([tokens], i) => {
          expect(tokens).toBeLessThanOrEqual(before[i][0]);
          if (sizes[i] <= most) expect(tokens).toBe(before[i][0]);
        });
        for (let i = 0; i < INSTANCES; i++) expect(tree.tokensOf(i)).toBeLessThanOrEqual(Math.max(most, 0));
        // The last prompt is all there if there is room for it at all.
        if (last.text.length <= most) expect(matches(tree, last.text)[last.instance][0]).toBe(last.text.length);
      }),
      { numRuns: cases },
    );
  });

  it('keeps the newest of two prompts that part', () => {
    const tree = new PrefixTree(INSTANCES);
    tree.insert(spanOfText('aabb'), 0);
    tree.insert(spanOfText('aacc'), 0);
    expect(tree.tokensOf(0)).toBe(6);
    tree.evict(5);
    expect([tree.tokensOf(0), matches(tree, 'aabb')[0][0], matches(tree, 'aacc')[0][0]]).toEqual([4, 2, 4]);
  });
});
