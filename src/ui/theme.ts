/** Colour and type tokens. Five semantic hues and the two ends of differences, checked for colour-blind readers by `theme.test.ts`; nothing else is coloured. */

export const hues = ['waiting', 'prefill', 'decode', 'reused', 'loss'] as const;
export type Hue = (typeof hues)[number];

export interface Theme {
  /** `forced`: the reader's own colours for everything, see `forcedTheme`. */
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
}

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

/** System colours that carry what the tokens mean where the reader's colours are forced on every page. */
const systemColours = {
  page: 'Canvas',
  surface: 'Canvas',
  rule: 'CanvasText',
  ink: 'CanvasText',
  inkSoft: 'CanvasText',
  inkFaint: 'CanvasText',
  focus: 'Highlight',
  waiting: 'GrayText',
  onWaiting: 'Canvas',
  prefill: 'CanvasText',
  onPrefill: 'Canvas',
  decode: 'Highlight',
  onDecode: 'HighlightText',
  reused: 'LinkText',
  onReused: 'Canvas',
  loss: 'VisitedText',
  onLoss: 'Canvas',
  empty: 'Canvas',
  onlyA: 'CanvasText',
  onlyB: 'Highlight',
} as const satisfies Record<Exclude<keyof Theme, 'name'>, string>;

/**
 * A palette of system colours alone; `resolve` gives a system colour as `#rrggbb`. Which of them differ is the reader's choice, so
 * here textures and borders say what the hues say otherwise: see `textured-painter.ts`.
 */
export function forcedTheme(resolve: (systemColour: string) => string): Theme {
  const colours = Object.entries(systemColours).map(([token, colour]) => [token, resolve(colour)]);
  const theme: Theme = {
    name: 'forced',
    ...(Object.fromEntries(colours) as Record<keyof typeof systemColours, string>),
  };
  return { ...theme, ...apart(theme), rule: between(theme.page, theme.ink) };
}

/** Lines that only part things stand back behind what is drawn: half way from the page to the ink. */
function between(from: string, to: string): string {
  const parts = [1, 3, 5].map((at) => [from, to].map((colour) => Number.parseInt(colour.slice(at, at + 2), 16)));
  return `#${parts.map(([a, b]) => ((a + b) >> 1).toString(16).padStart(2, '0')).join('')}`;
}

/** Hues of one colour are made to differ by a part in 255, which nobody sees: the painter must know which of them it paints. */
function apart(theme: Theme): Record<Hue, string> {
  const taken: string[] = [];
  const found = hues.map((hue) => {
    let colour = theme[hue];
    while (taken.includes(colour)) colour = nudged(colour);
    taken.push(colour);
    return [hue, colour] as const;
  });
  return Object.fromEntries(found) as Record<Hue, string>;
}

function nudged(colour: string): string {
  const value = Number.parseInt(colour.slice(1), 16);
  const blue = value & 255;
  return `#${(blue < 128 ? value + 1 : value - 1).toString(16).padStart(6, '0')}`;
}
