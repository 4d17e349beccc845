import type { Because } from '../decision.ts';
import type { RequestTable } from '../request.ts';
import type { CachedPieces } from './cached-pieces.ts';
import type { HashChain } from './hash-chain.ts';

/**
 * M: who holds which KV blocks. All managers hand out the same blocks, so a policy works with any of them and one thing can
 * be changed at a time. Blocks are positions 1 .. usableBlocks of the pool.
 */
export interface KvMemory {
  readonly blockSize: number;
  /** Whether places are handed out long before there are tokens for them: then those to come count as reserved, not as wasted in a block. */
  readonly preallocates: boolean;
  /** Blocks that can be handed out. */
  readonly usableBlocks: number;
  /** Blocks that nobody holds now. */
  readonly freeBlocks: number;
  /** Of those, blocks whose content can still be hit. */
  readonly cachedBlocks: number;
  /** Places for tokens that are held and hold nothing: the rest of last blocks, and reservations. */
  readonly wastedTokens: number;
  /** Whether nobody holds a block, but its content can still be hit. */
  isCached(block: number): boolean;
  /** Free blocks that the request which comes next cannot have, because of where they are; -1 = none waits. Left out where any free block is as good as another. */
  unusableBlocks?(next: number): number;
  /** The rule that made the last `admit` or `grow` fail, with its numbers in blocks. */
  readonly failure: { because: Because; need: number; have: number };

  /** Prepares for a request that arrives. */
  arrive(request: number): void;
  /** Blocks that a sequence of that length takes at least; more than `usableBlocks` can never be admitted. */
  blocksFor(promptTokens: number, outputTokens: number): number;
  /** Tokens of a request that are cached, longest prefix of whole blocks; at most all known tokens but one. */
  findHit(request: number): number;
  /**
   * Gives a request its first blocks: for `hitTokens` found in the cache and `newTokens` to compute. With `wholePrompt`
   * the request must fit with all its known tokens. `watermarkBlocks` must stay free, and for what this step needs also `reservedBlocks`. A request whose KV
   * was loaded from elsewhere holds blocks already and gets more. Changes nothing on failure.
   */
  admit(
    request: number,
    hitTokens: number,
    newTokens: number,
    wholePrompt: boolean,
    watermarkBlocks: number,
    reservedBlocks?: number,
  ): boolean;
  /** Makes room for `newTokens` more tokens of a running request. Changes nothing on failure. */
  grow(request: number, newTokens: number): boolean;
  /** Tells that tokens of a running request were computed or taken back, for the account of wasted places. */
  filled(tokens: number): void;
  /** Makes the full blocks among the first `tokens` tokens findable. */
  cache(request: number, tokens: number): void;
  /** Frees a request's blocks. `ended`: it will not come back. */
  release(request: number, ended: boolean): void;
  /** Forgets all cached content, if no block is in use. */
  resetCache(): boolean;

  /** What can be found, as a tree of prefixes; left out by memories that find nothing. */
  cachedPieces?(): CachedPieces;

  /**
   * Free blocks in the order in which they are given out; left out by memories that keep no such order.
   * @param visit gets a block and its place, 0 = the next one
   */
  eachFree?(visit: (block: number, at: number) => void): void;

  /** Tokens of a prompt of another table (of the same token streams) that are cached now, in whole blocks. Nothing is changed. Left out by memories that find nothing. */
  cachedTokens?(requests: RequestTable, request: number): number;

  /** A request's blocks as hashes see them; null where its tokens are not known. Left out by memories that do not hash. */
  hashChain?(request: number): HashChain | null;

  save(): unknown;
  restore(state: unknown): void;
}
