import { createStore } from 'zustand/vanilla';

/** How a person likes to see things. Kept on the device, never in links. */
export interface Preferences {
  readonly theme: 'system' | 'light' | 'dark';
  readonly language: 'en' | 'zh';
  readonly motion: 'system' | 'reduced' | 'full';
  /** Colours say what is happening, or who. */
  readonly colourBy: 'phase' | 'request';
  /** Steps of equal width, or as wide as they last. */
  readonly xScale: 'step' | 'time';
  /** Whether the first minute is still guided. */
  readonly guide: 'open' | 'done';
  /** Whether letters, digits and signs alone are keys of commands. */
  readonly characterKeys: boolean;
}

const key = 'tokenyard.preferences';

function initial(): Preferences {
  const fallback: Preferences = {
    theme: 'system',
    language: globalThis.navigator?.language?.startsWith('zh') ? 'zh' : 'en',
    motion: 'system',
    colourBy: 'phase',
    xScale: 'step',
    guide: 'open',
    characterKeys: true,
  };
  return { ...fallback, ...stored() };
}

/** Storage throws in frames of opaque origin; then preferences last as long as the page. */
function stored(): Partial<Preferences> {
  try {
    const text = globalThis.localStorage?.getItem(key);
    const value: unknown = text ? JSON.parse(text) : null;
    return typeof value === 'object' && value !== null ? pick(value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const allowed: { readonly [K in keyof Preferences]: readonly Preferences[K][] } = {
  theme: ['system', 'light', 'dark'],
  language: ['en', 'zh'],
  motion: ['system', 'reduced', 'full'],
  colourBy: ['phase', 'request'],
  xScale: ['step', 'time'],
  guide: ['open', 'done'],
  characterKeys: [true, false],
};

function pick(value: Record<string, unknown>): Partial<Preferences> {
  const known = Object.entries(allowed).filter(([name, values]) =>
    (values as readonly unknown[]).includes(value[name]),
  );
  return Object.fromEntries(known.map(([name]) => [name, value[name]]));
}

export const preferencesStore = createStore<Preferences>()(initial);

preferencesStore.subscribe((state) => {
  try {
    globalThis.localStorage?.setItem(key, JSON.stringify(state));
  } catch {
    // Nothing is lost but the memory of it: see `stored`.
  }
});
