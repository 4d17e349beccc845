import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { match, queryWords } from './match.ts';

const score = (query: string, name: string) => match(queryWords(query), name)?.score ?? null;
/** What of a name fits, the rest as dots. */
const marked = (query: string, name: string) => {
  const places = match(queryWords(query), name)?.places ?? [];
  return [...name].map((sign, i) => (places.includes(i) ? sign : '.')).join('');
};

describe('a match', () => {
  it('is the better the more of the name it is, from the whole to letters here and there', () => {
    const names = ['Rate', 'Rates shown', 'Request rate', 'Generated', 'Radix attention tree'];
    const scores = names.map((name) => score('rate', name) ?? Number.NaN);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(new Set(scores).size).toBe(names.length);
    expect(scores).not.toContain(Number.NaN);
  });

  it('takes the words of a query in any order, and needs all of them', () => {
    expect(score('budget token', 'Token budget')).not.toBeNull();
    expect(score('token budget', 'Token budget')).toBeGreaterThan(score('budget token', 'Token budget') ?? 0);
    expect(score('token wheel', 'Token budget')).toBeNull();
  });

  it.each(['max-num-batched-tokens', '--max-num-batched-tokens', 'max_num_batched_tokens', 'MAX-NUM', 'batched num'])(
    'finds a flag however it is written: %s',
    (query) => {
      expect(score(query, '--max-num-batched-tokens')).not.toBeNull();
    },
  );

  it('finds Chinese anywhere as the start of a word', () => {
    expect(score('预填充', '分块预填充')).toBeGreaterThan(score('refill', 'Chunked prefill') ?? 0);
    expect(marked('填充', '分块预填充')).toBe('...填充');
  });

  it('finds initials and words with letters left out', () => {
    expect(marked('kvp', 'Go to the KV pool')).toBe('..........KV.p...');
    expect(marked('bdget', 'Token budget')).toBe('......b.dget');
    expect(score('kvp', 'Look up')).toBeNull();
  });

  it('does not take a letter alone from inside a word for initials, nor a long way for a word', () => {
    expect(score('zq', 'Theme: dark')).toBeNull();
    expect(score('dkerm', 'The dark theme of everything that is shown here')).toBeNull();
  });

  it('marks what fits', () => {
    expect(marked('pre chunk', 'Chunked prefill')).toBe('Chunk...pre....');
    expect(marked('r', 'Rows')).toBe('R...');
  });

  it('marks exactly the letters of the word, in their order', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-c预填]{1,5}$/), fc.stringMatching(/^[A-Ca-c预填 _-]{0,24}$/), (word, name) => {
        const found = match(queryWords(word), name);
        if (found === null) return;
        expect(found.places.map((place) => name[place].toLowerCase()).join('')).toBe(word);
      }),
    );
  });

  it('is there for every part of a name', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{2,12}$/), fc.nat(11), fc.nat(11), (name, from, length) => {
        const part = name.slice(from, from + length + 1);
        if (part !== '') expect(score(part, name)).not.toBeNull();
      }),
    );
  });
});
