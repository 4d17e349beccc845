import { useMemo } from 'react';
import { useStore } from 'zustand';
import { useT } from '../../i18n/use-t.ts';
import { playbackStore } from '../../state/playback.ts';
import { runStore } from '../../state/run.ts';
import { Surface } from '../../ui/Surface.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useSession } from '../session-context.ts';
import { drawOverview, timeAt } from './draw.ts';
import { overviewModel } from './model.ts';

/** More columns than a screen has pixels would only cost time. */
const maxColumns = 720;
const maxMarks = 240;

/** The whole run under the panels; click or drag to go there. Arrow keys step, as everywhere. */
export function Overview() {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const result = useStore(runStore, (s) => s.result);
  const nowUs = useStore(playbackStore, (s) => s.frame?.nowUs ?? 0);
  const model = useMemo(() => (result === null ? null : overviewModel(result, maxColumns, maxMarks)), [result]);
  if (model === null) return <div className="surface" />;

  return (
    <Surface
      label={t('overview.label')}
      version={[model, nowUs]}
      cursor="col-resize"
      slider={{
        value: Math.round(nowUs),
        min: 0,
        max: Math.round(model.durationUs),
        text: t('overview.value', { now: format.duration(nowUs), end: format.duration(model.durationUs) }),
      }}
      draw={(painter, size, theme) => drawOverview(painter, size, theme, model, nowUs)}
      onDrag={(at, phase, size) => {
        if (phase !== 'end') session.seekTime(timeAt(at.x, size.width, model.durationUs));
      }}
    />
  );
}
