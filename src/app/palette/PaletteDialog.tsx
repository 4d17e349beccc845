import { Check, Search } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useStore } from 'zustand';
import { addMessages, type Language, loadLanguage, translate } from '../../i18n/i18n.ts';
import { commandTexts } from '../../i18n/messages/commands.ts';
import { palette as messages } from '../../i18n/messages/palette.ts';
import { plural } from '../../i18n/plural.ts';
import { useT } from '../../i18n/use-t.ts';
import { engines } from '../../scenario/engines/engines.ts';
import { preferencesStore } from '../../state/preferences.ts';
import { Dialog } from '../../ui/controls/Dialog.tsx';
import { type Shortcut, shortcutText } from '../../ui/shortcut.ts';
import { useFormat } from '../../ui/use-format.ts';
import { useLiveShortcuts } from '../../ui/use-live-shortcuts.ts';
import { useMediaQuery } from '../../ui/use-motion.ts';
import { useSession } from '../../view/session-context.ts';
import { commands } from '../commands.ts';
import { uiStore } from '../ui-store.ts';
import { loadWords } from '../use-knob-words.ts';
import type { PaletteContext } from './entry.ts';
import { kinds } from './kinds.ts';
import { recent, remember } from './recent.ts';
import { type Found, menu, search } from './search.ts';
import './palette.css';

addMessages(messages);
addMessages(commandTexts);

/** Options that PageUp and PageDown pass. */
const pageOptions = 8;

/** Menu and palette in one: all commands by group, and whatever is looked for. A default export because it is loaded lazily. */
export default function PaletteDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const format = useFormat();
  const id = useId();
  const context = usePaletteContext();
  const list = useRef<HTMLDivElement>(null);
  const isTouched = useMediaQuery('(pointer: coarse)');
  const [query, setQuery] = useState(uiStore.getState().typed);
  /** Place of the active option among all; null = the first one that can be chosen. */
  const [moved, setMoved] = useState<number | null>(null);
  const asked = query.trim();
  const sections = useMemo(() => {
    const all = kinds.flatMap((kind) => kind(context, asked));
    return asked === '' ? menu(all, recent(), context.t('palette.recent')) : search(all, asked);
  }, [context, asked]);
  const options = sections.flatMap(({ found }) => found);
  const firstPossible = options.findIndex(({ entry }) => entry.obstacle === undefined);
  const active = moved ?? Math.max(0, firstPossible);
  const optionId = (place: number) => `${id}-${place}`;

  // The field has the focus, but for touch: there the keyboard would cover half the menu.
  useLayoutEffect(() => {
    if (isTouched) list.current?.focus();
  }, [isTouched]);
  useEffect(() => {
    if (moved !== null) document.getElementById(`${id}-${moved}`)?.scrollIntoView({ block: 'nearest' });
  }, [moved, id]);

  function choose(found: Found | undefined): void {
    if (found === undefined || found.entry.obstacle !== undefined) return;
    remember(found.entry.id);
    // Closed first, so that the focus is where it was: some commands act on what has it.
    flushSync(onClose);
    found.entry.choose();
  }

  function handleKey(event: KeyboardEvent): void {
    // Enter and arrows belong to the input method while it composes.
    if (event.nativeEvent.isComposing) return;
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: pageOptions, PageUp: -pageOptions }[event.key];
    if (by !== undefined) setMoved(moveBy(active, by, options.length));
    else if (event.key === 'Enter') choose(options[active]);
    else if (event.key === 'k' && (event.ctrlKey || event.metaKey)) onClose();
    else return;
    event.preventDefault();
  }

  const place = options.length === 0 ? undefined : optionId(active);
  let count = 0;
  return (
    <Dialog
      title={t('palette.title')}
      look="palette"
      onClose={onClose}
      head={
        <div className="palette-field">
          <Search aria-hidden="true" />
          <input
            type="text"
            role="combobox"
            aria-label={t('palette.title')}
            aria-expanded={options.length > 0}
            aria-controls={`${id}-list`}
            aria-activedescendant={place}
            aria-autocomplete="list"
            aria-describedby={`${id}-keys`}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            enterKeyHint="go"
            placeholder={t('palette.hint')}
            value={query}
            onChange={(event) => {
              setQuery(event.currentTarget.value);
              setMoved(null);
              list.current?.scrollTo(0, 0);
            }}
            onKeyDown={handleKey}
          />
        </div>
      }
    >
      <p className="visually-hidden" role="status">
        {asked === ''
          ? ''
          : options.length === 0
            ? t('palette.none', { query: asked })
            : plural(t, format.language, 'palette.count', options.length, { count: options.length })}
      </p>
      {options.length === 0 ? (
        <div className="palette-none">
          <p>{t('palette.none', { query: asked })}</p>
          <p>{t('palette.tryThis')}</p>
        </div>
      ) : (
        <div
          ref={list}
          id={`${id}-list`}
          role="listbox"
          className="palette-list"
          data-menu={asked === ''}
          aria-label={t('palette.title')}
          aria-activedescendant={place}
          tabIndex={-1}
          onKeyDown={handleKey}
        >
          {sections.map(({ heading, found }, section) => {
            const from = count;
            count += found.length;
            return (
              // biome-ignore lint/a11y/useSemanticElements: a fieldset is no part of a listbox
              <div key={heading} role="group" className="palette-section" aria-labelledby={`${id}-section-${section}`}>
                <div id={`${id}-section-${section}`} role="presentation" className="palette-heading">
                  {heading}
                </div>
                {found.map((each, i) => (
                  <Option
                    key={each.entry.id}
                    id={optionId(from + i)}
                    found={each}
                    isActive={from + i === active}
                    onPoint={() => setMoved(from + i)}
                    onChoose={() => choose(each)}
                  />
                ))}
              </div>
            );
          })}
        </div>
      )}
      <p id={`${id}-keys`} className="palette-keys">
        {t('palette.keys')}
      </p>
    </Dialog>
  );
}

