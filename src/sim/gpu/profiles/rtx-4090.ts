import { capturedOnH200 } from '../captured-steps.ts';
import type { DeviceProfile } from '../device.ts';
import { estimatedLink } from '../host-link.ts';
import { pcieLink } from '../peer-link.ts';

/**
 * Fitted to vLLM 0.19's layers as LLMServingSim's authors measured them. Steps with chunks run chunks and decodes in one
 * kernel. How much of the imbalance of unequal contexts is hidden in steps of decodes alone is about the H200's: the
 * tables hold equal contexts only. Multiprocessors and cache are the datasheet's.
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
      fixedUs: 4.898,
      bytesPerS: 964e9,
      rampUs: 0,
      rampBytes: 15e6,
      flopsPerS: 165.2e12,
      wastedRows: 0,
      tileRows: 128,
      tileShare: 0,
      tiles: {
        processors: 128,
        waveShare: 0.3304,
        edge: 0.0001088,
        startDepth: 31.49,
        rowBytesPerS: 4.865e12,
      },
    },
    elementwise: {
      fixedUs: 2.175,
      cacheBytesPerS: 5.611e12,
      memoryBytesPerS: 1.165e12,
      cacheBytes: 71.05e6,
      kernels: {
        norm: {
          fixedUs: 1.886,
          cacheBytesPerS: 3.815e12,
          memoryBytesPerS: 1.847e12,
          floorUs: 1.245,
          keptBytes: 5.585e6,
        },
        'final-norm': {
          fixedUs: 3.026,
          cacheBytesPerS: 3.994e12,
          memoryBytesPerS: 2.834e12,
          floorUs: 2.489,
          cacheBytes: 13.36e6,
          alone: { rows: 128, fixedUs: 2.099, bytesPerS: 2.728e12 },
        },
        rotation: {
          fixedUs: 1.609,
          cacheBytesPerS: 3.477e12,
          memoryBytesPerS: 1.459e12,
          floorUs: 2.392,
          keptBytes: 6.336e6,
        },
        activation: {
          fixedUs: 6.669e-6,
          cacheBytesPerS: 1.725e12,
          memoryBytesPerS: 996.2e9,
          floorUs: 3.151,
          keptBytes: 14.91e6,
        },
        embedding: {
          fixedUs: 3.055,
          cacheBytesPerS: 4.653e12,
          memoryBytesPerS: 859.2e9,
          floorUs: 2.604,
          keptBytes: 27.29e6,
          alone: { rows: 128, fixedUs: 2.448, bytesPerS: 3.358e12 },
          few: { rows: 16, fixedUs: 2.899, perRowUs: 0.193 },
        },
      },
    },
    prefillAttention: {
      fixedUs: 7.836,
      flopsPerS: 138.1e12,
      extraDims: 0,
      extraKeysPerQuery: 277.3,
      serialUsPerKey: 0.03107,
      blocksWanted: 1,
      unhidden: 1.267e-7,
    },
    decodeAttention: {
      fixedUs: 11.96,
      bytesPerS: 954.9e9,
      rampUs: 20.68,
      rampBytes: 63.06e6,
      perSequenceUs: 0.1691,
      blockBytesPerS: 16.74e9,
      blocksWanted: 256,
      unhidden: 0.5,
    },
    joinedAttention: {
      fixedUs: 4.184,
      processors: 128,
      usPerKey: 0.03058,
      startKeys: 42.08,
      queryKeys: 0.5372,
      emptyKeys: 11.33,
      unhidden: 0.01926,
      unhiddenAgain: 0.0456,
      bytesPerS: 954.9e9,
      cacheBytes: 72e6,
      driftBytes: 7.589e6,
    },
    sampling: {
      fixedUs: 26.17,
      perRowUs: 0.3294,
      cachedRows: 86.75,
      uncachedRowUs: 1.085,
    },
  },
  captured: capturedOnH200,
  hostLink: /* @__PURE__ */ estimatedLink('PCI Express 4.0 x16, 32 GB/s each way', 32e9),
  peerLink: pcieLink,
  stepOverheadUs: 0,
  error: {
    median: 0.0146,
    p95: 0.0521,
    count: 1081,
    against:
      'steps put together from rows of the published tables that were kept out of the fit, as far as their contexts fit the memory; no whole step was measured',
    byKind: [
      { kind: 'decode', median: 0.0234, p95: 0.0802, count: 15 },
      { kind: 'prefill', median: 0.00743, p95: 0.0269, count: 19 },
      { kind: 'mixed', median: 0.0151, p95: 0.0522, count: 1047 },
    ],
  },
};
