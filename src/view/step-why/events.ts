import type { MessageKey, Translate } from '../../i18n/i18n.ts';
import { type EventColumns, EventKind } from '../../protocol/run.ts';

const keys: Readonly<Record<number, MessageKey>> = Object.fromEntries(
  Object.entries(EventKind).map(([name, kind]) => [kind, `why.event.${name as keyof typeof EventKind}`]),
);

/** Names of what happened in a step, with the request concerned: "Preemption: r9". */
export function eventsAt(events: EventColumns, step: number, t: Translate): readonly string[] {
  const found: string[] = [];
  for (let i = 0; i < events.count; i++) {
    if (events.step[i] !== step) continue;
    const name = t(keys[events.kind[i]]);
    found.push(events.request[i] < 0 ? name : t('why.reasonOf', { other: events.request[i], reason: name }));
  }
  return [...new Set(found)];
}
