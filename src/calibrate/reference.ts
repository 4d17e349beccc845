/**
 * The CPU's answers. Inputs are multiples of 1/16 in [-1, 1): products are multiples of 1/256 and sums of 4,096 of them stay
 * below 2^24 steps, so f32 holds every partial sum exactly in any order, and results are compared for equality.
 */

import type { GemmShape } from './kernels/kernel.ts';
import { wordsReadBy } from './kernels/memory.ts';

/** Word `index` of the test pattern. Mixes the index with the final steps of MurmurHash3 (public domain); the fill kernel does the same. */
export function patternValue(index: number): number {
  let h = index | 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  return ((h & 31) - 16) / 16;
}

/** One entry of A times B, where A starts at word 0 of the pattern and B at word `bStart`. */
export function gemmEntry(row: number, column: number, shape: GemmShape, bStart: number): number {
  let sum = 0;
  for (let i = 0; i < shape.k; i++)
    sum += patternValue(row * shape.k + i) * patternValue(bStart + i * shape.n + column);
  return sum;
}

/** What thread `thread` of the read kernel writes. */
export function readSum(thread: number): number {
  let sum = 0;
  for (const word of wordsReadBy(thread)) sum += patternValue(word);
  return sum;
}

/** `count` indices below `length`, spread over the whole range, first and last included. */
export function sampleIndices(length: number, count: number): number[] {
  if (length <= count) return Array.from({ length }, (_, i) => i);
  return Array.from({ length: count }, (_, i) => {
    if (i === 0) return 0;
    if (i === count - 1) return length - 1;
    // An odd multiplier leaves no power-of-two stride, which would always hit the same place in a tile.
    return (Math.floor((i * length) / (count - 1)) + i * 7919) % length;
  });
}
