import { useCallback, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { useT } from '../../i18n/use-t.ts';
import { playbackStore } from '../../state/playback.ts';
import { preferencesStore } from '../../state/preferences.ts';
import { runStore } from '../../state/run.ts';
import { selectionStore } from '../../state/selection.ts';
import { Choice } from '../../ui/controls/Choice.tsx';
import { type Shown, useLive } from '../../ui/live.ts';
import { Panel } from '../../ui/Panel.tsx';
import type { Size } from '../../ui/painter.ts';
import { type Arrow, type Point, Surface } from '../../ui/Surface.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useReadableWords } from '../../ui/use-readable.ts';
import { usePlaces } from '../motion/places.ts';
import { clampTop, draw, endOfRow, hit, rowsLayout } from './draw.ts';
import { type Marks, type RowsModel, rowsModel, type TokenMarks } from './model.ts';
import { describeRow, describeRows, factsOfRows } from './words.ts';
import './rows.css';

/** Waiting requests that get a row each; the rest are a number. */
const waitingRows = 6;

/** So many steps leave room for every tick, and a step of a quarter second among them is a wide hole. */
const shownSteps = 96;

const noTokens: TokenMarks = { start: new Int32Array(1), request: new Int32Array(0), atUs: new Float64Array(0) };

const noMarks: Marks = {
  start: new Int32Array(1),
  kind: new Uint8Array(0),
  request: new Int32Array(0),
  fromUs: new Float64Array(0),
  toUs: new Float64Array(0),
  tokens: new Int32Array(0),
  kinds: new Set(),
};

const noRows: RowsModel = {
  by: 'request',
  fromUs: 0,
  toUs: 0,
  medianStepUs: 0,
  rowCount: 0,
  rowRequest: new Int32Array(0),
  marks: () => noMarks,
  tokenCount: new Int32Array(0),
  tokens: () => noTokens,
  pinnedTokens: () => noTokens,
  hasPinnedTokens: false,
  stalls: [],
  gaps: { request: new Int32Array(0), fromUs: new Float64Array(0), toUs: new Float64Array(0) },
  moreWaiting: 0,
};

/** P: what each request lived through in simulated time, token by token. */
export function RowsPanel() {
  const t = useT();
  const format = useFormat();
  const isPlaying = useStore(playbackStore, (s) => s.isPlaying);
  const result = useStore(runStore, (s) => s.result);
  const selected = useStore(selectionStore, (s) => s.selected);
  const hovered = useStore(selectionStore, (s) => s.hovered);
  const colourBy = useStore(preferencesStore, (s) => s.colourBy);
  const [by, setBy] = useState<'request' | 'seat'>('request');
  /** First row in view. By default the newest rows are, as they come. */
  const [top, setTop] = useState(Number.POSITIVE_INFINITY);
  /** Row of the data cursor, -1 while there is none. */
  const [cursor, setCursor] = useState(-1);
  /** Size of the last drawing: what the pointer is on depends on it. */
  const size = useRef<Size>({ width: 0, height: 0 });

  const live = useLive(
    useCallback(
      ({ frame, pinned }: Shown) => {
        if (frame === null) return noRows;
        const outcomes = result?.outcomes ?? null;
        const seats = result?.facts.seats ?? 0;
        return rowsModel(frame, { by, pinned, outcomes, waitingRows, selected, steps: shownSteps, seats });
      },
      [result, by, selected],
    ),
  );

  usePlaces('rows', (request) => endOfRow({ model: live.last(), top }, size.current, request));

  function find({ x, y }: Point) {
    return hit({ model: live.now(), top }, size.current, x, y);
  }

  function point(row: number, request: number): void {
    setCursor(row);
    selectionStore.getState().hover(request);
  }

  function firstRow(): number {
    const model = live.now();
    return clampTop(model, rowsLayout(model, size.current), top);
  }

  function scrollTo(row: number): void {
    const model = live.now();
    const { visible } = rowsLayout(model, size.current);
    setTop(row >= model.rowCount - visible ? Number.POSITIVE_INFINITY : Math.max(0, row));
  }

  /** Up and down move over the rows and bring them into view; left and right go on stepping the run. */
  function move(arrow: Arrow): boolean {
    const model = live.now();
    if (arrow === 'left' || arrow === 'right' || model.rowCount === 0) return false;
    const from = cursor >= 0 ? cursor : model.rowRequest.indexOf(selected);
    const row = Math.max(0, Math.min(model.rowCount - 1, from + (arrow === 'down' ? 1 : -1)));
    const { visible } = rowsLayout(model, size.current);
    if (row < firstRow()) scrollTo(row);
    else if (row >= firstRow() + visible) scrollTo(row - visible + 1);
    point(row, model.rowRequest[row]);
    return true;
  }

  function press(key: string): boolean {
    const model = live.now();
    const { visible } = rowsLayout(model, size.current);
    if (key === 'Enter' && cursor >= 0 && cursor < model.rowCount && model.rowRequest[cursor] >= 0) {
      selectionStore.getState().select(model.rowRequest[cursor]);
      return true;
    }
    if (key === 'Escape' && cursor >= 0) {
      point(-1, -1);
      return true;
    }
    if ((key === 'PageDown' || key === 'PageUp') && visible < model.rowCount) {
      scrollTo(firstRow() + (key === 'PageDown' ? visible : -visible));
      return true;
    }
    return false;
  }

  const facts = useReadableWords(() => factsOfRows(live.now(), t, format));
  const said = live.now();
  const isPointed = cursor >= 0 && cursor < said.rowCount;
  const toolbar = useMemo(
    () => (
      <Choice
        look="segments"
        label={t('rows.by')}
        value={by}
        options={[
          { value: 'request', label: t('rows.byRequest') },
          { value: 'seat', label: t('rows.bySeat') },
        ]}
        onChange={(value) => {
          setBy(value);
          setTop(value === 'seat' ? 0 : Number.POSITIVE_INFINITY);
          setCursor(-1);
          selectionStore.getState().hover(-1);
        }}
      />
    ),
    [t, by],
  );
  return (
    <Panel
      id="rows"
      symbol="P"
      title={t('rows.title')}
      facts={isPointed ? describeRow(said, cursor, t, format) : facts}
      toolbar={toolbar}
    >
      <div
        className="rows-place"
        onWheel={(event) => {
          const { rowHeight } = rowsLayout(live.now(), size.current);
          scrollTo(firstRow() + Math.sign(event.deltaY) * Math.max(1, Math.round(Math.abs(event.deltaY) / rowHeight)));
        }}
      >
        <Surface
          label={t(by === 'request' ? 'rows.label' : 'rows.labelSeats')}
          description={isPlaying ? undefined : describeRows(said, cursor, t, format)}
          version={[live, top, selected, hovered, colourBy, t]}
          isLive
          cursor={hovered >= 0 ? 'pointer' : 'default'}
          draw={(painter, at, theme) => {
            size.current = at;
            draw(painter, { model: live.now(), top, selected, hovered, colourBy, t, format }, theme, at);
          }}
          onPointerMove={(at) => {
            const found = find(at);
            point(found?.row ?? -1, found?.request ?? -1);
          }}
          onPointerLeave={() => point(-1, -1)}
          onClick={(at) => {
            const request = find(at)?.request ?? -1;
            if (request >= 0) selectionStore.getState().select(request);
          }}
          onArrow={move}
          onKey={press}
        />
      </div>
    </Panel>
  );
}
