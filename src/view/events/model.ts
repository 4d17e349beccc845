/** The events of a run, a row a kind. Plain data, no pixels. */

import { EventKind, type RunResult } from '../../protocol/run.ts';

export type EventName = keyof typeof EventKind;

/** From what is lost to what is only worth knowing. */
export const eventNames = [
  'preempt',
  'reject',
  'hold',
  'kvFull',
  'longPrompt',
  'boundChange',
  'precision',
] as const satisfies readonly EventName[];

export interface RunEvent {
  readonly kind: EventName;
  readonly step: number;
  readonly timeUs: number;
  /** -1 where it is about nobody. */
  readonly request: number;
}

export interface EventsModel {
  /** Of the chosen kinds, in the order in which they happened. */
  readonly events: readonly RunEvent[];
  /** Of all kinds. */
  readonly counts: Readonly<Record<EventName, number>>;
  /** Kinds that have a row. */
  readonly rows: readonly EventName[];
  readonly spanUs: number;
  /** Events that happened beyond those that are kept. */
  readonly dropped: number;
  /** The same of a run that is kept beside it; null without one. */
  readonly pinned: Pick<EventsModel, 'events' | 'counts'> | null;
}

export function eventsModel(
  result: RunResult,
  hidden: ReadonlySet<EventName>,
  pinned: RunResult | null = null,
): EventsModel {
  const own = eventsOf(result, hidden);
  const other = pinned === null ? null : eventsOf(pinned, hidden);
  return {
    ...own,
    rows: eventNames.filter((name) => own.counts[name] + (other?.counts[name] ?? 0) > 0 && !hidden.has(name)),
    spanUs: Math.max(1, result.summary.durationUs, pinned?.summary.durationUs ?? 0),
    dropped: result.events.dropped,
    pinned: other,
  };
}

function eventsOf({ events }: RunResult, hidden: ReadonlySet<EventName>): Pick<EventsModel, 'events' | 'counts'> {
  const counts = Object.fromEntries(eventNames.map((name) => [name, 0])) as Record<EventName, number>;
  const shown: RunEvent[] = [];
  for (let i = 0; i < events.count; i++) {
    const kind = eventNames.find((name) => EventKind[name] === events.kind[i]);
    if (kind === undefined) continue;
    counts[kind]++;
    if (hidden.has(kind)) continue;
    shown.push({ kind, step: events.step[i], timeUs: events.timeUs[i], request: events.request[i] });
  }
  return { events: shown, counts };
}

/** The neighbour of an event: the next or previous in time, or the nearest in time in another row; -1 for none. */
export function neighbour(model: EventsModel, from: number, way: 'left' | 'right' | 'up' | 'down'): number {
  const here = model.events[from];
  if (here === undefined) return -1;
  if (way === 'left' || way === 'right') {
    const next = from + (way === 'left' ? -1 : 1);
    return next >= 0 && next < model.events.length ? next : from;
  }
  const row = model.rows[model.rows.indexOf(here.kind) + (way === 'up' ? -1 : 1)];
  let best = from;
  let leastUs = Number.POSITIVE_INFINITY;
  model.events.forEach((event, i) => {
    const us = Math.abs(event.timeUs - here.timeUs);
    if (event.kind !== row || us >= leastUs) return;
    best = i;
    leastUs = us;
  });
  return best;
}
