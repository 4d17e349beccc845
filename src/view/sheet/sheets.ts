/** What each panel's picture shows, as rows. */

import { mean, range } from 'd3';
import type { MessageKey, Translate } from '../../i18n/i18n.ts';
import { plural } from '../../i18n/plural.ts';
import { type FleetResult, LifeEnd, ReplicaRole } from '../../protocol/fleet.ts';
import type { Frame } from '../../protocol/frame.ts';
import type { RunResult } from '../../protocol/run.ts';
import type { CachedPieces } from '../../sim/memory/cached-pieces.ts';
import type { HashChain } from '../../sim/memory/hash-chain.ts';
import type { PanelId } from '../../ui/panel-store.ts';
import type { Format } from '../../ui/use-format.ts';
import { batchModel, boundKeys } from '../batch/model.ts';
import { descriptionOf as describeBatch } from '../batch/words.ts';
import { comparedText, comparedWords, type Side } from '../compared/words.ts';
import { eventNames, eventsModel, type RunEvent } from '../events/model.ts';
import { decisionAt, fleetModel } from '../fleet/model.ts';
import { descriptionOf as describeFleet, hasKinds } from '../fleet/words.ts';
import { chainModel } from '../hash-chain/model.ts';
import { describeChain, describeLink } from '../hash-chain/words.ts';
import { kvModel, partNames } from '../kv/model.ts';
import { partWords } from '../kv/split.ts';
import { describePool, stateWords } from '../kv/words.ts';
import { latencyModel, metrics } from '../latency/model.ts';
import { descriptionOf as describeLatency } from '../latency/words.ts';
import { memoryModel } from '../memory/model.ts';
import { sentenceOf as describeMemory } from '../memory/words.ts';
import { onceARun } from '../once-a-run.ts';
import { queueModel } from '../queue/model.ts';
import { rooflineModel } from '../roofline/model.ts';
import { operatorRows } from '../roofline/words.ts';
import { rowsModel } from '../rows/model.ts';
import { describeRow } from '../rows/words.ts';
import { stepModel } from '../step-why/model.ts';
import { type Lane, stripModel, valueText } from '../strip/model.ts';
import { sentenceOf as describeStrip } from '../strip/words.ts';
import { timelineModel } from '../timeline/model.ts';
import { descriptionOf as describeTimeline } from '../timeline/words.ts';
import { treeModel } from '../tree/model.ts';
import { describeBar, describeTree } from '../tree/words.ts';
import type { Cell, Row, Sheet } from './sheet.ts';

export interface SheetInput {
  readonly frame: Frame | null;
  readonly result: RunResult | null;
  /** Where many replicas were simulated. */
  readonly fleet?: FleetResult | null;
  readonly selected: number;
  /** The run that is kept beside it, and what of it goes with the shown step; null where nothing is compared. */
  readonly pinned?: Side | null;
}

interface Words {
  readonly t: Translate;
  readonly format: Format;
}

/** A panel as rows and as text; while two runs are compared the text begins with a line about both. */
export function sheetOf(id: PanelId, input: SheetInput, t: Translate, format: Format): Sheet {
  const sheet = ownSheet(id, input, t, format);
  const { frame, result, selected, pinned = null } = input;
  if (pinned === null || frame === null || result === null) return sheet;
  const both = comparedText(comparedWords(id, pinned, { frame, result }, selected, t, format), t);
  return { ...sheet, text: [both, sheet.text].filter((part) => part !== '').join('\n') };
}

function ownSheet(id: PanelId, input: SheetInput, t: Translate, format: Format): Sheet {
  const { frame, result } = input;
  const words = { t, format };
  if (result === null) return nothing;
  switch (id) {
    case 'latency':
      return latency(result, input, words);
    case 'strip':
      return strip(result, input, words);
    case 'memory':
      return memory(result, frame, words);
    case 'events':
      return events(result, input, words);
    case 'fleet':
      return replicas(input, words);
  }
  if (frame === null) return nothing;
  switch (id) {
    case 'queue':
      return queue(frame, words);
    case 'rows':
      return rows(frame, result, input.selected, words);
    case 'batch':
      return batch(frame, result, words);
    case 'kv':
      return kv(frame, result, words);
    case 'step':
      return step(frame, input, words);
    case 'roofline':
      return roofline(frame, input, words);
    case 'timeline':
      return timeline(frame, result, words);
  }
}

