import { useSyncExternalStore } from 'react';
import { useStore } from 'zustand';
import { preferencesStore } from '../state/preferences.ts';

/** Whether things may travel and zoom. The preference, where set, overrides the system. */
export function useMotion(): 'full' | 'reduced' {
  const preference = useStore(preferencesStore, (s) => s.motion);
  const systemReduces = useMediaQuery('(prefers-reduced-motion: reduce)');
  if (preference !== 'system') return preference;
  return systemReduces ? 'reduced' : 'full';
}

/** Follows a media query; false where the environment has none. */
export function useMediaQuery(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const list = globalThis.matchMedia?.(query);
      list?.addEventListener('change', changed);
      return () => list?.removeEventListener('change', changed);
    },
    () => globalThis.matchMedia?.(query).matches ?? false,
    () => false,
  );
}
