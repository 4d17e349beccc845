import fc from 'fast-check';
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
    // A kernel with coefficients of its own, which takes no less than it takes for few rows.
    const own = { ...c, kernels: { norm: { ...c, fixedUs: 2, floorUs: 5 } } };
    expect(elementwiseUs(own, 4e6, 0, 'norm')).toBeCloseTo(5, 9);
    expect(elementwiseUs(own, 16e6, 0, 'norm')).toBeCloseTo(2 + 4, 9);
    expect(elementwiseUs(own, 4e6, 0, 'activation')).toBeCloseTo(1 + 1, 9);
    // With an edge, the first five megabytes are still there, whatever else is touched.
    const edged = { fixedUs: 1, cacheBytesPerS: 4e12, memoryBytesPerS: 1e12, keptBytes: 5e6 };
    expect(elementwiseUs(edged, 4e6, 0)).toBeCloseTo(1 + 1, 9);
    expect(elementwiseUs(edged, 6e6)).toBeCloseTo(1 + 1.5, 9);
    expect(elementwiseUs(edged, 20e6)).toBeCloseTo(1 + 15, 9);
    expect(elementwiseUs(edged, 20e6, 10e6)).toBeCloseTo(1 + 10, 9);
  });

  it('wait for their own block until each multiprocessor has a row, and for all of them together from there', () => {
    const rates = { fixedUs: 3, cacheBytesPerS: 4e12, memoryBytesPerS: 4e12, cacheBytes: 1e9, floorUs: 2.5 };
    const c = { ...rates, alone: { rows: 100, fixedUs: 2, bytesPerS: 1e12 } };
    const us = (rows: number) => elementwiseUs(c, rows * 20_000, undefined, undefined, rows);
    expect(us(10)).toBeCloseTo(2.5, 9);
    expect(us(100)).toBeCloseTo(2 + 2, 9);
    // The first hundred take no less because there are more.
    expect(us(101)).toBeCloseTo(4, 9);
    expect(us(1000)).toBeCloseTo(3 + 5, 9);
    // Rows that nobody counted fill the device.
    expect(elementwiseUs(c, 10 * 20_000)).toBeCloseTo(3 + 0.05, 9);
  });

  it('go through a few rows one by one where a kernel does', () => {
    const rates = { fixedUs: 3, cacheBytesPerS: 4e12, memoryBytesPerS: 4e12, cacheBytes: 1e9 };
    const c = { ...rates, few: { rows: 16, fixedUs: 2, perRowUs: 0.25 } };
    expect(elementwiseUs(c, 16 * 8192, undefined, undefined, 16)).toBeCloseTo(6, 9);
    expect(elementwiseUs(c, 17 * 8192, undefined, undefined, 17)).toBeCloseTo(3 + (17 * 8192) / 4e6, 9);
  });
});