const nothing: Sheet = { text: '', columns: [], rows: [] };

const plain = (text: string): Cell => ({ text, value: text });

/** Nothing is easier to pass over than a zero. */
const orNone = (cell: Cell): Cell => (cell.value === 0 ? { ...cell, text: '' } : cell);

function numbers({ format }: Words) {
  return {
    count: (value: number): Cell => ({ text: format.count(value), value }),
    duration: (value: number): Cell => ({ text: format.duration(value), value: Number.isNaN(value) ? -1 : value }),
    clock: (value: number): Cell => ({ text: format.clock(value), value }),
    share: (value: number): Cell => ({ text: format.percent(value), value }),
    request: (value: number): Cell => ({ text: value < 0 ? '' : `r${value}`, value }),
  };
}

const row = (cells: readonly Cell[], about: { request?: number; step?: number } = {}): Row => ({
  cells,
  request: about.request ?? -1,
  step: about.step ?? -1,
});

function headers(t: Translate, ...keys: readonly MessageKey[]): readonly string[] {
  return keys.map((key) => t(key));
}

function queue(frame: Frame, { t, format }: Words): Sheet {
  const { count, duration, request } = numbers({ t, format });
  const { queue: waiting } = frame;
  const model = queueModel(frame, t, format, waiting.request.length);
  const waits = plural(t, format.language, 'sheet.waits', waiting.count, { count: format.count(waiting.count) });
  return {
    text: model.count === 0 ? t('queue.empty') : [waits, model.held].filter((part) => part !== '').join(' '),
    columns: headers(t, 'sheet.request', 'sheet.prompt', 'sheet.waited', 'sheet.generated', 'sheet.why'),
    rows: model.cards.map((card, i) =>
      row(
        [
          request(card.request),
          count(card.promptTokens),
          duration(waiting.waitedUs[i]),
          count(card.keptTokens),
          plain(card.reason),
        ],
        { request: card.request },
      ),
    ),
  };
}

function rows(frame: Frame, result: RunResult, selected: number, { t, format }: Words): Sheet {
  const { count, request } = numbers({ t, format });
  const { running, queue: waiting } = frame;
  const options = { by: 'request', outcomes: result.outcomes, waitingRows: 0, selected, steps: 96, seats: 0 } as const;
  const model = rowsModel(frame, options);
  return {
    text: Array.from({ length: model.rowCount }, (_, i) => describeRow(model, i, t, format)).join('\n'),
    columns: headers(t, 'sheet.request', 'sheet.state', 'sheet.prompt', 'sheet.computed', 'sheet.generated'),
    rows: [
      ...Array.from(running.request, (r, i) =>
        row(
          [
            request(r),
            plain(t(running.prefilling[i] !== 0 ? 'sheet.prefill' : 'sheet.running')),
            count(running.promptTokens[i]),
            count(running.computed[i]),
            count(running.generated[i]),
          ],
          { request: r },
        ),
      ),
      ...Array.from(waiting.request, (r, i) =>
        row(
          [
            request(r),
            plain(t('sheet.waiting')),
            count(waiting.promptTokens[i]),
            count(0),
            count(waiting.generated[i]),
          ],
          { request: r },
        ),
      ),
    ],
  };
}

function batch(frame: Frame, result: RunResult, { t, format }: Words): Sheet {
  const { count, duration, clock } = numbers({ t, format });
  const model = batchModel({ frame, result, focus: -1, xScale: 'step', colourBy: 'phase' }, t, format);
  const last = model.columns.at(-1);
  return {
    text: last === undefined ? t('batch.empty') : describeBatch(model, last, t, format),
    columns: headers(
      t,
      'sheet.step',
      'sheet.start',
      'sheet.duration',
      'sheet.prefill',
      'sheet.decode',
      'sheet.padding',
      'sheet.hits',
      'sheet.sequences',
      'sheet.preemptions',
      'sheet.bound',
    ),
    rows: model.columns
      .toReversed()
      .map((column) =>
        row(
          [
            count(column.step),
            clock(column.startUs),
            duration(column.endUs - column.startUs),
            count(column.prefillTokens),
            count(column.decodeTokens),
            count(column.paddingTokens),
            count(column.hitTokens),
            count(column.sequences),
            count(column.preemptions),
            plain(t(boundKeys[column.bound])),
          ],
          { step: column.step },
        ),
      ),
  };
}

