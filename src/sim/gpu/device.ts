/** G: what a device is, as data: memory, datasheet limits, operator coefficients, and how well they are known. */

import type {
  DecodeAttentionCoefficients,
  ElementwiseCoefficients,
  GemmCoefficients,
  PrefillAttentionCoefficients,
  SamplingCoefficients,
} from './operators.ts';

export type DeviceId = 'h200' | 'h100' | 'a100-80' | 'rtx-4090' | 'this-device';

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
}

export interface OperatorCoefficients {
  readonly gemm: GemmCoefficients;
  readonly elementwise: ElementwiseCoefficients;
  readonly prefillAttention: PrefillAttentionCoefficients;
  readonly decodeAttention: DecodeAttentionCoefficients;
  readonly sampling: SamplingCoefficients;
}

export interface DeviceProfile {
  readonly id: DeviceId;
  readonly name: string;
  readonly memoryBytes: number;
  /** Datasheet: dense bfloat16 products, operations a second. */
  readonly peakFlops: number;
  /** Datasheet: memory bandwidth. */
  readonly peakBytesPerS: number;
  readonly evidence: Evidence;
  /** One sentence: measured or fitted on what, by whom. */
  readonly source: string;
  readonly operators: OperatorCoefficients;
  /** Time a step in which the device waits for the host, with CUDA graphs and asynchronous scheduling. */
  readonly stepOverheadUs: number;
  readonly error: StepError;
}

const H200: DeviceProfile = {
  id: 'h200',
  name: 'NVIDIA H200 SXM 141 GB',
  memoryBytes: 150_110_000_000,
  peakFlops: 989e12,
  peakBytesPerS: 4.8e12,
  evidence: 'measured',
  source: 'Operators measured inside CUDA graphs on one H200 (PyTorch 2.11, CUDA 13.0); checked against whole steps.',
  operators: {
    gemm: {
      fixedUs: 2.762,
      bytesPerS: 4.331e12,
      rampUs: 3.33,
      rampBytes: 14.46e6,
      flopsPerS: 709e12,
      wastedRows: 15.64,
    },
    elementwise: { fixedUs: 1.8, cacheBytesPerS: 9e12, memoryBytesPerS: 4e12 },
    prefillAttention: {
      fixedUs: 5,
      flopsPerS: 355e12,
      extraKeysPerQuery: 150,
      serialUsPerKey: 0.0252,
      unhidden: 0.5,
    },
    decodeAttention: {
      fixedUs: 4.5,
      bytesPerS: 4.4e12,
      rampUs: 9,
      rampBytes: 30e6,
      perSequenceUs: 0,
      blockBytesPerS: 19e9,
      blocksWanted: 512,
      unhidden: 0.57,
      besidePrefill: 1,
    },
    sampling: { fixedUs: 26.5, perRowUs: 0.02 },
  },
  stepOverheadUs: 0,
  error: { median: 0.03, p95: 0.1, count: 0, against: 'first version' },
};

/** The devices that a scenario can name. */
export const devices = { h200: H200 };
