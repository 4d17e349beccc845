import type { Translate } from '../../i18n/i18n.ts';
import type { Format } from '../../ui/use-format.ts';
import type { RunEvent } from './model.ts';

/** An event in one line, and what its kind means. */
export function readoutOf(event: RunEvent, t: Translate, format: Format): readonly string[] {
  const values = {
    time: format.clock(event.timeUs),
    step: format.count(event.step),
    request: event.request,
    kind: t(`events.kind.${event.kind}`),
  };
  return [t(event.request < 0 ? 'events.one' : 'events.oneRequest', values), t(`events.means.${event.kind}`)];
}
