import type { Simulation, Snapshot } from './simulation.ts';

/** Most snapshots kept: enough that seeking replays a sixteenth of a run at most, about. */
const MOST_SNAPSHOTS = 16;
const FIRST_INTERVAL = 2048;

/** States of a run, evenly spaced in steps; when there are too many every second one goes and the interval doubles. */
export class Snapshots {
  private readonly simulation: Simulation;
  private readonly kept: Snapshot[];
  private interval = FIRST_INTERVAL;

  constructor(simulation: Simulation) {
    this.simulation = simulation;
    this.kept = [simulation.save()];
  }

  /** What is kept, oldest first. */
  get all(): readonly Snapshot[] {
    return this.kept;
  }

  /** Called after every step; takes a snapshot when it is time. */
  consider(): void {
    if (this.simulation.steps % this.interval !== 0) return;
    if (this.kept.length === MOST_SNAPSHOTS) {
      this.interval *= 2;
      const even = this.kept.filter((snapshot) => snapshot.steps % this.interval === 0);
      this.kept.length = 0;
      this.kept.push(...even);
      if (this.simulation.steps % this.interval !== 0) return;
    }
    this.kept.push(this.simulation.save());
  }

  /** The latest state in which at most `steps` steps were launched. */
  before(steps: number): Snapshot {
    let best = this.kept[0];
    for (const snapshot of this.kept) if (snapshot.steps <= steps) best = snapshot;
    return best;
  }

  /** The latest state all of whose launched steps had ended by `us`. */
  beforeTime(us: number): Snapshot {
    let best = this.kept[0];
    for (const snapshot of this.kept) if (snapshot.gpuFreeUs <= us) best = snapshot;
    return best;
  }
}
