/**
 * G: what a device is, as data: memory, datasheet limits, operator coefficients, and how well they are known.
 *
 * The coefficients of the profiles are printed by `node tools/fit-profile.mjs FOLDER [DEVICE]`, which reads a folder of
 * measured tables and uses the formulas of `operators.ts` themselves.
 */

import type { HostLink } from './host-link.ts';
import type {
  DecodeAttentionCoefficients,
  ElementwiseCoefficients,
  GemmCoefficients,
  JoinedAttentionCoefficients,
  PrefillAttentionCoefficients,
  SamplingCoefficients,
} from './operators.ts';
import type { PeerLink } from './peer-link.ts';
import { plainOperators } from './plain-operators.ts';
import { a100 } from './profiles/a100-80.ts';
import { a10g, a100Of40, l4, v100 } from './profiles/datasheet-devices.ts';
import { appleM4, laptopCpu, laptopGpu, phone } from './profiles/edge-devices.ts';
import { h100 } from './profiles/h100.ts';
import { h200 } from './profiles/h200.ts';
import { rtx4090 } from './profiles/rtx-4090.ts';

/** Devices that a scenario can name. */
export type DeviceId = 'h200' | 'h100' | 'a100-80' | 'rtx-4090' | 'a100-40' | 'a10g' | 'l4' | 'v100' | EdgeDeviceId;

/** Devices for one user. */
export type EdgeDeviceId = 'phone' | 'laptop-cpu' | 'laptop-gpu' | 'apple-m4';

/** Where the coefficients come from. */
export type Evidence = 'measured' | 'fitted' | 'estimated' | 'this-device';

/** How far the model is from what it was compared with. */
export interface StepError {
  /** Relative errors, as fractions. */
  readonly median: number;
  readonly p95: number;
  /** Compared values. */
  readonly count: number;
  /** What the model was compared with. */
  readonly against: string;
  /** The same by kind of step; left out where they were not told apart. */
  readonly byKind?: readonly KindError[];
}

/** The error of one kind of step. */
export interface KindError extends Pick<StepError, 'median' | 'p95' | 'count'> {
  readonly kind: 'decode' | 'prefill' | 'mixed';
}

export interface OperatorCoefficients {
  readonly gemm: GemmCoefficients;
  /** Products of the layers' matrices where they run in 8 bits, to which rows are brought first; left out: `gemm`. */
  readonly layerGemm?: GemmCoefficients;
  readonly elementwise: ElementwiseCoefficients;
  readonly prefillAttention: PrefillAttentionCoefficients;
  readonly decodeAttention: DecodeAttentionCoefficients;
  /** Of mixed steps; null where decodes have a kernel of their own (or nobody measured the joined one). */
  readonly joinedAttention: JoinedAttentionCoefficients | null;
  readonly sampling: SamplingCoefficients;
}

export interface DeviceProfile {
  readonly id: DeviceId | 'this-device';
  readonly name: string;
  readonly memoryBytes: number;
  /** Datasheet (or best measured rate): dense bfloat16 products, operations a second. */
  readonly peakFlops: number;
  /** Datasheet (or best measured rate): memory bandwidth. */
  readonly peakBytesPerS: number;
  readonly evidence: Evidence;
  /** One sentence: measured or fitted on what, by whom. */
  readonly source: string;
  readonly operators: OperatorCoefficients;
  /** To the host's memory; null = not known. */
  readonly hostLink: HostLink | null;
  /** To other devices of the same host; null = not known. */
  readonly peerLink: PeerLink | null;
  /** Time a step in which the device waits for the host, with CUDA graphs and asynchronous scheduling. */
  readonly stepOverheadUs: number;
  readonly error: StepError;
}

export const devices: Readonly<Record<DeviceId, DeviceProfile>> = {
  h200,
  h100,
  'a100-80': a100,
  'rtx-4090': rtx4090,
  'a100-40': a100Of40,
  a10g,
  l4,
  v100,
  'laptop-gpu': laptopGpu,
  'apple-m4': appleM4,
  'laptop-cpu': laptopCpu,
  phone,
};

/** What a short benchmark can find out about a device. */
export interface DeviceCeilings {
  readonly name: string;
  /** Bytes read plus bytes written by a large copy, a second. */
  readonly bandwidthBytesPerS: number;
  /** Operations a second of a large matrix product (multiply-add counts two), in the precision that runs. */
  readonly f32FlopsPerS: number;
  readonly memoryBytes: number;
  /** Cost of one dispatch among many in one submission. */
  readonly dispatchUs: number;
}

/**
 * A device from three ceilings: every operator is a dispatch plus the slower of arithmetic and memory.
 *
 * Attention of prompts is given half the rate of products, as FlashAttention-2 reaches on the H200, and products pay
 * for 16 rows more than they have. The error is that of the same recipe with the H200's ceilings (4,203 GB/s, 669
 * TFLOP/s, 1.13 us) against its measured steps, so it says what the recipe misses, not what the benchmark misses.
 */
export function roughDevice(ceilings: DeviceCeilings): DeviceProfile {
  const { bandwidthBytesPerS: bytesPerS, f32FlopsPerS: flopsPerS, dispatchUs: fixedUs } = ceilings;
  return {
    id: 'this-device',
    name: ceilings.name,
    memoryBytes: ceilings.memoryBytes,
    peakFlops: flopsPerS,
    peakBytesPerS: bytesPerS,
    evidence: 'this-device',
    source:
      'Copy bandwidth, matrix product rate and dispatch cost measured on this device; operators follow from them.',
    operators: plainOperators({ fixedUs, bytesPerS, flopsPerS, wastedRows: 16 }),
    // A page cannot see the bus, nor other devices.
    hostLink: null,
    peerLink: null,
    stepOverheadUs: 0,
    error: ROUGH_ERROR,
  };
}

const ROUGH_ERROR: StepError = {
  median: 0.109,
  p95: 0.471,
  count: 111,
  against: 'steps measured on one H200, predicted by the same recipe from its own ceilings',
};
