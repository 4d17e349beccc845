import { useMemo } from 'react';
import { useStore } from 'zustand';
import { preferencesStore } from '../state/preferences.ts';
import { type Translate, translator } from './i18n.ts';

/** The message function of the chosen language. */
export function useT(): Translate {
  const language = useStore(preferencesStore, (s) => s.language);
  return useMemo(() => translator(language), [language]);
}
