import type { EngineConfig } from './engine-config.ts';
import type { CostModel } from './gpu/cost.ts';
import { fingerprint } from './metrics/fingerprint.ts';
import { Recorder, type RunAccount } from './metrics/recorder.ts';
import { Simulation } from './simulation.ts';
import { Snapshots } from './snapshots.ts';
import type { Source } from './source.ts';

/** A run that can be done in slices, so that a worker stays able to listen. */
export class Run {
  readonly simulation: Simulation;
  /** States to start from when a step in the middle is looked at. */
  readonly snapshots: Snapshots;
  private readonly recorder: Recorder;
  private hasEnded = false;

  constructor(config: EngineConfig, source: Source, cost: CostModel, peakFlopsPerS: number, peakBytesPerS = 0) {
    this.recorder = new Recorder(cost, peakFlopsPerS, peakBytesPerS);
    this.simulation = new Simulation(config, source, cost, this.recorder, true);
    this.snapshots = new Snapshots(this.simulation);
  }

  /** Simulates up to `steps` more steps. True when the run has ended. */
  advance(steps: number): boolean {
    for (let i = 0; i < steps && !this.hasEnded; i++) {
      if (this.simulation.next()) this.snapshots.consider();
      else this.hasEnded = true;
    }
    return this.hasEnded;
  }

  /** Share of the known requests that have ended, a measure of progress. */
  get progress(): number {
    const { simulation } = this;
    const all = simulation.source.requests.count;
    return all === 0 ? 1 : (simulation.finished + simulation.rejected + simulation.failed) / all;
  }

  /** Requests that have finished. */
  get finished(): number {
    return this.simulation.finished;
  }

  account(): RunAccount & { readonly fingerprint: string } {
    this.simulation.engine.policy.settle();
    const account = this.recorder.finish(this.simulation);
    return { ...account, fingerprint: fingerprint(account.outcomes, account.summary) };
  }
}
