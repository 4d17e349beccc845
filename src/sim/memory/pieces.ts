/** Gives out contiguous pieces of a row of `size` cells, and says what its free cells are still good for. */
export interface PieceAllocator {
  readonly size: number;
  /** Cells that a piece of `length` really takes: more than asked for where an allocator rounds up. */
  taken(length: number): number;
  /** Longest piece that could be given out now. */
  readonly largest: number;
  /** First cell of a new piece, -1 if no free piece is long enough. */
  take(length: number): number;
  /** Gives a piece back, with the length it was taken with. */
  free(start: number, length: number): void;
  /** Free cells that no number of pieces of `length` could use. */
  unusable(length: number): number;
  save(): unknown;
  restore(state: unknown): void;
}

/** First fit: the lowest free piece that is long enough; pieces that touch are joined when they are freed. */
export class FirstFit implements PieceAllocator {
  readonly size: number;
  /** Free pieces by position. No two of them touch. */
  private pieces: readonly Piece[];

  constructor(size: number) {
    this.size = size;
    this.pieces = [{ start: 0, length: size }];
  }

  get largest(): number {
    return this.pieces.reduce((largest, piece) => Math.max(largest, piece.length), 0);
  }

  taken(length: number): number {
    return length;
  }

  take(length: number): number {
    const at = this.pieces.findIndex((p) => p.length >= length);
    if (at < 0) return -1;
    const piece = this.pieces[at];
    const rest = piece.length - length;
    this.pieces = this.pieces.toSpliced(at, 1, ...(rest > 0 ? [{ start: piece.start + length, length: rest }] : []));
    return piece.start;
  }

  free(start: number, length: number): void {
    const after = this.pieces.findIndex((p) => p.start > start);
    const at = after < 0 ? this.pieces.length : after;
    const before = this.pieces[at - 1];
    const behind = this.pieces[at];
    const joinsBefore = before !== undefined && before.start + before.length === start;
    const joinsBehind = behind !== undefined && start + length === behind.start;
    const joined = {
      start: joinsBefore ? before.start : start,
      length: length + (joinsBefore ? before.length : 0) + (joinsBehind ? behind.length : 0),
    };
    const from = joinsBefore ? at - 1 : at;
    this.pieces = this.pieces.toSpliced(from, (joinsBefore ? 1 : 0) + (joinsBehind ? 1 : 0), joined);
  }

  unusable(length: number): number {
    return this.pieces.reduce((sum, piece) => sum + (piece.length % length), 0);
  }

  save(): unknown {
    return this.pieces;
  }

  restore(state: unknown): void {
    this.pieces = state as readonly Piece[];
  }
}

interface Piece {
  readonly start: number;
  readonly length: number;
}

/**
 * A buddy allocator (Knowlton 1965): pieces are powers of two long and start at multiples of their length. The smallest
 * free piece that is long enough, the lowest of several, is halved until it is not too long; a freed piece is joined
 * with its other half while that is free. A size that is no power of two is a row of powers of two, the longest first.
 */
export class Buddies implements PieceAllocator {
  readonly size: number;
  /** First cells of the free pieces of length 2^k, at index k. */
  private starts: Set<number>[];

  constructor(size: number) {
    this.size = size;
    const orders = orderOf(size + 1);
    this.starts = Array.from({ length: orders }, () => new Set());
    let start = 0;
    for (let order = orders - 1; order >= 0; order--) {
      if ((size & (1 << order)) === 0) continue;
      this.starts[order].add(start);
      start += 1 << order;
    }
  }

  get largest(): number {
    for (let order = this.starts.length - 1; order >= 0; order--) if (this.starts[order].size > 0) return 1 << order;
    return 0;
  }

  taken(length: number): number {
    return 1 << orderOf(length);
  }

  take(length: number): number {
    const wanted = orderOf(length);
    let order = wanted;
    while (order < this.starts.length && this.starts[order].size === 0) order++;
    if (order >= this.starts.length) return -1;
    let start = Number.POSITIVE_INFINITY;
    for (const candidate of this.starts[order]) start = Math.min(start, candidate);
    this.starts[order].delete(start);
    while (order > wanted) {
      order--;
      this.starts[order].add(start + (1 << order));
    }
    return start;
  }

  free(start: number, length: number): void {
    let order = orderOf(length);
    let at = start;
    while (this.starts[order].delete(at ^ (1 << order))) {
      at &= ~(1 << order);
      order++;
    }
    this.starts[order].add(at);
  }

  unusable(length: number): number {
    const wanted = orderOf(length);
    return this.starts.reduce((sum, pieces, order) => sum + (order < wanted ? pieces.size << order : 0), 0);
  }

  save(): unknown {
    return this.starts.map((pieces) => [...pieces]);
  }

  restore(state: unknown): void {
    this.starts = (state as readonly (readonly number[])[]).map((pieces) => new Set(pieces));
  }
}

/** Smallest k with 2^k >= length. */
function orderOf(length: number): number {
  return length <= 1 ? 0 : 32 - Math.clz32(length - 1);
}
