import { useCallback, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../i18n/i18n.ts';
import { layouts as messages } from '../i18n/messages/layouts.ts';
import { useT } from '../i18n/use-t.ts';
import {
  isLaidOut,
  type LayoutRow,
  layoutKnobNames,
  layoutsOf,
  otherDeviceOf,
  SAMPLED_REQUESTS,
  sampleOf,
  withLayout,
} from '../scenario/layouts/layouts.ts';
import { isLocked } from '../scenario/lecture.ts';
import { knobEntry } from '../scenario/registry.ts';
import { setSlo, sloStore } from '../state/slo.ts';
import { Button } from '../ui/controls/Button.tsx';
import { Dialog } from '../ui/controls/Dialog.tsx';
import { Surface } from '../ui/Surface.tsx';
import { useFormat } from '../ui/use-format.ts';
import { drawLayouts } from '../view/layouts/draw.ts';
import { LayoutTable } from '../view/layouts/LayoutTable.tsx';
import { type LayoutOrder, layoutsModel } from '../view/layouts/model.ts';
import { useSession } from '../view/session-context.ts';
import { problemText } from './problem-text.ts';
import { useKnobWords } from './use-knob-words.ts';
import '../view/layouts/layouts.css';

addMessages(messages);

const firstGpus = 8;
const mostGpus = 64;

/** What is asked, as it is typed; '' = no limit. */
interface Asked {
  readonly gpus: string;
  readonly ttftMs: string;
  readonly tpotMs: string;
}

/** What is simulated, or was. */
interface Study {
  readonly gpus: number;
  readonly count: number;
  /** On which those decode that split, where it is another one than the scenario's. */
  readonly otherDevice: string | null;
  readonly rows: readonly LayoutRow[];
  readonly isRunning: boolean;
}

/** All layouts of a number of GPUs on the present traffic, row by row. A default export because it is loaded lazily. */
export default function LayoutsDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const format = useFormat();
  const words = useKnobWords();
  const session = useSession();
  const knobs = useStore(session.scenario, (s) => s.knobs);
  const isFixed = useStore(session.scenario, (s) => layoutKnobNames.some((name) => isLocked(s.staging, name)));
  const slo = useStore(sloStore);
  const [asked, setAsked] = useState<Asked>(() => ({
    gpus: String(firstGpus),
    ttftMs: inMs(slo.ttft),
    tpotMs: inMs(slo.tpot),
  }));
  const [study, setStudy] = useState<Study>({
    gpus: firstGpus,
    count: 0,
    otherDevice: null,
    rows: [],
    isRunning: false,
  });
  /** Fields that have been left: what is wrong in them is said. */
  const [left, setLeft] = useState<ReadonlySet<keyof Asked>>(new Set());
  const mistakeId = useId();
  const [order, setOrder] = useState<LayoutOrder>(null);
  const work = useRef<AbortController | null>(null);

  const stop = useCallback(() => {
    work.current?.abort();
    setStudy((s) => ({ ...s, isRunning: false }));
  }, []);

  const start = useCallback(
    (gpus: number) => {
      work.current?.abort();
      const controller = new AbortController();
      work.current = controller;
      const { signal } = controller;
      const { ttft, tpot } = sloStore.getState();
      const objective = { ttftUs: ttft, tpotUs: tpot };
      const cases = layoutsOf(sampleOf(session.scenario.getState().knobs), gpus);
      setOrder(null);
      setStudy({ gpus, count: cases.length, otherDevice: otherDeviceOf(cases), rows: [], isRunning: true });
      const runs = cases.map(async (each) => {
        const row = await session.layout(each, objective, { signal });
        if (!signal.aborted) setStudy((s) => ({ ...s, rows: [...s.rows, row] }));
      });
      // One that is lost with its worker, which the page tells by itself, does not end the others.
      void Promise.allSettled(runs).then(() => {
        if (!signal.aborted) setStudy((s) => ({ ...s, isRunning: false }));
      });
    },
    [session],
  );

  // Once, when the dialog opens; closing it stops what still runs.
  useEffect(() => {
    start(firstGpus);
    return () => work.current?.abort();
  }, [start]);

  const gpus = Number(asked.gpus);
  const limits = [asked.ttftMs, asked.tpotMs].map((ms) => (ms === '' ? null : Number(ms) * 1000));
  const mistakes: Readonly<Record<keyof Asked, boolean>> = {
    gpus: !(Number.isInteger(gpus) && gpus >= 1 && gpus <= mostGpus),
    ttftMs: limits[0] !== null && !(limits[0] > 0),
    tpotMs: limits[1] !== null && !(limits[1] > 0),
  };
  const isPossible = !Object.values(mistakes).includes(true);
  const submit = () => {
    setSlo('ttft', limits[0]);
    setSlo('tpot', limits[1]);
    start(gpus);
  };
  const model = useMemo(() => layoutsModel(study.rows, order, study.isRunning, t, format), [study, order, t, format]);
  const isSaid = (name: keyof Asked) => mistakes[name] && left.has(name);
  const mistakeWords = [
    ...(isSaid('gpus') ? [t('layouts.wrongGpus', { most: mostGpus })] : []),
    ...(isSaid('ttftMs') || isSaid('tpotMs') ? [t('layouts.wrongLimit')] : []),
  ];
  const field = (name: keyof Asked, label: string, unit: string, hint?: string) => (
    <label>
      {label}
      <input
        inputMode="decimal"
        placeholder={hint}
        value={asked[name]}
        aria-invalid={isSaid(name)}
        aria-describedby={isSaid(name) ? mistakeId : undefined}
        onBlur={() => setLeft(new Set([...left, name]))}
        onChange={(event) => setAsked({ ...asked, [name]: event.currentTarget.value.trim() })}
      />
      {unit}
    </label>
  );
  const done = study.rows.length;
  const progress = t('layouts.progress', { done: format.count(done), count: format.count(study.count) });

  return (
    <Dialog title={t('layouts.title')} look="wide" onClose={onClose}>
      <div className="layouts">
        <p>{t('layouts.about')}</p>
        <form
          className="layout-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (isPossible) submit();
          }}
        >
          {field('gpus', t('layouts.gpus'), `1–${mostGpus}`)}
          {field('ttftMs', t('layouts.ttft'), 'ms', t('layouts.noLimit'))}
          {field('tpotMs', t('layouts.tpot'), 'ms', t('layouts.noLimit'))}
          <button type="submit" className="button strong" disabled={!isPossible}>
            {t('layouts.run')}
          </button>
          {study.isRunning && <Button onPress={stop}>{t('layouts.stop')}</Button>}
          {done < study.count && (
            <span className="layout-progress">
              <progress value={done / study.count} aria-label={progress} />
              {progress}
            </span>
          )}
        </form>
        <p id={mistakeId} className="layout-mistake" role="alert">
          {mistakeWords.join(' ')}
        </p>
        {knobs.requests > SAMPLED_REQUESTS && (
          <p>{t('layouts.sampled', { count: format.count(SAMPLED_REQUESTS), all: format.count(knobs.requests) })}</p>
        )}
        {(slo.itl !== undefined || slo.e2e !== undefined) && <p>{t('layouts.otherLimits')}</p>}
        {study.otherDevice !== null && (
          <p>{t('layouts.twoKinds', { device: words.choice(knobEntry('decode-device'), study.otherDevice) })}</p>
        )}
        {isFixed && <p>{t('layouts.locked')}</p>}
        <p className="layout-sentence" aria-live={study.isRunning ? 'off' : 'polite'}>
          {model.sentence}
        </p>
        {model.picture.points.length > 0 && (
          <div className="layout-picture">
            <Surface
              label={t('layouts.picture')}
              description={study.isRunning ? undefined : model.sentence}
              version={model.picture}
              draw={(painter, size, theme) => drawLayouts(painter, model.picture, theme, size)}
            />
          </div>
        )}
        {done > 0 && (
          <LayoutTable
            caption={t('layouts.caption', { gpus: study.gpus })}
            lines={model.lines}
            order={order}
            onOrder={setOrder}
            isPresent={(layout) => isLaidOut(knobs, layout)}
            reasonOf={(problems) => problems.map((problem) => problemText(problem, t)).join(' ')}
            onUse={
              isFixed
                ? null
                : (layout) => {
                    session.scenario.getState().replace(withLayout(knobs, layout));
                    onClose();
                  }
            }
          />
        )}
      </div>
    </Dialog>
  );
}

function inMs(us: number | undefined): string {
  return us === undefined ? '' : String(us / 1000);
}
