import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { captureSizes, graphTokens, usualLargestGraph } from './graph-padding.ts';

describe('captured graphs', () => {
  it('are those of a recorded server with 256 seats', () => {
    const sizes = captureSizes(usualLargestGraph(256, 2048));
    expect(sizes).toHaveLength(51);
    expect(sizes.slice(0, 6)).toEqual([1, 2, 4, 8, 16, 24]);
    expect(sizes.slice(33)).toEqual(
      [240, 248, 256, 272, 288, 304, 320, 336, 352, 368, 384, 400, 416, 432, 448, 464, 480, 496, 512].slice(-18),
    );
  });
  it('stop at the last multiple of their step', () => {
    expect(captureSizes(20)).toEqual([1, 2, 4, 8, 16]);
    expect(captureSizes(3)).toEqual([1, 2]);
    expect(captureSizes(0)).toEqual([]);
    expect(captureSizes(270).at(-1)).toBe(256);
    expect(usualLargestGraph(10, 2048)).toBe(20);
    expect(usualLargestGraph(1024, 8192)).toBe(512);
    expect(usualLargestGraph(1024, 64)).toBe(64);
  });
  it('run a step in the next larger one', () => {
    const tokens = graphTokens(captureSizes(40));
    expect([1, 2, 3, 4, 5, 8, 9, 33, 40].map((has) => tokens[has])).toEqual([1, 2, 4, 4, 8, 8, 16, 40, 40]);
    expect(graphTokens([])).toHaveLength(1);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), (most) => {
        const sizes = captureSizes(most);
        const table = graphTokens(sizes);
        for (let has = 1; has < table.length; has++) expect(table[has]).toBe(sizes.find((size) => size >= has));
      }),
    );
  });
});
