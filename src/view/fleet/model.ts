/** What the fleet panel shows: every replica over time, what the router decided, what became of the requests. Plain data, no pixels. */

import { bisectRight, range } from 'd3';
import {
  Fate,
  FleetEventKind,
  type FleetResult,
  LifeEnd,
  Part,
  ReplicaRole,
  type RouteColumns,
} from '../../protocol/fleet.ts';
import { type Links, linksOf } from './links.ts';
import { type Roles, roleAt, rolesOf } from './roles.ts';
import { type Store, storeOf } from './store.ts';
import { type Strip, stripsOf } from './strips.ts';

/** Replicas by their numbers, or the busiest first. */
export const orders = ['number', 'busy'] as const;
export type Order = (typeof orders)[number];

/** Levels that are drawn over time, from left to right. */
export const levelNames = ['waiting', 'running', 'kvUse'] as const;
export type LevelName = (typeof levelNames)[number];

/** A stretch of time in which a replica is not up: it died, is being started, or is not needed. */
export interface Away {
  readonly fromUs: number;
  readonly toUs: number;
  readonly why: 'dead' | 'starting' | 'off';
}

export type MarkName = 'died' | 'started' | 'scaledDown' | 'turnsToPrefill' | 'turnsToDecode';

export interface ReplicaRow {
  readonly replica: number;
  /** What it is for, from when on. */
  readonly roles: Roles;
  /** Share of the whole run in which a step ran. */
  readonly busy: number;
  readonly away: readonly Away[];
  readonly marks: readonly { readonly timeUs: number; readonly name: MarkName; readonly requests: number }[];
}

export interface FleetModel {
  readonly result: FleetResult;
  /** What the axis spans: the run, and the one it is compared with where that takes longer. */
  readonly spanUs: number;
  /** The fleet it is compared with, whatever its number of replicas; null = none. */
  readonly pinned: FleetModel | null;
  /** From the top down; those that prefill stand before those that decode. */
  readonly rows: readonly ReplicaRow[];
  /** KV between the two; null where they are not split. */
  readonly links: Links | null;
  /** What all replicas share; null where there is no store. */
  readonly store: Store | null;
  /** What of the two lies under the rows, from the top down. */
  readonly strips: readonly Strip[];
  /** The highest level of any replica: all are drawn to one scale. */
  readonly tops: Readonly<Record<LevelName, number>>;
  /** Requests that timed out at a replica or were turned away there, by bin; row-major as in the series. */
  readonly losses: Float32Array;
  readonly ledger: Ledger;
}

/** @param pinned the run that it is compared with */
export function fleetModel(result: FleetResult, order: Order, pinned: FleetResult | null = null): FleetModel {
  const own = modelOf(result, order);
  if (pinned === null) return own;
  const other = modelOf(pinned, 'number');
  const top = (name: LevelName) => Math.max(own.tops[name], other.tops[name]);
  return {
    ...own,
    pinned: other,
    spanUs: Math.max(own.spanUs, other.spanUs),
    tops: { waiting: top('waiting'), running: top('running'), kvUse: top('kvUse') },
  };
}

function modelOf(result: FleetResult, order: Order): FleetModel {
  const { series, replicas, summary } = result;
  const spanUs = summary.durationUs;
  const rows = range(replicas).map((replica) => rowOf(result, replica, spanUs));
  const byRole = (a: ReplicaRow, b: ReplicaRow) => ReplicaRole[a.roles[0].role] - ReplicaRole[b.roles[0].role];
  const byBusy = (a: ReplicaRow, b: ReplicaRow) => (order === 'busy' ? b.busy - a.busy : 0);
  rows.sort((a, b) => byRole(a, b) || byBusy(a, b) || a.replica - b.replica);
  const topOf = (name: LevelName) =>
    series[name].reduce((top, level) => Math.max(top, Number.isNaN(level) ? 0 : level), 0);
  const [links, store] = [linksOf(result), storeOf(result)];
  return {
    result,
    spanUs,
    pinned: null,
    rows,
    links,
    store,
    strips: stripsOf(links, store),
    tops: {
      waiting: Math.max(1, topOf('waiting')),
      running: Math.max(1, topOf('running')),
      kvUse: Math.max(0.01, topOf('kvUse')),
    },
    losses: lossesOf(result),
    ledger: ledgerOf(result),
  };
}

