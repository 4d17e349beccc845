/** A slice, or the whole run, in words. */

import type { Translate } from '../../i18n/i18n.ts';
import type { Format } from '../../ui/use-format.ts';
import type { Slice, TimelineModel } from './model.ts';

export function readoutOf(slice: Slice, t: Translate, format: Format): readonly string[] {
  const duration = format.duration(slice.endUs - slice.startUs);
  const parts = [
    t('timeline.slice', { step: format.count(slice.step), phase: t(`timeline.${slice.phase}`), duration }),
  ];
  const part = (name: 'transfer' | 'encoding', us: number) =>
    t('timeline.part', { part: t(`timeline.${name}`), duration: format.duration(us) });
  if (slice.idleUs > 0) parts.push(t('timeline.gap', { duration: format.duration(slice.idleUs) }));
  if (slice.transferUs > 0) parts.push(part('transfer', slice.transferUs));
  if (slice.encodingUs > 0) parts.push(part('encoding', slice.encodingUs));
  if (slice.paddingShare > 0) {
    parts.push(t('timeline.share', { part: t('timeline.padding'), share: format.percent(slice.paddingShare) }));
  }
  return parts;
}

/** The slice that is pointed at, else the last one; the whole run where no single steps are shown. */
export function descriptionOf(model: TimelineModel, slice: Slice | undefined, t: Translate, format: Format): string {
  if (slice === undefined) {
    return t('timeline.descriptionRun', {
      prefill: format.percent(model.whole.prefill),
      mixed: format.percent(model.whole.mixed),
      decode: format.percent(model.whole.decode),
      idle: format.percent(model.idleRun),
    });
  }
  return t('timeline.description', {
    step: format.count(slice.step),
    phase: t(`timeline.${slice.phase}`),
    duration: format.duration(slice.endUs - slice.startUs),
    count: format.count(model.slices.length),
    idle: format.percent(model.idleView),
    run: format.percent(model.idleRun),
  });
}
