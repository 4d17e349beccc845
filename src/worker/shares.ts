/** A fleet of which several workers simulate a share of the replicas each. */

import type { Materials } from '../scenario/build.ts';
import { buildFleet } from '../scenario/fleet/fleet.ts';
import { replicasOf } from '../scenario/fleet/knobs.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { couplingOf } from '../sim/cluster/coupling.ts';

/** From so many requests on, about a second of one worker's time, others are worth their start. */
export const WORTH_REQUESTS = 50_000;

/** Among how many workers, `most` at most, the run of a scenario is worth sharing out; 1 = it is small, or its replicas depend on each other. */
export function sharesOf(knobs: Knobs, materials: Materials, most: number): number {
  // A trace lies in the worker that has read it.
  if (knobs.workload === 'trace' || Number(knobs.requests) < WORTH_REQUESTS) return 1;
  // What couples the replicas does not depend on how many requests come.
  const built = buildFleet({ ...knobs, requests: 1 }, materials);
  if (!built.ok || couplingOf(built.value.config, built.value.one.source) !== null) return 1;
  return Math.min(most, replicasOf(knobs));
}
