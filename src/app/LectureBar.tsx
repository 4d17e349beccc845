import { BookmarkPlus, Check, ChevronLeft, ChevronRight, Film, PencilLine, Presentation, X } from 'lucide-react';
import { useEffect, useId, useRef } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../i18n/i18n.ts';
import { commandTexts } from '../i18n/messages/commands.ts';
import { lecture as messages } from '../i18n/messages/lecture.ts';
import { useT } from '../i18n/use-t.ts';
import type { Bookmark, Question } from '../scenario/lecture.ts';
import { answer, answersStore, askAgain, notChosen, placeAt, questionKey, watchQuestions } from '../state/lecture.ts';
import { playbackStore } from '../state/playback.ts';
import type { Session } from '../state/session.ts';
import { Button } from '../ui/controls/Button.tsx';
import { IconButton } from '../ui/controls/IconButton.tsx';
import { useFormat } from '../ui/use-format.ts';
import { useSession } from '../view/session-context.ts';
import BookmarkEditor from './BookmarkEditor.tsx';
import { CommandButton } from './CommandButton.tsx';
import { edit, editingStore, goBy, leavePresentation } from './lecture-actions.ts';
import { uiStore } from './ui-store.ts';
import { useMarkHint } from './use-mark-hint.ts';
import './lecture.css';

addMessages(messages);
addMessages(commandTexts);

/** What is said and asked at the shown step, over the transport. A default export because it is loaded lazily. */
export default function LectureBar() {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const how = useMarkHint();
  const bookmarks = useStore(session.scenario, (s) => s.bookmarks);
  const isPresenting = useStore(session.scenario, (s) => s.staging.isPresenting);
  const editing = useStore(editingStore, (s) => s.editing);
  const place = useStore(playbackStore, (s) => placeAt(bookmarks, s.frame?.step ?? -1));
  useEffect(() => watchQuestions(session), [session]);
  usePresenterKeys(session, isPresenting);
  if (editing !== null) return <BookmarkEditor key={editing.bookmark.step} editing={editing} />;
  if (bookmarks.length === 0 && !isPresenting) return null;

  const bookmark = bookmarks[place];
  return (
    <section className="lecture" aria-label={t('lecture.title')}>
      <div className="lecture-moves">
        <CommandButton command="previousBookmark" isDisabled={place < 1}>
          <ChevronLeft />
        </CommandButton>
        <span className="lecture-place">
          {t('lecture.place', { place: format.count(place + 1), count: format.count(bookmarks.length) })}
        </span>
        <CommandButton command="nextBookmark" isDisabled={place + 1 >= bookmarks.length}>
          <ChevronRight />
        </CommandButton>
      </div>
      <div className="lecture-said">
        {bookmark === undefined ? (
          <p className="lecture-hint">{bookmarks.length > 0 ? t('lecture.start') : t('lecture.startHere', { how })}</p>
        ) : bookmark.question === null ? (
          <Caption bookmark={bookmark} />
        ) : (
          <Asked key={questionKey(bookmark)} bookmark={bookmark} question={bookmark.question} />
        )}
      </div>
      <div className="lecture-tools">
        {isPresenting ? (
          <IconButton
            label={t('lecture.leave')}
            shortcuts={[{ key: 'Escape' }]}
            onPress={() => leavePresentation(session)}
          >
            <X />
          </IconButton>
        ) : (
          <>
            {bookmark === undefined ? (
              <CommandButton command="bookmark">
                <BookmarkPlus />
              </CommandButton>
            ) : (
              <IconButton
                label={t('lecture.edit', { step: format.count(bookmark.step) })}
                onPress={() => edit(session, bookmark.step)}
              >
                <PencilLine />
              </IconButton>
            )}
            <CommandButton command="film">
              <Film />
            </CommandButton>
            <CommandButton command="lecture">
              <Presentation />
            </CommandButton>
          </>
        )}
      </div>
    </section>
  );
}

/** A caption stays until the next bookmark; it is quieter once its step is past. */
function Caption({ bookmark }: { readonly bookmark: Bookmark }) {
  const isPast = useStore(playbackStore, (s) => (s.frame?.step ?? -1) > bookmark.step);
  return (
    <p className="lecture-caption" data-past={isPast} role="status">
      {bookmark.text}
    </p>
  );
}

function Asked({ bookmark, question }: { readonly bookmark: Bookmark; readonly question: Question }) {
  const t = useT();
  const textId = useId();
  const group = useRef<HTMLDivElement>(null);
  const chosen = useStore(answersStore, (s) => s.given.get(questionKey(bookmark)));
  const isOpen = chosen === undefined;
  // Nothing else can be done now, so the keyboard goes there.
  useEffect(() => {
    if (isOpen && document.querySelector('dialog[open]') === null) group.current?.focus();
  }, [isOpen]);
  const verdict = chosen === question.answer ? 'lecture.yes' : chosen === notChosen ? 'lecture.shown' : 'lecture.no';
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as one line
    <div ref={group} className="lecture-asked" role="group" aria-labelledby={textId} tabIndex={-1}>
      <p id={textId} className="lecture-caption">
        {bookmark.text}
      </p>
      {isOpen ? (
        <div className="lecture-choices">
          {question.choices.map((choice, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: choices may be equal, and do not move
            <Button key={i} onPress={() => answer(bookmark, i)}>
              {choice}
            </Button>
          ))}
          <Button look="quiet" onPress={() => answer(bookmark, notChosen)}>
            {t('lecture.skip')}
          </Button>
        </div>
      ) : (
        <>
          <ul className="lecture-choices">
            {question.choices.map((choice, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: choices may be equal, and do not move
              <li key={i} data-right={i === question.answer} data-chosen={i === chosen}>
                {i === question.answer && <Check role="img" aria-label={t('lecture.isAnswer')} />}
                {i === chosen && i !== question.answer && <X role="img" aria-label={t('lecture.isChosen')} />}
                {choice}
              </li>
            ))}
            <li>
              <Button look="quiet" onPress={() => askAgain(bookmark)}>
                {t('lecture.again')}
              </Button>
            </li>
          </ul>
          <p className="lecture-verdict" role="status">
            <strong>{t(verdict, { answer: question.choices[question.answer] })}</strong> {question.because}
          </p>
        </>
      )}
    </div>
  );
}

/** PageDown, PageUp and Escape while presenting: what presenters' remotes send. */
function usePresenterKeys(session: Session, isPresenting: boolean): void {
  useEffect(() => {
    if (!isPresenting) return;
    const handle = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || uiStore.getState().dialog !== null) return;
      if (event.key === 'PageDown' || event.key === 'PageUp') goBy(session, event.key === 'PageDown' ? 1 : -1);
      else if (event.key === 'Escape') leavePresentation(session);
      else return;
      event.preventDefault();
      event.stopPropagation();
    };
    // Before the page's own keys, where PageDown is a step.
    window.addEventListener('keydown', handle, true);
    return () => window.removeEventListener('keydown', handle, true);
  }, [session, isPresenting]);
}
