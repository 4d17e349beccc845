/** What a phase changes about a scenario, beside what the engine asks for. */

import type { EngineConfig } from '../../sim/engine-config.ts';
import type { StepPart } from '../../sim/gpu/cost.ts';
import type { DeviceProfile } from '../../sim/gpu/device.ts';
import type { ParallelLayout } from '../../sim/gpu/layout.ts';
import type { ModelSpec } from '../../sim/gpu/model.ts';
import type { CostLimits } from '../../sim/gpu/operator-cost.ts';
import type { Topology } from '../../sim/gpu/topology.ts';

/** What is served: a model in its published precision, divided among so many devices. */
export interface Hardware {
  readonly model: ModelSpec;
  readonly device: DeviceProfile;
  readonly layout: ParallelLayout;
  readonly topology: Topology | null;
}

export interface Phase {
  /** Whether steps take another time than those that the device's profile was compared with. */
  readonly changesTime: boolean;
  /** Memory that it takes on each device, and KV bytes that it adds to each token's there. */
  readonly besideBytes: number;
  readonly besideKvBytesPerToken: number;
  /** Its share of a step. */
  parts(limits: CostLimits): readonly StepPart[];
  /** What it sets in the engine's configuration; `config` is what the engine set. */
  configure(config: EngineConfig): Partial<EngineConfig>;
}

/** Nothing. */
export const plainPhase: Phase = {
  changesTime: false,
  besideBytes: 0,
  besideKvBytesPerToken: 0,
  parts: () => [],
  configure: () => ({}),
};
