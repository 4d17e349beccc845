/** What the page's own buttons do: hand the scenario on, take a file, change the language. */

import { loadLanguage, type MessageKey, translator } from '../i18n/i18n.ts';
import { preferencesStore } from '../state/preferences.ts';
import type { Session } from '../state/session.ts';
import { uiStore } from './ui-store.ts';

const say = (message: MessageKey) => uiStore.getState().say(translator(preferencesStore.getState().language)(message));

/** Not loaded later: some browsers let a page copy only at once after a press. */
export async function share(session: Session): Promise<void> {
  try {
    await session.share();
    const isTrace = session.scenario.getState().knobs.workload === 'trace';
    say(isTrace ? 'app.linkWithoutTrace' : 'app.linkCopied');
  } catch {
    // Without leave to use the clipboard the link is still in the address bar.
    say('app.linkInAddressBar');
  }
}

/** The page's file field, which `DropZone` keeps. */
export const fileFieldId = 'file';

export function openFile(): void {
  document.querySelector<HTMLInputElement>(`#${fileFieldId}`)?.click();
}

export async function toggleLanguage(): Promise<void> {
  const next = preferencesStore.getState().language === 'en' ? 'zh' : 'en';
  try {
    await loadLanguage(next);
    preferencesStore.setState({ language: next });
  } catch {
    say('app.languageNotLoaded');
  }
}
