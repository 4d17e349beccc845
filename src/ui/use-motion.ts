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
  const followed = follow(query);
  return useSyncExternalStore(
    (changed) => {
      followed.told.add(changed);
      return () => followed.told.delete(changed);
    },
    () => followed.matches,
    () => false,
  );
}

/** Whether a media query holds at present; false where the environment has none. */
export function matches(query: string): boolean {
  return follow(query).matches;
}

/**
 * A media query as it stands. Its list is read once, and then when it tells of a change: in Chromium whoever reads a list
 * between a change and the event of it takes the event away from everybody else.
 */
interface Followed {
  matches: boolean;
  readonly told: Set<() => void>;
}

const queries = new Map<string, Followed>();

function follow(query: string): Followed {
  const known = queries.get(query);
  if (known !== undefined) return known;
  const list = globalThis.matchMedia?.(query);
  const followed: Followed = { matches: list?.matches ?? false, told: new Set() };
  list?.addEventListener('change', (event) => {
    followed.matches = event.matches;
    for (const tell of followed.told) tell();
  });
  queries.set(query, followed);
  return followed;
}
