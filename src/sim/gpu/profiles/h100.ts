import type { DeviceProfile } from '../device.ts';
import { estimatedLink } from '../host-link.ts';
import { nvlink4 } from './links.ts';

/**
 * Fitted to tables that others measured. What no table shows is taken from the H200, which has the same
 * multiprocessors: the serial time of attention over a cached context (halved, as FlashAttention-3 halves the rest),
 * the imbalance of unequal contexts, and sampling (the RTX 4090's table, by bandwidth).
 */
export const h100: DeviceProfile = {
  id: 'h100',
  name: 'NVIDIA H100 SXM 80 GB',
  memoryBytes: 84_935_000_000,
  peakFlops: 989e12,
  peakBytesPerS: 3.35e12,
  evidence: 'fitted',
  source:
    'Linear operators from tables measured by the authors of Vidur (microsoft/vidur 7d47513), attention from tables measured by the authors of aiconfigurator (vLLM 0.24.0, FlashAttention-3).',
  operators: {
    gemm: {
      fixedUs: 5.393,
      bytesPerS: 2.955e12,
      rampUs: 0,
      rampBytes: 15e6,
      flopsPerS: 755.3e12,
      wastedRows: 35.67,
      tileRows: 128,
      tileShare: 0.25,
    },
    elementwise: {
      fixedUs: 4.259,
      cacheBytesPerS: 3.592e12,
      memoryBytesPerS: 1.966e12,
    },
    prefillAttention: {
      fixedUs: 11.96,
      flopsPerS: 702e12,
      extraDims: 0,
      extraKeysPerQuery: 529.9,
      blocksWanted: 1,
      serialUsPerKey: 0.006,
      unhidden: 0.3,
    },
    decodeAttention: {
      fixedUs: 10.74,
      bytesPerS: 3.082e12,
      rampUs: 0,
      rampBytes: 30e6,
      perSequenceUs: 0.1538,
      blockBytesPerS: 19e9,
      blocksWanted: 512,
      unhidden: 0.57,
    },
    joinedAttention: null,
    sampling: {
      fixedUs: 25,
      perRowUs: 0.129,
    },
  },
  hostLink: /* @__PURE__ */ estimatedLink('PCI Express 5.0 x16, 64 GB/s each way', 64e9),
  peerLink: nvlink4,
  stepOverheadUs: 0,
  error: {
    median: 0.027,
    p95: 0.05,
    count: 13,
    against: 'layers of Llama-2-7B put together from the published tables; no whole step was measured',
  },
};