describe('attention of chunks and decodes in one kernel', () => {
  const c: JoinedAttentionCoefficients = {
    fixedUs: 10,
    processors: 4,
    usPerKey: 0.01,
    startKeys: 0,
    queryKeys: 0,
    emptyKeys: 0,
    unhidden: 0,
    unhiddenAgain: 0,
    bytesPerS: 1e15,
    cacheBytes: 1e9,
    driftBytes: Number.POSITIVE_INFINITY,
  };
  const heads = 4;
  function us(
    c: JoinedAttentionCoefficients,
    chunks: readonly (readonly [number, number])[],
    contexts: readonly number[] = [],
    kvHeads = 1,
  ): number {
    const sums = createChunkSums();
    for (const [fresh, cached] of chunks) addChunk(sums, fresh, cached, c);
    const sum = contexts.reduce((keys, context) => keys + context, 0);
    return joinedAttentionUs(c, sums, heads, 128, kvHeads, 512, contexts.length, sum, Math.max(0, ...contexts));
  }

  it('gives every 64 queries of a head a multiprocessor, which goes through their keys 128 at a time', () => {
    expect(us(c, [[64, 64]])).toBeCloseTo(10 + 1.28, 9);
    expect(us(c, [[1, 128]])).toBeCloseTo(10 + 2.56, 9);
    // Twice as many blocks as multiprocessors, all of one tile of keys.
    expect(us(c, [[128, 0]])).toBeCloseTo(10 + 2 * 1.28, 9);
    // A block pays for each of its queries.
    expect(us({ ...c, queryKeys: 0.5 }, [[40, 64]])).toBeCloseTo(10 + 1.28 + 0.2, 9);
    // Each head has a block of either chunk. Two heads fill the device; the last long block waits for two short ones.
    const two: [number, number][] = [
      [64, 64],
      [64, 192],
    ];
    expect(us(c, two)).toBeCloseTo(10 + 2 * 1.28 + 2.56, 9);
  });

  it('lets a decode go through its context like a chunk', () => {
    expect(us(c, [[64, 64]], [640, 640, 640, 640])).toBeCloseTo(10 + 1.28 + 4 * 6.4, 9);
    // On more multiprocessors than there are blocks they run at once, and the longest counts.
    expect(us({ ...c, processors: 100 }, [[64, 64]], [640, 100])).toBeCloseTo(10 + 6.4, 9);
    // Each decode has as many blocks as the chunk, all but one of them empty.
    const empty = us({ ...c, emptyKeys: 10 }, [[128, 0]], [64, 64]) - us(c, [[128, 0]], [64, 64]);
    expect(empty).toBeCloseTo(2 * 0.1, 9);
  });

  it('waits for keys beside computing, in part', () => {
    const bytes = 512 * (128 + 640);
    expect(us({ ...c, unhidden: 0.5, bytesPerS: 1e9, usPerKey: 100 }, [[64, 64]], [640])).toBeCloseTo(
      us({ ...c, usPerKey: 100 }, [[64, 64]], [640]) + (0.5 * bytes) / 1e3,
      3,
    );
  });

  it('reads the keys of decodes again for heads that run later, if the cache cannot keep them', () => {
    const slow = { ...c, bytesPerS: 1e6 };
    const contexts = [640, 640, 640, 640];
    const decodeBytes = 4 * 640 * 512;
    const chunkBytes = 128 * 512;
    expect(us(slow, [[64, 64]], contexts)).toBeCloseTo(10 + decodeBytes + chunkBytes, 3);
    // One and a half caches too many, and four heads that run one after the other: each reads for itself.
    const small = { ...slow, cacheBytes: decodeBytes / 2 };
    expect(us(small, [[64, 64]], contexts)).toBeCloseTo(10 + 4 * decodeBytes + chunkBytes, 3);
    // No two heads share their keys.
    expect(us(small, [[64, 64]], contexts, 4)).toBeCloseTo(10 + 4 * (decodeBytes + chunkBytes), 3);
    // Heads that run at once read at once, unless the blocks of a chunk let them drift apart.
    const wide = { ...small, processors: 100 };
    expect(us(wide, [[64, 64]], contexts)).toBeCloseTo(10 + decodeBytes + chunkBytes, 3);
    expect(us({ ...wide, driftBytes: 1 }, [[64, 64]], contexts)).toBeCloseTo(10 + 4 * decodeBytes + chunkBytes, 3);
  });

  it('is what scheduling block by block gives, for equal contexts', () => {
    const real = { ...c, processors: 13, startKeys: 50, queryKeys: 0.5, bytesPerS: Number.POSITIVE_INFINITY };
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 600 }),
        fc.integer({ min: 0, max: 2000 }),
        fc.constantFrom(0, 1, 2, 3, 4, 6, 8, 16, 32, 64, 128),
        fc.integer({ min: 1, max: 2000 }),
        (fresh, cached, decodes, context) => {
          const free = new Array<number>(real.processors).fill(0);
          const place = (keys: number): void => {
            free.sort((a, b) => a - b);
            free[0] += 50 + 128 * Math.ceil(keys / 128);
          };
          for (let head = 0; head < heads; head++) {
            for (let first = 0; first < fresh; first += 64) {
              const end = Math.min(fresh, first + 64);
              place(cached + end);
              free[0] += 0.5 * (end - first);
            }
            for (let i = 0; i < decodes; i++) place(context);
          }
          const contexts = new Array<number>(decodes).fill(context);
          expect(us(real, [[fresh, cached]], contexts)).toBeCloseTo(10 + 0.01 * Math.max(...free), 6);
        },
      ),
    );
  });

  it('never falls when a decode joins or a context grows', () => {
    const real = { ...c, processors: 13, startKeys: 50, queryKeys: 0.5, emptyKeys: 5, unhidden: 0.1, cacheBytes: 1e6 };
    const context = fc.integer({ min: 1, max: 3000 });
    const contexts = fc.array(context, { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(contexts, fc.integer({ min: 1, max: 900 }), context, fc.nat(39), (list, fresh, by, at) => {
        const before = us(real, [[fresh, 100]], list);
        const longer = list.map((keys, i) => (i === at % list.length ? keys + by : keys));
        for (const after of [us(real, [[fresh, 100]], [...list, by]), us(real, [[fresh, 100]], longer)])
          expect(after).toBeGreaterThanOrEqual(before - 1e-9);
      }),
    );
  });

  it('forgets the chunks of the step before', () => {
    const sums = createChunkSums();
    addChunk(sums, 500, 300, c);
    clearChunkSums(sums);
    expect(sums).toMatchObject({ pairs: 0, queries: 0, longest: 0, keys: 0, mostBlocks: 0, blockKeys: 0, groups: 0 });
  });
});
