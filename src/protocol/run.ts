/** What a whole simulated run tells the page. */

import type { Facts } from '../scenario/facts.ts';
import type { Difference } from '../sim/first-difference.ts';
import type { Precision } from '../sim/gpu/precision.ts';
import type { Roofs } from '../sim/gpu/roofs.ts';
import type { StageAccount } from '../sim/metrics/recorder.ts';
import type {
  Distribution,
  EventColumns,
  LatencyMetric,
  Outcomes,
  Series,
  StageSeries,
  Summary,
} from '../sim/metrics/result.ts';

import type { FleetResult } from './fleet.ts';

export { EventKind } from '../sim/metrics/result.ts';
export type {
  Difference,
  Distribution,
  EventColumns,
  LatencyMetric,
  Outcomes,
  Series,
  StageAccount,
  StageSeries,
  Summary,
};

/** How a run stands to the pinned one. */
export interface Branching {
  /** The first step that differs, and when it starts; null if the two runs are the same. */
  readonly difference: Difference | null;
  /** Whether the knobs changed at the step that was asked for; if not, they hold for the whole run. */
  readonly isFromStep: boolean;
}

/** What a run came to: that of the only engine, or of the shown replica of a fleet. */
export interface RunResult {
  /** Short hash of the headline results, those of the whole fleet where there is one; equal for equal scenario, seed and version. */
  readonly fingerprint: string;
  readonly facts: Facts;
  /** Ceilings of one device, and the precision in which products run. */
  readonly roofs: Roofs;
  readonly products: Precision;
  readonly summary: Summary;
  readonly outcomes: Outcomes;
  readonly distributions: Readonly<Record<LatencyMetric, Distribution>>;
  readonly series: Series;
  /** What the stages of the engine's pipeline did, in all and over time; one stage where it has none. */
  readonly stages: StageAccount;
  readonly stageSeries: StageSeries;
  readonly events: EventColumns;
  readonly classes: readonly string[];
  /** The fleet that the engine is part of; null where it is alone. */
  readonly fleet: FleetResult | null;
  /** Which of the fleet's replicas it is, from 0. */
  readonly replica: number;
  /** Null where no run is pinned. */
  readonly branching: Branching | null;
  /** Wall milliseconds that the simulation took. */
  readonly wallMs: number;
}
