import type { BatchShape, CostModel, OperatorTime } from './cost.ts';
import type { DeviceProfile } from './device.ts';
import { kvBytesPerToken, type ModelSpec } from './model.ts';

/** What a software stack adds to the device's own time. All zero: a stack with captured graphs, which adds nothing. */
export interface HostSettings {
  /**
   * Time in which the host launches the kernels of one layer. A step cannot be shorter than all its layers take to be
   * launched; a longer one hides it. Microseconds.
   */
  readonly launchUsPerLayer: number;
  /** Time a step in which the device waits for the host: scheduling, sampling, answering. Microseconds. */
  readonly stepUs: number;
  /**
   * Whether every decode step copies all keys and values to tensors that are one token longer, as Transformers' cache
   * did (`torch.cat` of `past_key_values`).
   */
  readonly copiesKv: boolean;
}

/** `inner` under a software stack. With settings that add nothing it is `inner` itself. */
export function withHost(inner: CostModel, model: ModelSpec, device: DeviceProfile, host: HostSettings): CostModel {
  if (host.launchUsPerLayer === 0 && host.stepUs === 0 && !host.copiesKv) return inner;
  const launchUs = model.layers * host.launchUsPerLayer;
  // Read and written once.
  const copyUsPerToken = host.copiesKv
    ? (2 * kvBytesPerToken(model)) / (device.operators.elementwise.memoryBytesPerS * 1e-6)
    : 0;

  const onDeviceUs = (shape: BatchShape) => inner.stepUs(shape) + shape.decodeContextSum * copyUsPerToken;
  return {
    ...inner,
    stepUs: (shape) => Math.max(1, Math.round(Math.max(onDeviceUs(shape), launchUs) + host.stepUs)),
    explain(shape) {
      const deviceUs = onDeviceUs(shape);
      const parts: OperatorTime[] = inner.explain(shape).filter((part) => part.operator !== 'overhead');
      const waits = inner.explain(shape).find((part) => part.operator === 'overhead')?.us ?? 0;
      if (copyUsPerToken > 0 && shape.decodes > 0)
        parts.push({
          operator: 'kv-copy',
          us: shape.decodeContextSum * copyUsPerToken,
          limit: 'bandwidth',
          flops: 0,
          bytes: 2 * kvBytesPerToken(model) * shape.decodeContextSum,
        });
      const hostUs = waits + Math.max(0, launchUs - deviceUs) + host.stepUs;
      return [...parts, { operator: 'overhead', us: hostUs, limit: 'host', flops: 0, bytes: 0 }];
    },
  };
}
