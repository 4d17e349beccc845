/** What the throughput panel shows: four quantities over simulated time and the headline numbers. Plain data, no pixels. */

import { mean, range, tickStep } from 'd3';
import type { MessageKey, Translate } from '../../i18n/i18n.ts';
import { plural } from '../../i18n/plural.ts';
import type { RunResult, Series } from '../../protocol/run.ts';
import type { Band } from '../../scenario/band.ts';
import type { Format } from '../../ui/use-format.ts';

export type LaneKind = 'throughput' | 'queue' | 'gpu' | 'kv' | 'fragmentation';

/** One quantity, a value a bin of simulated time. */
export interface Lane {
  readonly kind: LaneKind;
  readonly name: string;
  /** Values from the bottom up: decode, then prefill tokens a second; a single layer of shares elsewhere. */
  readonly layers: readonly { readonly ink: 'decode' | 'prefill' | 'plain'; readonly values: readonly number[] }[];
  /** Sum of the layers. */
  readonly totals: readonly number[];
  readonly unit: 'rate' | 'count' | 'share';
  /** Value at the top of the lane. */
  readonly top: number;
  readonly topLabel: string;
  readonly meanValue: number;
  readonly mean: string;
  /** What the rate may be, a value a stretch of the run; null while that is not known. */
  readonly band: {
    readonly low: readonly number[];
    readonly high: readonly number[];
    readonly stretchUs: number;
  } | null;
  /** At the cursor; '' where there is none, or the run has ended before. */
  readonly now: string;
  /** The same quantity of a run that is kept beside it; null without one. */
  readonly pinned: { readonly totals: readonly number[]; readonly binUs: number; readonly endUs: number } | null;
}

export interface Headline {
  readonly key: string;
  readonly name: string;
  readonly value: string;
  /** How far it may be off, or ''. */
  readonly range: string;
}

export interface StripModel {
  readonly lanes: readonly Lane[];
  readonly binUs: number;
  /** End of the run. */
  readonly endUs: number;
  /** End of the time axis: later than the run's where one beside it lasts longer. */
  readonly spanUs: number;
  /** Simulated time of the shown step; NaN where there is none. */
  readonly cursorUs: number;
  readonly clock: string;
  readonly times: readonly { readonly us: number; readonly label: string }[];
  readonly headlines: readonly Headline[];
  readonly empty: string;
}

export function stripModel(
  result: RunResult | null,
  band: Band | null,
  nowUs: number,
  t: Translate,
  format: Format,
  pinned: RunResult | null = null,
): StripModel {
  return withCursor(wholeRun(result, band, t, format, pinned), nowUs, format);
}

/** All but the cursor: what stays while steps pass. */
export function wholeRun(
  result: RunResult | null,
  band: Band | null,
  t: Translate,
  format: Format,
  pinned: RunResult | null = null,
): StripModel {
  const own = runAlone(result, band, t, format);
  if (pinned === null) return own;
  const other = runAlone(pinned, null, t, format);
  const spanUs = Math.max(own.spanUs, other.spanUs);
  return {
    ...own,
    spanUs,
    times: timesOf(spanUs).map((us) => ({ us, label: format.duration(us) })),
    lanes: own.lanes.map((lane, i) => {
      const beside = other.lanes[i];
      if (beside === undefined) return lane;
      const topLane = beside.top > lane.top ? beside : lane;
      return {
        ...lane,
        top: topLane.top,
        topLabel: topLane.topLabel,
        pinned: { totals: beside.totals, binUs: other.binUs, endUs: other.endUs },
      };
    }),
  };
}

function runAlone(result: RunResult | null, band: Band | null, t: Translate, format: Format): StripModel {
  const spanUs = Math.max(1, result?.summary.durationUs ?? 1);
  const series = result === null ? null : merged(result.series, spanUs / Math.max(1, result.summary.steps));
  return {
    lanes:
      result === null || series === null || series.count === 0
        ? []
        : lanesOf(result, series, bandOf(result, band), t, format),
    binUs: series?.binUs ?? 1,
    endUs: spanUs,
    spanUs,
    cursorUs: Number.NaN,
    clock: '',
    times: timesOf(spanUs).map((us) => ({ us, label: format.duration(us) })),
    headlines: result === null ? [] : headlinesOf(result, band, t, format),
    empty: t('strip.empty'),
  };
}

/** The same with the values at a time; NaN for none. */
export function withCursor(model: StripModel, us: number, format: Format): StripModel {
  if (Number.isNaN(us)) return model;
  const isOver = hasEnded(model, us);
  const lanes = model.lanes.map((lane) => {
    if (isOver) return { ...lane, now: '' };
    const value = lane.totals[binAt({ count: lane.totals.length, binUs: model.binUs }, us)];
    return { ...lane, now: valueText(lane, value, format) };
  });
  return { ...model, lanes, cursorUs: us, clock: format.clock(us) };
}

