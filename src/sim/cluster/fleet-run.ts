import type { Source } from '../source.ts';
import { Fleet } from './fleet.ts';
import { accountOf, type FleetAccount } from './fleet-account.ts';
import type { FleetConfig } from './fleet-config.ts';
import { type WholeAccount, wholeAccount } from './whole-account.ts';

/** A fleet's run that can be done in slices. */
export class FleetRun {
  readonly fleet: Fleet;
  private hasEnded = false;

  /** `mayBeApart`: engines that nothing couples are simulated one after the other; regrets are not known then. */
  constructor(config: FleetConfig, source: Source, mayBeApart = false) {
    this.fleet = new Fleet(config, source, true, mayBeApart);
  }

  /** Simulates about so many more steps of engines. True when the run has ended. */
  advance(steps: number): boolean {
    this.hasEnded ||= this.fleet.advance(steps);
    return this.hasEnded;
  }

  get progress(): number {
    return this.fleet.progress;
  }

  get finished(): number {
    return this.fleet.settled;
  }

  account(): FleetAccount & { readonly whole: WholeAccount } {
    const account = accountOf(this.fleet);
    return { ...account, whole: wholeAccount(account) };
  }
}
