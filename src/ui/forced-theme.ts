/** The reader's own colours, where they are forced on every page. */

import { mix } from './colour.ts';
import { texturedPainter } from './textured-painter.ts';
import { type Hue, hues, type Theme, type Token } from './theme.ts';

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
} as const satisfies Record<Token, string>;

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
  // Lines that only part things stand back behind what is drawn.
  return { ...theme, ...apart(theme), rule: mix(theme.page, theme.ink, 0.5) };
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

/** The palette as the reader has it at present; painters put textures on its hues. */
export function readForcedTheme(): Theme {
  return { ...forcedTheme(systemColour), through: texturedPainter };
}

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
