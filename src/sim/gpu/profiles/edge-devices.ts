/**
 * Devices for one user. Nothing was measured for this project: each profile is a roofline with the share of the
 * datasheet's bandwidth and of its arithmetic that a published run of llama.cpp or of Qualcomm's runtime reached.
 * Two readings set two shares, so they are no check; the error against other work is not known.
 */

import type { DeviceProfile } from '../device.ts';
import { plainOperators } from '../plain-operators.ts';

interface Edge extends Pick<DeviceProfile, 'id' | 'name' | 'memoryBytes' | 'peakFlops' | 'peakBytesPerS'> {
  /** Rates that were reached: streaming weights, and products of prompts. */
  readonly bytesPerS: number;
  readonly flopsPerS: number;
  /** Start of one operator. */
  readonly launchUs: number;
  /** Rows that a product pays for beyond the ones it has. */
  readonly wastedRows: number;
  readonly source: string;
}

function edgeProfile(edge: Edge): DeviceProfile {
  const { id, name, memoryBytes, peakFlops, peakBytesPerS, bytesPerS, flopsPerS, source } = edge;
  const fixedUs = edge.launchUs;
  return {
    id,
    name,
    memoryBytes,
    peakFlops,
    peakBytesPerS,
    evidence: 'estimated',
    source,
    operators: plainOperators({ fixedUs, bytesPerS, flopsPerS, wastedRows: edge.wastedRows }),
    // One memory for everything, or not known.
    hostLink: null,
    peerLink: null,
    stepOverheadUs: 0,
    error: { median: 0, p95: 0, count: 0, against: 'nothing: no step of this device was measured' },
  };
}

/**
 * Snapdragon 8 Elite, LPDDR5X-10667 over 64 bits. Qualcomm's AI Hub gives a model of Llama-3.1-8B's shape (SEA-LION
 * v3.5 8B) in w4a16 12.93 tokens a second and 128 prompt tokens in 0.159 s: 61 GB/s and 12.9 TFLOP/s. The NPU's
 * datasheet has no such rate, so that one is its peak here. Not modelled: prompts padded to whole chunks of 128, and
 * the clock that falls when the phone gets warm.
 */
export const phone = /* @__PURE__ */ edgeProfile({
  id: 'phone',
  name: 'Phone (Snapdragon 8 Elite, NPU)',
  memoryBytes: 12_884_901_888,
  peakFlops: 12.9e12,
  peakBytesPerS: 85.3e9,
  bytesPerS: 61e9,
  flopsPerS: 12.9e12,
  launchUs: 10,
  wastedRows: 0,
  source:
    "Estimated: LPDDR5X-10667 by its datasheet, and what Qualcomm's AI Hub publishes for an 8B model in 4 bits (12.9 tokens/s, 128 prompt tokens in 0.16 s).",
});

/**
 * Eight cores at 4.5 GHz with two 256-bit multiply-adds a cycle, two channels of DDR5-5600. llama.cpp with a 7B model:
 * 50 prompt tokens a second in 16 bits (ggml-org/llama.cpp pull request 10714, on what is taken to be its author's
 * eight-core Ryzen 9 7940HS), 0.67 TFLOP/s; 18.3 tokens a second in 4 bits on DDR5-6400 (issue 34), 68 % of its
 * bandwidth.
 */
export const laptopCpu = /* @__PURE__ */ edgeProfile({
  id: 'laptop-cpu',
  name: 'Laptop CPU (8 cores, DDR5-5600)',
  memoryBytes: 34_359_738_368,
  peakFlops: 1.15e12,
  peakBytesPerS: 89.6e9,
  bytesPerS: 61e9,
  flopsPerS: 0.67e12,
  launchUs: 5,
  wastedRows: 0,
  source:
    'Estimated: datasheets of cores and DDR5, and the shares of them that published llama.cpp runs of a 7B model reach on a CPU.',
});

/**
 * Ten GPU cores, 120 GB/s. llama.cpp with Llama-3.1-8B in q4_k_m on a Mac mini M4: 225 prompt tokens a second, 3.6
 * TFLOP/s, and 20.9 tokens a second, 102 GB/s (brand-o/normiebench, issue 3). Apple publishes no arithmetic rate; 4.26
 * TFLOP/s is what cores and clock give.
 */
export const appleM4 = /* @__PURE__ */ edgeProfile({
  id: 'apple-m4',
  name: 'Apple M4 (10-core GPU, 16 GB)',
  memoryBytes: 17_179_869_184,
  peakFlops: 4.26e12,
  peakBytesPerS: 120e9,
  bytesPerS: 102e9,
  flopsPerS: 3.6e12,
  launchUs: 5,
  wastedRows: 0,
  source:
    'Estimated: 120 GB/s by its datasheet, and a published llama.cpp run of an 8B model in 4 bits on a Mac mini (225 prompt tokens/s, 20.9 tokens/s).',
});

/**
 * A GeForce RTX 4060 for laptops: the shares of the datasheet that the RTX 4090 reaches, which has the same
 * architecture.
 */
export const laptopGpu = /* @__PURE__ */ edgeProfile({
  id: 'laptop-gpu',
  name: 'Laptop GPU (RTX 4060, 8 GB)',
  memoryBytes: 8_589_934_592,
  peakFlops: 29e12,
  peakBytesPerS: 256e9,
  bytesPerS: 241e9,
  flopsPerS: 28e12,
  launchUs: 5.5,
  wastedRows: 8.5,
  source: "Estimated: the datasheet's bandwidth and arithmetic, and the shares of them that an RTX 4090 reaches.",
});
