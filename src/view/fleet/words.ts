import { rollup } from 'd3';
import type { Translate } from '../../i18n/i18n.ts';
import { type FleetResult, Part } from '../../protocol/fleet.ts';
import type { Format } from '../../ui/use-format.ts';
import { byteRate } from '../rates.ts';
import type { Links } from './links.ts';
import {
  awayAt,
  binAt,
  type Counts,
  countsAt,
  type Decision,
  type FleetModel,
  fateNames,
  type LevelName,
  levelAt,
  type MarkName,
  roleOf,
} from './model.ts';
import type { Pointed } from './place.ts';
import type { Store } from './store.ts';
import { theLinks, theStore } from './strips.ts';

export interface Figure {
  readonly key: string;
  readonly name: string;
  readonly value: string;
}

/** What has become of the requests by a time, and how long they took in the whole run. Troubles that the run never has are left out. */
export function figuresOf(model: FleetModel, us: number, t: Translate, format: Format): readonly Figure[] {
  const now = countsAt(model, us);
  const end = countsAt(model, Number.POSITIVE_INFINITY);
  const figure = (
    key: Exclude<keyof Counts, 'arrived' | 'fates'> | (typeof fateNames)[number],
    count: number,
  ): Figure => ({
    key,
    name: t(`fleet.${key}`),
    value: format.count(count),
  });
  const { ttft, e2e } = model.result.distributions;
  const latency = (
    [
      ['ttft', ttft],
      ['e2e', e2e],
    ] as const
  ).map(([metric, { p50Us, p99Us }]) => ({
    key: metric,
    name: t('fleet.latencyName', { metric: metric.toUpperCase() }),
    value: t('fleet.latency', { p50: format.duration(p50Us), p99: format.duration(p99Us) }),
  }));
  return [
    figure('inFlight', now.inFlight),
    ...fateNames
      .filter((name) => name === 'finished' || end.fates[name] > 0)
      .map((name) => figure(name, now.fates[name])),
    ...(end.retried > 0 ? [figure('retried', now.retried)] : []),
    ...(end.mixed > 0 ? [figure('mixed', now.mixed)] : []),
    ...latency,
  ];
}

/** Number of a replica as people count: from 1. */
export const numberOf = (replica: number, format: Format): string => format.count(replica + 1);

/** A replica by its number, and what it is for at a time where that differs. */
function replicaName({ rows, result }: FleetModel, replica: number, us: number, t: Translate, format: Format): string {
  const number = numberOf(replica, format);
  const row = rows.find((each) => each.replica === replica);
  const role = row === undefined ? 'serve' : roleOf(row, us);
  if (role === 'serve') return t('fleet.replica', { number });
  const [name, device] = [t(`fleet.role.${role}`), result.devices[replica]];
  return t('fleet.replicaRole', { number, role: hasKinds(result) ? t('fleet.roleOn', { role: name, device }) : name });
}

/** The kinds of GPU in a fleet, each with the number of replicas that have it, in the order of the replicas. */
function kindsOf({ devices }: FleetResult): readonly (readonly [device: string, replicas: number])[] {
  return [...rollup(devices, (own) => own.length, String)];
}

/** Whether replicas have GPUs of different kinds. */
export const hasKinds = (result: FleetResult): boolean => kindsOf(result).length > 1;

/** How many replicas have which GPU; nothing where all have the same. */
function deviceWords({ result }: FleetModel, t: Translate, format: Format): readonly string[] {
  if (!hasKinds(result)) return [];
  const kinds = kindsOf(result).map(([device, count]) => t('fleet.kind', { count: format.count(count), device }));
  return [kinds.join(t('fleet.kindsJoint'))];
}

const partWords = {
  [Part.whole]: 'fleet.what.whole',
  [Part.prefill]: 'fleet.what.prefill',
  [Part.decode]: 'fleet.what.decode',
} as const satisfies Record<Part, string>;

/** What the router decided, and what another replica would have spared the request. */
export function decisionWords(decision: Decision | null, t: Translate, format: Format): string {
  if (decision === null) return t('fleet.noDecision');
  const what = t(decision.isMixed ? 'fleet.what.mixed' : partWords[decision.part], { request: decision.request });
  if (decision.replica < 0) return t(decision.isShed ? 'fleet.routerRefused' : 'fleet.noneOpen', { what });
  const replica = numberOf(decision.replica, format);
  if (decision.isShed) return t('fleet.turnedAway', { what, replica });
  const { scores, regretTokens } = decision;
  const regret =
    regretTokens > 0 ? t('fleet.regret', { tokens: format.compact(Math.round(regretTokens)) }) : t('fleet.noRegret');
  if (scores === null) return `${t('fleet.sentUnscored', { what, replica })} ${regret}`;
  const known = scores.filter((score) => !Number.isNaN(score));
  const score = format.number(scores[decision.replica], 2);
  // A router that draws may take another than the best.
  const key = scores[decision.replica] > Math.min(...known) ? 'fleet.drawn' : 'fleet.sent';
  return `${t(key, { what, replica, count: format.count(known.length), score })} ${regret}`;
}

