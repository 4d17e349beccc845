/** The glossary for the page: its words are loaded with it, in both languages. Whoever lists terms loads this file when somebody asks. */

import { loadLanguage } from '../i18n/i18n.ts';
import { engines } from '../scenario/engines/engines.ts';
import { type GlossaryRow, glossaryRows } from '../scenario/glossary/search.ts';
import { knobWords, loadWords } from './use-knob-words.ts';

let loading: Promise<readonly GlossaryRow[]> | null = null;

/** Every entry; rejects where its words cannot be loaded, and tries again when asked again. */
export function loadGlossary(): Promise<readonly GlossaryRow[]> {
  loading ??= load().catch((reason: unknown) => {
    loading = null;
    throw reason;
  });
  return loading;
}

async function load(): Promise<readonly GlossaryRow[]> {
  await Promise.all([loadLanguage('zh'), ...engines().map(loadWords)]);
  const en = knobWords('en');
  const zh = knobWords('zh');
  return glossaryRows({
    label: (entry) => ({ en: en.label(entry), zh: zh.label(entry) }),
    help: (entry) => ({ en: en.help(entry), zh: zh.help(entry) }),
  });
}