export function valueText({ unit }: Pick<Lane, 'unit'>, value: number, format: Format): string {
  if (unit === 'share') return format.percent(value);
  return unit === 'count' ? format.number(value, 1) : format.compact(Math.round(value));
}

/** More bins than this are joined: their peaks would be finer than the picture, and would set its scale. */
const mostBins = 240;

/** A bin of fewer steps would show where steps begin and not how much they do. */
const leastSteps = 6;

function merged(series: Series, stepUs: number): Pick<Series, MergedColumn | 'count' | 'binUs'> {
  const by = Math.max(1, Math.ceil(series.count / mostBins), Math.ceil((leastSteps * stepUs) / series.binUs));
  const count = Math.ceil(series.count / by);
  const join = (sums: Float64Array) => {
    const joined = new Float64Array(count);
    for (let i = 0; i < series.count; i++) joined[Math.floor(i / by)] += sums[i];
    return joined;
  };
  return {
    count,
    binUs: series.binUs * by,
    busyUs: join(series.busyUs),
    waitingUs: join(series.waitingUs),
    prefillTokens: join(series.prefillTokens),
    decodeTokens: join(series.decodeTokens),
    usedBlocksUs: join(series.usedBlocksUs),
    wastedTokensUs: join(series.wastedTokensUs),
  };
}

type MergedColumn = 'busyUs' | 'waitingUs' | 'prefillTokens' | 'decodeTokens' | 'usedBlocksUs' | 'wastedTokensUs';

/** Stretches in which the band is averaged: in shorter ones it would show when steps begin, not how much they do. */
const stretches = 40;

/** Least and most tokens a second in each stretch, among the run itself and those with shorter and longer steps. */
function bandOf(result: RunResult, band: Band | null): Lane['band'] {
  const { faster = null, slower = null } = band ?? {};
  if (faster === null || slower === null) return null;
  const stretchUs = result.summary.durationUs / stretches;
  const rates = Array.from({ length: stretches }, (_, i) =>
    [result, faster, slower].map((run) => rateIn(run, i * stretchUs, (i + 1) * stretchUs)),
  );
  return { low: rates.map((each) => Math.min(...each)), high: rates.map((each) => Math.max(...each)), stretchUs };
}

/** Tokens a second between two times, as far as the run lasts. */
function rateIn({ series, summary }: Pick<RunResult, 'series' | 'summary'>, fromUs: number, toUs: number): number {
  const endUs = Math.min(toUs, summary.durationUs);
  if (endUs <= fromUs) return 0;
  let tokens = 0;
  const last = Math.min(series.count - 1, Math.floor(endUs / series.binUs));
  for (let bin = Math.floor(fromUs / series.binUs); bin <= last; bin++) {
    const binEndUs = Math.min((bin + 1) * series.binUs, summary.durationUs);
    const within = Math.min(endUs, binEndUs) - Math.max(fromUs, bin * series.binUs);
    const part = within / Math.max(1, binEndUs - bin * series.binUs);
    tokens += part * (series.prefillTokens[bin] + series.decodeTokens[bin]);
  }
  return (tokens / (endUs - fromUs)) * 1e6;
}

