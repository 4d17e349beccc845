import type { FleetResult } from '../protocol/fleet.ts';
import type { Built } from '../scenario/build.ts';
import type { BuiltFleet } from '../scenario/fleet/fleet.ts';
import type { FleetAccount } from '../sim/cluster/fleet-account.ts';
import type { FleetRun } from '../sim/cluster/fleet-run.ts';
import { lifeSource } from '../sim/cluster/life-source.ts';
import type { WholeAccount } from '../sim/cluster/whole-account.ts';
import type { EngineConfig } from '../sim/engine-config.ts';
import { RequestTable } from '../sim/request.ts';
import type { Source } from '../sim/source.ts';
import { fleetResult } from './fleet-result.ts';

/** A fleet that was simulated to its end. Its engines are gone; what came to each replica is there, so that its run can be made again. */
export class HeldFleet {
  private readonly built: BuiltFleet;
  private readonly account: FleetAccount & { readonly whole: WholeAccount };
  /** What came to the last life of each replica; null where it never lived. */
  private readonly sources: readonly (Source | null)[];
  /** What each replica was told in that life: a side of a split fleet knows which one it is. */
  private readonly configs: readonly EngineConfig[];

  constructor(built: BuiltFleet, run: FleetRun) {
    this.built = built;
    this.account = run.account();
    const { fleet } = run;
    const last = built.config.instances.map((_, replica) =>
      fleet.lives.findLastIndex(({ instance }) => instance === replica),
    );
    this.sources = last.map((life) => (life < 0 ? null : lifeSource(fleet, life)));
    this.configs = last.map(
      (life, replica) => (life < 0 ? built.config.instances[replica] : fleet.lives[life].spec).config,
    );
  }

  get fingerprint(): string {
    return this.account.whole.fingerprint;
  }

  /** A replica as an engine alone, which does what it did in the fleet. */
  replica(replica: number): Built {
    const { one } = this.built;
    return {
      ...one,
      config: this.configs[replica],
      source: this.sources[replica] ?? emptySource(one.source.classes),
    };
  }

  /** For the page: columns of its own each time. */
  result(): FleetResult {
    return fleetResult(this.account, this.built.config);
  }
}

function emptySource(classes: readonly string[]): Source {
  return {
    requests: new RequestTable(1),
    classes,
    isOpen: true,
    next: () => Number.POSITIVE_INFINITY,
    finished: () => {},
    save: () => null,
    restore: () => {},
  };
}
