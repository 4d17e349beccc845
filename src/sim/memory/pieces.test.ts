import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases } from '../testing.ts';
import { Buddies, FirstFit, type PieceAllocator } from './pieces.ts';

/** Obviously right: a row of cells, each with the number of its piece or 0, searched from the left every time. */
class Cells {
  readonly cells: number[];

  constructor(size: number) {
    this.cells = Array.from({ length: size }, () => 0);
  }

  isFree(start: number, length: number): boolean {
    const range = this.cells.slice(start, start + length);
    return range.length === length && range.every((cell) => cell === 0);
  }

  mark(start: number, length: number, piece: number): void {
    for (let i = start; i < start + length; i++) {
      if (piece > 0 && this.cells[i] !== 0) throw new Error(`cell ${i} is given out twice`);
      this.cells[i] = piece;
    }
  }

  /** Longest free runs, as first fit sees them. */
  runs(): number[] {
    return this.cells
      .map((cell) => (cell === 0 ? ' ' : '|'))
      .join('')
      .split('|')
      .map((run) => run.length);
  }

  /** Free pieces as buddies: `[start, length]`, aligned powers of two that do not lie in a larger one. */
  buddies(): [number, number][] {
    const found: [number, number][] = [];
    for (let length = 64; length >= 1; length /= 2) {
      for (let start = 0; start + length <= this.cells.length; start += length) {
        const isInside = found.some(([s, l]) => s <= start && start < s + l);
        if (!isInside && this.isFree(start, length)) found.push([start, length]);
      }
    }
    return found;
  }
}

const opArb = fc.record({ isFree: fc.boolean(), length: fc.integer({ min: 1, max: 20 }), which: fc.nat(100) });
const opsArb = fc.array(opArb, { maxLength: 60, size: 'max' });
const sizeArb = fc.integer({ min: 1, max: 64 });

/** Runs operations on an allocator; `place` says where the cells would put a piece (-1 = nowhere), and how long it is there. */
function compare(
  pieces: PieceAllocator,
  size: number,
  ops: readonly { isFree: boolean; length: number; which: number }[],
  place: (cells: Cells, length: number) => { start: number; length: number },
  check: (cells: Cells, length: number) => void,
): void {
  const cells = new Cells(size);
  const live: { start: number; asked: number; length: number }[] = [];
  let number = 0;
  for (const { isFree, length, which } of ops) {
    if (isFree && live.length > 0) {
      const [piece] = live.splice(which % live.length, 1);
      pieces.free(piece.start, piece.asked);
      cells.mark(piece.start, piece.length, 0);
    } else {
      const expected = place(cells, length);
      expect(pieces.take(length)).toBe(expected.start);
      if (expected.start >= 0) {
        expect(pieces.taken(length)).toBe(expected.length);
        cells.mark(expected.start, expected.length, ++number);
        live.push({ start: expected.start, asked: length, length: expected.length });
      }
    }
    check(cells, length);
  }
  for (const piece of live) pieces.free(piece.start, piece.asked);
  expect(pieces.unusable(1)).toBe(0);
}

describe('first fit', () => {
  it('places pieces where a scan of the cells would', () => {
    fc.assert(
      fc.property(sizeArb, opsArb, (size, ops) => {
        const pieces = new FirstFit(size);
        const place = (cells: Cells, length: number) => ({
          start: cells.cells.findIndex((_, i) => cells.isFree(i, length)),
          length,
        });
        compare(pieces, size, ops, place, (cells, length) => {
          expect(pieces.largest).toBe(Math.max(0, ...cells.runs()));
          expect(pieces.unusable(length)).toBe(cells.runs().reduce((sum, run) => sum + (run % length), 0));
        });
        expect(pieces.largest).toBe(size);
      }),
      { numRuns: cases },
    );
  });
});

describe('buddies', () => {
  it('halve and join as the cells say', () => {
    fc.assert(
      fc.property(sizeArb, opsArb, (size, ops) => {
        const pieces = new Buddies(size);
        const place = (cells: Cells, length: number) => {
          let rounded = 1;
          while (rounded < length) rounded *= 2;
          const free = cells.buddies().filter(([, l]) => l >= rounded);
          const [best] = free.toSorted((a, b) => a[1] - b[1] || a[0] - b[0]);
          return { start: best === undefined ? -1 : best[0], length: rounded };
        };
        compare(pieces, size, ops, place, (cells, length) => {
          const free = cells.buddies().map(([, l]) => l);
          expect(pieces.largest).toBe(Math.max(0, ...free));
          expect(pieces.unusable(length)).toBe(free.reduce((sum, l) => sum + (l < length ? l : 0), 0));
        });
        expect(pieces.save()).toEqual(new Buddies(size).save());
      }),
      { numRuns: cases },
    );
  });

  it('goes back to a saved state', () => {
    const pieces = new Buddies(13);
    pieces.take(3);
    const saved = pieces.save();
    const next = pieces.take(2);
    pieces.restore(saved);
    expect(pieces.take(2)).toBe(next);
  });
});
