import type { DeviceProfile, StepError } from './device.ts';
import { plainOperators } from './plain-operators.ts';

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
