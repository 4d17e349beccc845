import { useLayoutEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import { preferencesStore } from '../state/preferences.ts';
import { dark, forcedTheme, light, type Theme, withMoreContrast } from './theme.ts';
import { useMediaQuery } from './use-motion.ts';

/** The theme in use: the reader's own colours where they are forced, else the one a person chose, or the system's. */
export function useTheme(): Theme {
  const preference = useStore(preferencesStore, (s) => s.theme);
  const systemIsDark = useMediaQuery('(prefers-color-scheme: dark)');
  const isForced = useMediaQuery('(forced-colors: active)');
  const wantsContrast = useMediaQuery('(prefers-contrast: more)');
  return useMemo(() => {
    if (isForced) return kept(forcedTheme(systemColour));
    const isDark = preference === 'dark' || (preference === 'system' && systemIsDark);
    const theme = isDark ? dark : light;
    return wantsContrast ? kept(withMoreContrast(theme)) : theme;
  }, [preference, systemIsDark, isForced, wantsContrast]);
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

/** What a system colour is at present, as `#rrggbb`: canvases and mixed colours need its parts. */
function systemColour(name: string): string {
  const page = systemParts('Canvas');
  const [red, green, blue, alpha = 1] = systemParts(name);
  // What is marked may be see-through.
  const parts = [red, green, blue].map((part, i) => Math.round(part * alpha + page[i] * (1 - alpha)));
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

/** Red, green, blue, and how opaque it is where it is not. */
function systemParts(name: string): readonly number[] {
  const probe = document.createElement('i');
  probe.style.color = name;
  document.documentElement.append(probe);
  const parts = getComputedStyle(probe).color.match(/[\d.]+/g) ?? [];
  probe.remove();
  return parts.map(Number);
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
  // Where colours are forced the scheme is the reader's too.
  root.style.colorScheme = theme.name === 'forced' ? '' : theme.name;
  root.dataset.theme = theme.name;
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', theme.page);
}
