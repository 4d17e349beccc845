import type { DeviceProfile } from '../device.ts';
import { estimatedLink } from '../host-link.ts';
import { nvlinkA100 } from './links.ts';

/**
 * Fitted to tables that others measured. What no table shows is estimated: unequal contexts hold a step up as on the H200
 * (one block alone reads about as fast), and sampling is the RTX 4090's by bandwidth. A chunk behind a cached context
 * follows Vidur's Llama-2-7B table, whose query heads are as many.
 */
export const a100: DeviceProfile = {
  id: 'a100-80',
  name: 'NVIDIA A100 SXM 80 GB',
  memoryBytes: 84_986_000_000,
  peakFlops: 312e12,
  peakBytesPerS: 2.039e12,
  evidence: 'fitted',
  source:
    'Linear operators from tables measured by the authors of Vidur (microsoft/vidur 7d47513), attention from tables measured by the authors of aiconfigurator (vLLM 0.14.0) and of Vidur.',
  operators: {
    gemm: {
      fixedUs: 2.178,
      bytesPerS: 1.591e12,
      rampUs: 0,
      rampBytes: 15e6,
      flopsPerS: 228.2e12,
      wastedRows: 39.09,
      tileRows: 128,
      tileShare: 0.25,
    },
    elementwise: {
      fixedUs: 5.171,
      cacheBytesPerS: 1.59e12,
      memoryBytesPerS: 1.054e12,
    },
    prefillAttention: {
      fixedUs: 11.02,
      flopsPerS: 188.3e12,
      extraDims: 0,
      extraKeysPerQuery: 19.89,
      blocksWanted: 1,
      serialUsPerKey: 0.02741,
      unhidden: 0.9919,
    },
    decodeAttention: {
      fixedUs: 16.78,
      bytesPerS: 1.601e12,
      rampUs: 0,
      rampBytes: 30e6,
      perSequenceUs: 0.1806,
      blockBytesPerS: 19e9,
      blocksWanted: 419,
      unhidden: 0.57,
    },
    joinedAttention: null,
    sampling: {
      fixedUs: 25,
      perRowUs: 0.212,
    },
  },
  hostLink: /* @__PURE__ */ estimatedLink('PCI Express 4.0 x16, 32 GB/s each way', 32e9),
  peerLink: nvlinkA100,
  stepOverheadUs: 0,
  error: {
    median: 0.017,
    p95: 0.061,
    count: 38,
    against: 'layers of Llama-3-8B and Llama-2-7B put together from the published tables; no whole step was measured',
  },
};