/** Steps of one go round; longer ones stop at the ends. */
function moveBy(from: number, by: number, count: number): number {
  if (Math.abs(by) === 1) return (from + by + count) % Math.max(1, count);
  return Math.max(0, Math.min(count - 1, from + by));
}

interface OptionProps {
  readonly id: string;
  readonly found: Found;
  readonly isActive: boolean;
  readonly onPoint: () => void;
  readonly onChoose: () => void;
}

const noShortcuts: readonly Shortcut[] = [];

function Option({ id, found, isActive, onPoint, onChoose }: OptionProps) {
  const t = useT();
  const { entry, places, alias } = found;
  const keys = useLiveShortcuts(entry.shortcuts ?? noShortcuts);
  const detail = entry.obstacle ?? entry.detail;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the focus, and its keys choose
    // biome-ignore lint/a11y/useFocusableInteractive: an option is active without having the focus
    <div
      id={id}
      role="option"
      className="palette-option"
      aria-selected={isActive}
      aria-disabled={entry.obstacle !== undefined}
      // Where the pointer rests while the list scrolls below it, it points at nothing new.
      onPointerMove={isActive ? undefined : onPoint}
      onClick={onChoose}
    >
      <span className="palette-name">
        <Marked text={entry.names[0]} places={places} />
        {entry.isOn === true && <Check role="img" aria-label={t('palette.isOn')} />}
      </span>{' '}
      {alias !== '' && <span className="palette-alias">{alias}</span>}{' '}
      {detail !== undefined && <span className="palette-detail">{detail}</span>}{' '}
      {entry.code !== undefined && <code>{entry.code}</code>}{' '}
      {keys.length > 0 && (
        <span className="palette-shortcuts">
          {keys.map((key) => (
            <kbd key={shortcutText(key)} className="key-cap">
              {shortcutText(key)}
            </kbd>
          ))}
        </span>
      )}
    </div>
  );
}

/** A name, with what of it fits the query in bold. */
function Marked({ text, places }: { readonly text: string; readonly places: readonly number[] }) {
  const parts: { text: string; isMarked: boolean }[] = [];
  for (const [i, sign] of [...Array(text.length).keys()].map((at) => text[at]).entries()) {
    const isMarked = places.includes(i);
    const last = parts.at(-1);
    if (last?.isMarked === isMarked) last.text += sign;
    else parts.push({ text: sign, isMarked });
  }
  return (
    <span>
      {parts.map(({ text: part, isMarked }, i) =>
        // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text, in its order
        isMarked ? <b key={i}>{part}</b> : part,
      )}
    </span>
  );
}

function usePaletteContext(): PaletteContext {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const language = useStore(preferencesStore, (s) => s.language);
  const [obstacles] = useState(
    () => new Map(commands.map((command) => [command.id, command.obstacle?.(session) ?? null])),
  );
  const texts = useTexts(language);
  return useMemo(() => {
    const other: Language = language === 'en' ? 'zh' : 'en';
    const languages = other === 'en' || texts.hasChinese ? [language, other] : [language];
    return {
      session,
      language,
      languages,
      t,
      format,
      names: (key, values) => languages.map((each) => translate(each, key, values)),
      obstacleOf: (command) => obstacles.get(command) ?? null,
    };
  }, [session, language, texts, t, format, obstacles]);
}

/** How much of the texts is there that the page has not loaded by itself: the Chinese ones, and the words of all engines. */
function useTexts(language: Language): { readonly hasChinese: boolean } {
  const [texts, setTexts] = useState({ hasChinese: language === 'zh' });
  useEffect(() => {
    let isOpen = true;
    const chinese = loadLanguage('zh');
    // What cannot be loaded is found by the names that are there.
    Promise.allSettled([chinese, ...engines().map(loadWords)]).then(([{ status }]) => {
      if (isOpen) setTexts({ hasChinese: status === 'fulfilled' });
    });
    return () => {
      isOpen = false;
    };
  }, []);
  return texts;
}
