import type { EngineConfig } from '../engine-config.ts';

/**
 * Which blocks a sliding-window layer needs, after vLLM's sliding-window manager (V1, main of 2026-08-17): a token
 * attends to itself and the `window - 1` tokens before it, so whole blocks before those can go.
 */
export class SlidingWindow {
  /** Most blocks a prompt can need at once: the window, what batches in flight add, and a partly used first block. */
  readonly mostBlocks: number;
  private readonly window: number;
  private readonly blockSize: number;
  /** Cached blocks in a row that a hit needs, if it does not start at the beginning. */
  private readonly neededHits: number;

  constructor(config: EngineConfig, dropsLastHit: boolean) {
    const { slidingWindow, blockSize, maxNumBatchedTokens, batchesInFlight, maxModelLen } = config;
    this.window = slidingWindow;
    this.blockSize = blockSize;
    const held = Math.min(slidingWindow - 1 + maxNumBatchedTokens * batchesInFlight, maxModelLen);
    this.mostBlocks = Math.ceil(held / blockSize) + 1;
    this.neededHits = Math.ceil((slidingWindow - 1) / blockSize) + (dropsLastHit ? 1 : 0);
  }

  /** Blocks wholly behind the window once `tokens` tokens are processed. */
  skippedBlocks(tokens: number): number {
    return Math.max(0, Math.floor((tokens - this.window + 1) / this.blockSize));
  }

  /** Blocks of the longest usable hit among the first `most`: from the right, the first run that fills the window. */
  longestHit(most: number, isCached: (block: number) => boolean): number {
    let run = 0;
    for (let i = most - 1; i >= 0; i--) {
      run = isCached(i) ? run + 1 : 0;
      if (run >= this.neededHits) return i + run;
    }
    return run;
  }
}

/** An engine's sliding window, null if its layers attend to everything. */
export function createSlidingWindow(config: EngineConfig, dropsLastHit: boolean): SlidingWindow | null {
  return config.slidingWindow > 0 ? new SlidingWindow(config, dropsLastHit) : null;
}
