/** What the latency panel shows: one distribution a metric, with the one before it. Plain data, no pixels. */

import type { Translate } from '../../i18n/i18n.ts';
import { type PluralKey, plural } from '../../i18n/plural.ts';
import type { Distribution, LatencyMetric, Outcomes, RunResult } from '../../protocol/run.ts';
import type { Band } from '../../scenario/band.ts';
import { binHighUs, binLowUs } from '../../sim/metrics/histogram.ts';
import type { Format } from '../../ui/use-format.ts';

export const metrics: readonly LatencyMetric[] = ['ttft', 'itl', 'tpot', 'e2e'];

/** Under this many values bars would pretend to know a shape, and a P99 would be one value's whim. */
export const enough = 100;

/** One bar: `share` of the values lie in `[lowUs, highUs)`; `density` is the share an octave, so that bars of unequal width compare. */
export interface Bar {
  readonly lowUs: number;
  readonly highUs: number;
  readonly share: number;
  readonly density: number;
}

/** A point of the cumulative curve: `share` of the values are at most `us`. */
export interface CurvePoint {
  readonly us: number;
  readonly share: number;
}

export interface Mark {
  readonly us: number;
  readonly label: string;
}

/** A quantile, with what it may be off by where that is known. */
export interface Quantile extends Mark {
  /** The label with the interval, where there is one: for places with room. */
  readonly long: string;
  readonly spread: { readonly lowUs: number; readonly highUs: number } | null;
}

export interface MetricModel {
  readonly metric: LatencyMetric;
  readonly name: string;
  readonly means: string;
  readonly count: number;
  /** Ends of the axis, microseconds; both positive. */
  readonly lowUs: number;
  readonly highUs: number;
  readonly axis: readonly Mark[];
  /** Bars where there are `enough` values, else one dot a value. */
  readonly bars: readonly Bar[];
  readonly dots: readonly number[];
  readonly curve: readonly CurvePoint[];
  /** The result before the last change, where there was one with values. */
  readonly before: { readonly bars: readonly Bar[]; readonly curve: readonly CurvePoint[] } | null;
  /** Largest density of both. */
  readonly topDensity: number;
  /** P50, P90 and, where there are enough values, P99. */
  readonly percentiles: readonly Quantile[];
  /** Curves of the runs with shorter and with longer steps. */
  readonly spreadCurves: readonly (readonly CurvePoint[])[];
  /** Why there is no P99; '' where there is. */
  readonly refusal: string;
  /** "P99 236 ms -> 41 ms (-83 %)", or ''. */
  readonly change: string;
  /** The slowest value, and the one before: a single stall is not in any percentile. '' without values. */
  readonly worst: string;
  /** The selected request's value. Gaps (ITL) have none. */
  readonly selected: Mark | null;
}

export interface LatencyModel {
  readonly shape: 'histogram' | 'cumulative';
  readonly metrics: readonly MetricModel[];
  readonly empty: string;
  /** What the outline is; '' where there is none. */
  readonly beforeNote: string;
}

export interface LatencyInput {
  readonly result: RunResult | null;
  readonly before: RunResult | null;
  readonly band: Band | null;
  /** Whether `before` is a run that somebody keeps for a comparison, and not just the one before the last change. */
  readonly isPinned?: boolean;
  readonly selected: number;
  readonly shape: 'histogram' | 'cumulative';
}

export function latencyModel(input: LatencyInput, t: Translate, format: Format): LatencyModel {
  const { result, before } = input;
  return {
    shape: input.shape,
    metrics: result === null ? [] : metrics.map((metric) => metricModel(metric, result, input, t, format)),
    empty: t('latency.empty'),
    beforeNote: before === null || result === null ? '' : t(input.isPinned ? 'latency.pinned' : 'latency.before'),
  };
}

