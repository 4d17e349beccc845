import { useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../../i18n/i18n.ts';
import { events as messages } from '../../i18n/messages/events.ts';
import { plural } from '../../i18n/plural.ts';
import { useT } from '../../i18n/use-t.ts';
import { runStore } from '../../state/run.ts';
import { selectionStore } from '../../state/selection.ts';
import { Panel } from '../../ui/Panel.tsx';
import type { Size } from '../../ui/painter.ts';
import { type Arrow, Surface } from '../../ui/Surface.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useReadable } from '../../ui/use-readable.ts';
import { ReadoutPlace } from '../batch/Readout.tsx';
import { usePinnedResult } from '../pinned.ts';
import { useSession } from '../session-context.ts';
import { draw, hit } from './draw.ts';
import { type EventName, eventNames, eventsModel, neighbour } from './model.ts';
import { readoutOf } from './words.ts';
import './events.css';

addMessages(messages);

/** σ: what happened in the run that is worth a look. A default export because it is loaded lazily. */
export default function EventsPanel() {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const result = useStore(runStore, (s) => s.result);
  const pinned = usePinnedResult();
  const nowUs = useReadable((s) => s.frame?.nowUs ?? Number.NaN);
  const focus = useStore(selectionStore, (s) => (s.hovered >= 0 ? s.hovered : s.selected));
  const hoveredUs = useStore(selectionStore, (s) => s.hoveredUs);
  const [hidden, setHidden] = useState<ReadonlySet<EventName>>(new Set());
  const [pointed, setPointed] = useState(-1);
  /** Size of the last drawing: what the pointer is on depends on it. */
  const size = useRef<Size>({ width: 0, height: 0 });
  const model = useMemo(() => (result === null ? null : eventsModel(result, hidden, pinned)), [result, hidden, pinned]);
  const event = model?.events[pointed];

  function point(at: number): void {
    setPointed(at);
    selectionStore.getState().hover(model?.events[at]?.request ?? -1);
    selectionStore.getState().hoverTime(model?.events[at]?.timeUs ?? Number.NaN);
  }

  /** Goes to the event's step and selects whom it is about. */
  function choose(at: number): void {
    const chosen = model?.events[at];
    if (chosen === undefined) return;
    session.seekStep(chosen.step);
    const { selected, select } = selectionStore.getState();
    if (chosen.request >= 0 && chosen.request !== selected) select(chosen.request);
  }

  function move(arrow: Arrow): boolean {
    if (model === null || model.events.length === 0) return false;
    const next = event === undefined ? nearest(nowUs) : neighbour(model, pointed, arrow);
    point(next);
    return true;
  }

  function nearest(us: number): number {
    const after = model?.events.findIndex(({ timeUs }) => timeUs >= us) ?? -1;
    return Math.max(0, after);
  }

  function press(key: string): boolean {
    if (event === undefined || (key !== 'Enter' && key !== 'Escape')) return false;
    if (key === 'Enter') choose(pointed);
    else point(-1);
    return true;
  }

  function toggle(kind: EventName): void {
    point(-1);
    setHidden((old) => {
      const next = new Set(old);
      if (!next.delete(kind)) next.add(kind);
      return next;
    });
  }

  const readout = event === undefined ? [] : readoutOf(event, t, format);
  const count = model?.events.length ?? 0;
  return (
    <Panel
      id="events"
      symbol="σ"
      title={t('events.title')}
      facts={
        model !== null && model.dropped > 0
          ? t('events.dropped', { count: format.count(model.dropped) })
          : plural(t, format.language, 'events.facts', count, { count: format.count(count) })
      }
    >
      {model !== null && (
        <>
          <fieldset className="event-kinds">
            <legend className="visually-hidden">{t('events.filter')}</legend>
            {eventNames
              .filter((kind) => model.counts[kind] + (model.pinned?.counts[kind] ?? 0) > 0)
              .map((kind) => (
                <label key={kind} title={t(`events.means.${kind}`)}>
                  <input type="checkbox" checked={!hidden.has(kind)} onChange={() => toggle(kind)} />
                  {t(`events.kind.${kind}`)}
                </label>
              ))}
          </fieldset>
          <ReadoutPlace parts={readout}>
            <Surface
              label={t('events.label')}
              description={t('events.description', { count: format.count(count), pointed: readout.join(': ') })}
              version={[model, nowUs, hoveredUs, pointed, focus, t]}
              cursor={event === undefined ? 'default' : 'pointer'}
              draw={(painter, at, theme) => {
                size.current = at;
                draw(painter, { model, nowUs, pointedUs: hoveredUs, pointed, focus, t, format }, theme, at);
              }}
              onPointerMove={({ x, y }) => point(hit(model, size.current, x, y))}
              onPointerLeave={() => point(-1)}
              onClick={({ x, y }) => choose(hit(model, size.current, x, y))}
              onArrow={move}
              onKey={press}
            />
          </ReadoutPlace>
        </>
      )}
    </Panel>
  );
}
