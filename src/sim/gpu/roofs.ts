/** The ceilings of a device: what a roofline draws. */

import type { DeviceProfile } from './device.ts';
import type { Precision } from './precision.ts';
import { lowPrecisionRates } from './profiles/low-precision.ts';

export interface Roofs {
  readonly name: string;
  /** Datasheet (or best measured) memory bandwidth: the slanted roof. */
  readonly bytesPerS: number;
  /** Rates of products by precision, the slowest first: the flat roofs. `measured`: the best that a browser saw, in whichever precision. */
  readonly compute: readonly {
    readonly precision: Precision | 'f32' | 'f16' | 'measured';
    readonly flopsPerS: number;
  }[];
  /** What the model's large products reach of both. */
  readonly reached: { readonly bytesPerS: number; readonly flopsPerS: number };
}

export function roofsOf(device: DeviceProfile): Roofs {
  const { gemm } = device.operators;
  const low = lowPrecisionRates[device.id];
  const plain = {
    precision: device.id === 'this-device' ? ('measured' as const) : ('bf16' as const),
    flopsPerS: device.peakFlops,
  };
  const others = (['fp8', 'int8'] as const).flatMap((precision) => {
    const rate = low?.[precision] ?? null;
    return rate === null ? [] : [{ precision, flopsPerS: device.peakFlops * rate.gain }];
  });
  return {
    name: device.name,
    bytesPerS: device.peakBytesPerS,
    compute: [plain, ...others],
    // A fit may give more than the best that was measured as a whole.
    reached: {
      bytesPerS: Math.min(gemm.bytesPerS, device.peakBytesPerS),
      flopsPerS: Math.min(gemm.flopsPerS, device.peakFlops),
    },
  };
}

/** The highest rate that work of so many operations a byte can have under a roof. */
export function roofAt(bytesPerS: number, flopsPerS: number, intensity: number): number {
  return Math.min(flopsPerS, intensity * bytesPerS);
}
