import { ArrowLeft, Link } from 'lucide-react';
import { type RefObject, useState } from 'react';
import { useStore } from 'zustand';
import { useT } from '../i18n/use-t.ts';
import { entryOf, type Found, knobId, knobsOf, relatedTo, termsOf } from '../scenario/glossary/glossary.ts';
import type { GlossaryRow } from '../scenario/glossary/search.ts';
import type { Text } from '../scenario/knob-entry.ts';
import { preferencesStore } from '../state/preferences.ts';
import { IconButton } from '../ui/controls/IconButton.tsx';
import { GlossaryKnobFacts } from './GlossaryKnobFacts.tsx';
import { GlossarySights } from './GlossarySights.tsx';
import { Fact, langOf, otherOf, Section, SectionSign, sectionName } from './glossary-parts.tsx';
import { useKnobWords } from './use-knob-words.ts';

export interface GlossaryEntryProps {
  readonly id: string;
  readonly rows: readonly GlossaryRow[];
  readonly heading: RefObject<HTMLHeadingElement | null>;
  /** To the entry before, or to the list; null where there is nothing to go back to. */
  readonly back: (() => void) | null;
  readonly isBackToList: boolean;
  readonly onFollow: (id: string) => void;
}

/** One entry: its name in both languages, what it means, where to see it, and what to read next. */
export function GlossaryEntry({ id, rows, heading, back, isBackToList, onFollow }: GlossaryEntryProps) {
  const t = useT();
  const words = useKnobWords();
  const language = useStore(preferencesStore, (s) => s.language);
  const row = rows.find((each) => each.id === id);
  const found = entryOf(id);
  if (row === undefined || found === undefined) return null;
  const other = otherOf(language);
  const aliases = found.kind === 'term' ? found.term.aliases : undefined;
  const also = [language, other].flatMap((of) => (aliases?.[of] ?? []).map((name) => ({ name, of })));
  const links = (ids: readonly string[]) => ids.length > 0 && <Links ids={ids} rows={rows} onFollow={onFollow} />;

  return (
    <article className="glossary-entry" aria-labelledby="glossary-entry">
      <header className="glossary-head">
        {back !== null && (
          <IconButton label={t(isBackToList ? 'glossary.toList' : 'glossary.back')} onPress={back}>
            <ArrowLeft />
          </IconButton>
        )}
        <div className="glossary-names">
          <p className="glossary-where">
            <SectionSign section={row.section} />
            {sectionName(row.section, language)}
          </p>
          <h3 id="glossary-entry" ref={heading} tabIndex={-1}>
            {row.name[language]}
          </h3>
          {row.name[other] !== row.name[language] && (
            <p className="glossary-other">
              <span className="visually-hidden">{t('glossary.other')} </span>
              <span lang={langOf(other)}>{row.name[other]}</span>
            </p>
          )}
        </div>
        <CopyLink id={id} />
      </header>

      {found.kind === 'knob' && found.knob.engine !== undefined && (
        <p className="glossary-of">{t('glossary.ofEngine', { engine: words.text(found.knob.engine.name) })}</p>
      )}
      <p className="glossary-says">{saysOf(found, words)}</p>

      <dl className="glossary-facts">
        {found.kind === 'term' && found.term.formula !== undefined && (
          <Fact name={t('glossary.formula')}>
            <code>{found.term.formula[language]}</code>
          </Fact>
        )}
        {found.kind === 'term' && found.term.unit !== undefined && (
          <Fact name={t('glossary.unit')}>{found.term.unit[language]}</Fact>
        )}
        {found.kind === 'knob' && <GlossaryKnobFacts knob={found.knob} />}
        {found.kind === 'engine' && (
          <Fact name={t('glossary.link')}>
            <code>{found.engine.id}</code>
          </Fact>
        )}
        {also.length > 0 && (
          <Fact name={t('glossary.also')}>
            {also.map(({ name, of }, place) => (
              <span key={`${of} ${name}`} lang={langOf(of)}>
                {place > 0 && t('glossary.comma')}
                {name}
              </span>
            ))}
          </Fact>
        )}
      </dl>

      <GlossarySights found={found} />
      <Section title={t('glossary.related')}>
        {found.kind === 'term' && links(relatedTo(found.term).map((term) => term.id))}
      </Section>
      <Section title={t('glossary.terms')}>
        {found.kind === 'knob' && links(termsOf(found.knob.entry).map((term) => term.id))}
      </Section>
      <Section title={t(found.kind === 'engine' ? 'glossary.ownKnobs' : 'glossary.knobs')}>
        {found.kind === 'term' && links(knobsOf(found.term).map((knob) => knobId(knob.name)))}
        {found.kind === 'engine' && links(found.engine.knobs.map((knob) => knobId(knob.name)))}
      </Section>
    </article>
  );
}

function saysOf(
  found: Found,
  words: { text(text: Text): string; help: ReturnType<typeof useKnobWords>['help'] },
): string {
  switch (found.kind) {
    case 'term':
      return words.text(found.term.says);
    case 'engine':
      return words.text(found.engine.sentence);
    case 'knob':
      return words.help(found.knob.entry);
  }
}

interface LinksProps {
  readonly ids: readonly string[];
  readonly rows: readonly GlossaryRow[];
  readonly onFollow: (id: string) => void;
}

/** Links to other entries. They are buttons, because the address is the scenario’s. */
function Links({ ids, rows, onFollow }: LinksProps) {
  const words = useKnobWords();
  const linked = rows.filter((row) => ids.includes(row.id));
  linked.sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
  return (
    <ul className="glossary-links">
      {linked.map((row) => (
        <li key={row.id}>
          <button type="button" data-entry={row.id} onClick={() => onFollow(row.id)}>
            {words.text(row.name)}
          </button>
          {row.of !== undefined && <span className="glossary-beside">{words.text(row.of)}</span>}
        </li>
      ))}
    </ul>
  );
}

function CopyLink({ id }: { readonly id: string }) {
  const t = useT();
  const [outcome, setOutcome] = useState<'glossary.copied' | 'glossary.notCopied' | null>(null);
  const copy = () => {
    const page = location.href.split('#')[0];
    navigator.clipboard.writeText(`${page}#/glossary/${encodeURIComponent(id)}`).then(
      () => setOutcome('glossary.copied'),
      () => setOutcome('glossary.notCopied'),
    );
  };
  return (
    <div className="glossary-copy">
      <span role="status">{outcome !== null && t(outcome)}</span>
      <IconButton label={t('glossary.copy')} onPress={copy}>
        <Link />
      </IconButton>
    </div>
  );
}
