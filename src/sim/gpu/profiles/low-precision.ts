import type { GemmCoefficients } from '../operators.ts';

/** How fast a device multiplies in 8 bits. */
export interface LowPrecisionRate {
  /** The datasheet's dense rate over its bfloat16 rate. */
  readonly gain: number;
  /** Coefficients fitted to measured products; left out: the bfloat16 ones with `gain` times their rate. */
  readonly gemm?: GemmCoefficients;
}

/** null = the device has no such products. */
export interface LowPrecisionRates {
  readonly fp8: LowPrecisionRate | null;
  readonly int8: LowPrecisionRate | null;
}

const twice: LowPrecisionRate = { gain: 2 };

/**
 * Rates of 8-bit products by device id; a device that is not listed multiplies in 16 bits only.
 *
 * H200, fp8: fitted to 95 products measured for this project (`torch._scaled_mm`, e4m3, scales a tensor): median 2.3
 * %, P95 12.1 %. Rate and bandwidth are then those of a whole step: 0.951 and 1.037 times the operators', as in
 * bfloat16. Twelve whole fp8 steps, to which no constant was fitted, then come out within 1.3 % (median) and 7.8 %
 * (all of them); that the time of bringing rows to 8 bits counts was learnt from them. All others are ratios of
 * datasheets: A100 624 TOPS to 312 TFLOPS, no fp8; H100 and H200 1,979 to 989; L4 242 to 121; RTX 4090 330 TFLOPS of
 * fp8 and 661 TOPS of int8 to 165; A10G 140 TOPS to 70, no fp8. V100: none.
 */
export const lowPrecisionRates: Readonly<Record<string, LowPrecisionRates>> = {
  h200: {
    fp8: {
      gain: 2,
      gemm: {
        fixedUs: 0.4503,
        bytesPerS: 4.343e12,
        rampUs: 3.147,
        rampBytes: 1.18e6,
        flopsPerS: 1289e12,
        wastedRows: 25.31,
        tileRows: 128,
        tileShare: 0.2523,
      },
    },
    int8: twice,
  },
  h100: { fp8: twice, int8: twice },
  'a100-80': { fp8: null, int8: twice },
  'a100-40': { fp8: null, int8: twice },
  'rtx-4090': { fp8: twice, int8: { gain: 4 } },
  l4: { fp8: twice, int8: twice },
  a10g: { fp8: null, int8: twice },
};
