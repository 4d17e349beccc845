import { useMemo, useRef } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../../i18n/i18n.ts';
import { memory } from '../../i18n/messages/memory.ts';
import { useT } from '../../i18n/use-t.ts';
import { playbackStore } from '../../state/playback.ts';
import { runStore } from '../../state/run.ts';
import { selectionStore } from '../../state/selection.ts';
import { Panel } from '../../ui/Panel.tsx';
import type { Size } from '../../ui/painter.ts';
import { type Arrow, Surface } from '../../ui/Surface.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useReadable } from '../../ui/use-readable.ts';
import { usePinnedResult } from '../pinned.ts';
import { useSession } from '../session-context.ts';
import { draw, hit } from './draw.ts';
import { memoryModel } from './model.ts';
import { sentenceOf } from './words.ts';

addMessages(memory);

/** M: what the KV memory serves over the whole run. A default export because it is loaded lazily. */
export default function MemoryPanel() {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const result = useStore(runStore, (s) => s.result);
  const nowUs = useReadable((s) => s.frame?.nowUs ?? Number.NaN);
  const isPlaying = useStore(playbackStore, (s) => s.isPlaying);
  /** By the pointer or by keys, here or in another panel. */
  const pointedUs = useStore(selectionStore, (s) => s.hoveredUs);
  const setPointedUs = selectionStore.getState().hoverTime;
  /** Size of the last drawing: what the pointer is on depends on it. */
  const size = useRef<Size>({ width: 0, height: 0 });
  const pinned = usePinnedResult();
  const model = useMemo(() => memoryModel(result, pinned), [result, pinned]);

  /** Left and right move a fiftieth of the run; Enter goes there. */
  function move(arrow: Arrow): boolean {
    if (model === null || arrow === 'up' || arrow === 'down') return false;
    const from = Number.isNaN(pointedUs) ? (Number.isNaN(nowUs) ? 0 : nowUs) : pointedUs;
    const us = from + (arrow === 'left' ? -1 : 1) * (model.spanUs / 50);
    setPointedUs(Math.min(model.spanUs, Math.max(0, us)));
    return true;
  }

  function press(key: string): boolean {
    if (Number.isNaN(pointedUs) || (key !== 'Enter' && key !== 'Escape')) return false;
    if (key === 'Enter') session.seekTime(pointedUs);
    else setPointedUs(Number.NaN);
    return true;
  }

  return (
    <Panel
      id="memory"
      symbol="M"
      title={t('memory.title')}
      facts={
        model === null
          ? undefined
          : t('memory.facts', {
              used: format.percent(1 - model.whole.free - model.whole.cached - model.whole.external),
              useful: format.percent(model.whole.useful),
            })
      }
    >
      <Surface
        label={t('memory.label')}
        description={
          isPlaying || model === null
            ? undefined
            : sentenceOf(model, Number.isNaN(pointedUs) ? nowUs : pointedUs, t, format)
        }
        version={[model, nowUs, pointedUs, t]}
        cursor="pointer"
        draw={(painter, at, theme) => {
          size.current = at;
          draw(painter, { model, nowUs, pointedUs, t, format }, theme, at);
        }}
        onPointerMove={({ x, y }) => setPointedUs(hit(model, size.current, x, y) ?? Number.NaN)}
        onPointerLeave={() => setPointedUs(Number.NaN)}
        onClick={({ x, y }) => {
          const us = hit(model, size.current, x, y);
          if (us !== null) session.seekTime(us);
        }}
        onArrow={move}
        onKey={press}
      />
    </Panel>
  );
}