function metricModel(
  metric: LatencyMetric,
  result: RunResult,
  input: LatencyInput,
  t: Translate,
  format: Format,
): MetricModel {
  const now = result.distributions[metric];
  const old = input.before?.distributions[metric];
  const hasOld = old !== undefined && old.count > 0;
  const isEnough = now.count >= enough;
  const bars = isEnough ? barsOf(now) : [];
  const oldBars = hasOld && old.count >= enough ? barsOf(old) : [];
  const selectedUs = latencyOf(metric, result.outcomes, input.selected);
  const spread = spreadOf(input.band, metric);
  const [lowUs, highUs] = axisEnds([now, ...(hasOld ? [old] : []), ...spread].filter((each) => each.count > 0));
  return {
    metric,
    name: t(`latency.${metric}`),
    means: t(`latency.${metric}.means`),
    count: now.count,
    lowUs,
    highUs,
    axis: decades(lowUs, highUs).map((us) => ({ us, label: format.duration(us) })),
    bars,
    dots: isEnough ? [] : valuesOf(metric, now, result.outcomes),
    curve: curveOf(now),
    before: hasOld ? { bars: oldBars, curve: curveOf(old) } : null,
    topDensity: [...bars, ...oldBars].reduce((top, bar) => Math.max(top, bar.density), 0),
    percentiles: percentilesOf(now, spread, t, format),
    spreadCurves: spread.map(curveOf),
    refusal: isEnough ? '' : refusalOf(now.count, t, format),
    change: isEnough && hasOld && old.count >= enough ? changeOf(old.p99Us, now.p99Us, t, format) : '',
    worst: now.count === 0 ? '' : worstOf(hasOld ? old.maxUs : now.maxUs, now.maxUs, t, format),
    selected: Number.isNaN(selectedUs)
      ? null
      : {
          us: selectedUs,
          label: t('latency.selected', { request: input.selected, value: format.duration(selectedUs) }),
        },
  };
}

/** Bins of the run are fine (32 an octave); a quarter of an octave's values make one bar. Below 32 us each value has its own. */
function barsOf(distribution: Distribution): readonly Bar[] {
  const bars: Bar[] = [];
  for (let bin = 0; bin < distribution.bins.length; ) {
    const next = bin < 32 ? bin + 1 : bin + 8;
    let values = 0;
    for (let i = bin; i < next && i < distribution.bins.length; i++) values += distribution.bins[i];
    if (values > 0) {
      const lowUs = Math.max(0.5, binLowUs(bin));
      const highUs = binLowUs(next);
      const share = values / distribution.count;
      bars.push({ lowUs, highUs, share, density: share / Math.log2(highUs / lowUs) });
    }
    bin = next;
  }
  return bars;
}

function curveOf(distribution: Distribution): readonly CurvePoint[] {
  if (distribution.count === 0) return [];
  const points: CurvePoint[] = [{ us: distribution.minUs, share: 0 }];
  let seen = 0;
  for (let bin = 0; bin < distribution.bins.length; bin++) {
    if (distribution.bins[bin] === 0) continue;
    seen += distribution.bins[bin];
    points.push({ us: Math.min(distribution.maxUs, binHighUs(bin)), share: seen / distribution.count });
  }
  return points;
}

/** Each value: exact where the outcomes tell it, else the middle of its bin. */
function valuesOf(metric: LatencyMetric, distribution: Distribution, outcomes: Outcomes): readonly number[] {
  const values: number[] = [];
  if (metric === 'itl') {
    distribution.bins.forEach((count, bin) => {
      for (let i = 0; i < count; i++) values.push((binLowUs(bin) + binHighUs(bin) - 1) / 2);
    });
    return values;
  }
  for (let request = 0; request < outcomes.count; request++) {
    const us = latencyOf(metric, outcomes, request);
    if (!Number.isNaN(us)) values.push(us);
  }
  return values.sort((a, b) => a - b);
}

