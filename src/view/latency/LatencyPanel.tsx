import { lazy, Suspense, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { useT } from '../../i18n/use-t.ts';
import { comparisonStore } from '../../state/comparison.ts';
import { playbackStore } from '../../state/playback.ts';
import { runStore } from '../../state/run.ts';
import { selectionStore } from '../../state/selection.ts';
import { Choice } from '../../ui/controls/Choice.tsx';
import { Panel } from '../../ui/Panel.tsx';
import type { Size } from '../../ui/painter.ts';
import { type Arrow, Surface } from '../../ui/Surface.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { ReadoutPlace } from '../batch/Readout.tsx';
import { useSession } from '../session-context.ts';
import { useBaseline } from './baseline.ts';
import { draw, hit, type LatencyHit } from './draw.ts';
import { latencyModel } from './model.ts';
import { descriptionOf, readoutOf } from './words.ts';
import './latency.css';

// Comes with the first band.
const BandLine = lazy(() => import('../band/BandLine.tsx'));

/** σ: what the policy did to those who wait, before and after the last change. */
export function LatencyPanel() {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const result = useStore(runStore, (s) => s.result);
  const band = useStore(runStore, (s) => s.band);
  const edit = useStore(session.scenario, (s) => s.past);
  const preset = useStore(session.scenario, (s) => s.knobs.preset);
  const earlier = useBaseline(result, edit, preset);
  const pinned = useStore(comparisonStore, (s) => s.pinned?.result ?? null);
  const before = pinned === result ? null : (pinned ?? earlier);
  const selected = useStore(selectionStore, (s) => s.selected);
  const isPlaying = useStore(playbackStore, (s) => s.isPlaying);
  const [shape, setShape] = useState<'histogram' | 'cumulative'>('histogram');
  const [pointed, setPointed] = useState<LatencyHit | null>(null);
  /** Size of the last drawing: what the pointer is on depends on it. */
  const size = useRef<Size>({ width: 0, height: 0 });
  const model = useMemo(
    () => latencyModel({ result, before, isPinned: pinned !== null, band, selected, shape }, t, format),
    [result, before, pinned, band, selected, shape, t, format],
  );

  /** Up and down choose a metric, left and right a value on its axis. */
  function move(arrow: Arrow): boolean {
    const metric = model.metrics[pointed?.metric ?? 0];
    if (metric === undefined || metric.percentiles.length === 0) return false;
    if (pointed === null) {
      setPointed({ metric: 0, us: metric.percentiles[0].us });
      return true;
    }
    if (arrow === 'left' || arrow === 'right') {
      const us = arrow === 'left' ? pointed.us / 1.1 : pointed.us * 1.1;
      setPointed({ metric: pointed.metric, us: Math.min(metric.highUs, Math.max(metric.lowUs, us)) });
      return true;
    }
    const next = pointed.metric + (arrow === 'down' ? 1 : -1);
    const other = model.metrics[next];
    if (other !== undefined && other.percentiles.length > 0) setPointed({ metric: next, us: other.percentiles[0].us });
    return true;
  }

  return (
    <Panel
      id="latency"
      symbol="σ"
      title={t('latency.title')}
      toolbar={
        <Choice
          look="segments"
          label={t('latency.shape')}
          value={shape}
          options={[
            { value: 'histogram', label: t('latency.histogram') },
            { value: 'cumulative', label: t('latency.cumulative') },
          ]}
          onChange={setShape}
        />
      }
    >
      <ReadoutPlace parts={pointed === null ? [] : readoutOf(model, pointed, t, format)}>
        <Surface
          label={t('latency.label')}
          description={isPlaying ? undefined : descriptionOf(model, t)}
          version={model}
          draw={(painter, at, theme) => {
            size.current = at;
            draw(painter, model, theme, at);
          }}
          onPointerMove={({ x, y }) => setPointed(hit(model, size.current, x, y))}
          onPointerLeave={() => setPointed(null)}
          onArrow={move}
          onKey={(key) => {
            if (key !== 'Escape' || pointed === null) return false;
            setPointed(null);
            return true;
          }}
        />
      </ReadoutPlace>
      <div className="latency-band">
        {result !== null && band !== null && (
          <Suspense>
            <BandLine result={result} band={band} />
          </Suspense>
        )}
      </div>
    </Panel>
  );
}
