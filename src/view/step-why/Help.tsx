import { useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { plural } from '../../i18n/plural.ts';
import type { RunResult } from '../../protocol/run.ts';
import { type Advice, type Aim, adviceOf, ranked, settingsNear } from '../../scenario/advice.ts';
import { withValue } from '../../scenario/value.ts';
import type { StepAnswer } from '../../sim/why/at-step.ts';
import { Button } from '../../ui/controls/Button.tsx';
import { Choice } from '../../ui/controls/Choice.tsx';
import type { Speech } from '../../words/speech.ts';
import { adviceChange, adviceEffects, adviceSetting } from '../../words/why.ts';
import { useSession } from '../session-context.ts';

type AimName = 'ttft' | 'e2e' | 'itl';
const aimNames: readonly AimName[] = ['ttft', 'e2e', 'itl'];

/** Settings are measured by themselves where all of them take no longer than this, in milliseconds of the worker's work. */
const freeMs = 3000;
/** The rest of the page goes first. */
const restMs = 400;
const shown = 5;
/** Less than half a per cent is no help. */
const least = 0.005;

interface HelpProps {
  readonly answer: StepAnswer;
  readonly result: RunResult;
  readonly speech: Speech;
}

/** What would have helped: settings near the present one, each simulated, the most helpful first, each one press to try. */
export function Help({ answer, result, speech }: HelpProps) {
  const { t, format } = speech;
  const session = useSession();
  const { knobs } = useStore(session.scenario);
  const hasAnswered = answer.state === 'decode' || answer.state === 'finished' || answer.state === 'padding';
  const [aimName, setAimName] = useState<AimName>(hasAnswered ? 'e2e' : 'ttft');
  const { request } = answer;
  const aim = useMemo((): Aim => {
    return aimName === 'itl' ? { of: 'run', metric: 'itl', at: 'p99' } : { of: 'request', request, metric: aimName };
  }, [aimName, request]);
  const { advice, done, all, isOn, start, stop } = useAdvice(result, aim);
  const isMeasured = done === all;
  const helpful = ranked(advice)
    .filter(({ change }) => change <= -least)
    .slice(0, shown);
  return (
    <>
      <h4>{t('why.help')}</h4>
      <Choice
        label={t('why.helpAim')}
        look="segments"
        value={aimName}
        options={aimNames.map((value) => ({ value, label: t(`why.aim.${value}`) }))}
        onChange={setAimName}
      />
      {!isMeasured && !isOn && (
        <Button onPress={start}>{plural(t, format.language, 'why.measure', all, { count: format.count(all) })}</Button>
      )}
      {!isMeasured && isOn && (
        <p className="why-quiet">
          {t('why.measuring', { done: format.count(done), all: format.count(all) })}{' '}
          <button type="button" className="why-stop" onClick={stop}>
            {t('why.stop')}
          </button>
        </p>
      )}
      {isMeasured && helpful.length === 0 && <p>{t('why.helpNone', { all: format.count(all) })}</p>}
      <ol className="why-help">
        {helpful.map((each) => {
          const setting = adviceSetting(knobs, each);
          return (
            <li key={setting}>
              <span>
                <strong>{setting}</strong> {adviceChange(each, speech)}
                <span className="why-quiet">{adviceEffects(each, speech)}</span>
              </span>
              <Button label={t('why.applyLabel', { setting })} onPress={() => session.tryInstead(each.knob, each.to)}>
                {t('why.apply')}
              </Button>
            </li>
          );
        })}
      </ol>
    </>
  );
}

/** Simulates the settings one after the other, all from the beginning, and tells what is known so far. */
function useAdvice(result: RunResult, aim: Aim) {
  const session = useSession();
  const { knobs } = useStore(session.scenario);
  const { stepsByBound } = result.summary;
  const settings = useMemo(() => settingsNear(knobs, stepsByBound), [knobs, stepsByBound]);
  const [advice, setAdvice] = useState<readonly Advice[]>([]);
  const [done, setDone] = useState(0);
  const [isOn, setOn] = useState(result.wallMs * settings.length <= freeMs);
  useEffect(() => {
    setAdvice([]);
    setDone(0);
    if (!isOn) return;
    const controller = new AbortController();
    const { signal } = controller;
    const measure = async () => {
      // A fork or a link may show another run than the one from the beginning, so that one is measured too.
      const was = await session.tryOut(knobs, aim, { signal });
      if (was === null) return;
      for (const setting of settings) {
        const is = await session.tryOut(withValue(knobs, setting.knob, setting.to), aim, { signal });
        const found = is === null ? null : adviceOf(knobs, setting, was, is);
        if (found !== null) setAdvice((known) => [...known, found]);
        setDone((count) => count + 1);
      }
    };
    // Stopped, or the worker is gone, which the page tells by itself.
    const timer = setTimeout(() => measure().catch(() => {}), restMs);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [session, knobs, settings, aim, isOn]);
  return { advice, done, all: settings.length, isOn, start: () => setOn(true), stop: () => setOn(false) };
}
