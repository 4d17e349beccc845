import { useLayoutEffect } from 'react';
import { useStore } from 'zustand';
import { preferencesStore } from '../state/preferences.ts';
import { dark, light, type Theme } from './theme.ts';
import { useMediaQuery } from './use-motion.ts';

/** The theme in use: the one a person chose, or the system's. */
export function useTheme(): Theme {
  const preference = useStore(preferencesStore, (s) => s.theme);
  const systemIsDark = useMediaQuery('(prefers-color-scheme: dark)');
  const isDark = preference === 'dark' || (preference === 'system' && systemIsDark);
  return isDark ? dark : light;
}

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
  root.style.colorScheme = theme.name;
  root.dataset.theme = theme.name;
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', theme.page);
}
