import { Status } from '../request.ts';
import type { Source } from '../source.ts';
import { AttemptEnd } from './attempts.ts';
import { blindRoutes } from './blind-routes.ts';
import type { FleetConfig } from './fleet-config.ts';
import { type LifeRecord, lifeRecord } from './fleet-record.ts';
import { Life, type LifeListener } from './life.ts';
import type { RouteLog } from './route-log.ts';
import { Part } from './split.ts';

/** An instance of a share at its end. Rows are the requests that were sent there, in order of arrival. */
export interface SharedLife {
  readonly record: LifeRecord;
  /** By row: an `AttemptEnd`, and when. */
  readonly end: Uint8Array;
  readonly endUs: Float64Array;
  /** By row: prompt tokens that stood before the request when it came, less those that it found in the cache; empty where nobody asked. */
  readonly ahead: Float64Array;
}

/** What a share comes to: plain columns, which can be given to another thread. */
export interface ShareRecord {
  readonly lives: readonly SharedLife[];
  /** By request of the fleet: the fewest prompt tokens before it at any instance of the share, less those cached there; empty where nobody asked. */
  readonly fewest: Float64Array;
}

/**
 * Some instances of a fleet that nothing couples (`couplingOf`), simulated one after the other, each with its engine's memory
 * to itself. Any number of shares that have every instance once make the fleet, wherever each is simulated (`joinShares`).
 */
export class FleetShare implements LifeListener {
  /** Requests of its instances that have ended. */
  ended = 0;
  private readonly config: FleetConfig;
  private readonly source: Source;
  /** What the router decided: `blindRoutes`. */
  readonly routes: RouteLog;
  private readonly instances: readonly number[];
  private readonly hasRegrets: boolean;
  private readonly fewest: Float64Array;
  private readonly lives: SharedLife[] = [];
  /** The instance that is simulated now; null between two. */
  private life: Life | null = null;
  /** The fleet's request that comes next. */
  private request = 0;
  private end = new Uint8Array(0);
  private endUs = new Float64Array(0);
  private ahead = new Float64Array(0);
  /** Requests by instance, and those of its own together. */
  private readonly sent: Int32Array;
  private readonly count: number;

  /** `hasRegrets`: every instance is asked at every arrival what stands before the request, which takes as long again. */
  constructor(
    config: FleetConfig,
    source: Source,
    routes: RouteLog,
    instances: readonly number[],
    hasRegrets: boolean,
  ) {
    this.config = config;
    this.source = source;
    this.routes = routes;
    this.instances = instances;
    this.hasRegrets = hasRegrets;
    this.fewest = new Float64Array(hasRegrets ? routes.count : 0).fill(Number.POSITIVE_INFINITY);
    this.sent = sentTo(routes);
    this.count = instances.reduce((sum, instance) => sum + this.sent[instance], 0);
  }

  /** Goes on for about so many steps of engines. True when all of its instances have come to their ends. */
  advance(steps: number): boolean {
    for (let left = steps; left > 0; left--) {
      if (this.life === null) {
        if (this.lives.length === this.instances.length) return true;
        this.life = this.begin(this.instances[this.lives.length]);
      }
      const { life, request } = this;
      const untilUs = request < this.routes.count ? this.routes.timeUs[request] : Number.POSITIVE_INFINITY;
      if (life.simulation.nextUs < untilUs && life.simulation.next(untilUs)) continue;
      if (request < this.routes.count) this.arrive(life);
      else this.finish(life);
    }
    return false;
  }

  /** Share of the requests sent to its instances that have ended. */
  get progress(): number {
    return this.count === 0 ? 1 : this.ended / this.count;
  }

  /** Only when `advance` has said true. */
  record(): ShareRecord {
    return { lives: this.lives, fewest: this.fewest };
  }

  // LifeListener. A try is its row.

  attemptEnded(row: number, nowUs: number): void {
    if (this.life === null) return;
    const isFinished = this.life.simulation.engine.sequences.status[row] === Status.finished;
    this.end[row] = isFinished ? AttemptEnd.finished : AttemptEnd.refused;
    this.endUs[row] = nowUs;
    this.ended++;
  }

  arrivals(): void {}

  loadBegins(): void {}

  private begin(instance: number): Life {
    const rows = this.sent[instance];
    this.end = new Uint8Array(rows);
    this.endUs = new Float64Array(rows).fill(Number.NaN);
    this.ahead = new Float64Array(this.hasRegrets ? rows : 0);
    this.request = 0;
    const spec = this.config.instances[instance];
    const life = new Life(this.lives.length, instance, 0, spec, null, this.source.classes, this, true);
    // Where nobody is asked, all of its requests can be there from the start.
    if (!this.hasRegrets) while (this.request < this.routes.count) this.arrive(life);
    return life;
  }

  /** The fleet's next request comes, to this instance or another. */
  private arrive(life: Life): void {
    const { request, routes } = this;
    const { requests } = this.source;
    this.request++;
    const isHere = routes.instance[request] === life.instance;
    if (this.hasRegrets) {
      const found = life.simulation.engine.memory.cachedTokens?.(requests, request) ?? 0;
      const ahead = life.tokensAhead - found;
      if (ahead < this.fewest[request]) this.fewest[request] = ahead;
      if (isHere) this.ahead[life.requests.count] = ahead;
    }
    if (isHere) life.send(life.requests.count, requests, request, routes.timeUs[request], Part.whole, null);
  }

  private finish(life: Life): void {
    // An engine in which requests wait for ever says so.
    life.simulation.next();
    this.lives.push({ record: lifeRecord(life), end: this.end, endUs: this.endUs, ahead: this.ahead });
    this.life = null;
  }
}

/** Which of how many shares. */
export interface Which {
  readonly which: number;
  readonly of: number;
}

/** A share of a fleet that nothing couples, as every worker knows it that has the scenario. */
export function shareOf(config: FleetConfig, source: Source, { which, of }: Which, hasRegrets: boolean): FleetShare {
  const routes = blindRoutes(config, source.requests);
  return new FleetShare(config, source, routes, shareOut(routes, of)[which], hasRegrets);
}

/** How many requests each instance is sent. */
export function sentTo({ instances, instance, count }: RouteLog): Int32Array {
  const sent = new Int32Array(instances);
  for (let i = 0; i < count; i++) sent[instance[i]]++;
  return sent;
}

/** Divides the instances among so many shares that each has about as many requests: the busiest first, each to whoever has least. */
export function shareOut(routes: RouteLog, shares: number): readonly (readonly number[])[] {
  const sent = sentTo(routes);
  const parts: number[][] = Array.from({ length: shares }, () => []);
  const load = new Float64Array(shares);
  const busiestFirst = Array.from(sent, (_, instance) => instance).sort((a, b) => sent[b] - sent[a] || a - b);
  for (const instance of busiestFirst) {
    let least = 0;
    for (let share = 1; share < shares; share++) if (load[share] < load[least]) least = share;
    parts[least].push(instance);
    // An instance costs something even where nothing is sent.
    load[least] += sent[instance] + 1;
  }
  return parts;
}
