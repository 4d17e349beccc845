import type { Simulation, Snapshot } from './simulation.ts';

/** Most snapshots kept: enough that seeking replays a thirty-second of a long run at most. */
const MOST_SNAPSHOTS = 64;
/** Fewer of large pools, since a snapshot has some nine bytes for every block: a hundred megabytes in all, about. */
const MOST_BLOCKS = 10_000_000;
const FIRST_INTERVAL = 2048;

/** States of a run, evenly spaced in steps; when there are too many every second one goes and the interval doubles. */
export class Snapshots {
  private readonly simulation: Simulation;
  private readonly kept: Snapshot[];
  private readonly most: number;
  private interval = FIRST_INTERVAL;

  constructor(simulation: Simulation) {
    this.simulation = simulation;
    this.kept = [simulation.save()];
    let most = MOST_SNAPSHOTS;
    while (most > 8 && most * simulation.engine.memory.usableBlocks > MOST_BLOCKS) most /= 2;
    this.most = most;
  }

  /** What is kept, oldest first. */
  get all(): readonly Snapshot[] {
    return this.kept;
  }

  /** Called after every step; takes a snapshot when it is time. */
  consider(): void {
    if (this.simulation.steps % this.interval !== 0) return;
    if (this.kept.length === this.most) {
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
    for (const snapshot of this.kept) if (lastEndUs(snapshot) <= us) best = snapshot;
    return best;
  }
}

/** When the last step is over that was launched. */
function lastEndUs({ stageFreeUs }: Snapshot): number {
  return stageFreeUs[stageFreeUs.length - 1];
}
