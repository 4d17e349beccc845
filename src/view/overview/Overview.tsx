import { useMemo, useRef } from 'react';
import { useStore } from 'zustand';
import { useT } from '../../i18n/use-t.ts';
import { runStore } from '../../state/run.ts';
import { selectionStore } from '../../state/selection.ts';
import { type Shown, useLive } from '../../ui/live.ts';
import { Surface } from '../../ui/Surface.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useLater } from '../../ui/use-later.ts';
import { useReadable } from '../../ui/use-readable.ts';
import { sameUntilUs, usePinnedResult } from '../pinned.ts';
import { useSession } from '../session-context.ts';
import { drawPlayhead, drawRun, laneHeight, timeAt } from './draw.ts';
import { eventNear, overviewModel } from './model.ts';

// Comes with the first comparison.
const loadPinned = () => import('./pinned.ts');

/** More columns than a screen has pixels would only cost time. */
const maxColumns = 720;
const maxMarks = 240;

/** How far from a tick of the event lane a press may be, in pixels. */
const reach = 6;

const nowOf = ({ frame }: Shown) => frame?.nowUs ?? 0;

/**
 * The whole run under the panels; click or drag to go there. Arrow keys step, as everywhere. A press on an event goes to
 * its step and selects its request, so that the step panel says why; Enter does so for the event nearest to the cursor.
 */
export function Overview() {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const result = useStore(runStore, (s) => s.result);
  const hoveredUs = useStore(selectionStore, (s) => s.hoveredUs);
  const cursorUs = useLive(nowOf);
  const saidUs = useReadable(nowOf);
  const { hoverTime } = selectionStore.getState();
  /** Width of the last drawing. */
  const width = useRef(0);
  /** The press that goes on is on an event: what follows of it moves nothing. */
  const isOnEvent = useRef(false);
  const model = useMemo(() => (result === null ? null : overviewModel(result, maxColumns, maxMarks)), [result]);
  const before = usePinnedResult();
  const compare = useLater(loadPinned, before !== null);
  const pinned = useMemo(() => (before === null ? null : overviewModel(before, maxColumns, 0)), [before]);
  // Drawn again only when one of them is another.
  const run = useMemo(() => ({ model, pinned, compare }), [model, pinned, compare]);
  if (model === null || result === null) return <div className="surface" />;
  const { events } = result;

  function answer(us: number, withinUs: number): boolean {
    const found = eventNear(events, us, withinUs);
    if (found < 0) return false;
    session.seekStep(events.step[found]);
    if (events.request[found] >= 0) selectionStore.getState().show(events.request[found]);
    return true;
  }

  return (
    <Surface
      label={t('overview.label')}
      ground={{
        version: run,
        draw: (painter, size, theme) => {
          drawRun(painter, size, theme, model);
          if (pinned !== null) compare?.drawPinned(painter, size, theme, model, pinned, sameUntilUs(result));
        },
      }}
      version={hoveredUs}
      isLive
      cursor="col-resize"
      slider={{
        value: Math.round(saidUs),
        min: 0,
        max: Math.round(model.durationUs),
        text: t('overview.value', { now: format.duration(saidUs), end: format.duration(model.durationUs) }),
      }}
      draw={(painter, at, theme) => {
        width.current = at.width;
        drawPlayhead(painter, at, theme, model.durationUs, cursorUs.now(), hoveredUs);
      }}
      onPointerMove={({ x }) => hoverTime(timeAt(x, width.current, model.durationUs))}
      onPointerLeave={() => hoverTime(Number.NaN)}
      onDrag={(at, phase, size) => {
        const us = timeAt(at.x, size.width, model.durationUs);
        if (phase === 'start') {
          isOnEvent.current = at.y < laneHeight && answer(us, (reach / size.width) * model.durationUs);
        }
        if (phase !== 'end' && !isOnEvent.current) session.seekTime(us);
      }}
      onKey={(key) => key === 'Enter' && answer(cursorUs.now(), Number.POSITIVE_INFINITY)}
    />
  );
}
