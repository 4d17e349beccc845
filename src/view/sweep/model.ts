/** A metric of the same scenario at several values of one knob, with its spread over seeds. */

import type { NumberKnob } from '../../scenario/knob-entry.ts';
import type { ChangeMetric, ChangeNumbers } from '../comparison/model.ts';

/** What one run showed; null where the scenario cannot run so. */
export interface SweepRun {
  readonly value: number;
  readonly numbers: ChangeNumbers | null;
}

export interface SweepPoint {
  readonly value: number;
  /** Place along the axis, 0 to 1. */
  readonly x: number;
  readonly isPresent: boolean;
  /** Runs so far; the three numbers are NaN without any. */
  readonly runs: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** The scenario cannot run with this value. */
  readonly isFailed: boolean;
}

export interface SweepTick {
  readonly at: number;
  readonly label: string;
}

export interface SweepModel {
  readonly points: readonly SweepPoint[];
  /** Upper end of the vertical axis, which begins at 0. */
  readonly top: number;
  readonly xTicks: readonly SweepTick[];
  readonly yTicks: readonly SweepTick[];
  /** Word beside the ring. */
  readonly present: string;
  /** A marked place on the axis with the ends of its interval, 0 to 1 each, and a word; null = none. */
  readonly mark: { readonly at: number; readonly low: number; readonly high: number; readonly label: string } | null;
}

export interface SweepOptions {
  readonly metric: ChangeMetric;
  readonly present: number;
  /** A value of the knob to be marked, with its interval. */
  readonly mark: { readonly value: number; readonly low: number; readonly high: number; readonly label: string } | null;
  readonly presentWord: string;
  readonly xText: (value: number) => string;
  readonly yText: (value: number) => string;
}

/** Room at the left for a value that is no place on the scale: 0 with a meaning of its own. */
const asideWidth = 0.12;

export function sweepModel(
  entry: NumberKnob,
  values: readonly number[],
  runs: readonly SweepRun[],
  { metric, present, mark, presentWord, xText, yText }: SweepOptions,
): SweepModel {
  const place = axisOf(entry, values);
  const points = values.map((value): SweepPoint => {
    const own = runs.filter((run) => run.value === value);
    const found = own.flatMap(({ numbers }) => (numbers === null ? [] : [numbers[metric]])).filter(Number.isFinite);
    const sum = found.reduce((total, number) => total + number, 0);
    return {
      value,
      x: place(value),
      isPresent: value === present,
      runs: found.length,
      mean: found.length === 0 ? Number.NaN : sum / found.length,
      low: found.length === 0 ? Number.NaN : Math.min(...found),
      high: found.length === 0 ? Number.NaN : Math.max(...found),
      isFailed: own.length > 0 && found.length === 0,
    };
  });
  const highest = Math.max(0, ...points.filter(({ runs }) => runs > 0).map(({ high }) => high));
  const steps = ticksUpTo(highest);
  const top = steps[steps.length - 1];
  return {
    points,
    top,
    xTicks: values.map((value) => ({ at: place(value), label: xText(value) })),
    yTicks: steps.map((value) => ({ at: value / top, label: yText(value) })),
    present: presentWord,
    mark:
      mark === null ? null : { at: place(mark.value), low: place(mark.low), high: place(mark.high), label: mark.label },
  };
}

/** Place of a value on the axis. A value below the knob's scale stands aside, at the left. */
function axisOf(entry: NumberKnob, values: readonly number[]): (value: number) => number {
  const inside = values.filter((value) => value >= entry.min);
  const [first, last] = [inside[0] ?? entry.min, inside[inside.length - 1] ?? entry.max];
  const left = inside.length < values.length ? asideWidth : 0;
  const isLog = entry.scale === 'log' && first > 0;
  return (value) => {
    if (value < entry.min) return 0;
    const share = isLog ? Math.log(value / first) / Math.log(last / first) : (value - first) / (last - first);
    return left + (1 - left) * Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0.5));
  };
}

/** Round numbers from 0 to one that is not below the highest value. */
function ticksUpTo(highest: number): readonly number[] {
  if (!(highest > 0)) return [0, 1];
  const rough = highest / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.ceil(highest / step) + 1 }, (_, i) => i * step);
}

/** The point whose place is nearest to one on the axis; -1 without points. */
export function nearestPoint({ points }: SweepModel, x: number): number {
  let best = -1;
  for (let i = 0; i < points.length; i++) {
    if (best < 0 || Math.abs(points[i].x - x) < Math.abs(points[best].x - x)) best = i;
  }
  return best;
}
