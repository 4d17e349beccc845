/** What is wrong with a palette: the gate of `theme.test.ts`, and of nothing on the page. */

import {
  differenceCiede2000,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  parse,
  wcagContrast,
} from 'culori';
import { type Hue, hues, type Theme, type Token } from './theme.ts';

/** CIEDE2000 between two hues, or the ends of a difference; about 2 is what a trained eye just tells apart side by side. */
const leastDifference = 20;
/** WCAG 2.2: 1.4.11 for what is not text, 1.4.3 for text. */
const leastContrast = { picture: 3, text: 4.5 } as const;

const inkOn = {
  waiting: 'onWaiting',
  prefill: 'onPrefill',
  decode: 'onDecode',
  reused: 'onReused',
  loss: 'onLoss',
} as const satisfies Record<Hue, keyof Theme>;

/** How people see, the three with one kind of cone missing simulated (Machado 2009, severity 1). */
const visions = {
  normal: (colour: string) => colourOf(colour),
  protan: (colour: string) => filterDeficiencyProt(1)(colourOf(colour)),
  deutan: (colour: string) => filterDeficiencyDeuter(1)(colourOf(colour)),
  tritan: (colour: string) => filterDeficiencyTrit(1)(colourOf(colour)),
};
const difference = differenceCiede2000();

function colourOf(text: string) {
  const colour = parse(text);
  if (colour === undefined) throw new Error(`no colour: ${text}`);
  return colour;
}

/** Pairs of hues that some people cannot tell apart, a line each. */
export function hueProblems(theme: Theme): readonly string[] {
  return apart(
    theme,
    hues.flatMap((a, i) => hues.slice(i + 1).map((b) => [a, b] as const)),
  );
}

/** Ends of a difference that some people cannot tell from each other, from none or from the page, a line each. */
export function differenceProblems(theme: Theme): readonly string[] {
  return [
    ...apart(theme, [
      ['onlyA', 'onlyB'],
      ['onlyA', 'empty'],
      ['onlyB', 'empty'],
    ]),
    ...least(theme, 'picture', 'onlyA', 'page'),
    ...least(theme, 'picture', 'onlyB', 'page'),
  ];
}

/** Colours that are hard to see or to read on what they stand on, a line each. */
export function contrastProblems(theme: Theme): readonly string[] {
  return [
    ...hues.flatMap((hue) => [...least(theme, 'picture', hue, 'page'), ...least(theme, 'text', inkOn[hue], hue)]),
    ...(['ink', 'inkSoft', 'inkFaint'] as const).flatMap((ink) =>
      (['page', 'surface', 'empty'] as const).flatMap((ground) => least(theme, 'text', ink, ground)),
    ),
    ...least(theme, 'picture', 'focus', 'page'),
  ];
}

function apart(theme: Theme, pairs: readonly (readonly [Token, Token])[]): readonly string[] {
  return Object.entries(visions).flatMap(([vision, seen]) =>
    pairs
      .map(([a, b]) => ({ a, b, apart: difference(seen(theme[a]), seen(theme[b])) }))
      .filter(({ apart }) => apart < leastDifference)
      .map(({ a, b, apart }) => `${a} and ${b} are ${apart.toFixed(1)} apart in ${vision} vision`),
  );
}

function least(theme: Theme, kind: keyof typeof leastContrast, front: Token, ground: Token): readonly string[] {
  const contrast = wcagContrast(theme[front], theme[ground]);
  return contrast < leastContrast[kind] ? [`${front} on ${ground} has a contrast of ${contrast.toFixed(2)}`] : [];
}