const markWords = {
  died: 'fleet.readoutDied',
  started: 'fleet.readoutStarted',
  scaledDown: 'fleet.readoutScaledDown',
  turnsToPrefill: 'fleet.readoutTurnsToPrefill',
  turnsToDecode: 'fleet.readoutTurnsToDecode',
} as const satisfies Record<MarkName, string>;

/**
 * A replica at a time, in parts, with what happened to it up to two bins away: marks are wider than a bin, and arrows move by a fiftieth
 * of the run, not quite five bins, so that none is passed over.
 */
export function readoutOf(
  model: FleetModel,
  { replica, us }: Pointed,
  t: Translate,
  format: Format,
): readonly string[] {
  if (replica === theLinks && model.links !== null && !Number.isNaN(us)) {
    if (us > model.result.summary.durationUs) return [`${t('fleet.links')}, ${format.clock(us)}`, t('fleet.ended')];
    const bin = binAt(model.result.series, us);
    return [`${t('fleet.links')}, ${format.clock(us)}`, ...linkParts(model.links, bin, t, format)];
  }
  if (replica === theStore && model.store !== null && !Number.isNaN(us)) {
    if (us > model.result.summary.durationUs) return [`${t('fleet.store')}, ${format.clock(us)}`, t('fleet.ended')];
    const bin = binAt(model.result.series, us);
    return [`${t('fleet.store')}, ${format.clock(us)}`, ...storeParts(model.store, bin, t, format)];
  }
  const row = model.rows.find((each) => each.replica === replica);
  if (row === undefined || Number.isNaN(us)) return [];
  const { series, summary } = model.result;
  const other = pinnedParts(model, replica, us, t, format);
  const name = replicaName(model, replica, us, t, format);
  if (us > summary.durationUs) return [`${name}, ${format.clock(us)}`, t('fleet.ended'), ...other];
  const bin = binAt(series, us);
  const at = replica * series.bins + bin;
  const happened = row.marks
    .filter(({ timeUs }) => Math.abs(binAt(series, timeUs) - bin) <= 2)
    .map((mark) => t(markWords[mark.name], { time: format.clock(mark.timeUs), count: format.count(mark.requests) }));
  const why = awayAt(row, us);
  if (why !== null) return [`${name}, ${format.clock(us)}`, t(`fleet.${why}`), ...happened, ...other];
  const rate = (tokens: number) => format.compact(Math.round((tokens / series.binUs) * 1e6));
  const level = (of: 'waiting' | 'running') => format.number(levelAt(model, of, replica, us), 1);
  return [
    `${name}, ${format.clock(us)}`,
    t('fleet.readoutWaiting', { count: level('waiting') }),
    t('fleet.readoutRunning', { count: level('running') }),
    t('fleet.readoutKv', { share: format.percent(levelAt(model, 'kvUse', replica, us)) }),
    t('fleet.readoutBusy', { share: format.percent(levelAt(model, 'busy', replica, us)) }),
    t('fleet.readoutTokens', { prefill: rate(series.prefillTokens[at]), decode: rate(series.decodeTokens[at]) }),
    ...(model.losses[at] > 0 ? [t('fleet.readoutLosses', { count: format.count(model.losses[at]) })] : []),
    ...happened,
    ...other,
  ];
}

/** The same replica at the same time in the run that is compared. */
function pinnedParts(
  { pinned }: FleetModel,
  replica: number,
  us: number,
  t: Translate,
  format: Format,
): readonly string[] {
  if (pinned === null) return [];
  const { replicas, summary } = pinned.result;
  if (replica >= replicas) return [t('fleet.readoutPinnedNone')];
  if (us > summary.durationUs) return [t('fleet.readoutPinnedEnded')];
  const level = (name: LevelName) => levelAt(pinned, name, replica, us);
  if (Number.isNaN(level('running'))) return [t('fleet.readoutPinnedAway')];
  return [
    t('fleet.readoutPinned', {
      waiting: format.number(level('waiting'), 1),
      running: format.number(level('running'), 1),
      share: format.percent(level('kvUse')),
    }),
  ];
}

