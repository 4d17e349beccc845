import { Because } from '../decision.ts';
import type { EngineConfig } from '../engine-config.ts';
import type { Sequences } from '../sequences.ts';
import type { KvMemory } from './memory.ts';
import type { OwnershipObserver } from './ownership.ts';

/**
 * KV memory of servers that keep the past keys and values of a batch as one tensor (text-generation-inference before it had
 * paged attention, `causal_lm.py`): every row is as long as the longest, whatever it holds itself. What counts as taken is
 * what such a server counts: the padded rows, and a place for every token that a row may still generate. So a decode step
 * changes nothing: all rows grow by the place that each had in store. When rows join or leave, the tensor is copied, padded
 * to its new longest row.
 *
 * Blocks are places of one token. A row is one contiguous piece, and the rows lie one behind the other.
 */
export class PaddedMemory implements KvMemory {
  readonly preallocates = true;
  readonly blockSize = 1;
  readonly usableBlocks: number;
  readonly failure = { because: Because.none as Because, need: 0, have: 0 };
  readonly cachedBlocks = 0;
  freeBlocks: number;
  wastedTokens = 0;
  /** Told of every change of a block, in tests. */
  observer: OwnershipObserver | null = null;
  private readonly sequences: Sequences;

  constructor(config: EngineConfig, sequences: Sequences) {
    if (config.blockSize !== 1) throw new Error('a tensor of padded rows has places of one token');
    this.usableBlocks = config.numBlocks - 1;
    this.freeBlocks = this.usableBlocks;
    this.sequences = sequences;
  }

  isCached(_block: number): boolean {
    return false;
  }

  arrive(): void {}

  /** Of a request alone. */
  blocksFor(promptTokens: number, outputTokens: number): number {
    return promptTokens + outputTokens;
  }

  findHit(_request: number): number {
    return 0;
  }

  /** Rows join whole tensors, see `layOut`. */
  admit(): never {
    throw new Error('a row cannot be admitted without its tensor');
  }

  grow(): boolean {
    return true;
  }

  /** Tokens of the longest of some rows. */
  longest(rows: readonly number[]): number {
    let longest = 0;
    for (const request of rows) longest = Math.max(longest, this.sequences.known(request));
    return longest;
  }

  /** Output tokens that rows may still come to. */
  outstanding(rows: readonly number[]): number {
    const { outputLimit, generated } = this.sequences;
    let tokens = 0;
    for (const request of rows) tokens += outputLimit[request] - generated[request];
    return tokens;
  }

  /** Places that a tensor of these rows takes. */
  placesOf(rows: readonly number[]): number {
    return rows.length * this.longest(rows) + this.outstanding(rows);
  }

  /** Copies all rows into these tensors. Who has left must have been released, and there must be room. */
  layOut(tensors: readonly (readonly number[])[]): void {
    const { sequences, observer } = this;
    const { outputLimit, generated, computed, tableLength, tables } = sequences;
    const moved: { request: number; start: number; places: number }[] = [];
    let start = 1;
    let filled = 0;
    for (const rows of tensors) {
      const longest = this.longest(rows);
      for (const request of rows) {
        const places = longest + outputLimit[request] - generated[request];
        const stays = tableLength[request] === places && tables[request][0] === start;
        if (!stays) moved.push({ request, start, places });
        filled += computed[request];
        start += places;
      }
    }
    const taken = start - 1;
    if (taken > this.usableBlocks) throw new Error(`rows of ${taken} places in a memory of ${this.usableBlocks}`);
    if (observer !== null) for (const { request } of moved) this.report('free', request);
    for (const { request, start: first, places } of moved) {
      const table = sequences.reserveTable(request, places);
      for (let i = 0; i < places; i++) table[i] = first + i;
      tableLength[request] = places;
      if (observer !== null) this.report('take', request);
    }
    this.freeBlocks = this.usableBlocks - taken;
    this.wastedTokens = taken - filled;
  }

  filled(tokens: number): void {
    this.wastedTokens -= tokens;
  }

  cache(): void {}

  release(request: number): void {
    const { sequences } = this;
    const places = sequences.tableLength[request];
    if (places === 0) return;
    if (this.observer !== null) this.report('free', request);
    this.freeBlocks += places;
    this.wastedTokens -= places - sequences.computed[request];
    sequences.dropTable(request);
  }

  resetCache(): boolean {
    return true;
  }

  save(): PaddedState {
    return { freeBlocks: this.freeBlocks, wastedTokens: this.wastedTokens };
  }

  restore(saved: unknown): void {
    const { freeBlocks, wastedTokens } = saved as PaddedState;
    this.freeBlocks = freeBlocks;
    this.wastedTokens = wastedTokens;
  }

  private report(event: 'take' | 'free', request: number): void {
    const { tables, tableLength } = this.sequences;
    for (let i = 0; i < tableLength[request]; i++) this.observer?.(event, tables[request][i]);
  }
}

interface PaddedState {
  readonly freeBlocks: number;
  readonly wastedTokens: number;
}
