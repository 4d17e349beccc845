import { useLayoutEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import { preferencesStore } from '../state/preferences.ts';
import { dark, light, type Theme, withMoreContrast } from './theme.ts';
import { useLater } from './use-later.ts';
import { useMediaQuery } from './use-motion.ts';

// Few readers need it.
const loadForced = () => import('./forced-theme.ts');

/** The theme in use: the reader's own colours where they are forced, else the one a person chose, or the system's. */
export function useTheme(): Theme {
  const preference = useStore(preferencesStore, (s) => s.theme);
  const systemIsDark = useMediaQuery('(prefers-color-scheme: dark)');
  const isForced = useMediaQuery('(forced-colors: active)');
  const forced = useLater(loadForced, isForced);
  const wantsContrast = useMediaQuery('(prefers-contrast: more)');
  return useMemo(() => {
    if (forced !== null) return kept(forced.readForcedTheme());
    const isDark = preference === 'dark' || (preference === 'system' && systemIsDark);
    const theme = isDark ? dark : light;
    return wantsContrast ? kept(withMoreContrast(theme)) : theme;
  }, [preference, systemIsDark, forced, wantsContrast]);
}

/** One object a palette: what is drawn is drawn again when the theme is another one. */
function kept(theme: Theme): Theme {
  const key = Object.values(theme).join();
  const known = palettes.get(key);
  if (known !== undefined) return known;
  palettes.set(key, theme);
  return theme;
}

const palettes = new Map<string, Theme>();

/** Writes the tokens to the document as CSS variables, so that colours are defined in `theme.ts` alone. Call once, at the top. */
export function useThemeVariables(): Theme {
  const theme = useTheme();
  useLayoutEffect(() => writeVariables(document.documentElement, theme), [theme]);
  return theme;
}

const variableOf = {
  '--page': 'page',
  '--surface': 'surface',
  '--rule': 'rule',
  '--ink': 'ink',
  '--ink-soft': 'inkSoft',
  '--ink-faint': 'inkFaint',
  '--focus': 'focus',
  '--waiting': 'waiting',
  '--on-waiting': 'onWaiting',
  '--prefill': 'prefill',
  '--on-prefill': 'onPrefill',
  '--decode': 'decode',
  '--on-decode': 'onDecode',
  '--reused': 'reused',
  '--on-reused': 'onReused',
  '--loss': 'loss',
  '--on-loss': 'onLoss',
  '--empty': 'empty',
} as const satisfies Record<string, keyof Theme>;

function writeVariables(root: HTMLElement, theme: Theme): void {
  for (const [variable, token] of Object.entries(variableOf)) root.style.setProperty(variable, theme[token]);
  // Where colours are forced the scheme is the reader's too.
  root.style.colorScheme = theme.name === 'forced' ? '' : theme.name;
  root.dataset.theme = theme.name;
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', theme.page);
}
