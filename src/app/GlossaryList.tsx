import { Search } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef } from 'react';
import { useStore } from 'zustand';
import type { Language } from '../i18n/i18n.ts';
import { plural } from '../i18n/plural.ts';
import { useT } from '../i18n/use-t.ts';
import type { GlossaryRow, SectionId } from '../scenario/glossary/search.ts';
import { preferencesStore } from '../state/preferences.ts';
import { Choice } from '../ui/controls/Choice.tsx';
import { matches } from '../ui/use-motion.ts';
import { langOf, otherOf, SectionSign, sectionName, sections } from './glossary-parts.tsx';
import { useKnobWords } from './use-knob-words.ts';

export interface GlossaryListProps {
  /** What is listed: all of a section in its order, or what was found, best first. */
  readonly rows: readonly GlossaryRow[];
  readonly query: string;
  readonly section: SectionId | 'all';
  readonly chosen: string;
  readonly onQuery: (query: string) => void;
  readonly onSection: (section: SectionId | 'all') => void;
  readonly onChoose: (id: string) => void;
  /** The chosen entry is to be read. */
  readonly onRead: () => void;
}

/** Rows that a page key goes by. */
const pageRows = 10;

/** A search field that moves through the list under it: the focus stays in the field, as in any combination box. */
export function GlossaryList(props: GlossaryListProps) {
  const { rows, query, section, chosen, onQuery, onSection, onChoose, onRead } = props;
  const t = useT();
  const language = useStore(preferencesStore, (s) => s.language);
  const listId = useId();
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const hasScrolled = useRef(false);
  const place = rows.findIndex((row) => row.id === chosen);

  // A finger that opens the glossary does not want a keyboard over it.
  useEffect(() => {
    if (matches('(pointer: fine)')) field.current?.focus();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list is another one after a search
  useLayoutEffect(() => {
    list.current
      ?.querySelector('[aria-selected="true"]')
      ?.scrollIntoView({ block: hasScrolled.current ? 'nearest' : 'center' });
    hasScrolled.current = true;
  }, [chosen, query, section]);

  const move = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const by = { ArrowDown: 1, ArrowUp: -1, PageDown: pageRows, PageUp: -pageRows }[event.key];
    if (by !== undefined) {
      event.preventDefault();
      const next = rows[Math.min(rows.length - 1, Math.max(0, place + by))];
      if (next !== undefined) onChoose(next.id);
    } else if (event.key === 'Enter' && place >= 0) onRead();
  };

  const groups = query.trim() === '' ? sections : [null];
  return (
    <div className="glossary-side">
      <div className="glossary-search">
        <Search aria-hidden="true" />
        <input
          ref={field}
          type="search"
          role="combobox"
          aria-label={t('glossary.search')}
          placeholder={t('glossary.search')}
          aria-expanded="true"
          aria-autocomplete="list"
          aria-controls={listId}
          aria-activedescendant={place < 0 ? undefined : optionId(listId, chosen)}
          value={query}
          onChange={(event) => onQuery(event.currentTarget.value)}
          onKeyDown={move}
        />
      </div>
      <div className="glossary-filter">
        <Choice
          label={t('glossary.area')}
          value={section}
          options={(['all', ...sections] as const).map((each) => ({ value: each, label: sectionName(each, language) }))}
          onChange={onSection}
        />
        <span role="status">{plural(t, language, 'glossary.count', rows.length, { count: rows.length })}</span>
      </div>
      <div ref={list} id={listId} className="glossary-list" role="listbox" aria-label={t('glossary.list')}>
        {groups.map((group) => {
          const inside = group === null ? rows : rows.filter((row) => row.section === group);
          const options = inside.map((row) => (
            <Option
              key={row.id}
              id={optionId(listId, row.id)}
              row={row}
              beside={besideOf(row, language, group === null)}
              isChosen={row.id === chosen}
              onPress={() => {
                onChoose(row.id);
                onRead();
              }}
            />
          ));
          if (group === null) return options;
          if (inside.length === 0) return null;
          const name = sectionName(group, language);
          return (
            // biome-ignore lint/a11y/useSemanticElements: a fieldset holds controls, this group options
            <div key={group} role="group" aria-label={name}>
              <div className="glossary-section" aria-hidden="true">
                <SectionSign section={group} />
                {name}
              </div>
              {options}
            </div>
          );
        })}
      </div>
      {rows.length === 0 && <p className="glossary-nothing">{t('glossary.nothing', { query })}</p>}
    </div>
  );
}

interface Beside {
  readonly text: string;
  readonly of: Language;
}

/** What stands beside a name: the name in the other language; of a knob its engine. Among others a knob has to say that it is one. */
function besideOf({ section, name, of }: GlossaryRow, language: Language, isAmongOthers: boolean): Beside | null {
  const other = otherOf(language);
  if (of !== undefined) return { text: of[language], of: language };
  if (section === 'knobs' && isAmongOthers) return { text: sectionName(section, language), of: language };
  return section === 'engines' || name[other] === name[language] ? null : { text: name[other], of: other };
}

interface OptionProps {
  readonly id: string;
  readonly row: GlossaryRow;
  readonly beside: Beside | null;
  readonly isChosen: boolean;
  readonly onPress: () => void;
}

function Option({ id, row, beside, isChosen, onPress }: OptionProps) {
  const words = useKnobWords();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the search field has the focus, and the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the field names the active option
    <div id={id} role="option" className="glossary-option" aria-selected={isChosen} onClick={onPress}>
      <span className="glossary-name">{words.text(row.name)}</span>
      {beside !== null && (
        <span className="glossary-beside" lang={langOf(beside.of)}>
          {beside.text}
        </span>
      )}
    </div>
  );
}

const optionId = (list: string, id: string): string => `${list}-${id}`;
