import { terms } from '../../../scenario/glossary/glossary.ts';
import { uiStore } from '../../ui-store.ts';
import { once } from '../entry.ts';

/** Opens the glossary at a term, found by all its names. */
export const termKind = once(({ language, languages, t }) => {
  const entries = terms.map(({ id, name, says, aliases }) => ({
    id: `term.${id}`,
    names: [...languages.map((each) => name[each]), ...languages.flatMap((each) => aliases?.[each] ?? [])],
    detail: says[language],
    choose: () => uiStore.getState().open('glossary', id),
  }));
  return [{ heading: t('command.glossary'), entries, isReading: true }];
});
