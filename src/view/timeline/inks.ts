/** What each part of a step is drawn with. */

import type { Ink } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';

/** In the order in which they are explained. */
export const legend = [
  'prefill',
  'mixed',
  'decode',
  'encoding',
  'transfer',
  'padding',
  'idle',
  'communication',
] as const;
export type Named = (typeof legend)[number];

/** Hues of the phases; the rest keeps to texture. */
export function inkOf(name: Named, theme: Theme): Ink {
  switch (name) {
    case 'prefill':
      return { fill: theme.prefill };
    case 'mixed':
      return { fill: theme.prefill, texture: 'rule', mark: theme.decode };
    case 'decode':
      return { fill: theme.decode };
    case 'encoding':
      return { fill: theme.prefill, texture: 'dots', mark: theme.page };
    case 'transfer':
      return { fill: theme.waiting, texture: 'dots', mark: theme.page };
    case 'padding':
      return { fill: theme.surface, texture: 'hatch', mark: theme.loss };
    case 'communication':
      return { fill: theme.ink };
    case 'idle':
      return idleInk(theme);
  }
}

export function idleInk(theme: Theme): Ink {
  return { fill: theme.empty, texture: 'hatch', mark: theme.rule };
}
