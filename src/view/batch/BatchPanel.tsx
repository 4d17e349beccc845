import { useCallback, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { useT } from '../../i18n/use-t.ts';
import { playbackStore } from '../../state/playback.ts';
import { preferencesStore } from '../../state/preferences.ts';
import { runStore } from '../../state/run.ts';
import { selectionStore } from '../../state/selection.ts';
import { type Shown, useLive } from '../../ui/live.ts';
import { Panel } from '../../ui/Panel.tsx';
import type { Size } from '../../ui/painter.ts';
import { type Arrow, type Point, Surface } from '../../ui/Surface.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useLater } from '../../ui/use-later.ts';
import { useReadableWords } from '../../ui/use-readable.ts';
import { usePlaces } from '../motion/places.ts';
import { useSession } from '../session-context.ts';
import { type BatchHit, draw, hit, placeInStep } from './draw.ts';
import { batchModel } from './model.ts';
import { ReadoutPlace } from './Readout.tsx';
import { descriptionOf, factsOf, readoutOf } from './words.ts';
import { XScaleChoice } from './XScaleChoice.tsx';

// Comes when somebody points at something.
const loadMarks = () => import('./pointed.ts');

const toolbar = <XScaleChoice />;

/** P: what each of the last steps computed, for whom, and what kept it from doing more. */
export function BatchPanel() {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const isPlaying = useStore(playbackStore, (s) => s.isPlaying);
  const result = useStore(runStore, (s) => s.result);
  const focus = useStore(selectionStore, (s) => (s.hovered >= 0 ? s.hovered : s.selected));
  const xScale = useStore(preferencesStore, (s) => s.xScale);
  const colourBy = useStore(preferencesStore, (s) => s.colourBy);
  const model = useLive(
    useCallback(
      ({ frame, pinned }: Shown) => batchModel({ frame, pinned, result, focus, xScale, colourBy }, t, format),
      [result, focus, xScale, colourBy, t, format],
    ),
  );
  const hoveredUs = useStore(selectionStore, (s) => s.hoveredUs);
  const marks = useLater(loadMarks, !Number.isNaN(hoveredUs));
  const [pointed, setPointed] = useState<BatchHit | null>(null);
  /** Size of the last drawing: what the pointer is on depends on it. */
  const size = useRef<Size>({ width: 0, height: 0 });

  usePlaces('batch', (request) => placeInStep(model.last(), size.current, request));

  function point(found: BatchHit | null): void {
    setPointed(found);
    const column = found === null ? undefined : model.now().columns[found.column];
    selectionStore.getState().hover(requestAt(found));
    selectionStore.getState().hoverTime(column === undefined ? Number.NaN : (column.startUs + column.endUs) / 2);
  }

  function requestAt(found: BatchHit | null): number {
    if (found === null || found.piece < 0) return -1;
    return model.now().columns[found.column]?.pieces[found.piece]?.request ?? -1;
  }

  function choose(found: BatchHit | null): void {
    if (found === null) return;
    const request = requestAt(found);
    const column = model.now().columns[found.column];
    if (request >= 0) selectionStore.getState().select(request);
    else if (column !== undefined) session.seekStep(column.step);
  }

  /** Left and right move over the columns, up and down over the pieces of one. */
  function move(arrow: Arrow): boolean {
    const { columns } = model.now();
    const last = columns.length - 1;
    if (last < 0) return false;
    const { column, piece } = pointed ?? { column: last, piece: -1 };
    const sideways = arrow === 'left' ? -1 : arrow === 'right' ? 1 : 0;
    const upwards = arrow === 'up' ? 1 : arrow === 'down' ? -1 : 0;
    const target = Math.min(last, Math.max(0, pointed === null ? column : column + sideways));
    const pieces = columns[target].pieces.length;
    point({ column: target, piece: Math.min(pieces - 1, Math.max(-1, piece + upwards)) });
    return true;
  }

  function press(key: string): boolean {
    if (key === 'Enter' && pointed !== null) {
      choose(pointed);
      return true;
    }
    if (key === 'Escape' && pointed !== null) {
      point(null);
      return true;
    }
    return false;
  }

  const facts = useReadableWords(() => {
    const current = model.now().columns.at(-1);
    return current === undefined ? '' : factsOf(current, t, format);
  });
  const said = model.now();
  const pointedColumn = pointed === null ? undefined : said.columns[pointed.column];
  const described = pointedColumn ?? said.columns.at(-1);
  return (
    <Panel id="batch" symbol="P" title={t('batch.title')} facts={facts} toolbar={toolbar}>
      <ReadoutPlace
        parts={pointedColumn === undefined ? [] : readoutOf(said, pointedColumn, pointed?.piece ?? -1, t, format)}
      >
        <Surface
          label={t('batch.label')}
          description={isPlaying || described === undefined ? undefined : descriptionOf(said, described, t, format)}
          version={[model, hoveredUs, marks]}
          isLive
          cursor={pointed === null ? 'default' : 'pointer'}
          draw={(painter, at, theme) => {
            size.current = at;
            draw(painter, model.now(), theme, at);
            marks?.drawPointedTime(painter, model.now(), hoveredUs, theme, at);
          }}
          onPointerMove={({ x, y }: Point) => point(hit(model.now(), size.current, x, y))}
          onPointerLeave={() => point(null)}
          onClick={({ x, y }: Point) => choose(hit(model.now(), size.current, x, y))}
          onArrow={move}
          onKey={press}
        />
      </ReadoutPlace>
    </Panel>
  );
}
