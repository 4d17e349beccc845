/** What is said of a fleet beside what is said of any run. */

import type { Facts } from '../scenario/facts.ts';
import type { Coupling } from '../sim/cluster/coupling.ts';
import { Fate, FleetEventKind } from '../sim/cluster/fates.ts';
import type { FleetAccount } from '../sim/cluster/fleet-account.ts';
import type { StoreAccount } from '../sim/cluster/store-account.ts';
import { count, duration, percent, si } from './format.ts';
import { deviceText, poolText } from './report.ts';

/** One replica over all its lives. */
interface ReplicaFigures {
  readonly replica: number;
  readonly lives: number;
  /** Tries that were sent there, and those of them that finished. */
  readonly requests: number;
  readonly finished: number;
  readonly upS: number;
  readonly busyS: number;
  /** Of the time it was up. */
  readonly utilisation: number;
  readonly waitingMean: number;
  readonly runningMean: number;
  readonly kvUseMean: number;
  readonly kvUsePeak: number;
  readonly hitRate: number;
  readonly preemptions: number;
  readonly outputTokens: number;
}

/** Why no replica is simulated without the others. */
export const couplingWords: Readonly<Record<Coupling, string>> = {
  clients: 'clients wait for their answers before they send more',
  split: 'prompts go from replica to replica',
  router: 'the router looks at the replicas',
  admission: 'full replicas send requests away',
  store: 'what one replica computes another one fetches from the store',
  'time-outs': 'clients give up after a time',
  failures: 'replicas die',
  scaling: 'replicas come and go with the load',
};

/**
 * For programs: times in seconds, shares 0 to 1. `coupling`: why no replica is simulated without the others. `decoding`: facts of those that
 * decode, where their GPU is another one.
 */
export function fleetJson(fleet: FleetAccount, coupling: Coupling | null, decoding: Facts | null) {
  const { attempts, mixed, upUs, utilisation, lostTokens, imbalance, regretTokens } = fleet.summary;
  return {
    coupling,
    ...(decoding === null ? {} : { decoding }),
    fates: fatesOf(fleet),
    attempts,
    ...(mixed === null ? {} : { mixed }),
    upS: upUs / 1e6,
    utilisation,
    lostTokens,
    imbalance: Number.isFinite(imbalance) ? imbalance : null,
    regretMeanTokens: Number.isFinite(regretTokens) ? regretTokens : null,
    events: eventsOf(fleet),
    ...(fleet.turns.length === 0 ? {} : { turns: turnFigures(fleet) }),
    ...(fleet.store === null ? {} : { store: storeFigures(fleet.store) }),
    replicas: replicaFigures(fleet),
  };
}

/** The same for people. */
export function fleetLines(
  fleet: FleetAccount,
  coupling: Coupling | null,
  decoding: Facts | null,
): (readonly [string, string])[] {
  const { attempts, mixed, upUs, lostTokens, imbalance, regretTokens } = fleet.summary;
  const fates = Object.entries(fatesOf(fleet)).filter(([, n]) => n > 0);
  const events = Object.entries(eventsOf(fleet)).filter(([, n]) => n > 0);
  const spoken = (counts: readonly (readonly [string, number])[]) =>
    counts.map(([name, n]) => `${count(n)} ${name}`).join(', ') || '-';
  return [
    ...(decoding === null
      ? []
      : ([
          ['decode on', deviceText(decoding)],
          ['its KV pool', poolText(decoding)],
        ] as const)),
    [
      'coupling',
      coupling === null
        ? 'none: replicas were simulated one by one'
        : `${couplingWords[coupling]}: all of them in one thread`,
    ],
    ['fates', spoken(fates)],
    ['tries', `${count(attempts)} sent to replicas, ${count(lostTokens)} output tokens for nothing`],
    ...(mixed === null ? [] : [['mixed', `${count(mixed)} of them prefill and decode in one place`] as const]),
    ['events', spoken(events)],
    ['up', `${duration(upUs)} of replicas together`],
    ['imbalance', `${si(imbalance)}: busy time of the busiest replica over the mean`],
    [
      'regret',
      `${Number.isNaN(regretTokens) ? 'not known' : `${si(regretTokens)} prompt tokens`}, mean of a routing decision`,
    ],
    ...turnFigures(fleet).map((turn): readonly [string, string] => [
      'turn',
      `replica ${turn.replica} to ${turn.to} at ${si(turn.decidedS, 's')}, done with the rest at ${si(turn.drainedS, 's')}: ` +
        `prompts queued ${percent(turn.queue)} of the time, KV of decode ${percent(turn.kvUse)} in use`,
    ]),
    ...(fleet.store === null ? [] : [['store', storeLine(fleet.store)] as const]),
    ...replicaFigures(fleet).map((r): readonly [string, string] => [
      `replica ${r.replica}`,
      `${count(r.requests)} requests, busy ${percent(r.utilisation)}, waiting ${si(r.waitingMean)}, running ${si(r.runningMean)}, ` +
        `KV mean ${percent(r.kvUseMean)}, peak ${percent(r.kvUsePeak)}, hits ${percent(r.hitRate)}, ` +
        `${count(r.preemptions)} preemptions${r.lives === 1 ? '' : `, ${r.lives} lives, up ${si(r.upS, 's')}`}`,
    ]),
  ];
}

