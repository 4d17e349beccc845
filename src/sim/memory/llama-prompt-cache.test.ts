import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Segment } from '../request.ts';
import { cases } from '../testing.ts';
import { keptChunks } from './kept-chunks.ts';
import { LlamaPromptCache } from './llama-prompt-cache.ts';
import { spanOf, type TokenSpan } from './token-span.ts';

const text = (...pieces: readonly (readonly [segment: number, length: number, offset?: number])[]): TokenSpan =>
  spanOf(pieces.map(([segment, length, offset = 0]) => ({ segment, offset, length })));
const saved = (tokens: TokenSpan) => ({ tokens, last: 0 });

describe("llama.cpp's prompt cache", () => {
  it('drops the oldest beyond its capacity, but keeps one however large', () => {
    const cache = new LlamaPromptCache(100);
    for (const segment of [1, 2, 3]) cache.store(saved(text([segment, 40])));
    cache.trim();
    expect(cache.entries.map(({ tokens }) => tokens.pieces[0].segment)).toEqual([2, 3]);
    cache.store(saved(text([4, 500])));
    cache.trim();
    expect(cache.entries.map(({ tokens }) => tokens.length)).toEqual([500]);
  });

  it('saves nothing that is part of what is saved, and drops what is part of the new', () => {
    const cache = new LlamaPromptCache(1000);
    expect(cache.store(saved(text([1, 40])))).toBe(true);
    expect(cache.store(saved(text([1, 30])))).toBe(false);
    expect(cache.store(saved(text([1, 40], [2, 5])))).toBe(true);
    expect(cache.entries.map(({ tokens }) => tokens.length)).toEqual([45]);
  });

  it('gives a prompt back only if a quarter of it is kept, and only if that beats the slot in both shares', () => {
    const cache = new LlamaPromptCache(1000);
    cache.store(saved(text([1, 25], [9, 75])));
    const nothing = text();
    // 25 of 100 kept: just enough. 24 are not.
    expect(cache.best(nothing, text([1, 25], [3, 5]))).toBe(0);
    expect(cache.best(nothing, text([1, 24], [3, 5]))).toBe(-1);
    // The slot keeps all of its ten tokens, but gives less: no. It keeps a tenth of what it has and gives less: yes.
    expect(cache.best(text([1, 10]), text([1, 25], [3, 5]))).toBe(-1);
    expect(cache.best(text([1, 10], [7, 90]), text([1, 25], [3, 5]))).toBe(0);
  });
});

describe('chunks that a new prompt keeps', () => {
  it('are its common prefix, and later ones of the wanted length', () => {
    const cached = text([1, 10], [2, 6], [3, 20]);
    const prompt = text([1, 10], [3, 20], [4, 5]);
    expect(keptChunks(cached, prompt, 0)).toEqual([{ from: 0, length: 10 }]);
    expect(keptChunks(cached, prompt, 20)).toEqual([
      { from: 0, length: 10 },
      { from: 16, length: 20 },
    ]);
    expect(keptChunks(cached, prompt, 21)).toEqual([{ from: 0, length: 10 }]);
  });

  it('are those that going through the cache token by token finds', () => {
    const piece = fc.record({
      segment: fc.integer({ min: 1, max: 4 }),
      offset: fc.constantFrom(0, 0, 3),
      length: fc.integer({ min: 1, max: 8 }),
    });
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.array(piece, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 0, max: 6 }),
        (a, b, reuse) => {
          const [cached, prompt] = [tokensOf(a), tokensOf(b)];
          const found = keptChunks(spanOf(a), spanOf(b), reuse);
          expect(found.flatMap(({ from, length }) => cached.slice(from, from + length))).toEqual(
            slowlyKept(cached, prompt, reuse),
          );
        },
      ),
      { numRuns: cases * 4 },
    );
  });
});

function tokensOf(pieces: readonly Segment[]): string[] {
  return pieces.flatMap(({ segment, offset, length }) => Array.from({ length }, (_, i) => `${segment}:${offset + i}`));
}

function slowlyKept(cached: readonly string[], prompt: readonly string[], reuse: number): string[] {
  const matches = (c: number, p: number): number => {
    let n = 0;
    while (c + n < cached.length && p + n < prompt.length && cached[c + n] === prompt[p + n]) n++;
    return n;
  };
  const prefix = matches(0, 0);
  let kept = prefix;
  for (let c = prefix; reuse > 0 && c < cached.length && kept < prompt.length; ) {
    const n = matches(c, kept);
    if (n >= reuse) {
      kept += n;
      c += n;
    } else c++;
  }
  return prompt.slice(0, kept);
}
