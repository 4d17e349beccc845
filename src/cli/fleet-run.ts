/** A fleet from the command line. */

import { Worker } from 'node:worker_threads';
import type { Facts } from '../scenario/facts.ts';
import { type BuiltFleet, buildFleet } from '../scenario/fleet/fleet.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { type Coupling, couplingOf } from '../sim/cluster/coupling.ts';
import type { FleetAccount } from '../sim/cluster/fleet-account.ts';
import { type EndedFleet, endedFleet, startFleet } from '../sim/cluster/fleet-run.ts';
import { type ShareRecord, shareOf } from '../sim/cluster/share.ts';
import { Failure, problemLine } from './failure.ts';
import type { Loaded } from './load.ts';
import { ownProgram } from './own-program.ts';
import type { ShareJob } from './share-thread.ts';
import { type Account, simulate, type Timed } from './simulate.ts';

/** How a fleet is simulated whose replicas nothing couples; others are simulated in one thread, and know their regrets. */
export interface FleetWays {
  /** What each decision of the router cost is known. */
  readonly hasRegrets: boolean;
  /** Threads that have a share of the replicas each. */
  readonly workers: number;
}

export interface FleetOutcome {
  readonly knobs: Knobs;
  /** Of one replica, and of one that decodes where its GPU is another one; else null. */
  readonly facts: Facts;
  readonly decoding: Facts | null;
  /** In the numbers of one engine. */
  readonly timed: Timed;
  readonly fleet: FleetAccount;
  /** Why no replica can be simulated without the others; null = each can. */
  readonly coupling: Coupling | null;
}

export async function fleetRun(loaded: Loaded, repeat: number, ways: FleetWays): Promise<FleetOutcome> {
  const { one, replicas, config } = fleetOrFail(loaded);
  const timed = await simulate(
    () => fleetOrFail(loaded),
    (built) => simulateFleet(loaded, built, ways),
    repeat,
  );
  const coupling = couplingOf(config, one.source);
  const other = replicas.find((replica) => replica !== one)?.facts ?? null;
  return { knobs: loaded.knobs, facts: one.facts, decoding: other, timed, fleet: timed.account.fleet, coupling };
}

type Scenario = Pick<Loaded, 'knobs' | 'materials'>;

/** Builds a scenario's fleet; problems are a `Failure`. */
export function fleetOrFail({ knobs, materials }: Scenario): BuiltFleet {
  const built = buildFleet(knobs, materials);
  if (!built.ok) throw new Failure(built.problems.map(problemLine).join('; '));
  return built.value;
}

/** Simulates a fleet to its end. */
export async function simulateFleet(
  scenario: Scenario,
  built: BuiltFleet,
  { hasRegrets, workers }: FleetWays,
): Promise<Account & { readonly fleet: FleetAccount }> {
  const { one, config } = built;
  const shares = couplingOf(config, one.source) === null ? Math.min(workers, config.instances.length) : 1;
  const { whole, ...fleet } = (
    shares > 1 ? await inThreads(scenario, built, hasRegrets, shares) : inOneThread(built, hasRegrets)
  ).account();
  return { ...whole, fleet };
}

function inOneThread({ config, one }: BuiltFleet, hasRegrets: boolean): EndedFleet {
  const run = startFleet(config, one.source, hasRegrets);
  while (!run.advance(Number.POSITIVE_INFINITY));
  return run;
}

/** This thread has the first share, while the others are simulated. */
async function inThreads(
  { knobs, materials }: Scenario,
  { config, one: { source } }: BuiltFleet,
  hasRegrets: boolean,
  shares: number,
): Promise<EndedFleet> {
  const others = Array.from({ length: shares - 1 }, (_, i) =>
    shareFrom({ tokenyardShare: true, knobs, materials, hasRegrets, which: i + 1, of: shares }),
  );
  const all = Promise.all(others);
  // The thread that fails while this one computes is heard of below.
  all.catch(() => {});
  const own = shareOf(config, source, { which: 0, of: shares }, hasRegrets);
  while (!own.advance(Number.POSITIVE_INFINITY));
  return endedFleet(config, source, own.routes, [own.record(), ...(await all)]);
}

function shareFrom(workerData: ShareJob): Promise<ShareRecord> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(ownProgram('replicas are shared out over threads'), { workerData });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}
