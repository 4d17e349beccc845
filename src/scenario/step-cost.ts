/** What a step costs in a scenario: the device's time, and what engine and software stack make of it. */

import type { CostModel } from '../sim/gpu/cost.ts';
import { type CostAdjustment, LAUNCH_US } from '../sim/gpu/cost-adjustment.ts';
import type { DeviceProfile } from '../sim/gpu/device.ts';
import { type HostSettings, withHost } from '../sim/gpu/host-cost.ts';
import { microBatched } from '../sim/gpu/micro-batch.ts';
import type { ModelSpec } from '../sim/gpu/model.ts';
import { withUnfusedLayers } from '../sim/gpu/unfused-layers.ts';

/** `device` is what one rank of the model runs on, already adjusted; `kvTokens`, what its pool holds. */
export function stepCost(
  onDevice: CostModel,
  rank: ModelSpec,
  device: DeviceProfile,
  stack: HostSettings,
  { launchesPerLayer, microBatchTokens, unfused }: CostAdjustment,
  kvTokens: number,
): CostModel {
  const layers = unfused === undefined ? onDevice : withUnfusedLayers(onDevice, rank, device, { ...unfused, kvTokens });
  const launchUsPerLayer = stack.launchUsPerLayer + launchesPerLayer * LAUNCH_US;
  const host: HostSettings = { ...stack, launchUsPerLayer };
  if (microBatchTokens === 0) return withHost(layers, rank, device, host);
  // Kernels are launched for every micro-batch; the rest of the host's time comes once a step.
  const launched = withHost(layers, rank, device, { ...host, stepUs: 0 });
  const once: HostSettings = { launchUsPerLayer: 0, stepUs: host.stepUs, copiesKv: false };
  return withHost(microBatched(launched, microBatchTokens), rank, device, once);
}
