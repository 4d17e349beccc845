import { capturedOnH200 } from '../captured-steps.ts';
import type { DeviceProfile } from '../device.ts';
import { estimatedLink } from '../host-link.ts';
import { pcieLink } from '../peer-link.ts';

/**
 * Fitted to vLLM 0.19's layers of Llama-3.1-8B and of one of two ranks of Qwen3-32B, as LLMServingSim's authors measured
 * them: the server edition, 1,597 GB/s. How much of the imbalance of unequal contexts is hidden in steps of decodes alone
 * is about the H200's: the tables hold equal contexts only. Memory as PyTorch reports it, 94.97 GiB; arithmetic: half of
 * the datasheet's rate, which counts sparse products.
 */
export const rtxPro6000: DeviceProfile = {
  id: 'rtx-pro-6000',
  name: 'NVIDIA RTX PRO 6000 Blackwell 96 GB',
  memoryBytes: 101_970_000_000,
  peakFlops: 503.8e12,
  peakBytesPerS: 1.597e12,
  evidence: 'fitted',
  source:
    'Layers of vLLM 0.19 with Llama-3.1-8B and Qwen3-32B, measured by the authors of LLMServingSim (casys-kaist/LLMServingSim 5daddb2).',
  operators: {
    gemm: {
      fixedUs: 3.522,
      bytesPerS: 1.524e12,
      rampUs: 0,
      rampBytes: 15e6,
      flopsPerS: 459.6e12,
      wastedRows: 0,
      tileRows: 128,
      tileShare: 0,
      tiles: {
        processors: 188,
        waveShare: 0.5417,
        edge: 27.89,
        startDepth: 412.7,
        rowBytesPerS: 7.513e12,
      },
    },
    elementwise: {
      fixedUs: 2.639,
      cacheBytesPerS: 7.496e12,
      memoryBytesPerS: 1.943e12,
      cacheBytes: 158e6,
      kernels: {
        norm: {
          fixedUs: 2.388,
          cacheBytesPerS: 5.951e12,
          memoryBytesPerS: 2.413e12,
          floorUs: 1.562,
          cacheBytes: 226.2e6,
        },
        'final-norm': {
          fixedUs: 2.57,
          cacheBytesPerS: 4.711e12,
          memoryBytesPerS: 2.369e12,
          floorUs: 1.7,
          cacheBytes: 150.9e6,
        },
        'head-norm': {
          fixedUs: 2.026,
          cacheBytesPerS: 914.8e9,
          memoryBytesPerS: 914.8e9,
          floorUs: 2.252,
          cacheBytes: 728.2e9,
        },
        rotation: {
          fixedUs: 2.171,
          cacheBytesPerS: 4.796e12,
          memoryBytesPerS: 4.796e12,
          floorUs: 2.781,
          cacheBytes: 134.7e6,
        },
        activation: {
          fixedUs: 2.706,
          cacheBytesPerS: 5.97e12,
          memoryBytesPerS: 1.238e12,
          floorUs: 2.968,
          keptBytes: 53.93e6,
          alone: { rows: 188, fixedUs: 2.426, bytesPerS: 11.57e12 },
        },
        embedding: {
          fixedUs: 3.765,
          cacheBytesPerS: 7.741e12,
          memoryBytesPerS: 1.299e12,
          floorUs: 2.914,
          keptBytes: 39.37e6,
          alone: { rows: 188, fixedUs: 2.045, bytesPerS: 1.756e12 },
          few: { rows: 16, fixedUs: 2.858, perRowUs: 0.2466 },
        },
      },
    },
    prefillAttention: {
      fixedUs: 6.879,
      flopsPerS: 254.5e12,
      extraDims: 0,
      extraKeysPerQuery: 279.3,
      serialUsPerKey: 0.0208,
      blocksWanted: 1,
      unhidden: 0.04651,
    },
    decodeAttention: {
      fixedUs: 11.86,
      bytesPerS: 1.529e12,
      rampUs: 37.08,
      rampBytes: 301.3e6,
      perSequenceUs: 0.05607,
      blockBytesPerS: 24.81e9,
      blocksWanted: 376,
      unhidden: 0.5,
    },
    joinedAttention: {
      fixedUs: 3.304,
      processors: 188,
      usPerKey: 0.02064,
      startKeys: 61.73,
      queryKeys: 1.033,
      emptyKeys: 16.23,
      unhidden: 0.1231,
      unhiddenAgain: 0.08667,
      bytesPerS: 1.529e12,
      cacheBytes: 128e6,
      driftBytes: 38.84e6,
    },
    sampling: {
      fixedUs: 11.3,
      perRowUs: 0.4431,
      cachedRows: 153.3,
      uncachedRowUs: 0.6583,
    },
  },
  captured: capturedOnH200,
  hostLink: /* @__PURE__ */ estimatedLink('PCI Express 5.0 x16, 64 GB/s each way', 64e9),
  peerLink: pcieLink,
  stepOverheadUs: 0,
  error: {
    median: 0.0155,
    p95: 0.0543,
    count: 6726,
    against:
      'steps put together from rows of the published tables that were kept out of the fit, as far as their contexts fit the memory; no whole step was measured',
    byKind: [
      { kind: 'decode', median: 0.0185, p95: 0.042, count: 61 },
      { kind: 'prefill', median: 0.0219, p95: 0.0551, count: 102 },
      { kind: 'mixed', median: 0.0154, p95: 0.0543, count: 6563 },
    ],
  },
};
