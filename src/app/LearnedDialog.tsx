import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../i18n/i18n.ts';
import { learned } from '../i18n/messages/learned.ts';
import { useT } from '../i18n/use-t.ts';
import { type LearnedSubject, nextTrial, type TrialResult } from '../scenario/learned-trials.ts';
import type { Problem } from '../scenario/problem.ts';
import { queueKnob } from '../scenario/queue-knobs.ts';
import { runStore } from '../state/run.ts';
import { Button } from '../ui/controls/Button.tsx';
import { Choice } from '../ui/controls/Choice.tsx';
import { Dialog } from '../ui/controls/Dialog.tsx';
import { Surface } from '../ui/Surface.tsx';
import { useFormat } from '../ui/use-format.ts';
import { draw } from '../view/learned/draw.ts';
import { LearnedTable } from '../view/learned/LearnedTable.tsx';
import { learnedModel } from '../view/learned/model.ts';
import { userTable } from '../view/learned/users.ts';
import { useSession } from '../view/session-context.ts';
import { problemText } from './problem-text.ts';
import '../view/learned/learned.css';

addMessages(learned);

type Shown = LearnedSubject | 'users';

interface Running {
  readonly number: number;
  /** Runs in all; 0 = not known yet. */
  readonly count: number;
  readonly share: number;
}

/** Predictors and the bandit judged on the present traffic, run by run. A default export because it is loaded lazily. */
export default function LearnedDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const knobs = useStore(session.scenario, (s) => s.knobs);
  const outcomes = useStore(runStore, (s) => s.result?.outcomes);
  const [shown, setShown] = useState<Shown>(() => firstShown(knobs.preset, String(queueKnob(knobs, 'bandit'))));
  const [trials, setTrials] = useState<readonly TrialResult[]>([]);
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const [running, setRunning] = useState<Running | null>(null);
  const work = useRef<AbortController | null>(null);

  const stop = useCallback(() => {
    work.current?.abort();
    work.current = null;
    setRunning(null);
  }, []);

  const start = useCallback(
    (subject: LearnedSubject) => {
      stop();
      const controller = new AbortController();
      work.current = controller;
      setTrials([]);
      setProblems([]);
      const runAll = async () => {
        const done: TrialResult[] = [];
        for (let trial = nextTrial(knobs, subject, done); trial !== null; trial = nextTrial(knobs, subject, done)) {
          const number = done.length + 1;
          const count = subject === 'predictor' ? 4 : done.length > 0 ? 1 + done[0].arms.length : 0;
          setRunning({ number, count, share: 0 });
          const result = await session.learn(trial, {
            signal: controller.signal,
            onProgress: ({ fraction }) => setRunning({ number, count, share: fraction }),
          });
          if (!result.ok) {
            setProblems(result.problems);
            return;
          }
          done.push(result.value);
          setTrials([...done]);
        }
      };
      runAll()
        // Stopped, or the worker is gone, which the page tells by itself.
        .catch(() => {})
        .finally(() => {
          if (!controller.signal.aborted) setRunning(null);
        });
    },
    [knobs, session, stop],
  );

  // What is chosen is run at once; closing the dialog stops it.
  useEffect(() => {
    if (shown !== 'users') start(shown);
    return stop;
  }, [shown, start, stop]);

  const sigma = Number(queueKnob(knobs, 'prediction-error'));
  const model = useMemo(
    () => (shown === 'users' ? null : learnedModel(shown, trials, sigma, t, format)),
    [shown, trials, sigma, t, format],
  );
  const users = useMemo(() => userTable(outcomes, t, format), [outcomes, t, format]);
  const reason = problems.map((problem) => problemText(problem, t)).join(' ');

  return (
    <Dialog title={t('learned.title')} look="wide" onClose={onClose}>
      <div className="learned">
        <p>{t(shown === 'users' ? 'learned.usersAbout' : 'learned.about')}</p>
        <div className="learned-run">
          <Choice
            label={t('learned.subject')}
            look="segments"
            value={shown}
            options={subjects.map((subject) => ({ value: subject, label: t(`learned.subject.${subject}`) }))}
            onChange={setShown}
          />
          {shown !== 'users' &&
            (running === null ? (
              <Button onPress={() => start(shown)}>{t(trials.length > 0 ? 'learned.again' : 'learned.run')}</Button>
            ) : (
              <>
                <Button onPress={stop}>{t('learned.stop')}</Button>
                <span role="status">
                  {t(running.count > 0 ? 'learned.progress' : 'learned.progressOpen', {
                    number: running.number,
                    count: running.count,
                  })}
                </span>
                <span aria-hidden="true">{format.percent(running.share)}</span>
              </>
            ))}
        </div>
        {model !== null && problems.length > 0 && <p role="alert">{t('learned.cannotRun', { reason })}</p>}
        {model !== null && problems.length === 0 && (
          <>
            {model.sentence !== '' && <p className="learned-sentence">{model.sentence}</p>}
            <div className="learned-picture">
              <Surface
                label={t('learned.picture')}
                description={model.sentence === '' ? undefined : model.sentence}
                version={model}
                draw={(painter, size, theme) => draw(painter, model.picture, theme, size)}
              />
            </div>
            <LearnedTable first={t('learned.setting')} heads={model.heads} rows={model.rows} />
          </>
        )}
        {model === null && users.rows.length === 0 && <p>{t('learned.oneUser')}</p>}
        {model === null && (
          <>
            <LearnedTable first={t('learned.subject.users')} heads={users.heads} rows={users.rows} />
            {users.rows.length > 0 && users.more > 0 && <p>{t('learned.moreUsers', { count: users.more })}</p>}
          </>
        )}
      </div>
    </Dialog>
  );
}

const subjects: readonly Shown[] = ['predictor', 'token-budget', 'queue-order', 'users'];

/** What the scenario is about. */
function firstShown(preset: string, bandit: string): Shown {
  if (bandit === 'token-budget' || bandit === 'queue-order') return bandit;
  return preset === 'fair-share' ? 'users' : 'predictor';
}
