import type { DeviceProfile } from '../device.ts';
import { estimatedLink } from '../host-link.ts';
import { pcieLink } from '../peer-link.ts';

/**
 * Fitted to vLLM 0.19's layers as LLMServingSim's authors measured them. A mixed step runs chunks and decodes in one
 * kernel, which reads the keys and values of a decode about twice. The imbalance of unequal contexts in steps of
 * decodes alone is the H200's, by bandwidth and multiprocessors: the tables hold equal contexts only.
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
    },
    joinedAttention: { perSequenceUs: 1.115, perSequenceQueryUs: 0.001406, reads: 2.065 },
    sampling: { fixedUs: 24.99, perRowUs: 0.4293 },
  },
  hostLink: /* @__PURE__ */ estimatedLink('PCI Express 4.0 x16, 32 GB/s each way', 32e9),
  peerLink: pcieLink,
  stepOverheadUs: 0,
  error: {
    median: 0.045,
    p95: 0.143,
    count: 5732,
    against:
      'steps put together from the published tables, as far as their contexts fit the memory: decodes alone 1.8 %, chunks alone 3.0 %, mixed 4.5 % (median); no whole step was measured',
  },
};
