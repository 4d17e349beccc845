/** The roofline in words: what the pointer is on, and the table of the operators. */

import type { Translate } from '../../i18n/i18n.ts';
import type { OperatorName, OperatorTime } from '../../protocol/frame.ts';
import type { Format } from '../../ui/use-format.ts';
import { byteRate, flopRate, withPrefix } from '../rates.ts';
import type { RooflineHit } from './draw.ts';
import { intensityText, type Place, type RooflineModel } from './model.ts';

export function readoutOf(model: RooflineModel, at: RooflineHit, t: Translate, format: Format): readonly string[] {
  if (at.of === 'operator') {
    const point = model.operators[at.index];
    if (point === undefined) return [];
    const duration = format.duration(point.us);
    return [
      t('roofline.read.operator', { operator: point.name, duration, share: format.percent(point.share) }),
      placeText(point, t, format),
      t('roofline.read.limit', { limit: t(`limit.${point.limit}`) }),
    ];
  }
  const step = model.steps[at.index];
  if (step === undefined) return [];
  return [
    t('roofline.read.step', { step: format.count(step.step), duration: format.duration(step.us) }),
    placeText(step, t, format),
    ...(at.index === model.steps.length - 1 ? [] : [t('roofline.read.seek')]),
  ];
}

function placeText({ intensity, flopsPerS }: Place, t: Translate, format: Format): string {
  return t('roofline.read.place', { intensity: intensityText(format, intensity), rate: flopRate(format, flopsPerS) });
}

/** One line of the table of operators, the cells as texts. */
export interface OperatorRow {
  readonly operator: OperatorName | 'all';
  readonly name: string;
  readonly time: string;
  readonly share: string;
  /** 0 to 1, for the bar. */
  readonly part: number;
  readonly limit: string;
  readonly flops: string;
  readonly bytes: string;
  readonly intensity: string;
  readonly rate: string;
  readonly bandwidth: string;
}

/** A line for each operator that takes time, in the order in which they run, and their sum. */
export function operatorRows(operators: readonly OperatorTime[], t: Translate, format: Format): readonly OperatorRow[] {
  const sum = operators.reduce(
    (all, each) => ({ us: all.us + each.us, flops: all.flops + each.flops, bytes: all.bytes + each.bytes }),
    { us: 0, flops: 0, bytes: 0 },
  );
  const row = (operator: OperatorName | 'all', name: string, limit: string, work: typeof sum): OperatorRow => ({
    operator,
    name,
    time: format.duration(work.us),
    part: sum.us > 0 ? work.us / sum.us : 0,
    share: format.percent(sum.us > 0 ? work.us / sum.us : 0),
    limit,
    flops: work.flops > 0 ? withPrefix(format, work.flops) : '–',
    bytes: work.bytes > 0 ? `${withPrefix(format, work.bytes)}B` : '–',
    intensity: work.flops > 0 && work.bytes > 0 ? intensityText(format, work.flops / work.bytes) : '–',
    rate: work.flops > 0 && work.us > 0 ? flopRate(format, (work.flops / work.us) * 1e6) : '–',
    bandwidth: work.bytes > 0 && work.us > 0 ? byteRate(format, (work.bytes / work.us) * 1e6) : '–',
  });
  if (operators.length === 0) return [];
  return [
    ...operators
      .filter((each) => each.us > 0)
      .map((each) => row(each.operator, t(`operator.${each.operator}`), t(`limit.${each.limit}`), each)),
    row('all', t('operators.all'), '', sum),
  ];
}