function rowOf(result: FleetResult, replica: number, spanUs: number): ReplicaRow {
  const { series, lives, events } = result;
  const { bins, binUs } = series;
  const own = range(lives.count).filter((life) => lives.replica[life] === replica);
  const away: Away[] = [];
  const add = (fromUs: number, toUs: number, why: Away['why']) => {
    if (toUs > fromUs) away.push({ fromUs, toUs, why });
  };
  const ordered: number[] = [];
  const turnsUs: number[] = [];
  const marks: ReplicaRow['marks'][number][] = [];
  for (let event = 0; event < events.count; event++) {
    if (events.replica[event] !== replica) continue;
    const [timeUs, requests] = [events.timeUs[event], events.requests[event]];
    switch (events.kind[event]) {
      case FleetEventKind.died:
        marks.push({ timeUs, name: 'died', requests });
        break;
      case FleetEventKind.started:
        marks.push({ timeUs, name: 'started', requests });
        break;
      case FleetEventKind.scaledDown:
        marks.push({ timeUs, name: 'scaledDown', requests });
        break;
      case FleetEventKind.turnsToPrefill:
        marks.push({ timeUs, name: 'turnsToPrefill', requests });
        turnsUs.push(timeUs);
        break;
      case FleetEventKind.turnsToDecode:
        marks.push({ timeUs, name: 'turnsToDecode', requests });
        turnsUs.push(timeUs);
        break;
      case FleetEventKind.scaledUp:
        ordered.push(timeUs);
    }
  }
  const roles = rolesOf(result, replica);
  let downUs = 0;
  let why: Away['why'] = 'off';
  let busyUs = 0;
  const close = (upUs: number) => {
    const orderedUs = ordered.find((us) => us >= downUs && us < upUs) ?? upUs;
    add(downUs, orderedUs, why);
    add(orderedUs, upUs, 'starting');
  };
  for (const life of own) {
    const [startUs, endUs] = [lives.startUs[life], lives.endUs[life]];
    close(startUs);
    for (let bin = Math.min(bins - 1, Math.floor(startUs / binUs)); bin < bins && bin * binUs < endUs; bin++) {
      const upUs = Math.min(endUs, (bin + 1) * binUs) - Math.max(startUs, bin * binUs);
      busyUs += upUs > 0 ? upUs * series.busy[replica * bins + bin] : 0;
    }
    downUs = endUs;
    why = lives.end[life] === LifeEnd.died ? 'dead' : 'off';
    // It ends because it turns, and is started anew in its new role: perhaps behind the end of the run.
    if (why === 'off' && turnsUs.some((us) => us >= startUs && us <= endUs)) why = 'starting';
  }
  close(spanUs);
  return { replica, roles, busy: Math.min(1, busyUs / spanUs), away, marks };
}

function lossesOf({ events, series, replicas }: FleetResult): Float32Array {
  const losses = new Float32Array(replicas * series.bins);
  for (let event = 0; event < events.count; event++) {
    const { kind, replica, timeUs } = events;
    const isLoss = kind[event] === FleetEventKind.timedOut || kind[event] === FleetEventKind.shed;
    if (isLoss && replica[event] >= 0) losses[replica[event] * series.bins + binAt(series, timeUs[event])]++;
  }
  return losses;
}

/** The bin of a time; the last one at the end. */
export function binAt({ bins, binUs }: { readonly bins: number; readonly binUs: number }, us: number): number {
  return Math.min(bins - 1, Math.max(0, Math.floor(us / binUs)));
}

/** A replica's level at a time; NaN where it is not up, where there is no such replica, and behind the end of its run. */
export function levelAt({ result }: FleetModel, name: LevelName | 'busy', replica: number, us: number): number {
  const { series, replicas, summary } = result;
  if (replica >= replicas || us > summary.durationUs) return Number.NaN;
  return series[name][replica * series.bins + binAt(series, us)];
}

/** What a replica does at a time: why it is away, or null where it is up. */
export function awayAt({ away }: ReplicaRow, us: number): Away['why'] | null {
  return away.find(({ fromUs, toUs }) => us >= fromUs && us < toUs)?.why ?? null;
}

/** Times at which requests were settled, by fate, and at which clients tried again: all ascending. */
interface Ledger {
  readonly settledUs: readonly Float64Array[];
  readonly retriedUs: Float64Array;
  /** Times at which requests went to one replica of a split fleet as a whole. */
  readonly mixedUs: Float64Array;
}

