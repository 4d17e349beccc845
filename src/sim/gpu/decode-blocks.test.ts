import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { devices } from './device.ts';
import { type DecodeAttentionCoefficients, decodeAttentionUs } from './operators.ts';

const KV_HEADS = 8;
/** Key and value of one token in one head of 128 elements, 16 bits each. */
const KV_HEAD_BYTES = 512;

interface Grid {
  readonly processors: number;
  readonly bytesPerS: number;
  readonly blockBytesPerS: number;
}

/**
 * The slow twin: FlashAttention-2's blocks without splits, one a multiprocessor at a time, heads outside and sequences inside.
 * Whoever works shares the bandwidth, and none reads faster than a block alone. Microseconds.
 */
function gridUs(contexts: readonly number[], { processors, bytesPerS, blockBytesPerS }: Grid): number {
  const waiting = Array.from({ length: KV_HEADS }, () => contexts.map((tokens) => tokens * KV_HEAD_BYTES)).flat();
  let working: number[] = [];
  let s = 0;
  while (working.length > 0 || waiting.length > 0) {
    while (working.length < processors && waiting.length > 0) working.push(waiting.shift() as number);
    const rate = Math.min(blockBytesPerS, bytesPerS / working.length);
    const least = Math.min(...working);
    s += least / rate;
    working = working.map((bytes) => bytes - least).filter((bytes) => bytes > 0);
  }
  return s * 1e6;
}

/** The formula without what the twin leaves out: starts, ramps, ends. */
function formulaUs(c: DecodeAttentionCoefficients, contexts: readonly number[]): number {
  const plain = { ...c, fixedUs: 0, rampUs: 0, perSequenceUs: 0 };
  const sum = contexts.reduce((total, tokens) => total + tokens, 0);
  return decodeAttentionUs(plain, contexts.length, sum, Math.max(...contexts), KV_HEADS, KV_HEAD_BYTES);
}

const { decodeAttention } = devices['rtx-4090'].operators;
const grid = { ...decodeAttention, processors: 128 };

/** Contexts as chats have them: most are short, a few are several times the mean. */
const contexts = fc
  .tuple(fc.integer({ min: 26, max: 80 }), fc.constantFrom(200, 500, 1000, 2000), fc.integer({ min: 1, max: 1e6 }))
  .map(([count, mean, seed]) =>
    Array.from({ length: count }, (_, i) => {
      const u = (((seed + i) * 7919) % 10_007) / 10_007;
      return Math.ceil(0.1 * mean + 0.45 * mean * (1 / (1.15 - u) - 0.87));
    }),
  );

describe('decodes of unequal contexts in unsplit blocks', () => {
  it('take about what the blocks take that are laid out one by one', () => {
    const ratios: number[] = [];
    fc.assert(
      fc.property(contexts, (each) => {
        const ratio = formulaUs(decodeAttention, each) / gridUs(each, grid);
        expect(ratio).toBeGreaterThan(0.8);
        expect(ratio).toBeLessThan(1.25);
        ratios.push(ratio);
      }),
      // A median of a sample that is always the same.
      { numRuns: 1000, seed: 1 },
    );
    ratios.sort((a, b) => a - b);
    expect(Math.abs(ratios[ratios.length >> 1] - 1)).toBeLessThan(0.065);
  });
  it('are slower than equal ones of the same sum, and less so where contexts are split', () => {
    // One of twice the mean among others a little below it.
    const excess = (count: number) => {
      const equal = Array.from({ length: count }, () => 1000);
      const unequal = equal.map((tokens, i) => (i === 0 ? 2 * tokens : tokens - tokens / (count - 1)));
      return formulaUs(decodeAttention, unequal) - formulaUs(decodeAttention, equal);
    };
    // Unsplit: half of what a thousand keys take one block.
    expect(excess(32)).toBeCloseTo((0.5 * 1000 * KV_HEAD_BYTES) / (decodeAttention.blockBytesPerS * 1e-6), 0);
    expect(excess(8)).toBeCloseTo(excess(32) / 4, 0);
  });
});
