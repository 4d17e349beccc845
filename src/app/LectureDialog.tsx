import { PencilLine, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../i18n/i18n.ts';
import { commandTexts } from '../i18n/messages/commands.ts';
import { lecture as messages } from '../i18n/messages/lecture.ts';
import { useT } from '../i18n/use-t.ts';
import type { Staging } from '../scenario/lecture.ts';
import { rail } from '../scenario/lecture-link.ts';
import { isRead, registry } from '../scenario/registry.ts';
import { goToBookmark } from '../state/lecture.ts';
import { Button } from '../ui/controls/Button.tsx';
import { Dialog } from '../ui/controls/Dialog.tsx';
import { IconButton } from '../ui/controls/IconButton.tsx';
import { panelIds } from '../ui/panel-store.ts';
import { useFormat } from '../ui/use-format.ts';
import { useSession } from '../view/session-context.ts';
import { edit, remove } from './lecture-actions.ts';
import { useKnobWords } from './use-knob-words.ts';
import { useMarkHint } from './use-mark-hint.ts';
import './lecture.css';

addMessages(messages);
addMessages(commandTexts);

/** Links up to so many characters are sent without a thought; longer ones break in some programs, and then in most. */
const longLink = 2000;
const longestLink = 8000;

/** The bookmarks as a list, and the link that hands them on. A default export because it is loaded lazily. */
export default function LectureDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const session = useSession();
  const here = useStore(session.scenario, (s) => s.staging);
  const [staging, setStaging] = useState<Staging>(here);
  const apply = (isPresenting: boolean) => {
    session.scenario.setState({ staging: { ...staging, isPresenting } });
    onClose();
  };
  return (
    <Dialog title={t('lecture.dialog')} look="wide" onClose={onClose}>
      <div className="lecture-dialog">
        <p>{t('lecture.about')}</p>
        <h3>{t('lecture.bookmarks')}</h3>
        <BookmarkList onClose={onClose} />
        <h3>{t('lecture.setting')}</h3>
        <Check isOn={staging.isPresenting} onChange={(isPresenting) => setStaging({ ...staging, isPresenting })}>
          {t('lecture.present')}
        </Check>
        <HideChecks staging={staging} onChange={setStaging} />
        <LockChecks staging={staging} onChange={setStaging} />
        <Send staging={staging} />
        <div className="lecture-send">
          <Button onPress={() => apply(true)}>{t('lecture.presentHere')}</Button>
          <Button look="quiet" onPress={() => apply(false)}>
            {t('lecture.applyHere')}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

function BookmarkList({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const how = useMarkHint();
  const bookmarks = useStore(session.scenario, (s) => s.bookmarks);
  if (bookmarks.length === 0) return <p>{t('lecture.none', { how })}</p>;
  return (
    <ol className="lecture-list">
      {bookmarks.map((bookmark) => {
        const step = format.count(bookmark.step);
        return (
          <li key={bookmark.step}>
            <button
              type="button"
              className="lecture-goto"
              onClick={() => {
                goToBookmark(session, bookmark);
                onClose();
              }}
            >
              <span>{t('lecture.go', { step })}</span>
              <span>
                {bookmark.text} {bookmark.question !== null && <em>({t('lecture.withQuestion')})</em>}
              </span>
            </button>
            <IconButton label={t('lecture.edit', { step })} onPress={() => edit(session, bookmark.step)}>
              <PencilLine />
            </IconButton>
            <IconButton label={t('lecture.removeOf', { step })} onPress={() => remove(session, bookmark.step)}>
              <Trash2 />
            </IconButton>
          </li>
        );
      })}
    </ol>
  );
}

interface ChecksProps {
  readonly staging: Staging;
  readonly onChange: (staging: Staging) => void;
}

function HideChecks({ staging, onChange }: ChecksProps) {
  const t = useT();
  const { hidden } = staging;
  return (
    <fieldset className="lecture-checks">
      <legend>{t('lecture.hide')}</legend>
      {[rail, ...panelIds].map((name) => (
        <Check
          key={name}
          isOn={hidden.includes(name)}
          onChange={(isOn) => onChange({ ...staging, hidden: withName(hidden, name, isOn) })}
        >
          {name === rail ? t('lecture.rail') : t(`tab.${name as (typeof panelIds)[number]}`)}
        </Check>
      ))}
    </fieldset>
  );
}

function LockChecks({ staging, onChange }: ChecksProps) {
  const t = useT();
  const words = useKnobWords();
  const session = useSession();
  const knobs = useStore(session.scenario, (s) => s.knobs);
  const { locked } = staging;
  const isAll = locked.includes('all');
  return (
    <fieldset className="lecture-checks">
      <legend>{t('lecture.lock')}</legend>
      <Check isOn={isAll} onChange={(isOn) => onChange({ ...staging, locked: isOn ? ['all'] : [] })}>
        {t('lecture.lockAll')}
      </Check>
      {!isAll && (
        <details style={{ gridColumn: '1 / -1' }} open={locked.length > 0}>
          <summary>{t('lecture.lockSome')}</summary>
          <div className="lecture-checks lecture-knobs">
            {registry()
              .filter((entry) => isRead(entry, knobs))
              .map((entry) => (
                <Check
                  key={entry.name}
                  isOn={locked.includes(entry.name)}
                  onChange={(isOn) => onChange({ ...staging, locked: withName(locked, entry.name, isOn) })}
                >
                  {words.label(entry)}
                </Check>
              ))}
          </div>
        </details>
      )}
    </fieldset>
  );
}

/** The link, its length, and the button that copies it. */
function Send({ staging }: { readonly staging: Staging }) {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  // Removing a bookmark changes the link.
  useStore(session.scenario, (s) => s.bookmarks);
  const isTrace = useStore(session.scenario, (s) => s.knobs.workload === 'trace');
  const [said, setSaid] = useState<'lecture.copied' | 'lecture.notCopied' | null>(null);
  const link = session.link(staging);
  const count = format.count(link.length);
  const length =
    link.length > longestLink ? 'lecture.tooLong' : link.length > longLink ? 'lecture.long' : 'lecture.length';
  const copy = () =>
    session.share(staging).then(
      () => setSaid('lecture.copied'),
      () => setSaid('lecture.notCopied'),
    );
  return (
    <>
      <div className="lecture-send">
        <input
          className="lecture-link"
          readOnly
          aria-label={t('lecture.link')}
          value={link}
          onFocus={(event) => event.currentTarget.select()}
        />
        <Button look="strong" onPress={() => void copy()}>
          {t('lecture.copy')}
        </Button>
      </div>
      <p role="status">
        {t(isTrace ? 'lecture.noTrace' : length, { count })} {said !== null && t(said)}
      </p>
    </>
  );
}

interface CheckProps {
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
  readonly children: ReactNode;
}

function Check({ isOn, onChange, children }: CheckProps) {
  return (
    <label className="lecture-check">
      <input type="checkbox" checked={isOn} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>{children}</span>
    </label>
  );
}

function withName(names: readonly string[], name: string, isOn: boolean): readonly string[] {
  return isOn ? [...names, name] : names.filter((each) => each !== name);
}
