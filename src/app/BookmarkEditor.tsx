import { Plus, X } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import { useStore } from 'zustand';
import { useT } from '../i18n/use-t.ts';
import type { Bookmark, Question } from '../scenario/lecture.ts';
import { faultOf, lectureLimits } from '../scenario/lecture-link.ts';
import { runStore } from '../state/run.ts';
import { Button } from '../ui/controls/Button.tsx';
import { IconButton } from '../ui/controls/IconButton.tsx';
import { Switch } from '../ui/controls/Switch.tsx';
import { useFormat } from '../ui/use-format.ts';
import { useSession } from '../view/session-context.ts';
import { type Editing, keep, remove, stopEditing } from './lecture-actions.ts';

const blank: Question = { choices: ['', ''], answer: 0, because: '' };

/** A bookmark written in place, under the picture that it speaks of. */
export default function BookmarkEditor({ editing }: { readonly editing: Editing }) {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const count = useStore(session.scenario, (s) => s.bookmarks.length);
  const lastStep = useStore(runStore, (s) => (s.result === null ? undefined : s.result.summary.steps - 1));
  const [bookmark, setBookmark] = useState(editing.bookmark);
  const [isTried, setTried] = useState(false);
  const formId = useId();
  const { step, text, question } = bookmark;
  const change = (changed: Partial<Bookmark>) => setBookmark({ ...bookmark, ...changed });
  const fault = faultOf(bookmark);
  const isFull = editing.from === null && count >= lectureLimits.bookmarks;

  function save(event: FormEvent): void {
    event.preventDefault();
    setTried(true);
    if (fault === null && !isFull) keep(session, editing, trimmed(bookmark));
  }

  return (
    <form
      className="lecture lecture-editor"
      aria-label={t('lecture.editor', { step: format.count(editing.bookmark.step) })}
      onSubmit={save}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        stopEditing();
      }}
    >
      <div className="lecture-fields">
        <label className="lecture-step">
          <span>{t('lecture.step')}</span>
          <input
            type="number"
            required
            min={0}
            max={lastStep}
            step={1}
            value={step}
            onChange={(event) => {
              const typed = event.currentTarget.valueAsNumber;
              if (Number.isSafeInteger(typed) && typed >= 0) change({ step: typed });
            }}
          />
        </label>
        <label className="lecture-wide">
          <span>{t(question === null ? 'lecture.caption' : 'lecture.question')}</span>
          <input
            // biome-ignore lint/a11y/noAutofocus: it was asked for, to write in
            autoFocus
            value={text}
            maxLength={lectureLimits.textCharacters}
            aria-describedby={isTried && fault !== null ? `${formId}-fault` : undefined}
            onChange={(event) => change({ text: event.currentTarget.value })}
          />
        </label>
        <Switch
          label={t('lecture.ask')}
          isOn={question !== null}
          onChange={(isOn) => change({ question: isOn ? blank : null })}
        />
      </div>
      {question !== null && <Choices question={question} onChange={(changed) => change({ question: changed })} />}
      <div className="lecture-ends">
        {isTried && (fault !== null || isFull) && (
          <p id={`${formId}-fault`} role="alert">
            {fault !== null
              ? t(`lecture.fault.${fault}`)
              : t('lecture.fault.full', { most: format.count(lectureLimits.bookmarks) })}
          </p>
        )}
        {editing.from !== null && (
          <Button
            look="quiet"
            onPress={() => {
              if (editing.from !== null) remove(session, editing.from);
              stopEditing();
            }}
          >
            {t('lecture.remove')}
          </Button>
        )}
        <Button look="quiet" onPress={stopEditing}>
          {t('lecture.cancel')}
        </Button>
        <button type="submit" className="button strong">
          {t('lecture.save')}
        </button>
      </div>
    </form>
  );
}

interface ChoicesProps {
  readonly question: Question;
  readonly onChange: (question: Question) => void;
}

function Choices({ question, onChange }: ChoicesProps) {
  const t = useT();
  const name = useId();
  const { choices, answer, because } = question;
  const removeAt = (i: number) =>
    onChange({
      ...question,
      choices: choices.filter((_, other) => other !== i),
      answer: answer === i ? 0 : answer > i ? answer - 1 : answer,
    });
  return (
    <div className="lecture-fields">
      <fieldset className="lecture-answers">
        <legend>{t('lecture.right')}</legend>
        {choices.map((choice, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: what is written belongs to its place
          <div key={i} className="lecture-answer">
            <input
              type="radio"
              name={name}
              aria-label={t('lecture.isRight', { place: i + 1 })}
              checked={i === answer}
              onChange={() => onChange({ ...question, answer: i })}
            />
            <input
              aria-label={t('lecture.choice', { place: i + 1 })}
              placeholder={t('lecture.choice', { place: i + 1 })}
              value={choice}
              maxLength={lectureLimits.choiceCharacters}
              onChange={(event) => onChange({ ...question, choices: choices.with(i, event.currentTarget.value) })}
            />
            {choices.length > 2 && (
              <IconButton label={t('lecture.removeChoice', { place: i + 1 })} onPress={() => removeAt(i)}>
                <X />
              </IconButton>
            )}
          </div>
        ))}
        {choices.length < lectureLimits.choices && (
          <IconButton
            label={t('lecture.addChoice')}
            onPress={() => onChange({ ...question, choices: [...choices, ''] })}
          >
            <Plus />
          </IconButton>
        )}
      </fieldset>
      <label className="lecture-wide">
        <span>{t('lecture.because')}</span>
        <input
          value={because}
          maxLength={lectureLimits.textCharacters}
          onChange={(event) => onChange({ ...question, because: event.currentTarget.value })}
        />
      </label>
    </div>
  );
}

function trimmed({ step, text, question }: Bookmark): Bookmark {
  if (question === null) return { step, text: text.trim(), question };
  const { choices, answer, because } = question;
  return {
    step,
    text: text.trim(),
    question: { choices: choices.map((choice) => choice.trim()), answer, because: because.trim() },
  };
}
