import { useMemo } from 'react';
import { useStore } from 'zustand';
import { preferencesStore } from '../state/preferences.ts';
import { type Format, formatsOf } from './formats.ts';

export { type Format, formatsOf } from './formats.ts';

export function useFormat(): Format {
  const language = useStore(preferencesStore, (s) => s.language);
  return useMemo(() => formatsOf(language), [language]);
}
