import {
  differenceCiede2000,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  parse,
  wcagContrast,
} from 'culori';
import { describe, expect, it } from 'vitest';
import { dark, light, type Theme } from './theme.ts';

const hues = ['waiting', 'prefill', 'decode', 'reused', 'loss'] as const;
const inkOn = {
  waiting: 'onWaiting',
  prefill: 'onPrefill',
  decode: 'onDecode',
  reused: 'onReused',
  loss: 'onLoss',
} as const satisfies Record<(typeof hues)[number], keyof Theme>;

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

describe.each([light, dark])('$name palette', (theme) => {
  it.each(Object.entries(visions))('keeps the five hues apart in %s vision', (_, seen) => {
    for (const [i, a] of hues.entries()) {
      for (const b of hues.slice(i + 1)) {
        expect(difference(seen(theme[a]), seen(theme[b])), `${a} and ${b}`).toBeGreaterThanOrEqual(20);
      }
    }
  });

  it.each(hues)('shows %s clearly on the page and readable ink on it', (hue) => {
    expect(wcagContrast(theme[hue], theme.page)).toBeGreaterThanOrEqual(3);
    expect(wcagContrast(theme[inkOn[hue]], theme[hue])).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['ink', 'inkSoft', 'inkFaint'] as const)('keeps %s readable on page, surface and empty places', (ink) => {
    for (const ground of ['page', 'surface', 'empty'] as const) {
      expect(wcagContrast(theme[ink], theme[ground]), ground).toBeGreaterThanOrEqual(4.5);
    }
  });

  it.each(Object.entries(visions))('keeps the ends of a difference apart in %s vision', (_, seen) => {
    expect(difference(seen(theme.onlyA), seen(theme.onlyB))).toBeGreaterThanOrEqual(20);
    for (const end of [theme.onlyA, theme.onlyB]) {
      expect(difference(seen(end), seen(theme.empty))).toBeGreaterThanOrEqual(20);
      expect(wcagContrast(end, theme.page)).toBeGreaterThanOrEqual(3);
    }
  });

  it('shows the focus ring clearly', () => {
    expect(wcagContrast(theme.focus, theme.page)).toBeGreaterThanOrEqual(3);
  });
});
