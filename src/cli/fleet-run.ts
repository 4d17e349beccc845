/** A fleet from the command line. */

import type { Facts } from '../scenario/facts.ts';
import { type BuiltFleet, buildFleet } from '../scenario/fleet/fleet.ts';
import type { Knobs } from '../scenario/knobs.ts';
import type { FleetAccount } from '../sim/cluster/fleet-account.ts';
import { FleetRun } from '../sim/cluster/fleet-run.ts';
import { Failure, problemLine } from './failure.ts';
import type { Loaded } from './load.ts';
import { type Account, simulate, type Timed } from './simulate.ts';

export interface FleetOutcome {
  readonly knobs: Knobs;
  /** Of one replica. */
  readonly facts: Facts;
  /** In the numbers of one engine. */
  readonly timed: Timed;
  readonly fleet: FleetAccount;
}

/** `mayBeApart`: replicas that nothing couples are simulated one after the other. */
export function fleetRun(loaded: Loaded, repeat: number, mayBeApart: boolean): FleetOutcome {
  const { facts } = fleetOrFail(loaded).one;
  const timed = simulate(
    () => fleetOrFail(loaded),
    (built) => simulateFleet(built, mayBeApart),
    repeat,
  );
  return { knobs: loaded.knobs, facts, timed, fleet: timed.account.fleet };
}

/** Builds a scenario's fleet; problems are a `Failure`. */
export function fleetOrFail({ knobs, materials }: Pick<Loaded, 'knobs' | 'materials'>): BuiltFleet {
  const built = buildFleet(knobs, materials);
  if (!built.ok) throw new Failure(built.problems.map(problemLine).join('; '));
  return built.value;
}

/** Simulates a fleet to its end. */
export function simulateFleet(
  { one, config }: BuiltFleet,
  mayBeApart = false,
): Account & { readonly fleet: FleetAccount } {
  const run = new FleetRun(config, one.source, mayBeApart);
  while (!run.advance(Number.POSITIVE_INFINITY));
  const { whole, ...fleet } = run.account();
  return { ...whole, fleet };
}
