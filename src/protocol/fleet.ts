/**
 * What a simulated fleet tells the page, in columns that are transferred. Requests are rows of the whole traffic; replicas
 * are numbered from 0. Filled in `worker/fleet-result.ts`.
 */

import { Fate, FleetEventKind } from '../sim/cluster/fates.ts';
import type { FleetSummary } from '../sim/cluster/fleet-account.ts';
import { Part } from '../sim/cluster/split.ts';
import type { Distribution, LatencyMetric } from '../sim/metrics/result.ts';

export type { FleetSummary };
export { Fate, FleetEventKind, Part };

/** What a replica is for: whole requests, their prefills only, or what comes after. */
export const ReplicaRole = { serve: 0, prefill: 1, decode: 2 } as const;
export type ReplicaRole = (typeof ReplicaRole)[keyof typeof ReplicaRole];

/** What happened to every request of the traffic, by its number. */
export interface FleetRequests {
  readonly count: number;
  readonly arrivalUs: Float64Array;
  /** A `Fate`, and when it was known; NaN where it never was. */
  readonly fate: Uint8Array;
  readonly settledUs: Float64Array;
  /** Times that it was routed. */
  readonly tries: Uint16Array;
  /** Where its last try went; -1 = nowhere. */
  readonly replica: Int32Array;
}

/**
 * Each replica over time, in equal bins from 0 to the end of the run. Row-major: bin b of replica r is at `r * bins + b`.
 * Levels are means over the time of the bin in which the replica was up, NaN where it never was.
 */
export interface ReplicaSeries {
  readonly bins: number;
  readonly binUs: number;
  /** Requests in the engine's queue, and those that hold a seat. */
  readonly waiting: Float32Array;
  readonly running: Float32Array;
  /** Share of its KV blocks that are in use, 0 to 1. */
  readonly kvUse: Float32Array;
  /** Share of the time in which a step ran, 0 to 1. */
  readonly busy: Float32Array;
  /** Tokens computed in the bin. */
  readonly prefillTokens: Float32Array;
  readonly decodeTokens: Float32Array;
}

/** How a life ended. */
export const LifeEnd = { runs: 0, died: 1, stopped: 2 } as const;
export type LifeEnd = (typeof LifeEnd)[keyof typeof LifeEnd];

/** From when to when each replica was up, in the order of the starts. */
export interface LifeColumns {
  readonly count: number;
  readonly replica: Int32Array;
  /** A `ReplicaRole`: it may be another one in every life. */
  readonly role: Uint8Array;
  readonly startUs: Float64Array;
  /** The end of the run where it still ran. */
  readonly endUs: Float64Array;
  /** A `LifeEnd`. */
  readonly end: Uint8Array;
}

/** The router's decisions, in the order of time. */
export interface RouteColumns {
  readonly count: number;
  readonly request: Int32Array;
  /** Which `Part` of it. */
  readonly part: Uint8Array;
  readonly timeUs: Float64Array;
  /** The chosen one; -1 = none was open, -2 = the router refused the request. */
  readonly replica: Int32Array;
  /** Prompt tokens before the request where it went, less those where fewest were. */
  readonly regretTokens: Float64Array;
  /** Decisions whose scores were kept: the first so many. Those of decision d begin at `d * replicas`; lower is better, NaN = it was out. */
  readonly scored: number;
  readonly scores: Float32Array;
}

/** What happened beside routing, in the order of time. */
export interface FleetEventColumns {
  readonly count: number;
  readonly timeUs: Float64Array;
  /** A `FleetEventKind`. */
  readonly kind: Uint8Array;
  /** -1 = none. */
  readonly replica: Int32Array;
  readonly request: Int32Array;
  /** Requests in flight and KV blocks that a death took with it. */
  readonly requests: Int32Array;
  readonly blocks: Int32Array;
}

/**
 * Keys and values on their way from a replica that prefills to one that decodes, in the order in which prompts were done.
 * Times are NaN where it never came so far.
 */
export interface HandoverColumns {
  readonly count: number;
  readonly request: Int32Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Number of the request among those that came to either replica; -1 = before its last start. */
  readonly fromRow: Int32Array;
  readonly toRow: Int32Array;
  /** The prompt was done; the other side had blocks and asked for the KV; the last byte had come, or nobody wanted it any more. */
  readonly readyUs: Float64Array;
  readonly askedUs: Float64Array;
  readonly endUs: Float64Array;
  /** 1 = nobody wanted it any more. */
  readonly isGivenUp: Uint8Array;
  /** What had to come after it was asked for. */
  readonly bytes: Float64Array;
}

/** A store of KV that all replicas share. Columns in the order of time. */
export interface StoreColumns {
  readonly capacityBytes: number;
  readonly evictedBytes: number;
  /** Prompt tokens of the whole run by where their KV came from: the replica's own cache, the store, or a step that computed it. */
  readonly ownTokens: number;
  readonly fetchedTokens: number;
  readonly computedTokens: number;
  /** Bytes in it from each of these times on. */
  readonly fillUs: Float64Array;
  readonly fillBytes: Float64Array;
  /** Prefixes on their way out of it: when they were asked for, and when the last byte had come. */
  readonly askedUs: Float64Array;
  readonly endUs: Float64Array;
  readonly bytes: Float64Array;
  /** 1 = nobody wanted it any more. */
  readonly isGivenUp: Uint8Array;
}

export interface FleetResult {
  readonly replicas: number;
  /** A `ReplicaRole` each: what it is from the start. */
  readonly roles: Uint8Array;
  /** Name of each one's GPU. */
  readonly devices: readonly string[];
  /** Name of the router: one of `sim/cluster/routers/routers.ts`. */
  readonly router: string;
  readonly summary: FleetSummary;
  readonly distributions: Readonly<Record<LatencyMetric, Distribution>>;
  /** Seats and KV blocks of each replica. */
  readonly seats: Int32Array;
  readonly kvBlocks: Int32Array;
  /** Mean time of a step of each, over all of its lives; NaN where it took none. */
  readonly stepUs: Float64Array;
  readonly requests: FleetRequests;
  readonly series: ReplicaSeries;
  readonly lives: LifeColumns;
  readonly routes: RouteColumns;
  readonly events: FleetEventColumns;
  /** Empty where no replica hands prompts over. */
  readonly handovers: HandoverColumns;
  /** null = replicas share nothing. */
  readonly store: StoreColumns | null;
}
