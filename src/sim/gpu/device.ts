/**
 * G: what a device is, as data: memory, datasheet limits, operator coefficients, and how well they are known.
 *
 * The coefficients of the profiles are printed by `npm run -s fit -- FOLDER [DEVICE]`, which reads a folder of measured
 * tables and uses the formulas of `operators.ts` themselves.
 */

import type { CapturedTimes } from './captured-steps.ts';
import type { DeviceId } from './device-ids.ts';
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
import { a100 } from './profiles/a100-80.ts';
import { a10g, a100Of40, a800, l4, v100 } from './profiles/datasheet-devices.ts';
import { appleM4, laptopCpu, laptopGpu, phone } from './profiles/edge-devices.ts';
import { h100 } from './profiles/h100.ts';
import { h200 } from './profiles/h200.ts';
import type { LowPrecisionRates } from './profiles/low-precision.ts';
import { rtx4090 } from './profiles/rtx-4090.ts';
import { rtxPro6000 } from './profiles/rtx-pro-6000.ts';

export type { DeviceId };

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
  readonly id: DeviceId | 'this-device' | 'own';
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
  /** What captured steps take instead, where the kernels were timed one by one; left out: they were timed in graphs, or nobody knows. */
  readonly captured?: CapturedTimes;
  /** Rates of 8-bit products; left out: those that `profiles/low-precision.ts` lists for the id. */
  readonly lowPrecision?: LowPrecisionRates;
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
  'rtx-pro-6000': rtxPro6000,
  'a100-40': a100Of40,
  a800,
  a10g,
  l4,
  v100,
  'laptop-gpu': laptopGpu,
  'apple-m4': appleM4,
  'laptop-cpu': laptopCpu,
  phone,
};
