import {
  type FleetEventColumns,
  FleetEventKind,
  type FleetResult,
  type HandoverColumns,
  type LifeColumns,
  LifeEnd,
  ReplicaRole,
  type ReplicaSeries,
  type RouteColumns,
  type StoreColumns,
} from '../protocol/fleet.ts';
import type { FleetEvent } from '../sim/cluster/fates.ts';
import type { FleetAccount, LifeAccount } from '../sim/cluster/fleet-account.ts';
import type { FleetConfig } from '../sim/cluster/fleet-config.ts';
import type { RouteLog } from '../sim/cluster/route-log.ts';
import type { StoreAccount } from '../sim/cluster/store-account.ts';

/** Bins of a replica's series: about what a screen has room for beside the names. */
const BINS = 240;

/** What the page is told of a fleet: columns of its own, so that they can be transferred and the account stays. `devices`: by replica. */
export function fleetResult(account: FleetAccount, config: FleetConfig, devices: readonly string[]): FleetResult {
  const { summary, lives, outcomes } = account;
  const replicas = config.instances.length;
  const kvBlocks = new Int32Array(replicas);
  for (const { instance, usableBlocks } of lives) kvBlocks[instance] = usableBlocks;
  return {
    replicas,
    roles: Uint8Array.from(config.instances, ({ role }) => ReplicaRole[role]),
    devices,
    router: config.router.kind,
    summary,
    distributions: structuredClone(account.distributions),
    seats: Int32Array.from(config.instances, (instance) => instance.config.maxNumSeqs),
    kvBlocks,
    stepUs: stepsOf(lives, replicas),
    requests: {
      count: outcomes.count,
      arrivalUs: outcomes.arrivalUs.slice(),
      fate: account.fate.slice(),
      settledUs: account.fateUs.slice(),
      tries: account.tries.slice(),
      replica: account.instance.slice(),
    },
    series: seriesOf(lives, replicas, summary.durationUs),
    lives: lifeColumns(account),
    routes: routeColumns(account.routes),
    events: eventColumns(account.events),
    handovers: handoverColumns(account),
    store: account.store === null ? null : storeColumns(account.store),
  };
}

function stepsOf(lives: readonly LifeAccount[], replicas: number): Float64Array {
  const steps = new Float64Array(replicas);
  const busyUs = new Float64Array(replicas);
  for (const { instance, account } of lives) {
    steps[instance] += account.summary.steps;
    busyUs[instance] += account.summary.busyUs;
  }
  return busyUs.map((us, replica) => us / steps[replica]);
}

/** The lives' series, which have bins of their own, in common bins. */
function seriesOf(lives: readonly LifeAccount[], replicas: number, durationUs: number): ReplicaSeries {
  const binUs = durationUs / BINS;
  const column = () => new Float32Array(replicas * BINS);
  const series = {
    bins: BINS,
    binUs,
    waiting: column(),
    running: column(),
    kvUse: column(),
    busy: column(),
    prefillTokens: column(),
    decodeTokens: column(),
  };
  const upUs = new Float64Array(replicas * BINS);
  for (const { instance, startUs, endUs, usableBlocks, account } of lives) {
    const row = instance * BINS;
    spread(startUs, endUs, endUs, binUs, (bin, share) => {
      upUs[row + bin] += share * (endUs - startUs);
    });
    const { series: own } = account;
    // The step in which it died is in its account as if it had ended: what came after the death is left out.
    const lastUs = Math.max(endUs, account.recordedUs);
    for (let i = 0; i < own.count; i++) {
      const fromUs = Math.max(startUs, i * own.binUs);
      const toUs = Math.max(fromUs, Math.min(lastUs, (i + 1) * own.binUs));
      spread(fromUs, toUs, endUs, binUs, (bin, share) => {
        const at = row + bin;
        series.waiting[at] += share * own.waitingUs[i];
        series.running[at] += share * own.runningUs[i];
        series.kvUse[at] += (share * own.usedBlocksUs[i]) / usableBlocks;
        series.busy[at] += share * own.busyUs[i];
        series.prefillTokens[at] += share * own.prefillTokens[i];
        series.decodeTokens[at] += share * own.decodeTokens[i];
      });
    }
  }
  for (let at = 0; at < upUs.length; at++) {
    // Where it was never up: 0 / 0.
    series.waiting[at] /= upUs[at];
    series.running[at] /= upUs[at];
    series.kvUse[at] /= upUs[at];
    series.busy[at] = Math.min(1, series.busy[at] / upUs[at]);
  }
  return series;
}

