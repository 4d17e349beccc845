import { X } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../i18n/i18n.ts';
import { comparison } from '../i18n/messages/comparison.ts';
import { sweep as messages } from '../i18n/messages/sweep.ts';
import { useT } from '../i18n/use-t.ts';
import type { NumberKnob } from '../scenario/knob-entry.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { isLocked } from '../scenario/lecture.ts';
import { knobValue } from '../scenario/registry.ts';
import { withChoice } from '../scenario/value.ts';
import { Button } from '../ui/controls/Button.tsx';
import { Choice } from '../ui/controls/Choice.tsx';
import { IconButton } from '../ui/controls/IconButton.tsx';
import type { Size } from '../ui/painter.ts';
import { type Arrow, Surface } from '../ui/Surface.tsx';
import { useFormat } from '../ui/use-format.ts';
import { type ChangeMetric, changeMetrics, numbersOf } from '../view/comparison/model.ts';
import { useSession } from '../view/session-context.ts';
import { drawSweep, plotOf } from '../view/sweep/draw.ts';
import { nearestPoint, type SweepModel, type SweepPoint, type SweepRun, sweepModel } from '../view/sweep/model.ts';
import { outwards, sweepValues } from '../view/sweep/values.ts';
import { knobText } from './knob-text.ts';
import { metricText } from './metric-text.ts';
import { type FoundCapacity, SweepCapacity } from './SweepCapacity.tsx';
import { uiStore } from './ui-store.ts';
import { useKnobWords } from './use-knob-words.ts';
import './sweep.css';

addMessages(messages);
addMessages(comparison);

/** Seeds of every value, the scenario's own the first of them. */
const seedsOfSweep = 3;
/** A scenario that is being changed is not swept until it rests. */
const restMs = 400;