/** Replicas that changed their roles, and the loads that asked for it. */
function turnFigures({ turns }: FleetAccount) {
  return turns.map(({ instance, to, decidedUs, drainedUs, queue, kvUse }) => ({
    replica: instance,
    to,
    decidedS: decidedUs / 1e6,
    drainedS: drainedUs / 1e6,
    queue,
    kvUse,
  }));
}

/** What the shared store did: bytes, and prompt tokens by where their KV came from, as shares. */
function storeFigures({ blockBytes, capacityBlocks, blocks, evictions, ...store }: StoreAccount) {
  const { ownTokens, fetchedTokens, computedTokens } = store;
  const all = Math.max(1, ownTokens + fetchedTokens + computedTokens);
  return {
    capacityBytes: capacityBlocks * blockBytes,
    bytes: blocks * blockBytes,
    evictedBytes: evictions * blockBytes,
    sentBytes: store.sentBlocks * blockBytes,
    refusedBytes: store.refusedBlocks * blockBytes,
    lostBytes: store.lostBlocks * blockBytes,
    onTheWayBytes: store.onTheWayBlocks * blockBytes,
    fetchedBytes: store.fetchedBlocks * blockBytes,
    fetches: store.fetches.length,
    ownShare: ownTokens / all,
    storeShare: fetchedTokens / all,
    computedShare: computedTokens / all,
  };
}

function storeLine(account: StoreAccount): string {
  const { bytes, capacityBytes, evictedBytes, sentBytes, onTheWayBytes, fetchedBytes, ...rest } = storeFigures(account);
  return (
    `prompt tokens: ${percent(rest.ownShare)} from own caches, ${percent(rest.storeShare)} from the store, ` +
    `${percent(rest.computedShare)} computed; ${si(bytes, 'B')} of ${si(capacityBytes, 'B')} full at the end, ` +
    `${si(sentBytes, 'B')} put, ${si(onTheWayBytes, 'B')} of it on its way, ${si(fetchedBytes, 'B')} in ${count(rest.fetches)} fetches, ${si(evictedBytes, 'B')} evicted`
  );
}

function fatesOf({ summary }: FleetAccount): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(Fate).map(([name, fate]) => [name, summary.fates[fate]]));
}

function eventsOf({ events }: FleetAccount): Readonly<Record<string, number>> {
  const counts = Object.values(FleetEventKind).map((kind) =>
    events.reduce((n, event) => n + (event.kind === kind ? 1 : 0), 0),
  );
  return Object.fromEntries(Object.entries(FleetEventKind).map(([name, kind]) => [name, counts[kind]]));
}

function replicaFigures({ lives, routes }: FleetAccount): readonly ReplicaFigures[] {
  return Array.from({ length: routes.instances }, (_, replica) => {
    const own = lives.filter(({ instance }) => instance === replica);
    const sum = (value: (life: (typeof own)[number]) => number) => own.reduce((total, life) => total + value(life), 0);
    const total = (column: Float64Array) => column.reduce((a, b) => a + b, 0);
    const upUs = sum(({ startUs, endUs }) => endUs - startUs);
    const busyUs = sum(({ account }) => account.summary.busyUs);
    const hits = sum(({ account }) => account.summary.hitTokens);
    const wanted = hits + sum(({ account }) => total(account.series.prefillTokens));
    const mean = (us: number) => (upUs > 0 ? us / upUs : 0);
    return {
      replica,
      lives: own.length,
      requests: sum(({ account }) => account.summary.requests),
      finished: sum(({ account }) => account.summary.finished),
      upS: upUs / 1e6,
      busyS: busyUs / 1e6,
      utilisation: mean(busyUs),
      waitingMean: mean(sum(({ account }) => total(account.series.waitingUs))),
      runningMean: mean(sum(({ account }) => total(account.series.runningUs))),
      kvUseMean: mean(sum(({ account }) => account.summary.kvUseMean * account.summary.durationUs)),
      kvUsePeak: own.reduce((most, { account }) => Math.max(most, account.summary.kvUsePeak), 0),
      hitRate: wanted > 0 ? hits / wanted : 0,
      preemptions: sum(({ account }) => account.summary.preemptions),
      outputTokens: sum(({ account }) => account.summary.outputTokens),
    };
  });
}