function kv(frame: Frame, result: RunResult, { t, format }: Words): Sheet {
  const { count, request } = numbers({ t, format });
  const bytesPerToken = result.facts.kvBytesPerToken;
  const model = kvModel(frame, { selected: -1, hovered: -1, bytesPerToken });
  return {
    text: describePool(model, t, format),
    columns: headers(t, 'sheet.block', 'sheet.state', 'sheet.owner', 'sheet.tokens'),
    rows: Array.from(model.state, (state, block) =>
      row([count(block), plain(t(stateWords[state])), request(model.owner[block]), count(model.fill[block])], {
        request: model.owner[block],
      }),
    ),
  };
}

/** Every stretch of cached prefixes, parents before their children. */
export function treeSheet(pieces: CachedPieces | null, t: Translate, format: Format): Sheet {
  const { count } = numbers({ t, format });
  if (pieces === null) return { ...nothing, text: t('tree.none') };
  const model = treeModel(pieces, pieces.count);
  return {
    text: describeTree(model, t, format),
    columns: headers(t, 'tree.depth', 'tree.length', 'tree.holders', 'tree.use', 'sheet.block'),
    rows: model.bars
      .filter((bar) => bar.piece >= 0)
      .map((bar) =>
        row([
          count(bar.from),
          count(bar.tokens),
          count(bar.users),
          plain(describeBar(bar, t, format)),
          pieces.block[bar.piece] < 0 ? { text: '', value: -1 } : count(pieces.block[bar.piece]),
        ]),
      ),
  };
}

/** The selected request's blocks, from its first on; null where there are no hashes to tell. */
export function chainSheet(chain: HashChain | null, selected: number, t: Translate, format: Format): Sheet {
  const { count } = numbers({ t, format });
  if (chain === null) {
    return { ...nothing, text: selected < 0 ? t('hashes.nobody') : t('hashes.none', { request: selected }) };
  }
  const model = chainModel(chain);
  const orNothing = (value: number): Cell => (value < 0 ? { text: '', value: -1 } : count(value));
  return {
    text: [
      describeChain(model, t, format),
      ...model.links.map((link) => describeLink(link, t, format).join(', ')),
    ].join('\n'),
    columns: headers(
      t,
      'sheet.block',
      'hashes.parent',
      'hashes.tokens',
      'hashes.hash',
      'sheet.state',
      'kv.title',
      'hashes.references',
      'hashes.others',
      'hashes.order',
    ),
    rows: model.links.map((link) =>
      row([
        count(link.index),
        plain(link.parent),
        { text: `${format.count(link.from)}–${format.count(link.to)}`, value: link.from },
        plain(link.hash),
        plain(t(`hashes.state.${link.state}`)),
        orNothing(link.block),
        count(link.references),
        count(link.others),
        orNothing(link.order),
      ]),
    ),
  };
}

function step(frame: Frame, { result }: SheetInput, { t, format }: Words): Sheet {
  const { request } = numbers({ t, format });
  const model = stepModel(frame, result, t, format);
  const said = [model.sentence, `${model.bound} ${model.boundMeans}`, `${model.limit} ${model.limitMeans}`];
  return {
    text: said
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .join('\n'),
    columns: headers(t, 'sheet.request', 'sheet.decision'),
    rows: model.decisions.map(({ index, parts }) => {
      const about = frame.decisions.request[index];
      const sentence = parts.map((part) => ('text' in part ? part.text : `r${part.request}`)).join('');
      return row([request(about), plain(sentence)], { request: about });
    }),
  };
}

/** A name, and whose it is where two runs are in one table. */
const nameIn = (name: string, side: 'A' | 'B', input: SheetInput) => (input.pinned == null ? name : `${name}, ${side}`);

function latency(result: RunResult, input: SheetInput, { t, format }: Words): Sheet {
  const { selected } = input;
  const { count, duration } = numbers({ t, format });
  const model = latencyModel({ result, before: null, band: null, selected, shape: 'histogram' }, t, format);
  return {
    text: describeLatency(model, t),
    columns: [
      ...headers(t, 'sheet.metric', 'sheet.count', 'sheet.mean', 'sheet.least'),
      'P50',
      'P90',
      'P99',
      t('sheet.most'),
    ],
    rows: metrics.flatMap((metric) => {
      const line = (of: RunResult, side: 'A' | 'B') => {
        const all = of.distributions[metric];
        // One value of a hundred: with fewer it would be one request's whim.
        const p99Us = all.count >= 100 ? all.p99Us : Number.NaN;
        const figures = [all.meanUs, all.minUs, all.p50Us, all.p90Us, p99Us, all.maxUs];
        const name = nameIn(t(`latency.${metric}`), side, input);
        return row([plain(name), count(all.count), ...figures.map((us) => duration(us))]);
      };
      return input.pinned == null ? [line(result, 'B')] : [line(input.pinned.result, 'A'), line(result, 'B')];
    }),
  };
}

