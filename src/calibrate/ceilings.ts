/** From a calibration to the few numbers from which the simulator makes a device where a family was not measured. */

import type { DeviceCeilings } from '../sim/gpu/rough-device.ts';
import type { CalibrationResult } from './result.ts';

/**
 * What is known without the families of kernels. Browsers do not disclose how much memory a GPU has, so the visitor says it.
 * Decoding reads weights and writes next to nothing, but a copy is what datasheets and peers quote, and is the lower of the two
 * on most GPUs: the rough device takes that.
 */
export function toCeilings(result: CalibrationResult, memoryBytes: number): DeviceCeilings {
  return {
    name: adapterName(result),
    bandwidthBytesPerS: result.fit.copyBytesPerSecond,
    f32FlopsPerS: result.fit.f16FlopsPerSecond ?? result.fit.f32FlopsPerSecond,
    memoryBytes,
    // By the wall clock it includes encoding; the GPU's own figure is the floor when the clock is too coarse to see it.
    dispatchUs: Math.max(result.overhead.dispatchUs, result.overhead.dispatchGpuUs),
  };
}

/** The most telling name the browser gives, possibly empty. */
export function adapterName({ adapter }: CalibrationResult): string {
  const model = adapter.device || adapter.architecture || adapter.description;
  return model.startsWith(adapter.vendor) ? model : `${adapter.vendor} ${model}`.trim();
}
