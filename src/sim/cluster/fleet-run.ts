import { RequestTable } from '../request.ts';
import type { Source } from '../source.ts';
import { couplingOf } from './coupling.ts';
import { Fleet } from './fleet.ts';
import { accountOfRecord, type FleetAccount } from './fleet-account.ts';
import type { FleetConfig } from './fleet-config.ts';
import { type FleetRecord, fleetRecord } from './fleet-record.ts';
import { joinShares } from './join-shares.ts';
import { lifeSource, openSourceOf } from './life-source.ts';
import type { RouteLog } from './route-log.ts';
import { type FleetShare, type ShareRecord, shareOf } from './share.ts';
import { type WholeAccount, wholeAccount } from './whole-account.ts';

/** A fleet that has ended. */
export interface EndedFleet {
  account(): FleetAccount & { readonly whole: WholeAccount };
  /** What came to its instances, for whoever keeps that and not the engines. */
  sources(): SourceOf;
}

/** What came to the last life of an instance, on which a simulation alone does what it did in the fleet; null where it never lived. */
export type SourceOf = (instance: number) => Source | null;

/** A fleet's run that can be done in slices; the rest of it once it has ended. */
export interface FleetRun extends EndedFleet {
  /** Simulates about so many more steps of engines. True when the run has ended. */
  advance(steps: number): boolean;
  readonly progress: number;
  /** Requests whose fate is known. */
  readonly finished: number;
}

/**
 * A run of a fleet: engines that nothing couples one after the other, others side by side.
 * `hasRegrets`: where engines are not coupled it takes longer to know what a decision cost; without, regrets are NaN there.
 */
export function startFleet(config: FleetConfig, source: Source, hasRegrets: boolean): FleetRun {
  return couplingOf(config, source) === null
    ? new ApartRun(config, source, hasRegrets)
    : new SideBySideRun(config, source);
}

/** Engines side by side, from event to event. */
export class SideBySideRun implements FleetRun {
  readonly fleet: Fleet;
  private hasEnded = false;

  constructor(config: FleetConfig, source: Source) {
    this.fleet = new Fleet(config, source);
  }

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

  account() {
    return withWhole(fleetRecord(this.fleet));
  }

  sources(): SourceOf {
    const { fleet } = this;
    const sources = fleet.config.instances.map((_, instance) => {
      const life = fleet.lives.findLastIndex((other) => other.instance === instance);
      return life < 0 ? null : lifeSource(fleet, life);
    });
    return keptIn(sources);
  }
}

/** One engine after the other: all instances in one share. */
class ApartRun implements FleetRun {
  private readonly config: FleetConfig;
  private readonly source: Source;
  private readonly share: FleetShare;

  constructor(config: FleetConfig, source: Source, hasRegrets: boolean) {
    this.config = config;
    this.source = source;
    this.share = shareOf(config, source, { which: 0, of: 1 }, hasRegrets);
  }

  advance(steps: number): boolean {
    return this.share.advance(steps);
  }

  get progress(): number {
    return this.share.progress;
  }

  get finished(): number {
    return this.share.ended;
  }

  account() {
    return this.ended.account();
  }

  sources(): SourceOf {
    return this.ended.sources();
  }

  private get ended(): EndedFleet {
    return endedFleet(this.config, this.source, this.share.routes, [this.share.record()]);
  }
}

/** A fleet whose instances were simulated in shares, wherever each was. */
export function endedFleet(
  config: FleetConfig,
  { requests, classes }: Source,
  routes: RouteLog,
  shares: readonly ShareRecord[],
): EndedFleet {
  return {
    account: () => withWhole(joinShares(config, requests, routes, shares)),
    sources: () => sentBy(routes, requests, classes),
  };
}

/** Of engines that are gone: whatever else the one who asks can see is not kept. */
function keptIn(sources: readonly (Source | null)[]): SourceOf {
  return (instance) => sources[instance];
}

/** Copies the requests of an instance when it is asked for: of a large fleet few are looked at. */
function sentBy(routes: RouteLog, requests: RequestTable, classes: readonly string[]): SourceOf {
  return (instance) => {
    const own = new RequestTable();
    for (let r = 0; r < routes.count; r++)
      if (routes.instance[r] === instance) own.pushCopy(requests, r, routes.timeUs[r]);
    return openSourceOf(own, classes);
  };
}

function withWhole(record: FleetRecord): FleetAccount & { readonly whole: WholeAccount } {
  const account = accountOfRecord(record);
  return { ...account, whole: wholeAccount(account) };
}
