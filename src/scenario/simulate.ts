import { type FleetRun, startFleet } from '../sim/cluster/fleet-run.ts';
import type { WholeAccount } from '../sim/cluster/whole-account.ts';
import { Run } from '../sim/run.ts';
import { type Built, build, type Materials } from './build.ts';
import { buildFleet } from './fleet/fleet.ts';
import { isFleet } from './fleet/knobs.ts';
import type { Knobs } from './knobs.ts';
import type { Result } from './result.ts';

export interface Simulated {
  /** What was simulated; the first replica of a fleet. */
  readonly built: Built;
  /** Each replica of a fleet, by its number; one engine where it is alone. */
  readonly replicas: readonly Built[];
  readonly account: WholeAccount;
}

/** A scenario on its way to its end, be it one engine or a fleet. */
export interface ScenarioRun {
  readonly built: Built;
  readonly replicas: readonly Built[];
  /** Simulates up to `steps` more steps. True when the run has ended. */
  advance(steps: number): boolean;
  /** Share of the known requests that have ended, and their number. */
  readonly progress: number;
  readonly finished: number;
  account(): WholeAccount;
}

/** Builds a scenario and is ready to simulate it. */
export function startScenario(knobs: Knobs, materials: Materials): Result<ScenarioRun> {
  if (isFleet(knobs)) {
    const fleet = buildFleet(knobs, materials);
    if (!fleet.ok) return fleet;
    const { one, replicas, config } = fleet.value;
    const run = startFleet(config, one.source, false);
    return { ok: true, value: scenarioRun(replicas, run, () => run.account().whole) };
  }
  const built = build(knobs, materials);
  if (!built.ok) return built;
  const { config, source, cost, device } = built.value;
  const run = new Run(config, source, cost, device.peakFlops, device.peakBytesPerS);
  return { ok: true, value: scenarioRun([built.value], run, () => run.account()) };
}

function scenarioRun(replicas: readonly Built[], run: Run | FleetRun, account: () => WholeAccount): ScenarioRun {
  return {
    built: replicas[0],
    replicas,
    advance: (steps) => run.advance(steps),
    get progress() {
      return run.progress;
    },
    get finished() {
      return run.finished;
    },
    account,
  };
}

/** Builds a scenario and simulates it to its end. */
export function simulateScenario(knobs: Knobs, materials: Materials): Result<Simulated> {
  const started = startScenario(knobs, materials);
  if (!started.ok) return started;
  const run = started.value;
  while (!run.advance(Number.POSITIVE_INFINITY));
  return { ok: true, value: { built: run.built, replicas: run.replicas, account: run.account() } };
}
