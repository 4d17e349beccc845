import type { DeviceProfile } from '../device.ts';
import { nvlinkH200 } from './links.ts';

/**
 * Operators fitted to measured operators, then five constants (rate and bandwidth of products in a whole step, rounding
 * to tiles, the two of unequal contexts) to every other row of the measured steps (`testdata/h200-steps.json`). The
 * error is that of the other rows. Those rows took no part in fitting constants, but the formulas of `operators.ts` were
 * chosen with all rows in sight, so expect new steps to be somewhat worse.
 */
export const h200: DeviceProfile = {
  id: 'h200',
  name: 'NVIDIA H200 SXM 141 GB',
  memoryBytes: 150_109_000_000,
  peakFlops: 989e12,
  peakBytesPerS: 4.8e12,
  evidence: 'measured',
  source:
    'Operators measured for this project on one H200, whole steps on two: GPU time inside CUDA graphs, PyTorch 2.11 and CUDA 13.0, FlashAttention-2, a split-KV paged decode kernel, greedy sampling.',
  operators: {
    gemm: {
      fixedUs: 2.211,
      bytesPerS: 4.536e12,
      rampUs: 3.739,
      rampBytes: 5.732e6,
      flopsPerS: 673.2e12,
      wastedRows: 17.53,
      tileRows: 128,
      tileShare: 0.2523,
    },
    elementwise: { fixedUs: 1.88, cacheBytesPerS: 9.104e12, memoryBytesPerS: 3.865e12 },
    prefillAttention: {
      fixedUs: 6.643,
      flopsPerS: 459.6e12,
      extraDims: 47.37,
      extraKeysPerQuery: 182.1,
      serialUsPerKey: 0.02407,
      blocksWanted: 132,
      unhidden: 0.1244,
    },
    decodeAttention: {
      fixedUs: 5.161,
      bytesPerS: 4.334e12,
      rampUs: 4.783,
      rampBytes: 12.68e6,
      perSequenceUs: 0.01,
      blockBytesPerS: 18.97e9,
      blocksWanted: 512,
      unhidden: 0.4922,
    },
    joinedAttention: null,
    sampling: { fixedUs: 26.62, perRowUs: 0.01594 },
  },
  hostLink: {
    bytesPerS: 55.2e9,
    evidence: 'measured',
    source: 'Copies of 256 MiB between one H200 and pinned host memory: 55.3 GB/s to the device, 55.2 GB/s from it.',
  },
  peerLink: nvlinkH200,
  // The next graph is launched while one runs; without that, a launch and a copy of the sampled tokens take 19 us.
  stepOverheadUs: 0,
  error: {
    median: 0.016,
    p95: 0.066,
    count: 37,
    against: 'whole Llama-3-8B steps measured on two H200s; constants were fitted to other steps',
  },
};
