import { useMemo, useRef, useState } from 'react';
import { addMessages } from '../../i18n/i18n.ts';
import { why } from '../../i18n/messages/why.ts';
import { useT } from '../../i18n/use-t.ts';
import type { Frame } from '../../protocol/frame.ts';
import type { RunResult } from '../../protocol/run.ts';
import { selectionStore } from '../../state/selection.ts';
import type { Size } from '../../ui/painter.ts';
import { Surface } from '../../ui/Surface.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { ReadoutPlace } from '../batch/Readout.tsx';
import { usePinnedResult } from '../pinned.ts';
import { draw, hit, timeAt } from './draw.ts';
import { lifeOf, type Phase } from './life.ts';

addMessages(why);

const labelsOf = (phases: readonly Phase[]) => phases.map(({ label }) => label).join(', ');

interface LifeProps {
  readonly frame: Frame | null;
  readonly result: RunResult;
  readonly request: number;
}

/** When the request was where, as a bar and in numbers. */
export function Life({ frame, result, request }: LifeProps) {
  const t = useT();
  const format = useFormat();
  const before = usePinnedResult();
  const model = useMemo(
    () => lifeOf(request, frame, result, t, format, before),
    [request, frame, result, t, format, before],
  );
  const [pointed, setPointed] = useState('');
  /** Size of the last drawing: what the pointer is on depends on it. */
  const size = useRef<Size>({ width: 0, height: 0 });
  if (model === null) return null;
  return (
    <>
      <h3>{t('step.life', { request: model.request })}</h3>
      {model.phases.length > 0 && (
        <div className="step-life-bar" data-pinned={model.pinned.length > 0 || undefined}>
          <ReadoutPlace parts={pointed === '' ? [] : [pointed]}>
            <Surface
              label={`${t('step.label')}: ${labelsOf(model.phases)}${model.pinned.length > 0 ? `. A: ${labelsOf(model.pinned)}` : ''}`}
              version={model}
              draw={(painter, at, theme) => {
                size.current = at;
                draw(painter, model, theme, at);
              }}
              onPointerMove={({ x, y }) => {
                setPointed(hit(model, size.current, x, y)?.label ?? '');
                selectionStore.getState().hoverTime(timeAt(model, size.current, x));
              }}
              onPointerLeave={() => {
                setPointed('');
                selectionStore.getState().hoverTime(Number.NaN);
              }}
            />
          </ReadoutPlace>
        </div>
      )}
      <dl className="step-life">
        {model.rows.map((row) => (
          <div key={row.key}>
            <dt>{row.name}</dt>
            <dd>{row.value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
