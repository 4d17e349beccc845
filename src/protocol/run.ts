/** What a whole simulated run tells the page. */

import type { Facts } from '../scenario/facts.ts';
import type { Distribution, EventColumns, LatencyMetric, Outcomes, Series, Summary } from '../sim/metrics/result.ts';

export { EventKind } from '../sim/metrics/result.ts';
export type { Distribution, EventColumns, LatencyMetric, Outcomes, Series, Summary };

export interface RunResult {
  /** Short hash of the headline results; equal for equal scenario, seed and version. */
  readonly fingerprint: string;
  readonly facts: Facts;
  readonly summary: Summary;
  readonly outcomes: Outcomes;
  readonly distributions: Readonly<Record<LatencyMetric, Distribution>>;
  readonly series: Series;
  readonly events: EventColumns;
  readonly classes: readonly string[];
  /** Wall milliseconds that the simulation took. */
  readonly wallMs: number;
}
