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
 * H200, fp8: fitted to 95 products measured for this project (`torch._scaled_mm`, e4m3, scales a tensor). Rate and
 * bandwidth are then those of a whole step: the operators' times what bfloat16 steps say. Twelve whole fp8 steps, to
 * which no constant was fitted, come out within 2.2 % (median) and 4.7 % (all of them); that the time of bringing rows to
 * 8 bits counts was learnt from them. All others are ratios of
 * datasheets: A100 624 TOPS to 312 TFLOPS, no fp8; H100 and H200 1,979 to 989; L4 242 to 121; RTX 4090 330 TFLOPS of
 * fp8 and 661 TOPS of int8 to 165; RTX PRO 6000 1,008 to 504; A10G 140 TOPS to 70, no fp8. V100: none.
 */
export const lowPrecisionRates: Readonly<Record<string, LowPrecisionRates>> = {
  h200: {
    fp8: {
      gain: 2,
      gemm: {
        fixedUs: 1.044,
        bytesPerS: 4.31e12,
        rampUs: 2.509,
        rampBytes: 1.275e6,
        flopsPerS: 1297e12,
        wastedRows: 16.71,
        tileRows: 128,
        tileShare: 0.3294,
      },
    },
    int8: twice,
  },
  h100: { fp8: twice, int8: twice },
  'a100-80': { fp8: null, int8: twice },
  'a100-40': { fp8: null, int8: twice },
  a800: { fp8: null, int8: twice },
  'rtx-4090': { fp8: twice, int8: { gain: 4 } },
  'rtx-pro-6000': { fp8: twice, int8: twice },
  l4: { fp8: twice, int8: twice },
  a10g: { fp8: null, int8: twice },
};
