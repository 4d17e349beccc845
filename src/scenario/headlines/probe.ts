import { build } from '../build.ts';
import type { Knobs } from '../knobs.ts';
import { type Simulated, simulateScenario } from '../simulate.ts';

/** Simulates for the rows, each scenario once however many rows ask for it. */
export class Probe {
  /** Simulations so far. */
  runs = 0;
  /** Share of the requests that a run has; below 1 for a quick look. */
  readonly effort: number;
  private readonly progress: (line: string) => void;
  private readonly kept = new Map<string, unknown>();

  constructor(effort = 1, progress: (line: string) => void = () => {}) {
    this.effort = effort;
    this.progress = progress;
  }

  /** Runs a scenario. One that cannot run is an error of the row. */
  run(knobs: Knobs): Simulated {
    const simulated = simulateScenario(knobs, {});
    if (!simulated.ok) throw new Error(`${knobs.engine}: ${JSON.stringify(simulated.problems)}`);
    this.runs++;
    const { summary } = simulated.value.account;
    this.progress(
      `  ${knobs.engine}, ${knobs.model} on ${knobs.device}: ${summary.requests} requests at ${knobs.rate}/s, ${(summary.durationUs / 1e6).toFixed(0)} s simulated`,
    );
    return simulated.value;
  }

  /** What `make` gives, made once for all rows that ask with the same key. */
  once<T>(key: string, make: () => T): T {
    const known = this.kept.get(key);
    // Only what `make` of this key returned is ever kept under it.
    if (known !== undefined) return known as T;
    const made = make();
    this.kept.set(key, made);
    return made;
  }

  /** As many requests as the effort allows, at least `least`. */
  requests(all: number, least = 64): number {
    return Math.max(Math.min(all, least), Math.round(all * this.effort));
  }
}

/** Builds a scenario that is only looked at, not run. */
export function builtOf(knobs: Knobs) {
  const built = build(knobs);
  if (!built.ok) throw new Error(JSON.stringify(built.problems));
  return built.value;
}