function ledgerOf(result: FleetResult): Ledger {
  const { requests, events, routes, summary } = result;
  const isMixed = (decision: number) =>
    summary.mixed !== null &&
    routes.part[decision] === Part.whole &&
    !isShed(result, routes.request[decision], routes.timeUs[decision]);
  return {
    settledUs: Object.values(Fate).map((fate) =>
      requests.settledUs.filter((_, request) => requests.fate[request] === fate).sort(),
    ),
    retriedUs: events.timeUs.filter((_, event) => events.kind[event] === FleetEventKind.retried),
    mixedUs: routes.timeUs.filter((_, decision) => isMixed(decision)),
  };
}

export type FateName = Exclude<keyof typeof Fate, 'open'>;
export const fateNames: readonly FateName[] = ['finished', 'timedOut', 'shed', 'lost', 'unserved', 'refused'];

/** What has become of the requests that have come by a time. */
export interface Counts {
  readonly arrived: number;
  /** Come and not settled: at a replica, or before another try. */
  readonly inFlight: number;
  /** Times that a client tried again. */
  readonly retried: number;
  /** Tries that one replica of a split fleet took as a whole. */
  readonly mixed: number;
  readonly fates: Readonly<Record<FateName, number>>;
}

export function countsAt({ result, ledger }: FleetModel, us: number): Counts {
  const arrived = bisectRight(result.requests.arrivalUs, us);
  const fates = Object.fromEntries(
    fateNames.map((name) => [name, bisectRight(ledger.settledUs[Fate[name]], us)]),
  ) as Record<FateName, number>;
  const settled = fateNames.reduce((sum, name) => sum + fates[name], 0);
  return {
    arrived,
    inFlight: arrived - settled,
    retried: bisectRight(ledger.retriedUs, us),
    mixed: bisectRight(ledger.mixedUs, us),
    fates,
  };
}

/** One decision of the router. */
export interface Decision {
  /** Its place in the log. */
  readonly number: number;
  readonly request: number;
  /** Which part of it was sent. */
  readonly part: Part;
  /** All of it went to one replica of a split fleet. */
  readonly isMixed: boolean;
  readonly timeUs: number;
  /** The replica that computed the prompt of a request that goes on elsewhere; -1 = it comes from outside. */
  readonly from: number;
  /** Below 0 = none: none was open, or the router refused the request. */
  readonly replica: number;
  /** By replica, lower is better, NaN = it was out; null where they were not kept. */
  readonly scores: Float32Array | null;
  readonly regretTokens: number;
  /** The request was turned away: the chosen replica was full, or the router refused it. */
  readonly isShed: boolean;
}

/** The last decision by a time; null before the first. */
export function decisionAt({ result }: FleetModel, us: number): Decision | null {
  const { routes, replicas } = result;
  const number = bisectRight(routes.timeUs, us) - 1;
  if (number < 0) return null;
  const [request, timeUs] = [routes.request[number], routes.timeUs[number]];
  return {
    number,
    request,
    part: routes.part[number] as Part,
    isMixed: result.summary.mixed !== null && routes.part[number] === Part.whole,
    timeUs,
    from: routes.part[number] === Part.decode ? senderOf(result, request, timeUs) : -1,
    replica: routes.replica[number],
    scores: scoresOf(routes, number, replicas),
    regretTokens: routes.regretTokens[number],
    isShed: isShed(result, request, timeUs),
  };
}

/** Whether any replica changes its role. */
export const hasTurns = ({ rows }: FleetModel): boolean => rows.some(({ roles }) => roles.length > 1);

/** What a replica is for at a time. */
export const roleOf = ({ roles }: ReplicaRow, us: number) => roleAt(roles, us);

/** Who hands a request over at a time; -1 where nobody took it. */
function senderOf({ handovers }: FleetResult, request: number, timeUs: number): number {
  for (let row = bisectRight(handovers.readyUs, timeUs) - 1; row >= 0 && handovers.readyUs[row] === timeUs; row--) {
    if (handovers.request[row] === request) return handovers.from[row];
  }
  return -1;
}

function scoresOf({ scored, scores }: RouteColumns, number: number, replicas: number): Float32Array | null {
  return number < scored ? scores.subarray(number * replicas, (number + 1) * replicas) : null;
}

function isShed({ events }: FleetResult, request: number, timeUs: number): boolean {
  for (let event = bisectRight(events.timeUs, timeUs) - 1; event >= 0 && events.timeUs[event] === timeUs; event--) {
    if (events.kind[event] === FleetEventKind.shed && events.request[event] === request) return true;
  }
  return false;
}
