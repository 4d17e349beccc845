/** Latency in words: the line under the pointer and the spoken description. */

import type { Translate } from '../../i18n/i18n.ts';
import type { Format } from '../../ui/use-format.ts';
import type { LatencyHit } from './draw.ts';
import type { LatencyModel } from './model.ts';

export function readoutOf(model: LatencyModel, at: LatencyHit, t: Translate, format: Format): readonly string[] {
  const metric = model.metrics[at.metric];
  if (metric === undefined) return [];
  const bar = metric.bars.find((each) => at.us >= each.lowUs && at.us < each.highUs);
  const within = metric.curve.findLast((point) => point.us <= at.us)?.share ?? 0;
  const parts = [`${metric.name} (${metric.means})`];
  if (bar !== undefined) {
    parts.push(
      t('latency.read', {
        low: format.duration(bar.lowUs),
        high: format.duration(bar.highUs),
        share: format.percent(bar.share),
        count: format.count(metric.count),
      }),
    );
  }
  parts.push(t('latency.readUpTo', { share: format.percent(within), high: format.duration(at.us) }));
  return parts;
}

export function descriptionOf(model: LatencyModel, t: Translate): string {
  return model.metrics
    .filter((metric) => metric.percentiles.length > 0)
    .map((metric) => {
      const labels = metric.percentiles.map((mark) => mark.label);
      // The change names the new P99 too.
      const told = metric.change === '' ? labels : labels.slice(0, -1);
      const limit = metric.slo === null ? '' : `${metric.slo.label}, ${metric.slo.text}`;
      const figures = [...told, metric.change, metric.worst, metric.refusal, limit];
      return t('latency.description', {
        metric: metric.name,
        figures: figures.filter((part) => part !== '').join(', '),
      });
    })
    .join(' ');
}
