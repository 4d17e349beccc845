import { useStore } from 'zustand';
import { preferencesStore } from '../state/preferences.ts';
import { isCharacterKey, type Shortcut } from './shortcut.ts';

/** Those of the keys that do something: what is turned off is not promised. */
export function useLiveShortcuts(shortcuts: readonly Shortcut[]): readonly Shortcut[] {
  const hasCharacterKeys = useStore(preferencesStore, (s) => s.characterKeys);
  return hasCharacterKeys ? shortcuts : shortcuts.filter((shortcut) => !isCharacterKey(shortcut));
}
