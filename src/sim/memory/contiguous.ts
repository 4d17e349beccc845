import { Because } from '../decision.ts';
import type { EngineConfig } from '../engine-config.ts';
import type { Sequences } from '../sequences.ts';
import type { KvMemory } from './memory.ts';

/**
 * KV memory before paging: every sequence gets one contiguous piece of the longest possible length when it is admitted
 * (as FasterTransformer and "Orca (Max)" in the PagedAttention paper, arXiv 2309.06180, section 3.1), first fit.
 */
export class ContiguousMemory implements KvMemory {
  readonly blockSize: number;
  readonly usableBlocks: number;
  readonly failure = { because: Because.none as Because, need: 0, have: 0 };
  freeBlocks: number;
  wastedTokens = 0;
  private readonly reservation: number;
  private readonly sequences: Sequences;
  /** Free pieces in order of position: first block and length. */
  private free: { start: number; length: number }[];

  constructor(config: EngineConfig, sequences: Sequences) {
    this.blockSize = config.blockSize;
    this.usableBlocks = config.numBlocks - 1;
    this.freeBlocks = this.usableBlocks;
    this.reservation = Math.ceil(config.maxModelLen / config.blockSize);
    this.sequences = sequences;
    this.free = [{ start: 1, length: this.usableBlocks }];
  }

  /** Blocks in the largest free piece. */
  get largestFreePiece(): number {
    let largest = 0;
    for (const piece of this.free) largest = Math.max(largest, piece.length);
    return largest;
  }

  /** Free blocks in pieces too small for a sequence, and the rest of pieces that no further one fits into. */
  get unusableBlocks(): number {
    let blocks = 0;
    for (const piece of this.free) blocks += piece.length % this.reservation;
    return blocks;
  }

  blocksFor(_tokens: number): number {
    return this.reservation;
  }

  findHit(_request: number): number {
    return 0;
  }

  admit(request: number): boolean {
    const piece = this.free.findIndex((p) => p.length >= this.reservation);
    if (piece < 0) {
      this.failure.because = Because.noBlocks;
      this.failure.need = this.reservation;
      this.failure.have = this.largestFreePiece;
      return false;
    }
    const { start, length } = this.free[piece];
    if (length === this.reservation) this.free.splice(piece, 1);
    else this.free[piece] = { start: start + this.reservation, length: length - this.reservation };
    const table = this.sequences.reserveTable(request, this.reservation);
    for (let i = 0; i < this.reservation; i++) table[i] = start + i;
    this.sequences.tableLength[request] = this.reservation;
    this.freeBlocks -= this.reservation;
    this.wastedTokens += this.reservation * this.blockSize;
    return true;
  }

  /** Always true: the longest possible length is reserved. */
  grow(): boolean {
    return true;
  }

  filled(tokens: number): void {
    this.wastedTokens -= tokens;
  }

  cache(): void {}

  release(request: number): void {
    const length = this.sequences.tableLength[request];
    if (length === 0) return;
    this.wastedTokens -= length * this.blockSize - this.sequences.computed[request];
    this.giveBack(this.sequences.tables[request][0], length);
    this.freeBlocks += length;
    this.sequences.dropTable(request);
  }

  resetCache(): boolean {
    return true;
  }

  arrive(_request: number): void {}

  save(): ContiguousState {
    return { freeBlocks: this.freeBlocks, wastedTokens: this.wastedTokens, free: this.free.map((p) => ({ ...p })) };
  }

  restore(saved: unknown): void {
    const state = saved as ContiguousState;
    this.freeBlocks = state.freeBlocks;
    this.wastedTokens = state.wastedTokens;
    this.free = state.free.map((p) => ({ ...p }));
  }

  /** Puts a piece back in order of position and joins it with its neighbours. */
  private giveBack(start: number, length: number): void {
    let at = this.free.findIndex((p) => p.start > start);
    if (at < 0) at = this.free.length;
    this.free.splice(at, 0, { start, length });
    const joined: { start: number; length: number }[] = [];
    for (const piece of this.free) {
      const last = joined.at(-1);
      if (last !== undefined && last.start + last.length === piece.start) last.length += piece.length;
      else joined.push({ ...piece });
    }
    this.free = joined;
  }
}

interface ContiguousState {
  readonly freeBlocks: number;
  readonly wastedTokens: number;
  readonly free: readonly { start: number; length: number }[];
}