/** One knob at other values: what it would change, and the highest rate that keeps a promise. A default export because it is loaded lazily. */
export default function SweepChart({ entry }: { readonly entry: NumberKnob }) {
  const t = useT();
  const format = useFormat();
  const words = useKnobWords();
  const session = useSession();
  const knobs = useStore(session.scenario, (s) => s.knobs);
  const isFixed = useStore(session.scenario, (s) => isLocked(s.staging, entry.name));
  const present = Number(knobValue(knobs, entry));
  const [metric, setMetric] = useState<ChangeMetric>(entry.name === 'rate' ? 'ttftP99' : 'itlMax');
  const [isTable, setTable] = useState(false);
  const [pointed, setPointed] = useState(-1);
  const [capacity, setCapacity] = useState<FoundCapacity | null>(null);
  const { values, runs, count, seeds, isRunning, stop, goOn } = useSweep(entry, knobs, present);
  const size = useRef<Size>({ width: 0, height: 0 });
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    section.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  const label = words.label(entry);
  const metricName = t(`comparison.${metric}`);
  const xText = useCallback(
    (value: number) => (value === 0 && entry.zero ? (words.zero(entry) ?? '0') : format.compact(value)),
    [entry, words, format],
  );
  const model = useMemo(
    () =>
      sweepModel(entry, values, runs, {
        metric,
        present,
        presentWord: t('sweep.present'),
        mark:
          capacity === null
            ? null
            : { value: capacity.ratePerS, low: capacity.lowPerS, high: capacity.highPerS, label: t('sweep.mark') },
        xText: entry.unit === 'share' ? (value) => format.percent(value) : xText,
        yText: (value) => metricText(metric, value, format),
      }),
    [entry, values, runs, metric, present, capacity, t, format, xText],
  );
  const valueText = (value: number) => knobText(entry, value, words.zero(entry), t, format);
  const choose = (place: number) => {
    const point = model.points[place];
    if (point !== undefined && !isFixed) session.scenario.getState().set(entry.name, point.value);
  };
  const placeOf = (x: number) => {
    const plot = plotOf(size.current);
    return nearestPoint(model, (x - plot.left) / (plot.right - plot.left));
  };
  const move = (arrow: Arrow) => {
    const at = pointed < 0 ? model.points.findIndex(({ isPresent }) => isPresent) : pointed;
    const by = arrow === 'left' || arrow === 'down' ? -1 : 1;
    setPointed(Math.min(model.points.length - 1, Math.max(0, at + by)));
    return true;
  };
  const described = model.points[pointed] ?? model.points.find(({ isPresent }) => isPresent);
  const sentence = described === undefined ? '' : pointText(described, valueText, metricName, metric, t, format);

  return (
    <section ref={section} className="sweep" aria-label={t('sweep.title', { knob: label })}>
      <div className="sweep-head">
        <Choice
          label={t('sweep.metric')}
          value={metric}
          options={changeMetrics.map((value) => ({ value, label: t(`comparison.${value}`) }))}
          onChange={setMetric}
        />
        <Button look="quiet" onPress={() => setTable(!isTable)}>
          {t(isTable ? 'sweep.chart' : 'sweep.table')}
        </Button>
        <IconButton label={t('sweep.close', { knob: label })} onPress={() => uiStore.setState({ swept: '' })}>
          <X />
        </IconButton>
      </div>
      {isTable ? (
        <SweepTable model={model} metric={metric} valueText={valueText} onSet={isFixed ? null : choose} />
      ) : (
        <>
          <div className="sweep-picture">
            <Surface
              label={t('sweep.picture', { metric: metricName, knob: label })}
              description={sentence}
              version={[model, pointed]}
              cursor={isFixed ? 'default' : 'pointer'}
              draw={(painter, at, theme) => {
                size.current = at;
                drawSweep(painter, model, pointed, theme, at);
              }}
              onPointerMove={({ x }) => setPointed(placeOf(x))}
              onPointerLeave={() => setPointed(-1)}
              onClick={({ x }) => choose(placeOf(x))}
              onArrow={move}
              onKey={(key) => {
                if (key === 'Enter' && pointed >= 0) choose(pointed);
                else if (key === 'Escape' && pointed >= 0) setPointed(-1);
                else return false;
                return true;
              }}
            />
          </div>
          <p className="sweep-point">{sentence}</p>
        </>
      )}
      <p className="sweep-note">
        {seeds > 1 ? t('sweep.seeds', { seeds }) : t('sweep.oneSeed')} {t(isFixed ? 'sweep.locked' : 'sweep.hint')}
      </p>
      {runs.length < count && (
        <div className="sweep-run">
          <progress value={runs.length / count} aria-label={t('sweep.progress', { done: runs.length, count })} />
          <span>{t('sweep.progress', { done: format.count(runs.length), count: format.count(count) })}</span>
          <Button look="quiet" onPress={isRunning ? stop : goOn}>
            {t(isRunning ? 'sweep.cancel' : 'sweep.again')}
          </Button>
        </div>
      )}
      {entry.name === 'rate' && (
        <SweepCapacity
          knobs={knobs}
          seeds={seeds}
          found={capacity}
          onFound={setCapacity}
          rateText={valueText}
          onSet={isFixed ? null : (rate) => session.scenario.getState().set('rate', rate)}
        />
      )}
    </section>
  );
}

