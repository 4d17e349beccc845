import type { EngineConfig } from '../engine-config.ts';
import { type HostLink, transferUs } from '../gpu/host-link.ts';

export interface HostTierConfig {
  /** Blocks that fit into the part of host memory set aside for keys and values. */
  readonly capacityBlocks: number;
  /** Bytes of a block, over all layers. */
  readonly blockBytes: number;
  readonly link: Pick<HostLink, 'bytesPerS'>;
}

/**
 * Host memory behind the KV pool, for two uses:
 *
 * - Swap: a preempted request's blocks wait there and come back as they were, instead of being computed again
 *   (PagedAttention paper, arXiv 2309.06180, section 4.5). Nothing can push them out.
 * - Off-load: cached blocks that the pool evicts stay findable by their key, the one used longest ago going first when
 *   room is needed (as SGLang's HiCache and vLLM's CPU off-loading do). A hit copies the block back; it stays here too.
 *
 * All moves are told as times on the link, in whole microseconds. Whether a step waits for them is the caller's matter.
 */
export class HostTier {
  readonly capacityBlocks: number;
  /** Blocks of requests that are swapped out. */
  swappedBlocks = 0;
  private readonly blockBytes: number;
  private readonly link: Pick<HostLink, 'bytesPerS'>;
  /** Told of each key whose content is gone. */
  private readonly dropped: (key: number) => void;
  /** Blocks by request. */
  private readonly swapped = new Map<number, number>();
  /** Keys of off-loaded blocks, used longest ago first. */
  private readonly cached = new Set<number>();

  constructor({ capacityBlocks, blockBytes, link }: HostTierConfig, dropped: (key: number) => void = () => {}) {
    this.capacityBlocks = capacityBlocks;
    this.blockBytes = blockBytes;
    this.link = link;
    this.dropped = dropped;
  }

  /** Off-loaded blocks. */
  get cachedBlocks(): number {
    return this.cached.size;
  }

  get freeBlocks(): number {
    return this.capacityBlocks - this.swappedBlocks - this.cached.size;
  }

  /** Takes a preempted request's blocks, pushing off-loaded ones out if need be. Null, and no change, if they do not fit. */
  swapOut(request: number, blocks: number): number | null {
    if (this.swapped.has(request)) throw new Error(`request ${request} is swapped out twice`);
    if (blocks > this.capacityBlocks - this.swappedBlocks) return null;
    while (blocks > this.freeBlocks) this.dropOldest();
    this.swapped.set(request, blocks);
    this.swappedBlocks += blocks;
    return this.transfer(blocks);
  }

  /** Gives a request's blocks back to the device; their room here is free again. */
  swapIn(request: number): number {
    return this.transfer(this.forget(request));
  }

  /** Blocks of a request that is swapped out, 0 if it is not. */
  blocksOf(request: number): number {
    return this.swapped.get(request) ?? 0;
  }

  /** A request ends while it is swapped out; returns its blocks. */
  forget(request: number): number {
    const blocks = this.swapped.get(request);
    if (blocks === undefined) throw new Error(`request ${request} is not swapped out`);
    this.swapped.delete(request);
    this.swappedBlocks -= blocks;
    return blocks;
  }

  /**
   * Keeps the content of a block that the pool evicts. It is copied only if it is not here yet. Null if all room belongs
   * to requests that are swapped out: the content is lost.
   */
  offload(key: number): number | null {
    if (this.cached.has(key)) {
      this.use(key);
      return 0;
    }
    if (this.freeBlocks === 0) {
      if (this.cached.size === 0) return null;
      this.dropOldest();
    }
    this.cached.add(key);
    return this.transfer(1);
  }

  /** Whether a key's content is here. Looking changes nothing. */
  lookup(key: number): boolean {
    return this.cached.has(key);
  }

  /** Copies the content of some keys to the device, in one go; they count as used, the last one latest. */
  reload(keys: readonly number[]): number {
    for (const key of keys) {
      if (!this.cached.has(key)) throw new Error(`nothing is off-loaded under key ${key}`);
      this.use(key);
    }
    return this.transfer(keys.length);
  }

  /** Forgets all off-loaded blocks. */
  clearCache(): void {
    while (this.cached.size > 0) this.dropOldest();
  }

  /** Keys of off-loaded blocks, the first to go first. */
  keys(): number[] {
    return [...this.cached];
  }

  save(): HostTierState {
    return { swapped: [...this.swapped], cached: [...this.cached] };
  }

  restore(state: HostTierState): void {
    this.swapped.clear();
    this.cached.clear();
    this.swappedBlocks = 0;
    for (const [request, blocks] of state.swapped) {
      this.swapped.set(request, blocks);
      this.swappedBlocks += blocks;
    }
    for (const key of state.cached) this.cached.add(key);
  }

  private use(key: number): void {
    this.cached.delete(key);
    this.cached.add(key);
  }

  private dropOldest(): void {
    const [oldest] = this.cached;
    this.cached.delete(oldest);
    this.dropped(oldest);
  }

  private transfer(blocks: number): number {
    return transferUs(this.link, blocks * this.blockBytes);
  }
}

export interface HostTierState {
  readonly swapped: readonly (readonly [request: number, blocks: number])[];
  readonly cached: readonly number[];
}

/** The tier that a configuration sets aside. */
export function createHostTier(config: EngineConfig, dropped?: (key: number) => void): HostTier {
  const { hostBlocks, kvBytesPerBlock, hostLinkBytesPerS } = config;
  const link = { bytesPerS: hostLinkBytesPerS };
  return new HostTier({ capacityBlocks: hostBlocks, blockBytes: kvBytesPerBlock, link }, dropped);
}
