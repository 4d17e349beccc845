import { lazy, Suspense, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../i18n/i18n.ts';
import { comparison as messages } from '../i18n/messages/comparison.ts';
import { useT } from '../i18n/use-t.ts';
import type { Difference } from '../protocol/run.ts';
import { fixedDifferences } from '../scenario/fork.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { knobEntry, knobValue } from '../scenario/registry.ts';
import { differences } from '../scenario/value.ts';
import { comparisonStore, type Pinned } from '../state/comparison.ts';
import { type Playback, playbackStore } from '../state/playback.ts';
import { runStore } from '../state/run.ts';
import { selectionStore } from '../state/selection.ts';
import { Button } from '../ui/controls/Button.tsx';
import { Choice } from '../ui/controls/Choice.tsx';
import { useFormat } from '../ui/use-format.ts';
import {
  type Change,
  type ChangeNumbers,
  largestChange,
  numbersOf,
  numbersOfRun,
  relative,
  spreadOf,
} from '../view/comparison/model.ts';
import { useSession } from '../view/session-context.ts';
import { signed } from '../words/speech.ts';
import { valueText } from './knob-text.ts';
import { metricText } from './metric-text.ts';
import { useKnobWords } from './use-knob-words.ts';
import './comparison.css';

addMessages(messages);

const Chain = lazy(() => import('../view/step-why/later.ts').then((m) => ({ default: m.Chain })));

/** Seeds that a change is measured with, the scenario's own the first of them. */
const seeds = 5;
/** Other seeds are simulated once a setting has stood for so long. */
const restMs = 600;

/** Two runs side by side: what differs, from where on, and what comes of it. A default export because it is loaded lazily. */
export default function ComparisonBar({ pinned }: { readonly pinned: Pinned }) {
  const t = useT();
  const session = useSession();
  const words = useKnobWords();
  const format = useFormat();
  const knobs = useStore(session.scenario, (s) => s.knobs);
  const changed = differences(knobs, pinned.knobs);
  const text = (of: Knobs, name: string) =>
    valueText(knobEntry(name), knobValue(of, knobEntry(name)), words, t, format);
  return (
    <section className="comparison" aria-label={t('comparison.title')}>
      <div className="comparison-what">
        <span className="comparison-sign" aria-hidden="true">
          A
        </span>
        <span className="comparison-sign b" aria-hidden="true">
          B
        </span>
        {changed.length === 0 ? (
          <p>{t('comparison.none')}</p>
        ) : (
          <ul>
            {changed.map((name) => (
              <li key={name}>
                {t('comparison.changed', {
                  knob: words.label(knobEntry(name)),
                  before: text(pinned.knobs, name),
                  after: text(knobs, name),
                })}
              </li>
            ))}
          </ul>
        )}
      </div>
      <ForkPoint />
      <Linked />
      <div className="comparison-end">
        <Button look="quiet" onPress={() => session.unpin('a')}>
          {t('comparison.keepA')}
        </Button>
        <Button look="quiet" onPress={() => session.unpin('b')}>
          {t('comparison.keepB')}
        </Button>
      </div>
      {changed.length > 0 && <Outcome pinned={pinned} knobs={knobs} />}
    </section>
  );
}

const nextStep = ({ frame }: Playback) => (frame === null || frame.isLast ? null : frame.step + 1);

/** Where B leaves A. */
function ForkPoint() {
  const t = useT();
  const session = useSession();
  const format = useFormat();
  const fromStep = useStore(comparisonStore, (s) => s.fromStep);
  // While it plays nobody can say "here".
  const here = useStore(playbackStore, (s) => (s.isPlaying ? null : nextStep(s)));
  const [last, setLast] = useState(() => fromStep ?? nextStep(playbackStore.getState()) ?? 0);
  return (
    <div className="comparison-fork">
      <Choice
        label={t('comparison.fork')}
        look="segments"
        value={fromStep === null ? 'start' : 'step'}
        options={[
          { value: 'step', label: t('comparison.fromStep', { step: format.count(fromStep ?? last) }) },
          { value: 'start', label: t('comparison.fromStart') },
        ]}
        onChange={(from) => {
          if (fromStep !== null) setLast(fromStep);
          session.forkFrom(from === 'start' ? null : last);
        }}
      />
      {here !== null && here !== fromStep && (
        <Button look="quiet" onPress={() => session.forkFrom(here)}>
          {t('comparison.here')}
        </Button>
      )}
    </div>
  );
}

/** Which moment of A stands beside B's. */
function Linked() {
  const t = useT();
  const session = useSession();
  const link = useStore(comparisonStore, (s) => s.link);
  const request = useStore(selectionStore, (s) => s.selected);
  const byRequest =
    request < 0 ? t('comparison.link.request') : t('comparison.link.requestOf', { request: `r${request}` });
  return (
    <Choice
      className="comparison-link"
      label={t('comparison.link')}
      value={link}
      options={[
        { value: 'time', label: t('comparison.link.time') },
        { value: 'step', label: t('comparison.link.step') },
        { value: 'request', label: byRequest },
      ]}
      onChange={(next) => session.linkBy(next)}
    />
  );
}

/** What comes of the change: where the runs part, and the number that changed most, with its spread over seeds. */
function Outcome({ pinned, knobs }: { readonly pinned: Pinned; readonly knobs: Knobs }) {
  const t = useT();
  const result = useStore(runStore, (s) => (s.status === 'done' ? s.result : null));
  const fromStep = useStore(comparisonStore, (s) => s.fromStep);
  if (result === null || result.branching === null) return null;
  const { branching } = result;
  if (branching.difference === null) return <p>{t('comparison.same')}</p>;
  const change = largestChange(numbersOfRun(pinned.result), numbersOfRun(result));
  return (
    <div className="comparison-outcome" role="status">
      <Parting difference={branching.difference} />
      {change === null ? (
        <p>{t('comparison.nothing')}</p>
      ) : (
        <Headline change={change} pinned={pinned} knobs={knobs} isFromStep={branching.isFromStep} />
      )}
      {fromStep !== null && !branching.isFromStep && <Fixed pinned={pinned} knobs={knobs} />}
      <Suspense>
        <Chain before={pinned.result} result={result} from={branching.difference.step} />
      </Suspense>
    </div>
  );
}

function Parting({ difference }: { readonly difference: Difference }) {
  const t = useT();
  const session = useSession();
  const format = useFormat();
  return (
    <p>
      {t('comparison.until', { step: format.count(difference.step), time: format.clock(difference.timeUs) })}{' '}
      <button type="button" className="comparison-goto" onClick={() => session.seekStep(difference.step)}>
        {t('comparison.goto')}
      </button>
    </p>
  );
}

function Fixed({ pinned, knobs }: { readonly pinned: Pinned; readonly knobs: Knobs }) {
  const t = useT();
  const words = useKnobWords();
  const names = fixedDifferences(pinned.knobs, knobs).map((name) => words.label(knobEntry(name)));
  return names.length === 0 ? null : (
    <p className="comparison-note">{t('comparison.fixed', { knobs: names.join(', ') })}</p>
  );
}

interface HeadlineProps {
  readonly change: Change;
  readonly pinned: Pinned;
  readonly knobs: Knobs;
  /** The other seeds are simulated with B from the start: a step is not the same moment with another seed. */
  readonly isFromStep: boolean;
}

function Headline({ change, pinned, knobs, isFromStep }: HeadlineProps) {
  const t = useT();
  const format = useFormat();
  const { pairs, isDone } = useSeeds(pinned.knobs, knobs);
  const number = (value: number) => metricText(change.metric, value, format);
  const [low, high] = spreadOf(change.metric, pairs);
  return (
    <p>
      <strong>
        {t('comparison.change', {
          metric: t(`comparison.${change.metric}`),
          before: number(change.before),
          after: number(change.after),
          change: signed(relative(change), { format }),
        })}
      </strong>{' '}
      {knobs.workload !== 'trace' && (
        <span className="comparison-note">
          {isDone
            ? t(isFromStep ? 'comparison.spreadWhole' : 'comparison.spread', {
                seeds: pairs.length,
                low: signed(low, { format }),
                high: signed(high, { format }),
              })
            : t('comparison.measuring', { done: pairs.length, seeds })}
        </span>
      )}
    </p>
  );
}

/** Both scenarios with several seeds, whole runs from the beginning. */
function useSeeds(before: Knobs, after: Knobs) {
  const session = useSession();
  const [pairs, setPairs] = useState<readonly (readonly [ChangeNumbers, ChangeNumbers])[]>([]);
  const isTrace = after.workload === 'trace';
  useEffect(() => {
    setPairs([]);
    // A recorded trace is what it is with every seed.
    if (isTrace) return;
    const controller = new AbortController();
    const { signal } = controller;
    const numbers = async (knobs: Knobs, seed: number) => {
      const { metrics } = await session.measure({ ...knobs, seed }, { signal });
      return metrics === null ? null : numbersOf(metrics);
    };
    const measure = async (i: number) => {
      const [a, b] = await Promise.all([numbers(before, before.seed + i), numbers(after, after.seed + i)]);
      if (a !== null && b !== null) setPairs((known) => [...known, [a, b]]);
    };
    const timer = setTimeout(() => {
      // Stopped by the next change, or the worker is gone, which the page tells by itself.
      for (let i = 0; i < seeds; i++) measure(i).catch(() => {});
    }, restMs);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [session, before, after, isTrace]);
  return { pairs, isDone: pairs.length === seeds };
}
