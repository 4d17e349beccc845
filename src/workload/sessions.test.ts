import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Source } from '../sim/source.ts';
import { type SessionOptions, sessionSource, treeSize } from './sessions.ts';

const plain: SessionOptions = {
  requests: 12,
  ratePerS: 0,
  clients: 0,
  seed: 5,
  groups: 1,
  prefixTokens: 100,
  turns: 4,
  branches: 1,
  rounds: 1,
  bodies: (index, into) => {
    into.promptTokens = 10 + index;
    into.outputTokens = 3 + index;
  },
};

/**
 * Answers every call `afterUs` after it was made, oldest first, and returns the rows in order of arrival. `before` is told
 * how many calls are answered; those below `from` were answered before the source was put back.
 */
function play(source: Source, afterUs = 1000, before: (answered: number) => void = () => {}, from = 0) {
  const { requests } = source;
  const rows: { row: number; atUs: number }[] = [];
  let answered = from;
  let nowUs = 0;
  for (let i = 0; i < from; i++) nowUs = Math.max(nowUs, requests.arrivalUs[i] + afterUs);
  for (;;) {
    const nextUs = source.next(nowUs);
    while (rows.length < requests.count) rows.push({ row: rows.length, atUs: requests.arrivalUs[rows.length] });
    if (answered < rows.length) {
      before(answered);
      const { row, atUs } = rows[answered++];
      nowUs = Math.max(nowUs, atUs + afterUs);
      source.finished(row, nowUs);
    } else if (nextUs === Number.POSITIVE_INFINITY) return rows;
    else nowUs = nextUs;
  }
}

/** The prompt of a row, token by token, as names. */
function promptOf(source: Source, row: number): string[] {
  const { segmentStart, segmentId, segmentOffset, segmentLength } = source.requests;
  const tokens: string[] = [];
  for (let s = segmentStart[row]; s < segmentStart[row + 1]; s++)
    for (let i = 0; i < segmentLength[s]; i++) tokens.push(`${segmentId[s]}:${segmentOffset[s] + i}`);
  return tokens;
}

function answerOf(source: Source, row: number): string[] {
  const { outputSegment, outputTokens } = source.requests;
  return Array.from({ length: outputTokens[row] }, (_, i) => `${outputSegment[row]}:${i}`);
}

describe('sessionSource', () => {
  it('makes a call when the one before is answered; its prompt is all that was said, and a question', () => {
    const source = sessionSource({ ...plain, requests: 4 });
    const rows = play(source);
    expect(rows.map(({ atUs }) => atUs)).toEqual([0, 1000, 2000, 3000]);
    for (let row = 1; row < 4; row++) {
      const before = [...promptOf(source, row - 1), ...answerOf(source, row - 1)];
      const prompt = promptOf(source, row);
      expect(prompt.slice(0, before.length)).toEqual(before);
      expect(prompt).toHaveLength(before.length + 10 + row);
      expect(source.requests.promptTokens[row]).toBe(prompt.length);
    }
  });

  it('branches into a tree', () => {
    expect(treeSize(2, 4)).toBe(15);
    const source = sessionSource({ ...plain, requests: 15, branches: 2 });
    const rows = play(source);
    expect(rows).toHaveLength(15);
    const atLevel = (us: number) => rows.filter(({ atUs }) => atUs === us).length;
    expect([0, 1000, 2000, 3000].map(atLevel)).toEqual([1, 2, 4, 8]);
    // Both calls that follow on one answer begin with it.
    const begun = [...promptOf(source, 0), ...answerOf(source, 0)];
    for (const row of [1, 2]) expect(promptOf(source, row).slice(0, begun.length)).toEqual(begun);
  });

  it('gives each group a prefix of its own, and neighbours the same one', () => {
    const source = sessionSource({ ...plain, requests: 6, turns: 1, groups: 3 });
    play(source);
    const first = Array.from({ length: 6 }, (_, row) => promptOf(source, row).slice(0, 100).join());
    expect(first[0]).toBe(first[1]);
    expect(first[2]).toBe(first[3]);
    expect(new Set(first).size).toBe(3);
  });

  it('holds sessions back until a client is free', () => {
    const source = sessionSource({ ...plain, requests: 12, clients: 2 });
    const rows = play(source);
    expect(rows.filter(({ atUs }) => atUs === 0)).toHaveLength(2);
    expect(rows).toHaveLength(12);
  });

  it('goes through the same prompts again, once all are answered', () => {
    const source = sessionSource({ ...plain, requests: 4, rounds: 2 });
    const rows = play(source);
    expect(rows).toHaveLength(8);
    for (let row = 0; row < 4; row++) expect(promptOf(source, row + 4)).toEqual(promptOf(source, row));
    expect(rows[4].atUs).toBe(4000);
  });

  it('starts sessions at the rate that gives the calls their rate', () => {
    const source = sessionSource({
      ...plain,
      requests: 4000,
      ratePerS: 8,
      bodies: (_, into) => {
        into.promptTokens = 1;
        into.outputTokens = 1;
      },
    });
    const rows = play(source, 1);
    expect(Math.abs(rows[3999].atUs / 500e6 - 1)).toBeLessThan(0.1);
  });

  it('goes on alike from a saved state', () => {
    const options = fc.record({
      requests: fc.integer({ min: 1, max: 40 }),
      clients: fc.integer({ min: 0, max: 3 }),
      turns: fc.integer({ min: 1, max: 3 }),
      branches: fc.integer({ min: 1, max: 2 }),
      rounds: fc.integer({ min: 1, max: 2 }),
      groups: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(options, fc.nat(40), (some, at) => {
        const undisturbed = play(sessionSource({ ...plain, ...some }));
        const source = sessionSource({ ...plain, ...some });
        let saved: unknown = null;
        const rows = play(source, 1000, (answered) => {
          if (answered === Math.min(at, undisturbed.length - 1)) saved = source.save();
        });
        expect(rows).toEqual(undisturbed);
        source.restore(saved);
        expect(play(source, 1000, undefined, Math.min(at, undisturbed.length - 1))).toEqual(undisturbed);
      }),
    );
  });
});