function lanesOf(
  { facts, summary }: RunResult,
  series: Pick<Series, MergedColumn | 'count' | 'binUs'>,
  band: Lane['band'],
  t: Translate,
  format: Format,
): readonly Lane[] {
  const covered = coveredUs(series, summary.durationUs);
  const perSecond = (sums: Float64Array) => covered.map((us, i) => (us > 0 ? (sums[i] / us) * 1e6 : 0));
  const decode = perSecond(series.decodeTokens);
  const prefill = perSecond(series.prefillTokens);
  const total = decode.map((value, i) => value + prefill[i]);
  const queue = covered.map((us, i) => (us > 0 ? series.waitingUs[i] / us : 0));
  const meanQueue = (mean(queue.map((value, i) => value * covered[i])) ?? 0) / (mean(covered) || 1);
  const gpu = covered.map((us, i) => share(series.busyUs[i], us));
  const kv = covered.map((us, i) => share(series.usedBlocksUs[i], us * facts.blocks));
  const fragmentation = covered.map((_, i) =>
    share(series.wastedTokensUs[i], series.usedBlocksUs[i] * facts.blockSize),
  );
  const topRate = Math.max(1, ...total, ...(band?.high ?? []));
  const meanRate = (mean(total.map((value, i) => value * covered[i])) ?? 0) / (mean(covered) || 1);
  const plain = (kind: LaneKind, values: readonly number[], meanValue: number, top: number): Lane => ({
    kind,
    name: t(`strip.${kind}`),
    layers: [{ ink: 'plain', values }],
    totals: values,
    unit: 'share',
    top,
    topLabel: format.percent(top),
    meanValue,
    mean: t('strip.mean', { value: format.percent(meanValue) }),
    band: null,
    now: '',
    pinned: null,
  });
  return [
    {
      kind: 'throughput',
      name: t('strip.throughput'),
      layers: [
        { ink: 'decode', values: decode },
        { ink: 'prefill', values: prefill },
      ],
      totals: total,
      unit: 'rate',
      top: topRate,
      topLabel: format.compact(Math.round(topRate)),
      meanValue: meanRate,
      mean: t('strip.mean', { value: format.compact(Math.round(meanRate)) }),
      band,
      now: '',
      pinned: null,
    },
    {
      ...plain('queue', queue, 0, Math.max(1, ...queue)),
      unit: 'count',
      topLabel: format.compact(Math.ceil(Math.max(1, ...queue))),
      meanValue: meanQueue,
      mean: t('strip.mean', { value: format.number(meanQueue, 1) }),
    },
    plain('gpu', gpu, summary.gpuUtilisation, 1),
    plain('kv', kv, summary.kvUseMean, 1),
    // Paged memory wastes a percent or two: on a scale to 100 % nothing would be seen of it.
    plain('fragmentation', fragmentation, summary.fragmentation, fragmentation.some((value) => value > 0.1) ? 1 : 0.1),
  ];
}

/** Steps of whole minutes and hours that people count in, seconds. */
const clockSteps = [60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

/** About six round times: powers of ten and their halves and fifths up to a minute, then parts of an hour. */
export function timesOf(spanUs: number): readonly number[] {
  const wantedS = spanUs / 6e6;
  const stepUs = wantedS > 30 ? 1e6 * (clockSteps.find((step) => step >= wantedS) ?? 86_400) : tickStep(0, spanUs, 6);
  return range(0, spanUs + 1, stepUs);
}

/** How much of each bin the run lasted: the last one is cut. */
function coveredUs(series: Pick<Series, 'count' | 'binUs'>, durationUs: number): readonly number[] {
  return Array.from({ length: series.count }, (_, i) =>
    Math.max(0, Math.min(series.binUs, durationUs - i * series.binUs)),
  );
}

function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, part / whole) : 0;
}

/** Bin of a time; the last one for times at or after the end, -1 for none. */
export function binAt(series: { readonly count: number; readonly binUs: number }, us: number): number {
  if (Number.isNaN(us) || series.count === 0) return -1;
  return Math.min(series.count - 1, Math.max(0, Math.floor(us / series.binUs)));
}

/** Nothing is known of a run at a time after its end, which the axis reaches where the run beside it lasts longer. */
export function hasEnded({ endUs, spanUs }: Pick<StripModel, 'endUs' | 'spanUs'>, us: number): boolean {
  return endUs < spanUs && us > endUs;
}

function headlinesOf({ summary }: RunResult, band: Band | null, t: Translate, format: Format): readonly Headline[] {
  const others = [band?.faster, band?.slower].flatMap((run) => (run == null ? [] : [run.summary.outputTokensPerS]));
  const off = Math.max(...others.map((rate) => Math.abs(rate / summary.outputTokensPerS - 1)));
  const tokens = (count: number) => plural(t, format.language, 'strip.tokens', count, { count: format.compact(count) });
  const rows: readonly (readonly [MessageKey, string])[] = [
    ['strip.outputTokensPerS', format.compact(summary.outputTokensPerS)],
    ['strip.requestsPerS', format.number(summary.requestsPerS)],
    ['strip.gpuBusy', format.percent(summary.gpuUtilisation)],
    ['strip.mfu', format.percent(summary.mfu)],
    ['strip.kvUse', `${format.percent(summary.kvUseMean)} / ${format.percent(summary.kvUsePeak)}`],
    ['strip.fragmented', format.percent(summary.fragmentation)],
    ['strip.preemptions', format.count(summary.preemptions)],
    ['strip.recomputed', tokens(summary.recomputedTokens)],
    ['strip.padding', tokens(summary.paddingTokens)],
  ];
  return rows.map(([key, value], i) => ({
    key,
    name: t(key),
    value,
    range: i === 0 && Number.isFinite(off) ? `±\u00a0${format.percent(off)}` : '',
  }));
}
