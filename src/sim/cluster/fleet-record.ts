import type { HistogramCounts } from '../metrics/histogram.ts';
import type { RunAccount } from '../metrics/recorder.ts';
import type { RequestTable } from '../request.ts';
import type { Attempts } from './attempts.ts';
import type { FleetEvent } from './fates.ts';
import type { Fleet } from './fleet.ts';
import type { FleetConfig, Role } from './fleet-config.ts';
import type { HandoverRow } from './handovers.ts';
import type { Life } from './life.ts';
import type { TurnRow } from './planner.ts';
import type { RouteLog } from './route-log.ts';
import { type StoreRecord, storeRecord } from './store-account.ts';

/** What a life leaves behind when its engine is gone: plain data. */
export interface LifeRecord {
  readonly instance: number;
  /** What the instance was in this life. */
  readonly role: Role;
  readonly startUs: number;
  /** When it died or was stopped; Infinity = it did not. */
  readonly endUs: number;
  /** KV blocks that its engine can hand out. */
  readonly usableBlocks: number;
  /** Datasheet rates of its GPUs together. */
  readonly peakFlopsPerS: number;
  readonly peakBytesPerS: number;
  readonly account: RunAccount;
  /** Gaps between tokens, of all requests. */
  readonly itl: HistogramCounts;
}

/** A fleet that has ended (or was stopped), without its engines. Columns may be longer than `arrived`. */
export interface FleetRecord {
  readonly config: FleetConfig;
  readonly requests: RequestTable;
  readonly nowUs: number;
  readonly arrived: number;
  readonly tries: Uint16Array;
  readonly lastAttempt: Int32Array;
  readonly fate: Uint8Array;
  readonly fateUs: Float64Array;
  readonly attempts: Attempts;
  readonly routes: RouteLog;
  readonly events: readonly FleetEvent[];
  readonly handovers: readonly HandoverRow[];
  /** Instances that changed their roles. */
  readonly turns: readonly TurnRow[];
  /** null = there was no store. */
  readonly store: StoreRecord | null;
  /** In the order of their starts. */
  readonly lives: readonly LifeRecord[];
}

export function lifeRecord({ instance, spec, startUs, endUs, simulation, recorder }: Life): LifeRecord {
  const { policy, memory, clock } = simulation.engine;
  policy.settle();
  const { bins, count, sumUs, minUs, maxUs } = clock.itl;
  return {
    instance,
    role: spec.role,
    startUs,
    endUs,
    usableBlocks: memory.usableBlocks,
    peakFlopsPerS: spec.peakFlopsPerS,
    peakBytesPerS: spec.peakBytesPerS,
    account: recorder.finish(simulation),
    itl: { bins, count, sumUs, minUs, maxUs },
  };
}

export function fleetRecord(fleet: Fleet): FleetRecord {
  const { config, source, nowUs, arrived, attempts, routes, events } = fleet;
  const { tries, lastAttempt, fate, fateUs } = fleet.fates;
  return {
    config,
    requests: source.requests,
    nowUs,
    arrived,
    tries,
    lastAttempt,
    fate,
    fateUs,
    attempts,
    routes,
    events,
    handovers: fleet.handovers?.rows ?? [],
    turns: fleet.planner?.rows ?? [],
    store: fleet.store === null ? null : storeRecord(fleet.store, nowUs),
    lives: fleet.lives.map(lifeRecord),
  };
}
