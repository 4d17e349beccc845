/**
 * A request's blocks as a prefix cache keyed by hashes sees them: each block's hash is made of its parent's hash and its own
 * tokens, so equal hashes mean equal tokens from the first one on (vLLM's `hash_block_tokens`). To look at: allocates.
 */

import type { BlockPool } from './block-pool.ts';

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

/** A full block's hash, and the blocks of the pool that carry it. */
export interface Link {
  readonly hash: number;
  readonly blocks: readonly number[];
}

interface ChainView {
  readonly request: number;
  readonly blockSize: number;
  /** Tokens that are known, and those of them whose KV exists. */
  readonly known: number;
  readonly computed: number;
  /** Blocks that the request holds; 0 = given back behind a sliding window. */
  readonly table: Int32Array;
  /** The first so many of them were found in the cache. */
  readonly hits: number;
  /** Of its full blocks. */
  readonly links: readonly Link[];
  readonly pool: BlockPool;
}

export function readHashChain({ request, blockSize, known, computed, table, hits, links, pool }: ChainView): HashChain {
  const held = table.length;
  // A block may be there for the token that the step under way will bring.
  const count = Math.max(held, Math.ceil(known / blockSize));
  const place = new Map<number, number>();
  pool.eachFree((block, at) => place.set(block, at));
  const chain = {
    state: new Uint8Array(count),
    hash: new Uint32Array(count),
    tokens: new Int32Array(count),
    filled: new Int32Array(count),
    block: new Int32Array(count).fill(-1),
    references: new Int32Array(count),
    others: new Int32Array(count),
    order: new Int32Array(count).fill(-1),
  };
  const stateOfHeld = (at: number) => {
    if (table[at] === 0) return LinkState.left;
    if (at < hits) return LinkState.hit;
    return chain.filled[at] === blockSize ? LinkState.computed : LinkState.open;
  };
  let isFound = true;
  for (let i = 0; i < count; i++) {
    const carriers = links[i]?.blocks ?? [];
    const isHeld = i < held;
    // Behind a block that is not there nothing can be hit.
    isFound &&= isHeld || carriers.length > 0;
    const block = isHeld ? table[i] : isFound ? carriers[0] : 0;
    chain.hash[i] = links[i]?.hash ?? 0;
    chain.tokens[i] = Math.max(0, Math.min(blockSize, known - i * blockSize));
    chain.filled[i] = isHeld ? Math.min(chain.tokens[i], Math.max(0, computed - i * blockSize)) : 0;
    chain.state[i] = isHeld ? stateOfHeld(i) : isFound ? LinkState.found : LinkState.missing;
    chain.others[i] = carriers.reduce((sum, each) => sum + pool.references[each], 0);
    if (isHeld && carriers.includes(block)) chain.others[i]--;
    if (block === 0) continue;
    chain.block[i] = block - 1;
    chain.references[i] = pool.references[block];
    chain.order[i] = place.get(block) ?? -1;
  }
  const shared = chain.others.findLastIndex((others) => others > 0);
  return { request, count, blockSize, ...chain, leaves: shared < 0 || shared === count - 1 ? -1 : shared + 1 };
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
