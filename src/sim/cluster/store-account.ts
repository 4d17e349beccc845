import type { FetchRow, KvStore } from './kv-store.ts';

/** What a store of KV did for its fleet. */
export interface StoreAccount {
  readonly capacityBlocks: number;
  readonly blockBytes: number;
  /** Blocks in it at the end; blocks that it pushed out. */
  readonly blocks: number;
  readonly evictions: number;
  /** Blocks that engines sent to it; those of them for which no room could be made, or that came too late to be found; those lost with their engine; those that had not come at the end. */
  readonly sentBlocks: number;
  readonly refusedBlocks: number;
  readonly lostBlocks: number;
  readonly onTheWayBlocks: number;
  readonly fetchedBlocks: number;
  /** Prompt tokens by where their KV came from: the engine's own cache, the store, and those that were computed, some of them again. */
  readonly ownTokens: number;
  readonly fetchedTokens: number;
  readonly computedTokens: number;
  readonly fetches: readonly FetchRow[];
  /** When the number of its blocks changed, and to how many. */
  readonly fillUs: readonly number[];
  readonly fillBlocks: readonly number[];
}

/** What a store alone knows of that. */
export type StoreRecord = Omit<StoreAccount, 'ownTokens' | 'computedTokens'>;

export function storeRecord(store: KvStore, nowUs: number): StoreRecord {
  store.settle(nowUs);
  const { config, blocks, figures, fetches, fill } = store;
  const { sentBlocks, refusedBlocks, lostBlocks, fetchedBlocks, fetchedTokens } = figures;
  return {
    capacityBlocks: config.capacityBlocks,
    blockBytes: config.blockBytes,
    blocks: blocks.size,
    evictions: blocks.evictions,
    sentBlocks,
    refusedBlocks,
    lostBlocks,
    onTheWayBlocks: store.onTheWay,
    fetchedBlocks,
    fetchedTokens,
    fetches,
    fillUs: fill.us,
    fillBlocks: fill.blocks,
  };
}
