import type { Translate } from '../../i18n/i18n.ts';
import type { Format } from '../../ui/use-format.ts';
import { hasEnded, type StripModel } from './model.ts';

/** What each lane shows at the cursor; after the end of the run, when it ended. */
export function sentenceOf(model: StripModel, t: Translate, format: Format): string {
  if (hasEnded(model, model.cursorUs)) {
    return t('strip.ended', { time: model.clock, end: format.clock(model.endUs) });
  }
  const [throughput, queue, gpu, kv, fragmentation] = model.lanes.map((lane) => lane.now);
  return t('strip.description', {
    time: Number.isNaN(model.cursorUs) ? format.clock(0) : model.clock,
    throughput: throughput ?? '',
    queue: queue ?? '',
    gpu: gpu ?? '',
    kv: kv ?? '',
    fragmentation: fragmentation ?? '',
  });
}
