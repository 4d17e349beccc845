import type { DeviceProfile } from '../device.ts';

/**
 * Fitted to vLLM 0.19's layers as LLMServingSim's authors measured them. Beside a prefill chunk, that version's kernel
 * handles decodes without sharing keys and values among the heads of a group: 1.76 times as long, by 8,448 rows. The
 * imbalance of unequal contexts is the H200's by bandwidth and multiprocessors.
 */
export const rtx4090: DeviceProfile = {
  id: 'rtx-4090',
  name: 'NVIDIA GeForce RTX 4090 24 GB',
  memoryBytes: 25_250_627_584,
  peakFlops: 165.2e12,
  peakBytesPerS: 1.008e12,
  evidence: 'fitted',
  source:
    'Layers of vLLM 0.19 with Llama-3.1-8B, measured by the authors of LLMServingSim (casys-kaist/LLMServingSim 5daddb2).',
  operators: {
    gemm: {
      fixedUs: 5.559,
      bytesPerS: 0.9508e12,
      rampUs: 0,
      rampBytes: 15e6,
      flopsPerS: 163.1e12,
      wastedRows: 8.475,
      tileRows: 128,
      tileShare: 0.4913,
    },
    elementwise: { fixedUs: 2.386, cacheBytesPerS: 44.15e12, memoryBytesPerS: 1.621e12 },
    prefillAttention: {
      fixedUs: 7.768,
      flopsPerS: 137.7e12,
      extraDims: 0,
      extraKeysPerQuery: 282.7,
      serialUsPerKey: 0.03113,
      blocksWanted: 1,
      unhidden: 0,
    },
    decodeAttention: {
      fixedUs: 11.63,
      bytesPerS: 0.9615e12,
      rampUs: 16.23,
      rampBytes: 43.7e6,
      perSequenceUs: 0.1728,
      blockBytesPerS: 4.115e9,
      blocksWanted: 496,
      unhidden: 0.57,
      besidePrefill: 1.76,
    },
    sampling: { fixedUs: 24.99, perRowUs: 0.4293 },
  },
  stepOverheadUs: 0,
  error: {
    median: 0.051,
    p95: 0.336,
    count: 7587,
    against:
      'steps put together from the published tables; decodes alone 1.9 %, chunks alone 3.0 %, mixed 5.2 % (median)',
  },
};
