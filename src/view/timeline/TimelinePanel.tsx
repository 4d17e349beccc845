import { ZoomIn, ZoomOut } from 'lucide-react';
import { useCallback, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../../i18n/i18n.ts';
import { timeline } from '../../i18n/messages/timeline.ts';
import { useT } from '../../i18n/use-t.ts';
import { playbackStore } from '../../state/playback.ts';
import { preferencesStore } from '../../state/preferences.ts';
import { runStore } from '../../state/run.ts';
import { selectionStore } from '../../state/selection.ts';
import { IconButton } from '../../ui/controls/IconButton.tsx';
import { type Shown, useLive } from '../../ui/live.ts';
import { Panel } from '../../ui/Panel.tsx';
import type { Size } from '../../ui/painter.ts';
import { type Arrow, type Point, Surface } from '../../ui/Surface.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useReadable } from '../../ui/use-readable.ts';
import { ReadoutPlace } from '../batch/Readout.tsx';
import { XScaleChoice } from '../batch/XScaleChoice.tsx';
import { usePinnedResult } from '../pinned.ts';
import { useSession } from '../session-context.ts';
import { draw, drawPointedTime, hit } from './draw.ts';
import { timelineModels, zooms } from './model.ts';
import { descriptionOf, readoutOf, transferReadout } from './words.ts';

addMessages(timeline);

/** G: when the GPU works, on what, and when it is idle. A default export because it is loaded lazily. */
export default function TimelinePanel() {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const isPlaying = useStore(playbackStore, (s) => s.isPlaying);
  const result = useStore(runStore, (s) => s.result);
  const focus = useStore(selectionStore, (s) => (s.hovered >= 0 ? s.hovered : s.selected));
  const xScale = useStore(preferencesStore, (s) => s.xScale);
  const [zoom, setZoom] = useState(2);
  const hoveredUs = useStore(selectionStore, (s) => s.hoveredUs);
  /** A step that is pointed at; -1 = none. */
  const [pointed, setPointedStep] = useState(-1);
  /** The stage in which the pointer is, and the transfer that it is on; -1 = none. */
  const [place, setPlace] = useState({ lane: -1, transfer: -1 });
  /** Size of the last drawing: what the pointer is on depends on it. */
  const size = useRef<Size>({ width: 0, height: 0 });
  const shown = zooms[zoom];
  const before = usePinnedResult();
  const modelOf = useMemo(
    () => timelineModels({ result, focus, xScale, shown, pinned: before }, t, format),
    [result, focus, xScale, shown, before, t, format],
  );
  const live = useLive(useCallback(({ frame, pinned }: Shown) => modelOf(frame, pinned), [modelOf]));
  const hasFrame = useReadable((s) => s).frame !== null;
  const model = live.now();
  const slice = model.slices.find(({ step }) => step === pointed);

  /** A step that is pointed at lights up by its time in every panel. */
  function setPointed(step: number, us = Number.NaN, at = { lane: -1, transfer: -1 }): void {
    setPointedStep(step);
    setPlace(at);
    const found = live.now().slices.find((each) => each.step === step);
    selectionStore.getState().hoverTime(found === undefined ? us : (found.startUs + found.endUs) / 2);
  }

  function zoomBy(by: 1 | -1): void {
    setZoom((old) => Math.min(zooms.length - 1, Math.max(0, old + by)));
  }

  function point({ x, y }: Point): void {
    const model = live.now();
    const found = hit(model, size.current, x, y);
    setPointed(model.slices[found.slice]?.step ?? -1, found.us, found);
  }

  function goTo({ x, y }: Point): void {
    const model = live.now();
    const found = hit(model, size.current, x, y);
    if (found.slice >= 0) session.seekStep(model.slices[found.slice].step);
    else if (model.isWhole && !Number.isNaN(found.us)) session.seekTime(found.us);
  }

  /** Left and right go through the steps, up and down zoom. */
  function move(arrow: Arrow): boolean {
    if (arrow === 'up' || arrow === 'down') {
      zoomBy(arrow === 'up' ? -1 : 1);
      return true;
    }
    const { slices } = live.now();
    const last = slices.length - 1;
    if (last < 0) return false;
    const here = slices.findIndex(({ step }) => step === pointed);
    const next = here < 0 ? last : Math.min(last, Math.max(0, here + (arrow === 'left' ? -1 : 1)));
    setPointed(slices[next].step);
    return true;
  }

  function press(key: string): boolean {
    if (key === '+' || key === '-') zoomBy(key === '+' ? -1 : 1);
    else if (key === 'Enter' && pointed >= 0) session.seekStep(pointed);
    else if (key === 'Escape' && pointed >= 0) setPointed(-1);
    else return false;
    return true;
  }

  const described = slice ?? model.slices.at(-1);
  const { transfers, hasXChoice } = model;
  const readout = useMemo(() => {
    if (transfers !== null && transfers.transfers[place.transfer] !== undefined)
      return transferReadout(transfers, place.transfer, t, format);
    // Another run may have fewer stages.
    const lane = place.lane < model.lanes.length ? place.lane : -1;
    return slice === undefined ? [] : readoutOf(model, slice, lane, t, format);
  }, [model, slice, place, transfers, t, format]);
  const toolbar = useMemo(
    () => (
      <>
        <IconButton label={t('timeline.zoomIn')} isDisabled={zoom === 0} onPress={() => setZoom(zoom - 1)}>
          <ZoomIn />
        </IconButton>
        <IconButton
          label={t('timeline.zoomOut')}
          isDisabled={zoom === zooms.length - 1}
          onPress={() => setZoom(zoom + 1)}
        >
          <ZoomOut />
        </IconButton>
        {hasXChoice && <XScaleChoice />}
      </>
    ),
    [t, zoom, hasXChoice],
  );
  return (
    <Panel
      id="timeline"
      symbol="G"
      title={t('timeline.title')}
      facts={shown === 0 ? t('timeline.whole') : t('timeline.steps', { count: format.count(model.slices.length) })}
      toolbar={toolbar}
    >
      <ReadoutPlace parts={readout}>
        <Surface
          label={t('timeline.label')}
          description={isPlaying || !hasFrame ? undefined : descriptionOf(model, described, t, format)}
          version={[live, hoveredUs, t]}
          isLive
          cursor="pointer"
          draw={(painter, at, theme) => {
            size.current = at;
            const model = live.now();
            draw(painter, { model, t, format }, theme, at);
            drawPointedTime(painter, model, hoveredUs, theme, at);
          }}
          onPointerMove={point}
          onPointerLeave={() => setPointed(-1)}
          onClick={goTo}
          onArrow={move}
          onKey={press}
        />
      </ReadoutPlace>
    </Panel>
  );
}