/** A request's own value of a metric, microseconds; NaN where it has none. */
export function latencyOf(metric: LatencyMetric, outcomes: Outcomes, request: number): number {
  if (request < 0 || request >= outcomes.count) return Number.NaN;
  const arrivalUs = outcomes.arrivalUs[request];
  const firstUs = outcomes.firstTokenUs[request];
  const finishUs = outcomes.finishUs[request];
  const gaps = outcomes.outputTokens[request] - 1;
  switch (metric) {
    case 'ttft':
      return firstUs - arrivalUs;
    case 'tpot':
      return gaps > 0 ? (finishUs - firstUs) / gaps : Number.NaN;
    case 'e2e':
      return finishUs - arrivalUs;
    case 'itl':
      return Number.NaN;
  }
}

/** Those of the runs with shorter and with longer steps; none while they are not known. */
function spreadOf(band: Band | null, metric: LatencyMetric): readonly Distribution[] {
  const { faster = null, slower = null } = band ?? {};
  return faster === null || slower === null ? [] : [faster.distributions[metric], slower.distributions[metric]];
}

const ranks = [
  { rank: 50, at: 'p50Us' },
  { rank: 90, at: 'p90Us' },
  { rank: 99, at: 'p99Us' },
] as const;

function percentilesOf(
  now: Distribution,
  spread: readonly Distribution[],
  t: Translate,
  format: Format,
): readonly Quantile[] {
  if (now.count === 0) return [];
  return ranks
    .filter(({ rank }) => rank < 99 || now.count >= enough)
    .map(({ rank, at }) => {
      const us = now[at];
      const label = t('latency.percentile', { rank, value: format.duration(us) });
      const others = spread.map((each) => each[at]).filter((value) => !Number.isNaN(value));
      if (others.length === 0) return { us, label, long: label, spread: null };
      // A scheduler may do better on slower steps: the interval holds all runs.
      const lowUs = Math.min(us, ...others);
      const highUs = Math.max(us, ...others);
      const [low, high] = [format.duration(lowUs), format.duration(highUs)];
      return { us, label, long: t('latency.interval', { label, low, high }), spread: { lowUs, highUs } };
    });
}

function refusalOf(count: number, t: Translate, format: Format): string {
  const key: PluralKey = 'latency.refused';
  return count === 0
    ? t('latency.refused.none')
    : plural(t, format.language, key, count, { count: format.count(count) });
}

function worstOf(beforeUs: number, afterUs: number, t: Translate, format: Format): string {
  const before = format.duration(beforeUs);
  const after = format.duration(afterUs);
  return before === after ? t('latency.worst', { value: after }) : t('latency.worstChange', { before, after });
}

function changeOf(beforeUs: number, afterUs: number, t: Translate, format: Format): string {
  const before = format.duration(beforeUs);
  const after = format.duration(afterUs);
  if (before === after) return t('latency.unchanged', { after });
  const share = (afterUs - beforeUs) / beforeUs;
  const sign = share < 0 ? '\u2212' : '+';
  return t('latency.change', {
    before,
    after,
    change: `${sign}${format.percent(Math.abs(share))}`,
  });
}

/** Steps of 1, 2, 5 around all values, so that the axis rests while a slider moves a little. */
function axisEnds(distributions: readonly Distribution[]): readonly [number, number] {
  if (distributions.length === 0) return [1000, 1_000_000];
  const least = Math.min(...distributions.map((each) => Math.max(1, each.minUs)));
  const most = Math.max(...distributions.map((each) => Math.max(1, each.maxUs)));
  const low = roundDown(least);
  // Twice a value between 2 and 2.5 is rounded down to less than the value.
  const high = roundDown(most * 2) >= most ? roundDown(most * 2) : roundDown(most * 2.5);
  return [low, high > low ? high : low * 10];
}

/** The largest 1, 2 or 5 times a power of ten that is not above. */
function roundDown(us: number): number {
  const unit = 10 ** Math.floor(Math.log10(us) + 1e-9);
  return unit * (us >= unit * 5 ? 5 : us >= unit * 2 ? 2 : 1);
}

function decades(lowUs: number, highUs: number): readonly number[] {
  const marks: number[] = [];
  for (let us = 1; us <= highUs; us *= 10) if (us >= lowUs) marks.push(us);
  return marks;
}
