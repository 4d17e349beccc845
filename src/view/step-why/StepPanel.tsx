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
import { lazy, Suspense, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { useT } from '../../i18n/use-t.ts';
import type { OperatorTime } from '../../protocol/frame.ts';
import { DecisionKind } from '../../sim/decision.ts';
import { comparisonStore } from '../../state/comparison.ts';
import { playbackStore } from '../../state/playback.ts';
import { runStore } from '../../state/run.ts';
import { selectionStore } from '../../state/selection.ts';
import { Panel } from '../../ui/Panel.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useReadable } from '../../ui/use-readable.ts';
import { useBaseline } from '../latency/baseline.ts';
import { useSession } from '../session-context.ts';
import type { DecisionLine } from './decisions.ts';
import { stepModel } from './model.ts';
import './step.css';

const later = () => import('./later.ts');
const Why = lazy(() => later().then((m) => ({ default: m.Why })));
const Life = lazy(() => later().then((m) => ({ default: m.Life })));
const Chain = lazy(() => later().then((m) => ({ default: m.Chain })));

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
  const frame = useReadable((s) => s.frame, paceMs);
  const result = useStore(runStore, (s) => s.result);
  const selected = useStore(selectionStore, (s) => s.selected);
  const model = useMemo(() => stepModel(frame, result, t, format), [frame, result, t, format]);
  /** The run knows the selected request. */
  const isKnown = result !== null && selected >= 0 && selected < result.outcomes.count;
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
        <ChangeBefore />
        {!isPlaying && frame !== null && (
          <Suspense>
            <Why frame={frame} result={result} request={selected} />
          </Suspense>
        )}
        {model.limit !== '' && (
          <p className="step-bound">
            <strong>{model.limit}</strong> {model.limitMeans}
          </p>
        )}
        {model.limit !== '' && frame !== null && <Operators operators={frame.operators} />}
        {isKnown && (
          <Suspense>
            <Life frame={frame} result={result} request={selected} />
          </Suspense>
        )}
        {model.bound !== '' && <Decisions lines={model.decisions} more={model.more} selected={selected} />}
        {!isKnown && <p className="step-quiet">{t('step.life.hint')}</p>}
      </div>
    </Panel>
  );
}

/** What the last change led to, where no run is kept to compare with. */
function ChangeBefore() {
  const session = useSession();
  const result = useStore(runStore, (s) => s.result);
  const edit = useStore(session.scenario, (s) => s.past);
  const preset = useStore(session.scenario, (s) => s.knobs.preset);
  const before = useBaseline(result, edit, preset);
  const isPinned = useStore(comparisonStore, (s) => s.pinned !== null);
  if (isPinned || before === null || result === null || before === result) return null;
  return (
    <Suspense>
      <Chain before={before} result={result} from={0} />
    </Suspense>
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
