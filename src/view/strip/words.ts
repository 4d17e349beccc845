import type { Translate } from '../../i18n/i18n.ts';
import type { Format } from '../../ui/use-format.ts';
import type { StripModel } from './model.ts';

/** What each lane shows at the cursor. */
export function sentenceOf(model: StripModel, t: Translate, format: Format): string {
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
