/**
 * A request's blocks as a prefix cache keyed by hashes sees them: each block's hash is made of its parent's hash and its own
 * tokens, so equal hashes mean equal tokens from the first one on (vLLM's `hash_block_tokens`). To look at: allocates.
 */

/** What became of a block of the chain. */
export const LinkState = {
  /** Found in the cache when the request was admitted: not computed. */
  hit: 0,
  /** Full and computed by the request itself: from now on others can hit it. */
  computed: 1,
  /** Not full yet, or not computed to its end: it has no hash. */
  open: 2,
  /** The request holds no block for it, but its content is cached: it would be a hit now. */
  found: 3,
  /** The request holds no block for it, and it would have to be computed. */
  missing: 4,
  /** Behind a sliding window: the request has given it back. */
  left: 5,
} as const;

/** A row a block, from the first. */
export interface HashChain {
  readonly request: number;
  readonly count: number;
  readonly blockSize: number;
  /** A `LinkState`. */
  readonly state: Uint8Array;
  /** Of the parent's hash and the block's tokens; 0 where its tokens are not all known. A stand-in of 32 bits for the engine's own. */
  readonly hash: Uint32Array;
  /** Known tokens of the block, and those of them whose KV exists. */
  readonly tokens: Int32Array;
  readonly filled: Int32Array;
  /** Place in the pool of the block that the request holds, or that it would hit; -1 = none. */
  readonly block: Int32Array;
  /** Block tables that hold that block. */
  readonly references: Int32Array;
  /** Other block tables that hold a block with the same hash. */
  readonly others: Int32Array;
  /** Place in the order of eviction, 0 = next; -1 = it cannot be evicted. */
  readonly order: Int32Array;
  /** First block that no other request holds, after some that others do; -1 = nothing is shared, or all is. */
  readonly leaves: number;
}

/** Before the first block of every chain. */
const seed = 0x811c9dc5;

/** Hash of a block: its parent's, and the pieces of token streams (stream, offset, length) that lie in it. */
export function linkHash(parent: number | null, pieces: readonly number[]): number {
  let hash = parent ?? seed;
  for (const part of pieces) {
    hash = Math.imul(hash ^ (part | 0), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  // 0 says that there is no hash.
  return hash >>> 0 || 1;
}