function strip(result: RunResult, input: SheetInput, { t, format }: Words): Sheet {
  const { clock } = numbers({ t, format });
  const model = stripModel(result, null, input.frame?.nowUs ?? Number.NaN, t, format, input.pinned?.result ?? null);
  const { lanes } = model;
  const value = (lane: Lane, at: number | undefined): Cell =>
    at === undefined ? plain('') : { value: at, text: valueText(lane, at, format) };
  return {
    text: describeStrip(model, t, format),
    columns: [
      t('sheet.time'),
      ...lanes.flatMap((lane) =>
        lane.pinned === null ? [lane.name] : [nameIn(lane.name, 'A', input), nameIn(lane.name, 'B', input)],
      ),
    ],
    rows: Array.from({ length: lanes[0]?.totals.length ?? 0 }, (_, i) =>
      row([
        clock(i * model.binUs),
        ...lanes.flatMap((lane) => {
          const own = value(lane, lane.totals[i]);
          if (lane.pinned === null) return [own];
          // Bins of the two runs may be of different length: what A did at the same time.
          return [value(lane, lane.pinned.totals[Math.floor((i * model.binUs) / lane.pinned.binUs)]), own];
        }),
      ]),
    ),
  };
}

function memory(result: RunResult, frame: Frame | null, { t, format }: Words): Sheet {
  const { clock, share } = numbers({ t, format });
  const model = memoryModel(result);
  if (model === null) return nothing;
  return {
    text: [frame?.nowUs ?? Number.NaN, Number.NaN].map((us) => describeMemory(model, us, t, format)).join('\n'),
    columns: [t('sheet.time'), ...partNames.map((name) => t(partWords[name]))],
    rows: model.rows.map((parts, i) => row([clock(i * model.binUs), ...partNames.map((name) => share(parts[name]))])),
  };
}

function timeline(frame: Frame, result: RunResult, { t, format }: Words): Sheet {
  const { count, clock, duration, share } = numbers({ t, format });
  const input = { frame, result, focus: -1, xScale: 'step', shown: frame.window.count } as const;
  const model = timelineModel(input, t, format);
  const stages = model.lanes.length > 1 ? model.lanes : [];
  const hasMessages = model.lanes.some(({ pieces }) => pieces.some((piece) => piece.communicationUs > 0));
  const messages = (slice: number) => model.lanes.reduce((sum, { pieces }) => sum + pieces[slice].communicationUs, 0);
  return {
    text: [describeTimeline(model, model.slices.at(-1), t, format), describeTimeline(model, undefined, t, format)].join(
      '\n',
    ),
    columns: [
      ...headers(
        t,
        'sheet.step',
        'sheet.start',
        'sheet.duration',
        'sheet.phase',
        'sheet.idle',
        'sheet.transfer',
        'sheet.encoding',
        'sheet.padding',
      ),
      ...stages.map(({ name }) => name),
      ...(hasMessages ? [t('timeline.communication')] : []),
    ],
    rows: model.slices
      .map((slice, at) =>
        row(
          [
            count(slice.step),
            clock(slice.startUs),
            duration(slice.endUs - slice.startUs),
            plain(t(`timeline.${slice.phase}`)),
            orNone(duration(slice.idleUs)),
            orNone(duration(slice.transferUs)),
            orNone(duration(slice.encodingUs)),
            orNone(share(slice.paddingShare)),
            ...stages.map(({ pieces }) => duration(pieces[at].endUs - pieces[at].startUs)),
            ...(hasMessages ? [duration(messages(at))] : []),
          ],
          { step: slice.step },
        ),
      )
      .reverse(),
  };
}