/** Runs every value with every seed, as many at once as there are workers, until stopped; a change of another knob begins anew. */
function useSweep(entry: NumberKnob, knobs: Knobs, present: number) {
  const session = useSession();
  // What the runs depend on: everything but the swept knob.
  const others = JSON.stringify({ ...knobs, [entry.name]: null });
  const [swept, setSwept] = useState({ others, values: sweepValues(entry, present) });
  const [runs, setRuns] = useState<readonly SweepRun[]>([]);
  const [isStopped, setStopped] = useState(false);
  const done = useRef(new Set<string>());
  const seeds = knobs.workload === 'trace' ? 1 : seedsOfSweep;
  const newest = useRef({ knobs, present });
  newest.current = { knobs, present };

  useEffect(() => {
    setSwept((old) => {
      if (old.others !== others) return { others, values: sweepValues(entry, newest.current.present) };
      if (old.values.includes(present)) return old;
      // A value that was set by hand is one to be seen, too.
      return { others, values: [...old.values, present].sort((a, b) => a - b) };
    });
  }, [entry, others, present]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs when another knob has changed
  useEffect(() => {
    done.current = new Set();
    setRuns([]);
    setStopped(false);
  }, [swept.others]);
  useEffect(() => {
    if (isStopped) return;
    const controller = new AbortController();
    const base = newest.current;
    const run = async (value: number, i: number) => {
      const key = `${value} ${i}`;
      if (done.current.has(key)) return;
      const seeded = { ...withChoice(base.knobs, entry.name, value), seed: (base.knobs.seed + i) % 2 ** 32 };
      const { metrics } = await session.measure(seeded, { signal: controller.signal });
      done.current.add(key);
      setRuns((known) => [...known, { value, numbers: metrics === null ? null : numbersOf(metrics) }]);
    };
    const runAll = () => {
      for (let i = 0; i < seeds; i++) {
        // Stopped, or the worker is gone, which the page tells by itself.
        for (const value of outwards(swept.values, base.present)) run(value, i).catch(() => {});
      }
    };
    const timer = setTimeout(runAll, restMs);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [session, entry, swept, seeds, isStopped]);
  return {
    values: swept.values,
    runs,
    count: swept.values.length * seeds,
    seeds,
    isRunning: !isStopped,
    stop: () => setStopped(true),
    goOn: () => setStopped(false),
  };
}

interface SweepTableProps {
  readonly model: SweepModel;
  readonly metric: ChangeMetric;
  readonly valueText: (value: number) => string;
  /** Null where the knob is locked. */
  readonly onSet: ((place: number) => void) | null;
}

function SweepTable({ model, metric, valueText, onSet }: SweepTableProps) {
  const t = useT();
  const format = useFormat();
  const cell = (value: number) => (Number.isNaN(value) ? '–' : metricText(metric, value, format));
  return (
    <div className="sweep-scroll">
      <table className="sweep-table">
        <thead>
          <tr>
            <th scope="col">{t('sweep.value')}</th>
            <th scope="col">{t('sweep.mean')}</th>
            <th scope="col">{t('sweep.low')}</th>
            <th scope="col">{t('sweep.high')}</th>
          </tr>
        </thead>
        <tbody>
          {model.points.map((point, i) => (
            <tr key={point.value} data-present={point.isPresent}>
              <th scope="row">
                {onSet === null || point.isPresent ? (
                  valueText(point.value)
                ) : (
                  <button
                    type="button"
                    aria-label={t('sweep.set', { value: valueText(point.value) })}
                    onClick={() => onSet(i)}
                  >
                    {valueText(point.value)}
                  </button>
                )}
              </th>
              {point.isFailed ? (
                <td colSpan={3}>{t('sweep.failed')}</td>
              ) : (
                <>
                  <td>{cell(point.mean)}</td>
                  <td>{cell(point.low)}</td>
                  <td>{cell(point.high)}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function pointText(
  { value, runs, mean, low, high, isFailed }: SweepPoint,
  valueText: (value: number) => string,
  metricName: string,
  metric: ChangeMetric,
  t: ReturnType<typeof useT>,
  format: ReturnType<typeof useFormat>,
): string {
  const number = (of: number) => metricText(metric, of, format);
  if (isFailed) return `${valueText(value)}: ${t('sweep.failed')}`;
  if (runs === 0) return valueText(value);
  const said = {
    value: valueText(value),
    metric: metricName,
    mean: number(mean),
    low: number(low),
    high: number(high),
  };
  return t(runs > 1 ? 'sweep.point' : 'sweep.pointOne', said);
}
