import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PRIVATE_SEGMENTS, type RequestTable } from '../sim/request.ts';
import { type ChatSpec, chatSource } from './chats.ts';
import { mooncakeChat2025, mooncakeTools2025 } from './mooncake-2025.ts';
import { createPeople } from './people.ts';
import { meanOf, shareUpTo } from './test-statistics.ts';

const options = { requests: 12_031, ratePerS: 0, seed: 7, maxTokens: 131_072, people: null };

function generate(spec: ChatSpec, more: Partial<typeof options> = {}): RequestTable {
  return chatSource(spec, { ...options, ...more }).requests;
}

/** A prompt as pieces of streams. */
function piecesOf(table: RequestTable, row: number) {
  const pieces = [];
  for (let s = table.segmentStart[row]; s < table.segmentStart[row + 1]; s++)
    pieces.push({ stream: table.segmentId[s], offset: table.segmentOffset[s], length: table.segmentLength[s] });
  return pieces;
}

/** Share of all blocks of 512 tokens that a cache without limits finds. */
function sharedBlocks(table: RequestTable): number {
  const seen = new Set<string>();
  let [found, all] = [0, 0];
  for (let row = 0; row < table.count; row++) {
    const pieces = piecesOf(table, row);
    let [piece, used, isFound] = [0, 0, true];
    for (let left = table.promptTokens[row]; left > 0; ) {
      let key = '';
      let room = Math.min(512, left);
      left -= room;
      while (room > 0) {
        const { stream, offset, length } = pieces[piece];
        const taken = Math.min(room, length - used);
        key += `${stream}:${offset + used}+${taken},`;
        room -= taken;
        used += taken;
        if (used === length) [piece, used] = [piece + 1, 0];
      }
      all++;
      isFound &&= seen.has(key);
      if (isFound) found++;
      seen.add(key);
    }
  }
  return found / all;
}

describe('conversations fitted to Mooncake', () => {
  const table = generate(mooncakeChat2025);
  const prompts = table.promptTokens.subarray(0, table.count);
  const outputs = table.outputTokens.subarray(0, table.count);

  it('have the lengths that were recorded: mean, median, 90th and 99th percentile', () => {
    expect(Math.abs(meanOf(prompts) / 12_035 - 1)).toBeLessThan(0.03);
    expect(Math.abs(meanOf(outputs) / 343 - 1)).toBeLessThan(0.02);
    for (const [tokens, percentiles] of [
      [prompts, [6909, 27_367, 85_400]],
      [outputs, [350, 597, 1119]],
    ] as const) {
      expect(Math.abs(shareUpTo(tokens, percentiles[0]) - 0.5)).toBeLessThan(0.03);
      expect(Math.abs(shareUpTo(tokens, percentiles[1]) - 0.9)).toBeLessThan(0.015);
      expect(Math.abs(shareUpTo(tokens, percentiles[2]) - 0.99)).toBeLessThan(0.005);
    }
  });

  it('share what was recorded, or published: 36.6 % of the blocks, 40 % of the tokens', () => {
    const shared = sharedBlocks(table);
    expect(shared).toBeGreaterThan(0.36);
    expect(shared).toBeLessThan(0.42);
  });

  it('begin, in 85 of 100 later turns, with the whole prompt before, and in the others with a whole number of its blocks', () => {
    const before = new Map<number, number>();
    let [later, whole] = [0, 0];
    for (let row = 0; row < table.count; row++) {
      const last = before.get(table.session[row]);
      before.set(table.session[row], row);
      if (last === undefined) continue;
      const [now, then] = [piecesOf(table, row), piecesOf(table, last)];
      let kept = 0;
      for (const [i, { stream, offset, length }] of then.entries()) {
        if (now[i]?.stream !== stream || now[i].offset !== offset) break;
        kept += Math.min(length, now[i].length);
        if (now[i].length < length) break;
      }
      later++;
      if (kept === table.promptTokens[last]) whole++;
      else expect(kept % 512).toBe(0);
    }
    expect(later).toBeGreaterThan(3500);
    expect(Math.abs(whole / later - 0.85)).toBeLessThan(0.02);
  });

  it('come at nearly the recorded rate, or at another one', () => {
    const spanS = (rows: RequestTable) => rows.arrivalUs[rows.count - 1] / 1e6;
    expect(Math.abs(spanS(table) / 3540 - 1)).toBeLessThan(0.06);
    const slow = generate(mooncakeChat2025, { requests: 3000, ratePerS: 0.85 });
    expect(Math.abs(spanS(slow) / 3540 - 1)).toBeLessThan(0.06);
  });

  it('never change: links and recorded results depend on these requests', () => {
    const rows = [mooncakeChat2025, mooncakeTools2025].map((spec) => {
      const { arrivalUs, promptTokens, outputTokens, session } = generate(spec, { requests: 4 });
      return [0, 1, 2, 3].map((r) => [arrivalUs[r], promptTokens[r], outputTokens[r], session[r]].join(' '));
    });
    expect(rows).toMatchInlineSnapshot(`
      [
        [
          "219883 922 280 2346",
          "1095836 24838 125 2348",
          "1245839 8383 535 2350",
          "1680772 24024 390 2352",
        ],
        [
          "29535 7079 602 998",
          "92243 3110 18 1",
          "129559 2816 16 3",
          "346144 6174 29 5",
        ],
      ]
    `);
  });
});

