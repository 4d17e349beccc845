/** The glossary for the page: its words are loaded with it, in both languages. Whoever lists terms loads this file when somebody asks. */

import { loadLanguage } from '../i18n/i18n.ts';
import { engines } from '../scenario/engines/engines.ts';
import { type GlossaryRow, glossaryRows, searchGlossary } from '../scenario/glossary/search.ts';
import { knobWords, loadWords } from './use-knob-words.ts';

/** Every entry; rejects where its words cannot be loaded. */
export async function loadGlossary(): Promise<readonly GlossaryRow[]> {
  await Promise.all([loadLanguage('zh'), ...engines().map(loadWords)]);
  const en = knobWords('en');
  const zh = knobWords('zh');
  return glossaryRows({
    label: (entry) => ({ en: en.label(entry), zh: zh.label(entry) }),
    help: (entry) => ({ en: en.help(entry), zh: zh.help(entry) }),
  });
}

/** Entries for what somebody types, best first; `uiStore.open('glossary', row.id)` opens one. */
export async function termsFor(query: string): Promise<readonly GlossaryRow[]> {
  return searchGlossary(await loadGlossary(), query);
}
