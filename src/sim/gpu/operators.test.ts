import { describe, expect, it } from 'vitest';
import {
  addChunk,
  clearChunkSums,
  createChunkSums,
  elementwiseUs,
  type GemmCoefficients,
  gemmComputeUs,
  gemmMemoryUs,
  gemmUs,
  headNormUs,
  type JoinedAttentionCoefficients,
  joinedAttentionUs,
} from './operators.ts';

describe('products in tiles and waves', () => {
  const gemm: GemmCoefficients = {
    fixedUs: 2,
    bytesPerS: 1e12,
    rampUs: 0,
    rampBytes: 1,
    flopsPerS: 1e15,
    wastedRows: 0,
    tileRows: 128,
    tileShare: 0,
    tiles: { processors: 100, waveShare: 1, edge: 0, startDepth: 0, rowBytesPerS: 10e12 },
  };
  // A hundred of the largest tiles in a row of tiles: one wave.
  const n = 25_600;
  const waveUs = (2 * 128 * n * 1000) / 1e9;

  it('takes whole waves, of tiles of half the rows where those are enough', () => {
    expect(gemmComputeUs(gemm, 128, 1000, n)).toBeCloseTo(waveUs, 9);
    expect(gemmComputeUs(gemm, 1, 1000, n)).toBeCloseTo(waveUs / 2, 9);
    expect(gemmComputeUs(gemm, 64, 1000, n)).toBeCloseTo(waveUs / 2, 9);
  });

  it('stays with the largest tile once it fills the device twice', () => {
    // Tiles of half the rows would take one wave and a half.
    expect(gemmComputeUs(gemm, 129, 1000, n)).toBeCloseTo(2 * waveUs, 9);
    expect(gemmComputeUs(gemm, 256, 1000, n)).toBeCloseTo(2 * waveUs, 9);
  });

  it('splits the depth where there are too few tiles to fill the device', () => {
    // 25 columns of 128: four parts of the depth make a hundred tiles.
    expect(gemmComputeUs(gemm, 128, 1000, 3200)).toBeCloseTo((2 * 128 * 128 * 250 * 100) / 1e9, 9);
  });

  it('fetches few rows again for each column of tiles, beside the weights', () => {
    const weightsUs = (2 * 1000 * n + 2 * (10 * 1000 + 10 * n)) / 1e6;
    const rowsUs = (2 * 10 * 1000 * 200) / 10e6;
    expect(gemmMemoryUs(gemm, 10, 1000, n, 2)).toBeCloseTo(weightsUs + rowsUs, 9);
  });

  it('is at least its slower side, and less than both together', () => {
    const memory = gemmMemoryUs(gemm, 200, 1000, n, 2);
    const compute = gemmComputeUs(gemm, 200, 1000, n);
    const us = gemmUs(gemm, 200, 1000, n, 2) - gemm.fixedUs;
    expect(us).toBeGreaterThanOrEqual(Math.max(memory, compute));
    expect(us).toBeLessThan(1.1 * Math.max(memory, compute));
  });
});

describe('elementwise operators', () => {
  it('come from memory in the share of the cache that they touch', () => {
    const c = { fixedUs: 1, cacheBytesPerS: 4e12, memoryBytesPerS: 1e12, cacheBytes: 10e6 };
    expect(elementwiseUs(c, 4e6, 0)).toBeCloseTo(1 + 1, 9);
    expect(elementwiseUs(c, 4e6, 5e6)).toBeCloseTo(1 + 1 + 3 / 2, 9);
    expect(elementwiseUs(c, 40e6)).toBeCloseTo(1 + 40, 9);
    expect(headNormUs({ ...c, headNormBytesPerS: 0.5e12 }, 2e6)).toBeCloseTo(1 + 4, 9);
  });
});

describe('attention of chunks and decodes in one kernel', () => {
  const c: JoinedAttentionCoefficients = {
    fixedUs: 10,
    processors: 4,
    usPerKey: 0.01,
    startKeys: 0,
    refillKeys: 0,
    emptyKeys: 0,
    waveShare: 1,
    unhiddenQueries: 0,
    unhiddenBlock: 0,
    bytesPerS: 1e12,
    cacheBytes: 1e9,
  };
  const heads = 4;
  function us(
    c: JoinedAttentionCoefficients,
    chunks: readonly (readonly [number, number])[],
    decodes = 0,
    context = 0,
    kvHeads = 1,
  ): number {
    const sums = createChunkSums();
    for (const [fresh, cached] of chunks) addChunk(sums, fresh, cached, c, heads);
    return joinedAttentionUs(c, sums, heads, 128, kvHeads, 512, decodes, decodes * context, decodes > 0 ? context : 0);
  }

  it('gives every 64 queries of a head a multiprocessor, which goes through their keys 128 at a time', () => {
    expect(us(c, [[64, 64]])).toBeCloseTo(10 + 1.28, 9);
    expect(us(c, [[1, 128]])).toBeCloseTo(10 + 2.56, 9);
    // Twice as many blocks as multiprocessors.
    expect(us(c, [[128, 0]])).toBeCloseTo(10 + 2 * 1.28, 9);
    // Two chunks keep all of them busy with the sum of their keys.
    expect(
      us(c, [
        [64, 64],
        [64, 192],
      ]),
    ).toBeCloseTo(10 + 1.28 + 2.56, 9);
  });

  it('lets a decode go through its context like a chunk', () => {
    expect(us(c, [[64, 64]], 4, 640)).toBeCloseTo(10 + 1.28 + 4 * 6.4, 9);
    // In the middle of it some block starts late.
    expect(us({ ...c, unhiddenBlock: 0.5 }, [[64, 64]], 4, 640)).toBeCloseTo(10 + 1.28 + 4 * 6.4 + 3.2, 9);
    // Each decode has as many blocks as the chunk, all but one of them empty.
    expect(us({ ...c, emptyKeys: 10 }, [[256, 0]], 3, 640) - us(c, [[256, 0]], 3, 640)).toBeCloseTo(3 * 3 * 0.1, 9);
  });

  it('reads the keys of decodes again for heads that run later, if the cache cannot keep them', () => {
    const slow = { ...c, bytesPerS: 1e9 };
    const bytes = 4 * 640 * 512;
    expect(us(slow, [[64, 64]], 4, 640)).toBeCloseTo(10 + bytes / 1e3, 6);
    // Half of it missed, and read by four heads of which each runs alone.
    expect(us({ ...slow, cacheBytes: bytes }, [[64, 64]], 4, 640)).toBeCloseTo(10 + (bytes * 2.5) / 1e3, 6);
    // No two heads share their keys.
    expect(us({ ...slow, cacheBytes: bytes }, [[64, 64]], 4, 640, 4)).toBeCloseTo(10 + (4 * bytes) / 1e3, 6);
  });

  it('forgets the chunks of the step before', () => {
    const sums = createChunkSums();
    addChunk(sums, 500, 300, c, heads);
    clearChunkSums(sums);
    expect(sums).toEqual(createChunkSums());
  });
});
