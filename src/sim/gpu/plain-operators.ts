import type { DeviceProfile } from './device.ts';

/** What is known of a device of which no operator was measured. */
export interface Ceilings {
  /** Start of one operator. */
  readonly fixedUs: number;
  /** Reading of weights and of keys and values. */
  readonly bytesPerS: number;
  /** Products. */
  readonly flopsPerS: number;
  /** Rows that a product pays for beyond the ones it has. */
  readonly wastedRows: number;
}

/**
 * Operators from ceilings alone: each is its start plus the slower of arithmetic and memory. Attention of prompts is given
 * half the rate of products, as FlashAttention-2 reaches on the H200.
 */
export function plainOperators({ fixedUs, bytesPerS, flopsPerS, wastedRows }: Ceilings): DeviceProfile['operators'] {
  const memory = { fixedUs, bytesPerS, rampUs: 0, rampBytes: 1 };
  return {
    gemm: { ...memory, flopsPerS, wastedRows, tileRows: 1, tileShare: 0 },
    elementwise: { fixedUs, cacheBytesPerS: bytesPerS, memoryBytesPerS: bytesPerS },
    prefillAttention: {
      fixedUs,
      flopsPerS: flopsPerS / 2,
      extraDims: 0,
      extraKeysPerQuery: 0,
      serialUsPerKey: 0,
      blocksWanted: 1,
      unhidden: 0,
    },
    decodeAttention: {
      ...memory,
      perSequenceUs: 0,
      blockBytesPerS: Number.POSITIVE_INFINITY,
      blocksWanted: 1,
      unhidden: 0,
    },
    joinedAttention: null,
    sampling: { fixedUs, perRowUs: 0 },
  };
}
