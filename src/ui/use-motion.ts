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
  const list = listOf(query);
  return useSyncExternalStore(
    (changed) => {
      list?.addEventListener('change', changed);
      return () => list?.removeEventListener('change', changed);
    },
    () => matches(query),
    () => false,
  );
}

/** Whether a media query holds at present; false where the environment has none. */
export function matches(query: string): boolean {
  return listOf(query)?.matches ?? false;
}

const lists = new Map<string, MediaQueryList | undefined>();

/** Kept: components ask whenever they are rendered, and the browser would parse the query each time. */
function listOf(query: string): MediaQueryList | undefined {
  if (!lists.has(query)) lists.set(query, globalThis.matchMedia?.(query));
  return lists.get(query);
}
