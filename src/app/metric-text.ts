import type { Format } from '../ui/use-format.ts';
import type { ChangeMetric } from '../view/comparison/model.ts';

/** A number of a comparison or a sweep with its unit. */
export function metricText(metric: ChangeMetric, value: number, format: Format): string {
  switch (metric) {
    case 'tokensPerS':
    case 'preemptions':
      return format.compact(value);
    default:
      return format.duration(value);
  }
}
