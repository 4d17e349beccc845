import type { Built } from '../scenario/build.ts';
import { type Difference, firstDifference } from '../sim/first-difference.ts';
import { Simulation } from '../sim/simulation.ts';
import type { Snapshots } from '../sim/snapshots.ts';
import type { TimeAccounts } from '../sim/why/time-account.ts';
import { Cursor } from './cursor.ts';
import type { Lives } from './linked.ts';

/** A run that was simulated to its end and can be looked at anywhere. */
export class HeldRun {
  readonly lastStep: number;
  readonly cursor: Cursor;
  /** Builds the run once more, with a source of its own: for work that goes on while the cursor moves. */
  readonly rebuild: () => Built;
  readonly lives: Lives;
  /** Where everybody's time went, once somebody has asked. */
  accounts: TimeAccounts | null = null;
  private readonly snapshots: Snapshots;

  /** The source is shared with the run: its rows stay in the table, and every seek puts it back to where it was. */
  constructor(
    { config, source, cost }: Built,
    snapshots: Snapshots,
    lastStep: number,
    lives: Lives,
    rebuild: () => Built,
  ) {
    this.rebuild = rebuild;
    this.lives = lives;
    this.cursor = new Cursor(new Simulation(config, source, cost, null, true), snapshots);
    this.snapshots = snapshots;
    this.lastStep = lastStep;
  }

  /** The first step in which this run differs from another. Both cursors have to be put somewhere afterwards. */
  differenceFrom(other: HeldRun): Difference | null {
    const found = firstDifference(this.replay, other.replay);
    this.cursor.rewind();
    other.cursor.rewind();
    return found;
  }

  private get replay() {
    return { simulation: this.cursor.simulation, snapshots: this.snapshots };
  }
}
