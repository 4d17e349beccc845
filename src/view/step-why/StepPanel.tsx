import {
  Ban,
  Check,
  Eraser,
  Gauge,
  Hand,
  LogIn,
  LogOut,
  type LucideIcon,
  RotateCcw,
  SkipForward,
  TriangleAlert,
} from 'lucide-react';
import { lazy, Suspense, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { useT } from '../../i18n/use-t.ts';
import type { OperatorTime } from '../../protocol/frame.ts';
import { DecisionKind } from '../../sim/decision.ts';
import { playbackStore } from '../../state/playback.ts';
import { runStore } from '../../state/run.ts';
import { selectionStore } from '../../state/selection.ts';
import { Panel } from '../../ui/Panel.tsx';
import type { Size } from '../../ui/painter.ts';
import { Surface } from '../../ui/Surface.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { ReadoutPlace } from '../batch/Readout.tsx';
import type { DecisionLine } from './decisions.ts';
import { draw, hit } from './draw.ts';
import type { LifeModel } from './life.ts';
import { stepModel } from './model.ts';
import { usePaced } from './use-paced.ts';
import './step.css';

const icons: Readonly<Record<number, LucideIcon>> = {
  [DecisionKind.admit]: LogIn,
  [DecisionKind.resume]: RotateCcw,
  [DecisionKind.hold]: Hand,
  [DecisionKind.preempt]: LogOut,
  [DecisionKind.skip]: SkipForward,
  [DecisionKind.finish]: Check,
  [DecisionKind.reject]: Ban,
  [DecisionKind.changePrecision]: Gauge,
  [DecisionKind.evict]: Eraser,
  [DecisionKind.fail]: TriangleAlert,
};

/** Decisions by which a request loses something. */
const losses: ReadonlySet<number> = new Set([
  DecisionKind.preempt,
  DecisionKind.reject,
  DecisionKind.evict,
  DecisionKind.fail,
]);

/** Milliseconds between two texts while steps run by. */
const paceMs = 250;

/** σ: what the shown step did and why, and the life of the selected request. */
export function StepPanel() {
  const t = useT();
  const format = useFormat();
  const isPlaying = useStore(playbackStore, (s) => s.isPlaying);
  const frame = usePaced(
    useStore(playbackStore, (s) => s.frame),
    isPlaying ? paceMs : 0,
  );
  const result = useStore(runStore, (s) => s.result);
  const selected = useStore(selectionStore, (s) => s.selected);
  const model = useMemo(() => stepModel(frame, result, selected, t, format), [frame, result, selected, t, format]);
  return (
    <Panel id="step" symbol="σ" title={t('step.title')}>
      <div className="step">
        <p className="step-sentence" aria-live={isPlaying ? 'off' : 'polite'}>
          {model.sentence}
        </p>
        {model.bound !== '' && (
          <p className="step-bound">
            <strong>{model.bound}</strong> {model.boundMeans}
          </p>
        )}
        {model.limit !== '' && (
          <p className="step-bound">
            <strong>{model.limit}</strong> {model.limitMeans}
          </p>
        )}
        {model.limit !== '' && frame !== null && <Operators operators={frame.operators} />}
        {model.life !== null && <Life model={model.life} />}
        {model.bound !== '' && <Decisions lines={model.decisions} more={model.more} selected={selected} />}
        {model.life === null && <p className="step-quiet">{t('step.life.hint')}</p>}
      </div>
    </Panel>
  );
}

const OperatorTable = lazy(() => import('../roofline/OperatorTable.tsx'));

/** The step's operators, on demand: the table is loaded when it is first opened. */
function Operators({ operators }: { readonly operators: readonly OperatorTime[] }) {
  const t = useT();
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="step-operators" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('step.operators')}</summary>
      {isOpen && (
        <Suspense>
          <OperatorTable operators={operators} columns="short" />
        </Suspense>
      )}
    </details>
  );
}

interface DecisionsProps {
  readonly lines: readonly DecisionLine[];
  readonly more: string;
  readonly selected: number;
}

function Decisions({ lines, more, selected }: DecisionsProps) {
  const t = useT();
  if (lines.length === 0) return <p className="step-quiet">{t('step.noDecisions')}</p>;
  return (
    <>
      <h3>{t('step.decisions')}</h3>
      <ul className="step-decisions">
        {lines.map((line) => {
          const Icon = icons[line.kind];
          const isLoss = losses.has(line.kind);
          return (
            <li key={line.index} data-loss={isLoss}>
              <Icon aria-hidden="true" />
              <span>
                {line.parts.map((part, i) =>
                  'text' in part ? (
                    part.text
                  ) : (
                    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence keep their places
                    <RequestButton key={i} request={part.request} isSelected={part.request === selected} />
                  ),
                )}
              </span>
            </li>
          );
        })}
      </ul>
      {more !== '' && <p className="step-quiet">{more}</p>}
    </>
  );
}

/** A request's name; pressing it follows the request through all panels. */
function RequestButton({ request, isSelected }: { readonly request: number; readonly isSelected: boolean }) {
  const t = useT();
  const { select, hover } = selectionStore.getState();
  return (
    <button
      type="button"
      className="step-request"
      aria-label={t('step.select', { request })}
      aria-pressed={isSelected}
      onClick={() => select(request)}
      onPointerEnter={() => hover(request)}
      onPointerLeave={() => hover(-1)}
    >
      r{request}
    </button>
  );
}

function Life({ model }: { readonly model: LifeModel }) {
  const t = useT();
  const [pointed, setPointed] = useState('');
  /** Size of the last drawing: what the pointer is on depends on it. */
  const size = useRef<Size>({ width: 0, height: 0 });
  return (
    <>
      <h3>{t('step.life', { request: model.request })}</h3>
      {model.phases.length > 0 && (
        <div className="step-life-bar">
          <ReadoutPlace parts={pointed === '' ? [] : [pointed]}>
            <Surface
              label={`${t('step.label')}: ${model.phases.map((phase) => phase.label).join(', ')}`}
              version={model}
              draw={(painter, at, theme) => {
                size.current = at;
                draw(painter, model, theme, at);
              }}
              onPointerMove={({ x, y }) => setPointed(hit(model, size.current, x, y)?.label ?? '')}
              onPointerLeave={() => setPointed('')}
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
