import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cases } from '../testing.ts';
import { commonTokens, headKey, sliceSpan, spanOf, type TokenSpan } from './token-span.ts';

const pieceArb = fc.record({
  segment: fc.integer({ min: 0, max: 2 }),
  offset: fc.integer({ min: 0, max: 4 }),
  length: fc.integer({ min: 0, max: 4 }),
});
const spanArb = fc.array(pieceArb, { maxLength: 5 }).map(spanOf);

/** One text a token. */
function spell(span: TokenSpan): string[] {
  return span.pieces.flatMap((p) => Array.from({ length: p.length }, (_, i) => `${p.segment}/${p.offset + i}`));
}

it('a span is the list of its tokens', () => {
  fc.assert(
    fc.property(spanArb, spanArb, fc.nat(20), fc.nat(20), (a, b, x, y) => {
      const from = Math.min(x, y, a.length);
      const to = Math.min(Math.max(x, y), a.length);
      const part = sliceSpan(a, from, to);
      expect(a.length).toBe(spell(a).length);
      expect(spell(part)).toEqual(spell(a).slice(from, to));
      expect(part.length).toBe(to - from);
      const differs = spell(a).findIndex((token, i) => token !== spell(b)[i]);
      expect(commonTokens(a, b)).toBe(differs < 0 ? a.length : differs);
    }),
    { numRuns: cases },
  );
});

it('equal tokens have equal pieces and heads, different ones different heads', () => {
  fc.assert(
    fc.property(spanArb, spanArb, fc.integer({ min: 1, max: 6 }), (a, b, tokens) => {
      const again = spanOf(a.pieces.flatMap((p) => [0, 1].map((half) => halfOf(p, half))));
      expect(again).toEqual(a);
      fc.pre(a.length >= tokens && b.length >= tokens);
      const isEqual = spell(a).slice(0, tokens).join() === spell(b).slice(0, tokens).join();
      expect(headKey(a, tokens) === headKey(b, tokens)).toBe(isEqual);
    }),
    { numRuns: cases },
  );
});

function halfOf(piece: TokenSpan['pieces'][number], half: number): TokenSpan['pieces'][number] {
  const cut = piece.length >> 1;
  return half === 0 ? { ...piece, length: cut } : { ...piece, offset: piece.offset + cut, length: piece.length - cut };
}
