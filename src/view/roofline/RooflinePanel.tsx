import { useCallback, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../../i18n/i18n.ts';
import { roofline } from '../../i18n/messages/roofline.ts';
import { useT } from '../../i18n/use-t.ts';
import { thisGpu } from '../../scenario/shared-knobs.ts';
import { type DeviceId, devices } from '../../sim/gpu/device.ts';
import { roofsOf } from '../../sim/gpu/roofs.ts';
import { playbackStore } from '../../state/playback.ts';
import { runStore } from '../../state/run.ts';
import { selectionStore } from '../../state/selection.ts';
import { thisGpuStore } from '../../state/this-gpu.ts';
import { Choice } from '../../ui/controls/Choice.tsx';
import { type Shown, useLive } from '../../ui/live.ts';
import { Panel } from '../../ui/Panel.tsx';
import type { Size } from '../../ui/painter.ts';
import { type Arrow, type Point, Surface } from '../../ui/Surface.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useReadable } from '../../ui/use-readable.ts';
import { ReadoutPlace } from '../batch/Readout.tsx';
import { usePinnedResult } from '../pinned.ts';
import { useSession } from '../session-context.ts';
import { draw, drawPointedTime, hit, type RooflineHit } from './draw.ts';
import { rooflineModel } from './model.ts';
import OperatorTable from './OperatorTable.tsx';
import { readoutOf } from './words.ts';
import './roofline.css';

addMessages(roofline);

type Other = DeviceId | typeof thisGpu | 'none';

/** G: what the device could do and what the steps do of it. A default export because it is loaded lazily. */
export default function RooflinePanel() {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const isPlaying = useStore(playbackStore, (s) => s.isPlaying);
  const result = useStore(runStore, (s) => s.result);
  const selected = useStore(selectionStore, (s) => s.selected);
  const hovered = useStore(selectionStore, (s) => s.hoveredOperator);
  const hoveredUs = useStore(selectionStore, (s) => s.hoveredUs);
  const [look, setLook] = useState<'chart' | 'table'>('chart');
  const [compared, setCompared] = useState<Other>('none');
  const [pointed, setPointed] = useState<RooflineHit | null>(null);
  /** Size of the last drawing: what the pointer is on depends on it. */
  const size = useRef<Size>({ width: 0, height: 0 });

  const before = usePinnedResult();
  const ownGpu = useStore(thisGpuStore, (s) => s.profile);
  const other = useMemo(() => {
    // Two runs on two devices: A's ceilings are seen without asking.
    if (compared === 'none') return before === null || before.roofs.name === result?.roofs.name ? null : before.roofs;
    const device = compared === thisGpu ? ownGpu : devices[compared];
    return device === null ? null : roofsOf(device);
  }, [compared, ownGpu, before, result]);
  const live = useLive(
    useCallback(
      ({ frame, pinned }: Shown) => rooflineModel({ frame, result, other, selected, hovered, pinned }, t, format),
      [result, other, selected, hovered, t, format],
    ),
  );

  function find({ x, y }: Point): RooflineHit | null {
    const model = live.now();
    return model === null ? null : hit(model, size.current, x, y);
  }

  function point(found: RooflineHit | null): void {
    const model = live.now();
    setPointed(found);
    const operator = found?.of === 'operator' ? model?.operators[found.index]?.operator : undefined;
    selectionStore.getState().hoverOperator(operator ?? '');
    const step = found?.of === 'step' ? model?.steps[found.index] : undefined;
    selectionStore.getState().hoverTime(step === undefined ? Number.NaN : (step.startUs + step.endUs) / 2);
  }

  function choose(found: RooflineHit | null): void {
    const step = found?.of === 'step' ? live.now()?.steps[found.index] : undefined;
    if (step !== undefined) session.seekStep(step.step);
  }

  /** Left and right go through the operators by their place on the axis, up and down through the steps. */
  function move(arrow: Arrow): boolean {
    const model = live.now();
    if (model === null) return false;
    if (arrow === 'left' || arrow === 'right') {
      const order = model.operators
        .map((each, index) => ({ index, intensity: each.intensity }))
        .sort((a, b) => a.intensity - b.intensity)
        .map(({ index }) => index);
      if (order.length === 0) return false;
      const here = pointed?.of === 'operator' ? order.indexOf(pointed.index) : arrow === 'left' ? order.length : -1;
      const next = Math.min(order.length - 1, Math.max(0, here + (arrow === 'left' ? -1 : 1)));
      point({ of: 'operator', index: order[next] });
      return true;
    }
    const last = model.steps.length - 1;
    if (last < 0) return false;
    const here = pointed?.of === 'step' ? pointed.index + (arrow === 'up' ? -1 : 1) : last;
    point({ of: 'step', index: Math.min(last, Math.max(0, here)) });
    return true;
  }

  function press(key: string): boolean {
    if (pointed === null || (key !== 'Enter' && key !== 'Escape')) return false;
    if (key === 'Enter') choose(pointed);
    else point(null);
    return true;
  }

  const { frame } = useReadable((s) => s);
  const model = live.now();
  const readout = model === null || pointed === null ? [] : readoutOf(model, pointed, t, format);
  const description = readout.length > 0 ? readout.join(', ') : model?.sentence;
  const options: { value: Other; label: string }[] = [
    { value: 'none', label: t('roofline.compare.none') },
    ...(ownGpu === null ? [] : [{ value: thisGpu as Other, label: t('roofline.thisGpu', { name: ownGpu.name }) }]),
    ...Object.entries(devices).map(([id, device]) => ({ value: id as Other, label: device.name })),
  ];
  const toolbar = useMemo(
    () => (
      <Choice
        look="segments"
        label={t('roofline.view')}
        value={look}
        options={[
          { value: 'chart', label: t('roofline.chart') },
          { value: 'table', label: t('roofline.table') },
        ]}
        onChange={setLook}
      />
    ),
    [t, look],
  );
  return (
    <Panel id="roofline" symbol="G" title={t('roofline.title')} toolbar={toolbar}>
      <p className="roofline-sentence">{model?.sentence ?? t('roofline.empty')}</p>
      {look === 'table' ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section className="operator-scroll" aria-label={t('operators.title')} tabIndex={0}>
          <OperatorTable operators={frame?.operators ?? []} columns="all" />
        </section>
      ) : (
        model !== null && (
          <ReadoutPlace parts={readout}>
            <Choice
              className="roofline-compare"
              label={t('roofline.compare')}
              value={compared}
              options={options.filter(({ label }) => label !== result?.roofs.name)}
              onChange={setCompared}
            />
            <Surface
              label={t('roofline.label')}
              description={isPlaying ? undefined : description}
              version={[live, hoveredUs]}
              isLive
              cursor={pointed?.of === 'step' ? 'pointer' : 'default'}
              draw={(painter, at, theme) => {
                size.current = at;
                const model = live.now();
                if (model === null) return;
                draw(painter, model, theme, at);
                drawPointedTime(painter, model, hoveredUs, theme, at);
              }}
              onPointerMove={(at) => point(find(at))}
              onPointerLeave={() => point(null)}
              onClick={(at) => choose(find(at))}
              onArrow={move}
              onKey={press}
            />
          </ReadoutPlace>
        )
      )}
    </Panel>
  );
}
