import type { DeviceProfile } from '../device.ts';
import { nvlink4 } from './links.ts';

/**
 * Operators fitted to measured operators, then five constants (rate and bandwidth of products in a whole step, rounding
 * to tiles, the two of unequal contexts) to the measured steps that are not held out (`npm run -s fit -- FOLDER h200`).
 * The error is that of five such fits, each on the steps that it had not seen. The formulas of `operators.ts` were
 * chosen with all steps in sight, so expect new steps to be somewhat worse.
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
      fixedUs: 2.245,
      bytesPerS: 4.458e12,
      rampUs: 3.136,
      rampBytes: 4.566e6,
      flopsPerS: 677.2e12,
      wastedRows: 14.6,
      tileRows: 128,
      tileShare: 0.3294,
    },
    elementwise: {
      fixedUs: 1.88,
      cacheBytesPerS: 9.104e12,
      memoryBytesPerS: 3.865e12,
    },
    prefillAttention: {
      fixedUs: 7.242,
      flopsPerS: 451e12,
      extraDims: 45.59,
      extraKeysPerQuery: 178.9,
      serialUsPerKey: 0.02341,
      blocksWanted: 132,
      unhidden: 0.1177,
    },
    decodeAttention: {
      fixedUs: 5.745,
      bytesPerS: 4.349e12,
      rampUs: 5.209,
      rampBytes: 26.38e6,
      perSequenceUs: 0.01,
      blockBytesPerS: 20.14e9,
      blocksWanted: 512,
      unhidden: 0.5825,
    },
    joinedAttention: null,
    sampling: {
      fixedUs: 26.62,
      perRowUs: 0.01593,
    },
  },
  hostLink: {
    bytesPerS: 55.2e9,
    evidence: 'measured',
    source: 'Copies of 256 MiB between one H200 and pinned host memory: 55.3 GB/s to the device, 55.2 GB/s from it.',
  },
  peerLink: nvlink4,
  // The next graph is launched while one runs; without that, a launch and a copy of the sampled tokens take 19 us.
  stepOverheadUs: 0,
  error: {
    median: 0.018,
    p95: 0.0694,
    count: 169,
    against:
      'whole steps measured on H200s, of eight models on one and two devices; each was predicted by constants that were fitted without it',
    byKind: [
      { kind: 'decode', median: 0.0195, p95: 0.0587, count: 87 },
      { kind: 'prefill', median: 0.0122, p95: 0.0769, count: 40 },
      { kind: 'mixed', median: 0.0166, p95: 0.0909, count: 42 },
    ],
  },
};