describe('chat and tools fitted to Mooncake', () => {
  const table = generate(mooncakeTools2025, { requests: 23_608 });

  it('have the published means of prompts, and nearly those of answers and of what is shared', () => {
    expect(Math.abs(meanOf(table.promptTokens.subarray(0, table.count)) / 8596 - 1)).toBeLessThan(0.02);
    expect(Math.abs(meanOf(table.outputTokens.subarray(0, table.count)) / 182 - 1)).toBeLessThan(0.16);
    expect(Math.abs(sharedBlocks(table) - 0.59)).toBeLessThan(0.025);
  });

  it('has calls that begin with the instructions of their program and share nothing else', () => {
    const calls = { 6144: 0, 2560: 0 };
    for (let row = 0; row < table.count; row++) {
      const [instructions, asked, ...rest] = piecesOf(table, row);
      if (asked.stream < PRIVATE_SEGMENTS) continue;
      expect(rest).toEqual([]);
      expect(instructions.stream).toBe(instructions.length === 6144 ? 2 : 3);
      calls[instructions.length as keyof typeof calls]++;
    }
    expect(Math.abs(calls[6144] / table.count - 0.412)).toBeLessThan(0.012);
    expect(Math.abs(calls[2560] / table.count - 0.143)).toBeLessThan(0.01);
  });
});

describe('any such traffic', () => {
  it('has whole prompts in order of time that fit', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(mooncakeChat2025, mooncakeTools2025),
        fc.integer({ min: 1, max: 400 }),
        fc.constantFrom(0, 0.5, 20),
        fc.constantFrom(2, 600, 8192, 131_072),
        fc.nat(99),
        (spec, requests, ratePerS, maxTokens, seed) => {
          const table = generate(spec, { requests, ratePerS, maxTokens, seed });
          expect(table.count).toBe(requests);
          for (let row = 0; row < requests; row++) {
            const pieces = piecesOf(table, row);
            expect(pieces.reduce((sum, { length }) => sum + length, 0)).toBe(table.promptTokens[row]);
            expect(pieces.every(({ length }) => length > 0)).toBe(true);
            expect(table.promptTokens[row]).toBeGreaterThan(0);
            expect(table.outputTokens[row]).toBeGreaterThan(0);
            expect(table.promptTokens[row] + table.outputTokens[row]).toBeLessThanOrEqual(maxTokens);
            expect(table.arrivalUs[row]).toBeGreaterThanOrEqual(row === 0 ? 0 : table.arrivalUs[row - 1]);
          }
        },
      ),
    );
  });

  it('begins as a longer run does, and is the same again', () => {
    const [short, long] = [500, 900].map((requests) => generate(mooncakeTools2025, { requests }));
    expect([...short.promptTokens.subarray(0, 500)]).toEqual([...long.promptTokens.subarray(0, 500)]);
    expect([...short.arrivalUs.subarray(0, 500)]).toEqual([...long.arrivalUs.subarray(0, 500)]);
  });

  it('has one user for each conversation', () => {
    const people = createPeople({ users: 5, urgentShare: 0, seed: 3 });
    const { requests: table } = chatSource(mooncakeChat2025, { ...options, requests: 800, people });
    const users = new Map<number, number>();
    for (let row = 0; row < table.count; row++) {
      expect(table.user[row]).toBe(users.get(table.session[row]) ?? table.user[row]);
      users.set(table.session[row], table.user[row]);
    }
    expect(new Set(users.values()).size).toBe(5);
  });
});
