/** Colour and type tokens. Five semantic hues and the two ends of differences, checked for colour-blind readers by `theme.test.ts`; nothing else is coloured. */

import type { Painter } from './painter.ts';

export const hues = ['waiting', 'prefill', 'decode', 'reused', 'loss'] as const;
export type Hue = (typeof hues)[number];

export interface Theme {
  /** `forced`: the reader's own colours for everything, see `forced-theme.ts`. */
  readonly name: 'light' | 'dark' | 'forced';
  readonly page: string;
  /** Panels, rails. */
  readonly surface: string;
  /** Lines between panels. */
  readonly rule: string;
  readonly ink: string;
  readonly inkSoft: string;
  readonly inkFaint: string;
  readonly focus: string;
  /** Semantic hues, and the ink that is readable on each. */
  readonly waiting: string;
  readonly onWaiting: string;
  readonly prefill: string;
  readonly onPrefill: string;
  readonly decode: string;
  readonly onDecode: string;
  readonly reused: string;
  readonly onReused: string;
  readonly loss: string;
  readonly onLoss: string;
  /** Unused place: an empty block, the rest of a budget. */
  readonly empty: string;
  /** Ends of a difference of two runs: only or more in A, only or more in B. Never without a sign or words. */
  readonly onlyA: string;
  readonly onlyB: string;
  /** What painters are put through first; left out: nothing. */
  readonly through?: (painter: Painter, theme: Theme) => Painter;
}

/** The colours of a theme. */
export type Token = Exclude<keyof Theme, 'name' | 'through'>;

export const light: Theme = {
  name: 'light',
  page: '#ffffff',
  surface: '#ffffff',
  rule: '#dfe2e8',
  ink: '#14171c',
  inkSoft: '#4a5059',
  inkFaint: '#676c75',
  focus: '#14171c',
  waiting: '#8e929a',
  onWaiting: '#14171c',
  prefill: '#2238b8',
  onPrefill: '#ffffff',
  decode: '#d27c00',
  onDecode: '#14171c',
  reused: '#007654',
  onReused: '#ffffff',
  loss: '#4e0033',
  onLoss: '#ffffff',
  empty: '#f1f3f6',
  onlyA: '#4d5b00',
  onlyB: '#9f75e1',
};

export const dark: Theme = {
  name: 'dark',
  page: '#12161c',
  surface: '#12161c',
  rule: '#2a303a',
  ink: '#eef0f3',
  inkSoft: '#b7bcc6',
  inkFaint: '#8f96a1',
  focus: '#eef0f3',
  waiting: '#646568',
  onWaiting: '#ffffff',
  prefill: '#4e92eb',
  onPrefill: '#12161c',
  decode: '#dfad4a',
  onDecode: '#12161c',
  reused: '#affff1',
  onReused: '#12161c',
  loss: '#d4018d',
  onLoss: '#ffffff',
  empty: '#1c222b',
  onlyA: '#7f8c1e',
  onlyB: '#c3a2ff',
};

/** The theme for who asks for more contrast: no faint ink, and lines as dark as faint ink is otherwise. */
export function withMoreContrast(theme: Theme): Theme {
  return { ...theme, rule: theme.inkFaint, inkSoft: theme.ink, inkFaint: theme.inkSoft };
}
