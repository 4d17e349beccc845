import { useEffect, useRef, useState } from 'react';
import { addMessages } from '../i18n/i18n.ts';
import { glossary } from '../i18n/messages/glossary.ts';
import { useT } from '../i18n/use-t.ts';
import { panelTerms } from '../scenario/glossary/glossary.ts';
import { type GlossaryRow, type SectionId, searchGlossary } from '../scenario/glossary/search.ts';
import { Dialog } from '../ui/controls/Dialog.tsx';
import { GlossaryEntry } from './GlossaryEntry.tsx';
import { GlossaryList } from './GlossaryList.tsx';
import { loadGlossary } from './glossary-rows.ts';
import { uiStore } from './ui-store.ts';
import { useLayout } from './use-layout.ts';
import './glossary.css';

addMessages(glossary);

/** Where one begins who asked for nothing in particular. */
const firstEntry = 'scheduling-system';

/** Every term, engine and knob, with a search. A default export because it is loaded lazily. */
export default function GlossaryDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const [rows, setRows] = useState<readonly GlossaryRow[]>([]);
  const [fault, setFault] = useState('');
  useEffect(() => void loadGlossary().then(setRows, (reason: unknown) => setFault(String(reason))), []);
  return (
    <Dialog title={t('glossary.title')} look="full" onClose={onClose}>
      {fault !== '' && <p role="alert">{t('glossary.notLoaded', { reason: fault })}</p>}
      {rows.length > 0 && <Glossary rows={rows} />}
    </Dialog>
  );
}

/** The entry that was asked for by its id, or by a panel. */
function askedFor(rows: readonly GlossaryRow[]): string | undefined {
  const { at } = uiStore.getState();
  const id = at.startsWith('panel.') ? panelTerms[at.slice('panel.'.length)] : at;
  return rows.some((row) => row.id === id) ? id : undefined;
}

/** List and entry: beside each other, or on a phone one at a time. */
function Glossary({ rows }: { readonly rows: readonly GlossaryRow[] }) {
  const isPhone = useLayout() === 'phone';
  const [asked] = useState(() => askedFor(rows));
  const [id, setId] = useState(asked ?? firstEntry);
  // A link to what the glossary has not is answered by the search for it.
  const [query, setQuery] = useState(() => (asked === undefined ? uiStore.getState().at : ''));
  const [section, setSection] = useState<SectionId | 'all'>('all');
  /** Entries from which links led on, the last one last. */
  const [trail, setTrail] = useState<readonly string[]>([]);
  const [isReading, setReading] = useState(asked !== undefined);
  const heading = useRef<HTMLHeadingElement>(null);

  const inSection = (of: SectionId | 'all') => rows.filter((row) => of === 'all' || row.section === of);
  const found = searchGlossary(inSection(section), query);

  const choose = (next: string) => {
    setTrail([]);
    setId(next);
  };
  /** The entry changes under whoever pressed a link in it, so its name gets the focus. */
  const show = (next: string) => {
    setId(next);
    if (!found.some((row) => row.id === next)) {
      setQuery('');
      setSection('all');
    }
    requestAnimationFrame(() => heading.current?.focus());
  };
  const follow = (next: string) => {
    setTrail([...trail, id]);
    show(next);
  };
  const read = () => {
    setReading(true);
    requestAnimationFrame(() => heading.current?.focus());
  };
  const back = () => {
    const last = trail.at(-1);
    if (last === undefined) return setReading(false);
    setTrail(trail.slice(0, -1));
    show(last);
  };

  return (
    <div className="glossary" data-reading={isReading}>
      {(!isPhone || !isReading) && (
        <GlossaryList
          rows={found}
          query={query}
          section={section}
          chosen={id}
          onQuery={(typed) => {
            setQuery(typed);
            const best = searchGlossary(inSection(section), typed)[0];
            if (best !== undefined && typed.trim() !== '') choose(best.id);
          }}
          onSection={(next) => {
            setSection(next);
            const first = searchGlossary(inSection(next), query)[0];
            if (first !== undefined) choose(first.id);
          }}
          onChoose={choose}
          onRead={read}
        />
      )}
      {(!isPhone || isReading) && (
        <GlossaryEntry
          key={id}
          id={id}
          rows={rows}
          heading={heading}
          back={isPhone || trail.length > 0 ? back : null}
          isBackToList={trail.length === 0}
          onFollow={follow}
        />
      )}
    </div>
  );
}
