/** How fast fleets are simulated, and how time and memory grow with the number of replicas. */

import type { Knobs } from '../scenario/knobs.ts';
import { presetOf } from '../scenario/presets.ts';
import { FleetRun } from '../sim/cluster/fleet-run.ts';
import { heldBytes } from './bench-growth.ts';
import { fleetOrFail, simulateFleet } from './fleet-run.ts';
import { simulate } from './simulate.ts';

/** Requests a second that each replica is sent: the chat of the Azure-shaped hour, Llama-3.1-8B, on an A100 with 80 GB. */
const ratePerReplica = 200 / 64;
/** Simulated time of the growth. */
const growthS = 300;

export interface FleetFigures {
  readonly name: string;
  readonly replicas: number;
  readonly requests: number;
  readonly steps: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Heap and buffers that a finished run and its account hold; null where it was not made once more for that. */
  readonly heldBytes: number | null;
  readonly fingerprint: string;
}

/** 200 requests a second for an hour on 64 replicas, once: behind a router that looks at them, and in turn, one replica after the other. */
export function* measureFleetHour(): Generator<FleetFigures> {
  const knobs = fleetKnobs(64, 720_000);
  yield measured('fleet-hour', knobs, 1, false);
  yield measured('fleet-hour-apart', { ...knobs, router: 'round-robin' }, 1, false);
}

/** The same load a replica on 1, 4, 16 and 64 of them. */
export function* measureFleetGrowth(): Generator<FleetFigures> {
  for (const replicas of [1, 4, 16, 64]) {
    const requests = Math.round(ratePerReplica * replicas * growthS);
    yield measured(`fleet-growth-${replicas}`, fleetKnobs(replicas, requests), 2, true);
  }
}

function fleetKnobs(replicas: number, requests: number): Knobs {
  const { knobs } = presetOf('azure-chat');
  return { ...knobs, device: 'a100-80', replicas, router: 'least-requests', requests, rate: ratePerReplica * replicas };
}

function measured(name: string, knobs: Knobs, repeat: number, isHeld: boolean): FleetFigures {
  const build = () => fleetOrFail({ knobs, materials: {} });
  const { account, wallMs, cpuMs } = simulate(build, (built) => simulateFleet(built, true), repeat);
  const { requests, steps } = account.summary;
  const { fingerprint } = account;
  const figures = { name, replicas: Number(knobs.replicas), requests, steps, wallMs, cpuMs, fingerprint };
  return { ...figures, heldBytes: isHeld ? bytesHeldBy(build) : null };
}

function bytesHeldBy(build: () => ReturnType<typeof fleetOrFail>): number {
  const before = heldBytes();
  const { config, one } = build();
  const run = new FleetRun(config, one.source);
  while (!run.advance(Number.POSITIVE_INFINITY));
  const kept = { run, account: run.account() };
  const after = heldBytes();
  return kept.account.summary.requests > 0 ? after - before : 0;
}