/** What the way between prefill and decode does in a bin: who waits for room, who is on the way, how much flows. */
function linkParts({ levels }: Links, bin: number, t: Translate, format: Format): readonly string[] {
  return [
    t('fleet.readoutHeld', { count: format.number(levels.held[bin], 1) }),
    t('fleet.readoutMoving', { count: format.number(levels.moving[bin], 1) }),
    t('fleet.readoutBytes', { rate: byteRate(format, levels.bytesPerS[bin]) }),
  ];
}

/** What the store holds in a bin, and what comes out of it. */
function storeParts(store: Store, bin: number, t: Translate, format: Format): readonly string[] {
  const { levels, tops } = store;
  return [
    t('fleet.readoutStored', { bytes: format.bytes(levels.stored[bin]), room: format.bytes(tops.stored) }),
    t('fleet.readoutFetching', { count: format.number(levels.fetching[bin], 1) }),
    t('fleet.readoutFetched', { rate: byteRate(format, levels.fetched[bin]) }),
    t('fleet.shares', sharesOf(store, format)),
  ];
}

/** Where the KV of prompts came from over the whole run, as far as it was not computed. */
const sharesOf = ({ ownShare, storeShare }: Store, format: Format) => ({
  own: format.percent(ownShare),
  store: format.percent(storeShare),
});

/** The fleet at a time: how much there is, who has the most of it, and the last decision. */
export function descriptionOf(
  model: FleetModel,
  us: number,
  decision: Decision | null,
  t: Translate,
  format: Format,
): string {
  const { inFlight, fates } = countsAt(model, us);
  const loads = model.rows
    .map(({ replica }) => ({
      replica,
      load: levelAt(model, 'waiting', replica, us) + levelAt(model, 'running', replica, us),
    }))
    .filter(({ load }) => !Number.isNaN(load))
    .sort((a, b) => b.load - a.load);
  const [most, least] = [loads[0], loads[loads.length - 1]];
  if (most === undefined) return decisionWords(decision, t, format);
  const words = t('fleet.description', {
    time: format.clock(us),
    inFlight: format.count(inFlight),
    finished: format.count(fates.finished),
    most: numberOf(most.replica, format),
    mostCount: format.number(most.load, 1),
    least: numberOf(least.replica, format),
    leastCount: format.number(least.load, 1),
  });
  const devices = deviceWords(model, t, format).map((kinds) => t('fleet.descriptionDevices', { kinds }));
  const strips = [linkSentence(model, us, t, format), storeSentence(model, us, t, format)];
  return [words, ...devices, ...strips, decisionWords(decision, t, format)].filter(Boolean).join(' ');
}

function linkSentence({ rows, links, result }: FleetModel, us: number, t: Translate, format: Format): string {
  if (links === null) return '';
  const [held, moving, bytes] = linkParts(links, binAt(result.series, us), t, format);
  const side = (role: 'prefill' | 'decode') => format.count(rows.filter((row) => roleOf(row, us) === role).length);
  return t('fleet.descriptionLinks', { prefills: side('prefill'), decodes: side('decode'), held, moving, bytes });
}

function storeSentence({ store, result }: FleetModel, us: number, t: Translate, format: Format): string {
  if (store === null) return '';
  const [stored, fetching, fetched, shares] = storeParts(store, binAt(result.series, us), t, format);
  return t('fleet.descriptionStore', { stored, fetching, fetched, shares });
}

/** The fleet in a line, from the most to the least: what there is no room for is left out from its end on. */
export function factsOf(model: FleetModel, t: Translate, format: Format): readonly string[] {
  const { result, links, store } = model;
  const { replicas, router, summary } = result;
  // How many stand on either side is seen by the bars along the rows.
  if (links !== null) {
    const shares = store === null ? [] : [t('fleet.factsShares', sharesOf(store, format))];
    return [bottleneckWords(links, t, format), ...deviceWords(model, t, format), ...shares];
  }
  if (store !== null) return [t('fleet.factsStore', { router, ...sharesOf(store, format) })];
  return [
    t('fleet.facts', {
      count: format.count(replicas),
      router,
      factor: Number.isNaN(summary.imbalance) ? '–' : format.number(summary.imbalance),
    }),
  ];
}

/** Which side holds up the other, by how much of the run somebody waits for it. */
function bottleneckWords({ bottleneck, heldShare, queueShare }: Links, t: Translate, format: Format): string {
  return t(`fleet.bottleneck.${bottleneck ?? 'none'}`, {
    held: format.percent(heldShare),
    queue: format.percent(queueShare),
  });
}
