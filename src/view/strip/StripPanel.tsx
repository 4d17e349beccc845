import { useMemo, useRef } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../../i18n/i18n.ts';
import { strip } from '../../i18n/messages/strip.ts';
import { useT } from '../../i18n/use-t.ts';
import { playbackStore } from '../../state/playback.ts';
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
import { drawGround, drawNow, drawPointedTime, hit } from './draw.ts';
import { wholeRun, withCursor } from './model.ts';
import { sentenceOf } from './words.ts';
import './strip.css';

addMessages(strip);

/** G: how much comes out, and how well device and memory are used, over the whole run. A default export because it is loaded lazily. */
export default function StripPanel() {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const result = useStore(runStore, (s) => s.result);
  const band = useStore(runStore, (s) => s.band);
  const nowUs = useReadable((s) => s.frame?.nowUs ?? Number.NaN);
  const isPlaying = useStore(playbackStore, (s) => s.isPlaying);
  /** By the pointer or by keys, here or in another panel. */
  const hoveredUs = useStore(selectionStore, (s) => s.hoveredUs);
  const pointedUs = Number.isNaN(hoveredUs) ? null : hoveredUs;
  const setPointedUs = (us: number | null) => selectionStore.getState().hoverTime(us ?? Number.NaN);
  /** Size of the last drawing: what the pointer is on depends on it. */
  const size = useRef<Size>({ width: 0, height: 0 });
  const pinned = usePinnedResult();
  const whole = useMemo(() => wholeRun(result, band, t, format, pinned), [result, band, t, format, pinned]);
  const model = useMemo(() => withCursor(whole, nowUs, format), [whole, nowUs, format]);
  const pointed = pointedUs === null ? null : withCursor(whole, pointedUs, format);

  /** Left and right move a fiftieth of the run; Enter goes there. */
  function move(arrow: Arrow): boolean {
    if (arrow === 'up' || arrow === 'down' || model.lanes.length === 0) return false;
    const from = pointedUs ?? (Number.isNaN(nowUs) ? 0 : nowUs);
    const us = from + (arrow === 'left' ? -1 : 1) * (model.spanUs / 50);
    setPointedUs(Math.min(model.spanUs, Math.max(0, us)));
    return true;
  }

  function press(key: string): boolean {
    if (pointedUs === null || (key !== 'Enter' && key !== 'Escape')) return false;
    if (key === 'Enter') session.seekTime(pointedUs);
    else setPointedUs(null);
    return true;
  }

  return (
    <Panel id="strip" symbol="G" title={t('strip.title')}>
      <div className="strip">
        {model.headlines.length > 0 && (
          <dl className="strip-headlines">
            {model.headlines.map((headline) => (
              <div key={headline.key}>
                <dt>{headline.name}</dt>
                <dd>
                  {headline.value}
                  {headline.range !== '' && <small> {headline.range}</small>}
                </dd>
              </div>
            ))}
          </dl>
        )}
        <ReadoutPlace parts={pointed === null ? [] : [sentenceOf(pointed, t, format)]}>
          <Surface
            label={t('strip.label')}
            description={isPlaying || model.lanes.length === 0 ? undefined : sentenceOf(pointed ?? model, t, format)}
            ground={{ version: whole, draw: (painter, at, theme) => drawGround(painter, whole, theme, at) }}
            version={[model, hoveredUs]}
            cursor="pointer"
            draw={(painter, at, theme) => {
              size.current = at;
              drawNow(painter, model, theme, at);
              drawPointedTime(painter, model, hoveredUs, theme, at);
            }}
            onPointerMove={({ x, y }) => setPointedUs(hit(model, size.current, x, y))}
            onPointerLeave={() => setPointedUs(null)}
            onClick={({ x, y }) => {
              const us = hit(model, size.current, x, y);
              if (us !== null) session.seekTime(us);
            }}
            onArrow={move}
            onKey={press}
          />
        </ReadoutPlace>
      </div>
    </Panel>
  );
}