function events(result: RunResult, input: SheetInput, { t, format }: Words): Sheet {
  const { count, clock, request } = numbers({ t, format });
  const model = eventsModel(result, new Set(), input.pinned?.result ?? null);
  const line = (event: RunEvent, side: 'A' | 'B') => {
    const kind = plain(nameIn(t(`events.kind.${event.kind}`), side, input));
    // A step of A is not one to go to: B's is shown.
    const about = side === 'A' ? { request: event.request } : event;
    return row([clock(event.timeUs), count(event.step), kind, request(event.request)], about);
  };
  return {
    text: eventNames
      .filter((kind) => model.counts[kind] > 0)
      .map((kind) => `${t(`events.kind.${kind}`)}: ${format.count(model.counts[kind])} (${t(`events.means.${kind}`)})`)
      .join('\n'),
    columns: headers(t, 'sheet.time', 'sheet.step', 'sheet.event', 'sheet.request'),
    rows: [
      ...model.events.map((event) => line(event, 'B')),
      ...(model.pinned?.events ?? []).map((event) => line(event, 'A')),
    ],
  };
}

const fleetOf = onceARun((fleet: FleetResult) => fleetModel(fleet, 'number'));

/** A row a replica; the text is the fleet as a whole at the shown time. */
function replicas({ fleet, frame }: SheetInput, { t, format }: Words): Sheet {
  const { count, share } = numbers({ t, format });
  const isSplit = fleet?.roles.some((role) => role !== ReplicaRole.serve) ?? false;
  const isOfKinds = fleet != null && hasKinds(fleet);
  const columns = headers(
    t,
    'fleet.sheetReplica',
    ...(isSplit ? ['fleet.sheetRole' as const] : []),
    ...(isOfKinds ? ['fleet.sheetDevice' as const] : []),
    'fleet.sheetUp',
    'fleet.sheetBusy',
    'fleet.sheetWaiting',
    'fleet.sheetRunning',
    'fleet.sheetKvUse',
    'fleet.sheetPrefill',
    'fleet.sheetDecode',
    'fleet.sheetRouted',
    'fleet.sheetLosses',
    'fleet.sheetDeaths',
  );
  if (fleet == null) return { text: t('fleet.alone'), columns, rows: [] };
  const { series, lives, routes } = fleet;
  const model = fleetOf(fleet);
  const us = frame?.nowUs ?? 0;
  const of = (column: Float32Array, replica: number) =>
    column.subarray(replica * series.bins, (replica + 1) * series.bins);
  const total = (column: Float32Array, replica: number) =>
    Math.round(of(column, replica).reduce((sum, value) => sum + value, 0));
  const level = (column: Float32Array, replica: number) => mean(of(column, replica)) ?? 0;
  const number = (value: number): Cell => ({ text: format.number(value), value });
  return {
    text: describeFleet(model, us, decisionAt(model, us), t, format),
    columns,
    rows: model.rows.map(({ replica, roles, busy }) => {
      const own = range(lives.count).filter((life) => lives.replica[life] === replica);
      return row([
        count(replica + 1),
        ...(isSplit ? [plain(roles.map(({ role }) => t(`fleet.role.${role}`)).join(' → '))] : []),
        ...(isOfKinds ? [plain(fleet.devices[replica])] : []),
        share(own.reduce((us, life) => us + lives.endUs[life] - lives.startUs[life], 0) / model.spanUs),
        share(busy),
        number(level(series.waiting, replica)),
        number(level(series.running, replica)),
        share(level(series.kvUse, replica)),
        count(total(series.prefillTokens, replica)),
        count(total(series.decodeTokens, replica)),
        count(routes.replica.filter((each) => each === replica).length),
        orNone(count(total(model.losses, replica))),
        orNone(count(own.filter((life) => lives.end[life] === LifeEnd.died).length)),
      ]);
    }),
  };
}

function roofline(frame: Frame, { result, selected }: SheetInput, { t, format }: Words): Sheet {
  const model = rooflineModel({ frame, result, other: null, selected, hovered: '' }, t, format);
  const times = new Map<string, number>(frame.operators.map(({ operator, us }) => [operator, us]));
  return {
    text: model?.sentence ?? t('roofline.empty'),
    columns: headers(
      t,
      'operators.operator',
      'operators.time',
      'operators.share',
      'operators.limit',
      'operators.flops',
      'operators.bytes',
    ),
    rows: operatorRows(frame.operators, t, format).map((each) =>
      row([
        plain(each.name),
        { text: each.time, value: times.get(each.operator) ?? Number.POSITIVE_INFINITY },
        { text: each.share, value: each.part },
        plain(each.limit),
        plain(each.flops),
        plain(each.bytes),
      ]),
    ),
  };
}
