import type { Batch } from '../sim/batch.ts';
import type { Simulation, Snapshot } from '../sim/simulation.ts';
import type { Snapshots } from '../sim/snapshots.ts';
import { StepRing } from './step-ring.ts';

/**
 * A second simulation of the same run that stands at the shown step. Seeking is simulating again from the nearest
 * snapshot; going forward from where it stands costs only the steps between, and those that are not shown are taken as
 * in a whole run. What it shows depends on the step alone.
 */
export class Cursor {
  readonly simulation: Simulation;
  /** The shown step and steps before it. */
  readonly ring = new StepRing();
  /** The shown step; -1 before the first. */
  step = -1;
  private readonly snapshots: Snapshots;

  constructor(simulation: Simulation, snapshots: Snapshots) {
    this.simulation = simulation;
    this.snapshots = snapshots;
  }

  /** The batch of the shown step; only when `step` is not negative. */
  get batch(): Batch {
    return this.simulation.lastBatch;
  }

  /** Goes to a step, or to the last one if there are fewer. The ring then holds it and the `window - 1` steps before it. */
  seek(step: number, window: number): void {
    finish(this.seeking(step, window));
  }

  /** Goes to the first step that ends after a time, or to the last one. */
  seekTime(us: number, window: number): void {
    finish(this.seekingTime(us, window));
  }

  /** `seek` with a pause after each step. It may be left at any pause: any other seek finds its way from there. */
  *seeking(step: number, window: number): Generator<void, void> {
    const first = Math.max(0, step - window + 1);
    if (step === this.step && this.ring.has(first)) return;
    const nearest = this.snapshots.before(first);
    const canGoOn = step > this.step && this.step >= nearest.steps - 1 && (this.step < first || this.ring.has(first));
    if (!canGoOn) this.restore(nearest);
    while (this.step < step) {
      if (!this.forward(this.step + 1 >= first)) {
        if (this.step >= 0) yield* this.seeking(this.step, window);
        return;
      }
      yield;
    }
  }

  /** `seekTime` with a pause after each step. */
  *seekingTime(us: number, window: number): Generator<void, void> {
    const isBehind =
      this.step >= 0 && (this.batch.endUs <= us || this.step === 0 || this.ring.endBefore(this.step) <= us);
    const nearest = this.snapshots.beforeTime(us);
    if (!isBehind || nearest.steps > this.step + 1) this.restore(nearest);
    // Far away steps are only passed; which one runs at that time is looked at again.
    const isPlaying = this.ring.count > 0;
    while (this.step < 0 || this.batch.endUs <= us) {
      if (!this.forward(isPlaying)) break;
      yield;
    }
    if (this.step >= 0) yield* this.seeking(this.step, window);
  }

  /** Back to before the first step, whatever was done with the simulation. */
  rewind(): void {
    this.restore(this.snapshots.all[0]);
  }

  private restore(snapshot: Snapshot): void {
    this.simulation.restore(snapshot);
    this.step = snapshot.steps - 1;
    this.ring.clear();
  }

  /** One step on; false at the end. */
  private forward(isKept: boolean): boolean {
    this.simulation.engine.policy.watch(isKept);
    if (!this.simulation.next()) {
      // The last batch has been processed and is gone: to show it, it is simulated again.
      this.ring.clear();
      return false;
    }
    this.step++;
    if (isKept) this.ring.push(this.simulation);
    return true;
  }
}

function finish(work: Generator<void, void>): void {
  while (work.next().done !== true);
}
