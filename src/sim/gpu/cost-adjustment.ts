import type { DeviceProfile } from './device.ts';
import type { UnfusedLayers } from './unfused-layers.ts';

/**
 * How an engine runs a model otherwise than the engines whose steps the device profiles describe: those compute a batch at
 * once, in captured graphs, with kernels that stream weights as fast as was measured.
 */
export interface CostAdjustment {
  /** Kernels a layer that the host launches one by one; 0 = they are captured in a graph. */
  readonly launchesPerLayer: number;
  /** Share of the datasheet's bandwidth at which products stream weights, at most; 1 = as fast as was measured. */
  readonly weightBandwidth: number;
  /** Tokens of the micro-batches into which a batch is divided; 0 = it is not. */
  readonly microBatchTokens: number;
  /** Layers run unfused, as transformers runs them; left out: fused. */
  readonly unfused?: Omit<UnfusedLayers, 'kvTokens'>;
}

/** Nothing is otherwise: costs stay what they are to the last bit. */
export const noAdjustment: CostAdjustment = { launchesPerLayer: 0, weightBandwidth: 1, microBatchTokens: 0 };

/**
 * Time of one launch, microseconds: what PyTorch's eager mode takes for a small kernel on a server's host. Not measured
 * here: an assumption, of the order that is commonly given (4 to 6).
 */
export const LAUNCH_US = 4;

/** The device as such an engine's products use it. */
export function adjustedDevice(device: DeviceProfile, { weightBandwidth }: CostAdjustment): DeviceProfile {
  const { gemm } = device.operators;
  const most = weightBandwidth * device.peakBytesPerS;
  if (weightBandwidth === 1 || gemm.bytesPerS <= most) return device;
  return { ...device, operators: { ...device.operators, gemm: { ...gemm, bytesPerS: most } } };
}
