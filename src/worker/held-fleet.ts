import type { FleetResult } from '../protocol/fleet.ts';
import type { Built } from '../scenario/build.ts';
import type { BuiltFleet } from '../scenario/fleet/fleet.ts';
import type { FleetAccount } from '../sim/cluster/fleet-account.ts';
import { type Role, specOf } from '../sim/cluster/fleet-config.ts';
import type { EndedFleet, SourceOf } from '../sim/cluster/fleet-run.ts';
import { openSourceOf } from '../sim/cluster/life-source.ts';
import type { WholeAccount } from '../sim/cluster/whole-account.ts';
import { RequestTable } from '../sim/request.ts';
import { fleetResult } from './fleet-result.ts';

/** A fleet that was simulated to its end. Its engines are gone; what came to each replica is there, so that its run can be made again. */
export class HeldFleet {
  private readonly built: BuiltFleet;
  private readonly account: FleetAccount & { readonly whole: WholeAccount };
  private readonly sourceOf: SourceOf;

  constructor(built: BuiltFleet, ended: EndedFleet) {
    this.built = built;
    this.account = ended.account();
    this.sourceOf = ended.sources();
  }

  get fingerprint(): string {
    return this.account.whole.fingerprint;
  }

  /** A replica as an engine alone, which does what it did in the fleet. */
  replica(replica: number): Built {
    const { one, replicas, config } = this.built;
    // A side of a split fleet is told which one it is.
    return {
      ...replicas[replica],
      config: specOf(config, replica, this.roleOf(replica)).config,
      source: this.sourceOf(replica) ?? openSourceOf(new RequestTable(1), one.source.classes),
    };
  }

  /** What a replica was in its last life. */
  private roleOf(replica: number): Role {
    const last = this.account.lives.findLast(({ instance }) => instance === replica);
    return last?.role ?? this.built.config.instances[replica].role;
  }

  /** For the page: columns of its own each time. */
  result(): FleetResult {
    const { config, replicas } = this.built;
    const devices = replicas.map(({ facts }) => facts.device);
    return fleetResult(this.account, config, devices);
  }
}
