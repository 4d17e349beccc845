import { useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { useT } from '../../i18n/use-t.ts';
import type { Frame } from '../../protocol/frame.ts';
import type { RunResult } from '../../protocol/run.ts';
import type { StepAnswer } from '../../sim/why/at-step.ts';
import type { Choice } from '../../sim/why/choice.ts';
import { selectionStore } from '../../state/selection.ts';
import { Button } from '../../ui/controls/Button.tsx';
import { Surface } from '../../ui/Surface.tsx';
import { useFormat } from '../../ui/use-format.ts';
import type { Speech } from '../../words/speech.ts';
import { batchWords, choiceWords, fixedWords, settingWords, stepWords, whatIfWords } from '../../words/why.ts';
import { kvModel } from '../kv/model.ts';
import { describeBlock } from '../kv/words.ts';
import { usePinnedResult } from '../pinned.ts';
import { useSession } from '../session-context.ts';
import { type AccountPart, accountModel, drawAccount } from './account.ts';
import { blockReason } from './block.ts';
import { eventsAt } from './events.ts';
import { Help } from './Help.tsx';
import './why.css';

interface WhyProps {
  readonly frame: Frame;
  readonly result: RunResult | null;
  /** The selected request; -1 = none. */
  readonly request: number;
}

/** What happened in the shown step that is worth a name, and, for a selected request, why it did there what it did. */
export function Why({ frame, result, request }: WhyProps) {
  const t = useT();
  const format = useFormat();
  const speech = useMemo(() => ({ t, format }), [t, format]);
  const answer = useAnswer(frame, request);
  const events = result === null ? [] : eventsAt(result.events, frame.step, t);
  return (
    <>
      {events.length > 0 && (
        <ul className="why-events">
          {events.map((event) => (
            <li key={event}>{event}</li>
          ))}
        </ul>
      )}
      <BlockWhy frame={frame} speech={speech} />
      {answer !== null && result !== null && <Answer answer={answer} result={result} speech={speech} />}
    </>
  );
}

/** Whose the chosen block is, and why it stays or is free. */
function BlockWhy({ frame, speech }: { readonly frame: Frame; readonly speech: Speech }) {
  const { t, format } = speech;
  const block = useStore(selectionStore, (s) => s.selectedBlock);
  const model = useMemo(() => kvModel(frame, { selected: -1, hovered: -1, bytesPerToken: 0 }), [frame]);
  if (block < 0 || block >= model.count) return null;
  return (
    <p className="why-block" data-why-block={block}>
      <strong>{describeBlock(model, block, t, format)}.</strong> {blockReason(model, block, t)}
    </p>
  );
}

/** The worker's answer about a request in the shown step; null until it is there. */
function useAnswer(frame: Frame, request: number): StepAnswer | null {
  const session = useSession();
  const [answer, setAnswer] = useState<StepAnswer | null>(null);
  useEffect(() => {
    let isCurrent = true;
    if (request >= 0 && frame.step >= 0) {
      // The worker answers for where its cursor is; a frame that is on its way brings the question again.
      session.explain(request).then(
        (found) => isCurrent && found?.step === frame.step && setAnswer(found),
        () => {},
      );
    }
    return () => {
      isCurrent = false;
    };
  }, [session, frame, request]);
  return answer?.request === request && answer.step === frame.step ? answer : null;
}

interface AnswerProps {
  readonly answer: StepAnswer;
  readonly result: RunResult;
  readonly speech: Speech;
}

function Answer({ answer, result, speech }: AnswerProps) {
  const { t } = speech;
  const { knobs } = useStore(useSession().scenario);
  const rule = settingWords(answer, knobs, speech);
  return (
    <section className="why" aria-label={t('why.title', { request: answer.request })}>
      <h3>{t('why.title', { request: answer.request })}</h3>
      <p className="why-sentence" data-why={answer.request}>
        {stepWords(answer, speech)}
      </p>
      <p className="why-quiet">{batchWords(answer, speech)}</p>
      {rule !== '' && <p className="why-rule">{rule}</p>}
      {answer.fixed !== null && <p className="why-fixed why-quiet">{fixedWords(answer, speech)}</p>}
      {answer.alternatives.map((choice) => (
        <WhatIf key={`${answer.step} ${JSON.stringify(choice)}`} answer={answer} choice={choice} speech={speech} />
      ))}
      <Account request={answer.request} result={result} speech={speech} />
      <Help key={answer.request} answer={answer} result={result} speech={speech} />
    </section>
  );
}

/** One decision taken otherwise: asked for by a press, simulated from the step on. */
function WhatIf({ answer, choice, speech }: Omit<AnswerProps, 'result'> & { readonly choice: Choice }) {
  const { t } = speech;
  const session = useSession();
  const [text, setText] = useState('');
  const [isAsked, setAsked] = useState(false);
  const [fault, setFault] = useState('');
  const { request } = answer;
  useEffect(() => {
    if (!isAsked) return;
    const controller = new AbortController();
    const { signal } = controller;
    const ask = async () => {
      const found = await session.whatIf({ request, choice }, { signal });
      if (found === null) setAsked(false);
      else setText(whatIfWords(found, request, speech));
    };
    ask().catch((error: Error) => {
      // Nobody waits any more: another step is shown.
      if (signal.aborted) return;
      setFault(error.message);
      setAsked(false);
    });
    return () => controller.abort();
  }, [session, isAsked, request, choice, speech]);
  if (text !== '') return <p role="status">{text}</p>;
  return (
    <>
      <Button
        isDisabled={isAsked}
        onPress={() => {
          setFault('');
          setAsked(true);
        }}
      >
        {t('why.tryChoice', { choice: choiceWords(choice, speech) })}
      </Button>
      {fault !== '' && <p role="alert">{t('why.tryFault', { reason: fault })}</p>}
    </>
  );
}

/** Where a request's time went in the shown run and in the pinned one. */
interface Accounts {
  readonly of: RunResult;
  readonly parts: Float64Array | null;
  readonly pinned: Float64Array | null;
}

/** The largest part first. */
const wordsOf = (parts: readonly AccountPart[]) =>
  [...parts].sort((a, b) => b.share - a.share).map(({ label }) => label);

/** Where the request's time went, from arrival to finish. */
function Account({ request, result, speech }: Omit<AnswerProps, 'answer'> & { readonly request: number }) {
  const { t, format } = speech;
  const session = useSession();
  const before = usePinnedResult();
  const [found, setFound] = useState<Accounts | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const read = async () => {
      const parts = await session.account(request, { signal });
      const pinned = before === null ? null : await session.account(request, { signal }, 'pinned');
      setFound({ of: result, parts, pinned });
    };
    // Stopped by the next step or run, or the worker is gone, which the page tells by itself.
    read().catch(() => {});
    return () => controller.abort();
  }, [session, request, result, before]);
  const parts = useMemo(() => accountModel(found?.parts ?? null, speech), [found, speech]);
  const pinned = useMemo(() => accountModel(found?.pinned ?? null, speech), [found, speech]);
  const { outcomes } = result;
  if (found?.of !== result) return <p className="why-quiet">{t('why.accounting')}</p>;
  if (parts.length === 0) return <p className="why-quiet">{t('why.accountNone')}</p>;
  const words = wordsOf(parts);
  return (
    <>
      <h4>{t('why.account', { e2e: format.duration(outcomes.finishUs[request] - outcomes.arrivalUs[request]) })}</h4>
      <div className="why-account">
        <Surface
          label={t('why.accountLabel', { request, parts: words.join(', ') })}
          version={parts}
          isDecoration
          draw={(painter, size, theme) => drawAccount(painter, parts, theme, size)}
        />
      </div>
      {pinned.length > 0 && before !== null && (
        <>
          <div className="why-account">
            <Surface
              label={t('why.accountLabel', { request, parts: wordsOf(pinned).join(', ') })}
              version={pinned}
              isDecoration
              draw={(painter, size, theme) => drawAccount(painter, pinned, theme, size, true)}
            />
          </div>
          <p className="why-quiet">
            {t('why.accountPinned', {
              e2e: format.duration(before.outcomes.finishUs[request] - before.outcomes.arrivalUs[request]),
              parts: wordsOf(pinned).join(', '),
            })}
          </p>
        </>
      )}
      <ul className="why-parts">
        {words.map((word) => (
          <li key={word}>{word}</li>
        ))}
      </ul>
    </>
  );
}