/** Which share of a stretch of time lies in which bin, up to `untilUs`. A stretch without length lies in one. */
function spread(
  fromUs: number,
  toUs: number,
  untilUs: number,
  binUs: number,
  add: (bin: number, share: number) => void,
): void {
  if (fromUs > untilUs) return;
  const first = Math.min(BINS - 1, Math.floor(fromUs / binUs));
  if (toUs === fromUs) {
    add(first, 1);
    return;
  }
  const endUs = Math.min(toUs, untilUs);
  for (let bin = first; bin < BINS && bin * binUs < endUs; bin++) {
    const us = Math.min(endUs, (bin + 1) * binUs) - Math.max(fromUs, bin * binUs);
    if (us > 0) add(bin, us / (toUs - fromUs));
  }
}

function lifeColumns({ lives, events, summary }: FleetAccount): LifeColumns {
  const deaths = new Set(
    events.filter(({ kind }) => kind === FleetEventKind.died).map(({ instance, timeUs }) => `${instance} ${timeUs}`),
  );
  const endOf = ({ instance, endUs }: LifeAccount): LifeEnd => {
    if (deaths.has(`${instance} ${endUs}`)) return LifeEnd.died;
    return endUs < summary.durationUs ? LifeEnd.stopped : LifeEnd.runs;
  };
  return {
    count: lives.length,
    replica: Int32Array.from(lives, ({ instance }) => instance),
    role: Uint8Array.from(lives, ({ role }) => ReplicaRole[role]),
    startUs: Float64Array.from(lives, ({ startUs }) => startUs),
    endUs: Float64Array.from(lives, ({ endUs }) => endUs),
    end: Uint8Array.from(lives, endOf),
  };
}

function routeColumns(routes: RouteLog): RouteColumns {
  const { count, scored } = routes;
  return {
    count,
    request: routes.request.slice(0, count),
    part: routes.part.slice(0, count),
    timeUs: routes.timeUs.slice(0, count),
    replica: routes.instance.slice(0, count),
    regretTokens: routes.regretTokens.slice(0, count),
    scored,
    scores: routes.allScores().slice(),
  };
}

function handoverColumns({ handovers: rows, lives, attempts }: FleetAccount): HandoverColumns {
  const last = new Map(lives.map(({ instance }, life) => [instance, life]));
  const rowOf = (attempt: number, instance: number): number =>
    attempts.life[attempt] === last.get(instance) ? attempts.local[attempt] : -1;
  return {
    count: rows.length,
    request: Int32Array.from(rows, ({ request }) => request),
    from: Int32Array.from(rows, ({ from }) => from),
    to: Int32Array.from(rows, ({ to }) => to),
    fromRow: Int32Array.from(rows, ({ prefill, from }) => rowOf(prefill, from)),
    toRow: Int32Array.from(rows, ({ decode, to }) => rowOf(decode, to)),
    readyUs: Float64Array.from(rows, ({ readyUs }) => readyUs),
    askedUs: Float64Array.from(rows, ({ askedUs }) => askedUs),
    endUs: Float64Array.from(rows, ({ endUs }) => endUs),
    isGivenUp: Uint8Array.from(rows, ({ isGivenUp }) => Number(isGivenUp)),
    bytes: Float64Array.from(rows, ({ bytes }) => bytes),
  };
}

function storeColumns({ blockBytes, capacityBlocks, evictions, fetches, ...store }: StoreAccount): StoreColumns {
  return {
    capacityBytes: capacityBlocks * blockBytes,
    evictedBytes: evictions * blockBytes,
    ownTokens: store.ownTokens,
    fetchedTokens: store.fetchedTokens,
    computedTokens: store.computedTokens,
    fillUs: Float64Array.from(store.fillUs),
    fillBytes: Float64Array.from(store.fillBlocks, (blocks) => blocks * blockBytes),
    askedUs: Float64Array.from(fetches, ({ askedUs }) => askedUs),
    endUs: Float64Array.from(fetches, ({ endUs }) => endUs),
    bytes: Float64Array.from(fetches, ({ blocks }) => blocks * blockBytes),
    isGivenUp: Uint8Array.from(fetches, ({ isGivenUp }) => Number(isGivenUp)),
  };
}

function eventColumns(events: readonly FleetEvent[]): FleetEventColumns {
  return {
    count: events.length,
    timeUs: Float64Array.from(events, ({ timeUs }) => timeUs),
    kind: Uint8Array.from(events, ({ kind }) => kind),
    replica: Int32Array.from(events, ({ instance }) => instance),
    request: Int32Array.from(events, ({ request }) => request),
    requests: Int32Array.from(events, ({ requests }) => requests),
    blocks: Int32Array.from(events, ({ blocks }) => blocks),
  };
}
