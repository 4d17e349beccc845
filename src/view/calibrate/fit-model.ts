/** Measured shapes against what the fitted model predicts for them. Plain data, no pixels. */

import { isSameSeries, predictUs } from '../../calibrate/model.ts';
import { type CalibrationResult, type Errors, type Family, families, type Point } from '../../calibrate/result.ts';
import type { Translate } from '../../i18n/i18n.ts';
import type { Format } from '../../ui/use-format.ts';
import { shapeText } from './CalibrationView.tsx';

export interface FitPoint {
  readonly family: Family;
  /** What fills the readout: kernel, shape, both times. */
  readonly words: readonly string[];
  readonly predictedUs: number;
  readonly measuredUs: number;
  readonly isHeldOut: boolean;
}

export interface Mark {
  readonly at: number;
  readonly label: string;
}

export interface FitModel {
  readonly points: readonly FitPoint[];
  /** Ends of both time axes, microseconds. */
  readonly fromUs: number;
  readonly toUs: number;
  readonly times: readonly Mark[];
  /** Largest ratio of measured over predicted time that the strip shows, either way. */
  readonly mostOff: number;
  readonly ratios: readonly Mark[];
  readonly words: {
    readonly predicted: string;
    readonly measured: string;
    readonly exact: string;
    readonly residual: string;
    readonly seen: string;
    readonly heldOut: string;
  };
  readonly sentence: string;
}

/** One line of the table of errors. */
export interface SeriesRow {
  readonly key: string;
  readonly name: string;
  readonly shapes: string;
  readonly seen: string;
  readonly heldOut: string;
  readonly how: string;
}

export type FamilyChoice = Family | 'all';

/** Families of which there are points, in their usual order. */
export function familiesOf({ points }: CalibrationResult): readonly Family[] {
  return families.filter((family) => points.some((point) => point.family === family));
}

export function fitModel(result: CalibrationResult, family: FamilyChoice, t: Translate, format: Format): FitModel {
  const points = result.points
    .filter((point) => family === 'all' || point.family === family)
    .flatMap((point) => fitPoint(point, result, t, format));
  const all = points.flatMap((point) => [point.predictedUs, point.measuredUs]);
  const fromUs = all.length === 0 ? 1 : Math.min(...all) / 1.3;
  const toUs = all.length === 0 ? 1000 : Math.max(...all) * 1.3;
  const off = points.map((point) =>
    Math.max(point.measuredUs / point.predictedUs, point.predictedUs / point.measuredUs),
  );
  const mostOff = Math.max(1.25, ...off) * 1.05;
  return {
    points,
    fromUs,
    toUs,
    times: decades(fromUs, toUs).map((at) => ({ at, label: format.duration(at) })),
    mostOff,
    ratios: [1 / 2, 1 / 1.1, 1, 1.1, 2]
      .filter((at) => at <= mostOff && at >= 1 / mostOff)
      .map((at) => ({ at, label: at === 1 ? '1' : `×\u00a0${format.number(at)}` })),
    words: {
      predicted: t('fit.predicted'),
      measured: t('fit.measured'),
      exact: t('fit.exact'),
      residual: t('fit.residual'),
      seen: t('fit.legend.seen'),
      heldOut: t('fit.legend.held-out'),
    },
    sentence: sentenceOf(result, points, family, t, format),
  };
}

function fitPoint(point: Point, result: CalibrationResult, t: Translate, format: Format): readonly FitPoint[] {
  const fit = result.fit.series.find((series) => isSameSeries(series, point));
  if (fit === undefined) return [];
  const predictedUs = predictUs(fit, result.points, point.shape, point.work);
  const { family, variant, precision, us } = point;
  return [
    {
      family,
      predictedUs,
      measuredUs: us,
      isHeldOut: point.isHeldOut,
      words: [
        t('fit.read', { family: t(`calibrate.family.${family}`), variant, precision }),
        shapeText(t, format, point.shape),
        t('fit.read.times', {
          measured: format.duration(us),
          predicted: format.duration(predictedUs),
          change: signed(us / predictedUs - 1, format),
        }),
        ...(point.isHeldOut ? [t('fit.read.heldOut')] : []),
      ],
    },
  ];
}

/** The errors in words: those on shapes that the fit has not seen, where there are any. */
function sentenceOf(
  { fit }: CalibrationResult,
  points: readonly FitPoint[],
  family: FamilyChoice,
  t: Translate,
  format: Format,
): string {
  const name = family === 'all' ? t('fit.family.all') : t(`calibrate.family.${family}`);
  const heldOut = family === 'all' ? fit.heldOut : fit.heldOutByFamily.find((each) => each.family === family)?.errors;
  const values = { family: capital(name), count: format.count(points.length) };
  if (heldOut !== null && heldOut !== undefined) {
    return t('fit.sentence.heldOut', {
      ...values,
      held: format.count(heldOut.count),
      median: format.percent(heldOut.median),
      p90: format.percent(heldOut.p90),
    });
  }
  const errors = points
    .map(({ predictedUs, measuredUs }) => Math.abs(predictedUs / measuredUs - 1))
    .sort((a, b) => a - b);
  const at = (share: number) => errors[Math.max(0, Math.ceil(share * errors.length) - 1)] ?? 0;
  return t('fit.sentence.seen', { ...values, median: format.percent(at(0.5)), p90: format.percent(at(0.9)) });
}

export function seriesRows(
  result: CalibrationResult,
  family: FamilyChoice,
  t: Translate,
  format: Format,
): readonly SeriesRow[] {
  const errors = (found: Errors | null) =>
    found === null
      ? '–'
      : t('fit.errors', {
          median: format.percent(found.median),
          p90: format.percent(found.p90),
          count: format.count(found.count),
        });
  return result.fit.series
    .filter((series) => family === 'all' || series.family === family)
    .map((series) => ({
      key: `${series.family} ${series.precision} ${series.variant}`,
      name: t('fit.read', {
        family: t(`calibrate.family.${series.family}`),
        variant: series.variant,
        precision: series.precision,
      }),
      shapes: format.count(result.points.filter((point) => isSameSeries(point, series)).length),
      seen: errors(series.inSample),
      heldOut: errors(series.heldOut),
      how: t(series.isInterpolated ? 'fit.table.interpolated' : 'fit.table.formula'),
    }));
}

function signed(share: number, format: Format): string {
  return `${share < 0 ? '\u2212' : '+'}${format.percent(Math.abs(share))}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function decades(from: number, to: number): readonly number[] {
  const marks: number[] = [];
  for (let power = Math.ceil(Math.log10(from)); 10 ** power <= to; power++) marks.push(10 ** power);
  return marks;
}
