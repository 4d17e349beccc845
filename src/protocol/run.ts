/** What a whole simulated run tells the page. */

import type { Facts } from '../scenario/facts.ts';
import type { Precision } from '../sim/gpu/precision.ts';
import type { Roofs } from '../sim/gpu/roofs.ts';
import type { Distribution, EventColumns, LatencyMetric, Outcomes, Series, Summary } from '../sim/metrics/result.ts';

export { EventKind } from '../sim/metrics/result.ts';
export type { Distribution, EventColumns, LatencyMetric, Outcomes, Series, Summary };

export interface RunResult {
  /** Short hash of the headline results; equal for equal scenario, seed and version. */
  readonly fingerprint: string;
  readonly facts: Facts;
  /** Ceilings of one device, and the precision in which products run. */
  readonly roofs: Roofs;
  readonly products: Precision;
  readonly summary: Summary;
  readonly outcomes: Outcomes;
  readonly distributions: Readonly<Record<LatencyMetric, Distribution>>;
  readonly series: Series;
  readonly events: EventColumns;
  readonly classes: readonly string[];
  /** Wall milliseconds that the simulation took. */
  readonly wallMs: number;
}
