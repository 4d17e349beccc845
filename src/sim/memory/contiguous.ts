import { Because } from '../decision.ts';
import type { EngineConfig } from '../engine-config.ts';
import type { Sequences } from '../sequences.ts';
import type { KvMemory } from './memory.ts';
import type { OwnershipObserver } from './ownership.ts';
import { Buddies, FirstFit, type PieceAllocator } from './pieces.ts';

/** How much is reserved for a sequence when it is admitted. */
type Reservation = 'max' | 'pow2' | 'oracle';

/**
 * KV memory before paging: every sequence gets one contiguous piece when it is admitted, and keeps it. The rules are the
 * PagedAttention paper's three versions of Orca (arXiv 2309.06180, sections 3.1 and 6.1):
 *
 * - max: the longest possible length. All pieces are equally long, so their place does not matter; first fit.
 * - pow2: the prompt and the next power of two of the output's length, but no more than the longest possible length.
 * - oracle: the prompt and the output's true length, which no real engine knows.
 *
 * The last two are placed by a buddy allocator: the paper's authors did not know Orca's and assumed one. What it rounds
 * up beyond a reservation belongs to nobody: those blocks are free, but unusable, as are free pieces too small for the
 * next request. Reservations are whole blocks; for slots of one token, as in Orca, set the block size to 1.
 */
export class ContiguousMemory implements KvMemory {
  readonly preallocates = true;
  readonly blockSize: number;
  readonly usableBlocks: number;
  readonly failure = { because: Because.none as Because, need: 0, have: 0 };
  readonly cachedBlocks = 0;
  freeBlocks: number;
  wastedTokens = 0;
  /** Told of every change of a block, in tests. */
  observer: OwnershipObserver | null = null;
  private readonly rule: Reservation;
  private readonly maxModelLen: number;
  /** Tokens that may be computed after the last one, while its end is not yet known. */
  private readonly overrun: number;
  private readonly sequences: Sequences;
  private readonly pieces: PieceAllocator;
  /** Blocks beside the reservations in pieces that were given out. */
  private roundedBlocks = 0;

  constructor(config: EngineConfig, sequences: Sequences) {
    this.blockSize = config.blockSize;
    this.usableBlocks = config.numBlocks - 1;
    this.freeBlocks = this.usableBlocks;
    this.rule = ruleOf(config.memory);
    this.maxModelLen = config.maxModelLen;
    this.overrun = config.asyncScheduling ? config.batchesInFlight - 1 : 0;
    this.sequences = sequences;
    this.pieces = this.rule === 'max' ? new FirstFit(this.usableBlocks) : new Buddies(this.usableBlocks);
  }

  /**
   * Free blocks that the request which comes next cannot use: rests of pieces given out, and pieces too small for it.
   * -1 = none waits; then only what nobody could ever use counts.
   */
  unusableBlocks(next: number): number {
    if (this.rule === 'max') return this.pieces.unusable(this.reservation(0, 0));
    return this.roundedBlocks + (next < 0 ? 0 : this.pieces.unusable(this.blocksOf(next)));
  }

  isCached(_block: number): boolean {
    return false;
  }

  blocksFor(promptTokens: number, outputTokens: number): number {
    return this.pieces.taken(this.reservation(promptTokens, outputTokens));
  }

  findHit(_request: number): number {
    return 0;
  }

  admit(request: number): boolean {
    const blocks = this.blocksOf(request);
    const taken = this.pieces.taken(blocks);
    const start = this.pieces.take(blocks);
    if (start < 0) {
      this.failure.because = Because.noBlocks;
      this.failure.need = taken;
      this.failure.have = this.pieces.largest;
      return false;
    }
    const table = this.sequences.reserveTable(request, blocks);
    // Block 0 is never handed out.
    for (let i = 0; i < blocks; i++) {
      table[i] = start + i + 1;
      if (this.observer !== null) this.observer('take', table[i]);
    }
    this.sequences.tableLength[request] = blocks;
    this.freeBlocks -= blocks;
    this.roundedBlocks += taken - blocks;
    this.wastedTokens += blocks * this.blockSize;
    return true;
  }

  /** Always true: what the sequence can come to is reserved. */
  grow(request: number, newTokens: number): boolean {
    const { computed, tableLength } = this.sequences;
    const tokens = Math.min(computed[request] + newTokens, this.maxModelLen);
    if (tokens <= tableLength[request] * this.blockSize) return true;
    throw new Error(`request ${request} outgrows its reservation of ${tableLength[request]} blocks`);
  }

  filled(tokens: number): void {
    this.wastedTokens -= tokens;
  }

  cache(): void {}

  release(request: number): void {
    const { sequences } = this;
    const blocks = sequences.tableLength[request];
    if (blocks === 0) return;
    this.wastedTokens -= blocks * this.blockSize - sequences.computed[request];
    if (this.observer !== null) for (let i = 0; i < blocks; i++) this.observer('free', sequences.tables[request][i]);
    this.pieces.free(sequences.tables[request][0] - 1, blocks);
    this.freeBlocks += blocks;
    this.roundedBlocks -= this.pieces.taken(blocks) - blocks;
    sequences.dropTable(request);
  }

  resetCache(): boolean {
    return true;
  }

  arrive(_request: number): void {}

  save(): ContiguousState {
    const { freeBlocks, wastedTokens, roundedBlocks } = this;
    return { freeBlocks, wastedTokens, roundedBlocks, pieces: this.pieces.save() };
  }

  restore(saved: unknown): void {
    const state = saved as ContiguousState;
    this.freeBlocks = state.freeBlocks;
    this.wastedTokens = state.wastedTokens;
    this.roundedBlocks = state.roundedBlocks;
    this.pieces.restore(state.pieces);
  }

  /** Blocks reserved for a request. */
  private blocksOf(request: number): number {
    const { requests, outputLimit } = this.sequences;
    const outputs = Math.min(requests.outputTokens[request], outputLimit[request]);
    return this.reservation(requests.promptTokens[request], outputs);
  }

  private reservation(promptTokens: number, outputTokens: number): number {
    const tokens = this.rule === 'max' ? this.maxModelLen : promptTokens + this.outputPlaces(outputTokens);
    return Math.ceil(Math.min(tokens, this.maxModelLen) / this.blockSize);
  }

  private outputPlaces(outputTokens: number): number {
    // The last token's keys and values are computed only if its end is noticed too late.
    const needed = Math.max(outputTokens, outputTokens - 1 + this.overrun);
    return this.rule === 'pow2' ? Math.max(needed, nextPowerOfTwo(outputTokens)) : needed;
  }
}

function ruleOf(memory: EngineConfig['memory']): Reservation {
  switch (memory) {
    case 'contiguous-pow2':
      return 'pow2';
    case 'contiguous-oracle':
      return 'oracle';
    default:
      return 'max';
  }
}

/** Smallest power of two that is at least n. */
function nextPowerOfTwo(n: number): number {
  return n <= 1 ? 1 : 1 << (32 - Math.clz32(n - 1));
}

interface ContiguousState {
  readonly freeBlocks: number;
  readonly wastedTokens: number;
  readonly roundedBlocks: number;
  readonly pieces: unknown;
}
