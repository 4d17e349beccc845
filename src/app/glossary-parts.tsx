/** What the list and the entries of the glossary share. */

import type { ReactNode } from 'react';
import { type Language, translator } from '../i18n/i18n.ts';
import { areas } from '../scenario/glossary/glossary.ts';
import type { SectionId } from '../scenario/glossary/search.ts';

export const sections: readonly SectionId[] = [...areas.map(({ id }) => id), 'engines', 'knobs'];

/** The letter of a part of the formal model, for those sections that are one. */
export function SectionSign({ section }: { readonly section: SectionId }) {
  return section.length > 1 ? null : (
    <span className="panel-symbol" aria-hidden="true">
      {section}
    </span>
  );
}

export function sectionName(section: SectionId | 'all', language: Language): string {
  const t = translator(language);
  if (section === 'all') return t('glossary.all');
  if (section === 'engines' || section === 'knobs') return t(`glossary.section.${section}`);
  return areas.find(({ id }) => id === section)?.name[language] ?? section;
}

export const langOf = (language: Language): string => (language === 'zh' ? 'zh-CN' : 'en');

export const otherOf = (language: Language): Language => (language === 'en' ? 'zh' : 'en');

export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A part of an entry with its heading; nothing where there is nothing in it. */
export function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const isEmpty = (Array.isArray(children) ? children : [children]).every((child) => !child);
  return isEmpty ? null : (
    <section className="glossary-part">
      <h4>{title}</h4>
      {children}
    </section>
  );
}
