/** How fast fleets are simulated, and how time and memory grow with the number of replicas. */

import type { BuiltFleet } from '../scenario/fleet/fleet.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { presetOf } from '../scenario/presets.ts';
import { startFleet } from '../sim/cluster/fleet-run.ts';
import { heldBytes } from './bench-growth.ts';
import { type FleetWays, fleetOrFail, simulateFleet } from './fleet-run.ts';
import { simulate } from './simulate.ts';

/** Requests a second that each replica is sent: the chat of the Azure-shaped hour, Llama-3.1-8B, on an A100 with 80 GB. */
const ratePerReplica = 200 / 64;
/** Simulated time of the growth. */
const growthS = 300;

export interface FleetFigures {
  readonly name: string;
  readonly replicas: number;
  /** Threads that had a share of them each. */
  readonly workers: number;
  readonly requests: number;
  readonly steps: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Heap and buffers that a finished run and its account hold; null where it was not made once more for that. */
  readonly heldBytes: number | null;
  readonly fingerprint: string;
}

/** 200 requests a second for an hour on 64 replicas, once: behind a router that looks at them, and in turn, where `workers` threads have a share each. */
export async function* measureFleetHour(workers: number): AsyncGenerator<FleetFigures> {
  const knobs = fleetKnobs(64, 720_000);
  const inTurn = { ...knobs, router: 'round-robin' };
  yield measured('fleet-hour', knobs, { hasRegrets: true, workers: 1 }, 1, false);
  yield measured('fleet-hour-in-turn', inTurn, { hasRegrets: true, workers }, 1, false);
  yield measured('fleet-hour-no-regret', inTurn, { hasRegrets: false, workers }, 1, false);
}

/** The same load a replica on 1, 4, 16 and 64 of them, behind a router that looks at them, and in turn. */
export async function* measureFleetGrowth(): AsyncGenerator<FleetFigures> {
  const ways = { hasRegrets: true, workers: 1 };
  for (const replicas of [1, 4, 16, 64]) {
    const knobs = fleetKnobs(replicas, Math.round(ratePerReplica * replicas * growthS));
    yield measured(`fleet-growth-${replicas}`, knobs, ways, 2, true);
    yield measured(`fleet-growth-in-turn-${replicas}`, { ...knobs, router: 'round-robin' }, ways, 2, true);
  }
}

function fleetKnobs(replicas: number, requests: number): Knobs {
  const { knobs } = presetOf('azure-chat');
  return { ...knobs, device: 'a100-80', replicas, router: 'least-requests', requests, rate: ratePerReplica * replicas };
}

async function measured(
  name: string,
  knobs: Knobs,
  ways: FleetWays,
  repeat: number,
  isHeld: boolean,
): Promise<FleetFigures> {
  const scenario = { knobs, materials: {} };
  const build = () => fleetOrFail(scenario);
  const run = (built: BuiltFleet) => simulateFleet(scenario, built, ways);
  const { account, wallMs, cpuMs } = await simulate(build, run, repeat);
  const { requests, steps } = account.summary;
  const { fingerprint } = account;
  const { workers } = ways;
  const figures = { name, replicas: Number(knobs.replicas), workers, requests, steps, wallMs, cpuMs, fingerprint };
  return { ...figures, heldBytes: isHeld ? bytesHeldBy(build) : null };
}

function bytesHeldBy(build: () => BuiltFleet): number {
  const before = heldBytes();
  const { config, one } = build();
  const run = startFleet(config, one.source, true);
  while (!run.advance(Number.POSITIVE_INFINITY));
  const kept = { run, account: run.account() };
  const after = heldBytes();
  return kept.account.summary.requests > 0 ? after - before : 0;
}
