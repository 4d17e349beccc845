import { wcagContrast } from 'culori';
import { describe, expect, it } from 'vitest';
import { forcedTheme } from './forced-theme.ts';
import { contrastProblems, differenceProblems, hueProblems } from './palette-problems.ts';
import { dark, hues, light, type Theme, withMoreContrast } from './theme.ts';

/** System colours as Chromium has them in forced colours, and one with two colours in all. */
const schemes = {
  'black on white': {
    Canvas: '#ffffff',
    CanvasText: '#000000',
    Highlight: '#37336d',
    HighlightText: '#ffffff',
    LinkText: '#00009f',
    VisitedText: '#00009f',
    GrayText: '#600000',
  },
  'white on black': {
    Canvas: '#000000',
    CanvasText: '#ffffff',
    Highlight: '#00b8cc',
    HighlightText: '#000000',
    LinkText: '#ffff00',
    VisitedText: '#ffff00',
    GrayText: '#3ff23f',
  },
  'two colours': {
    Canvas: '#000000',
    CanvasText: '#ffffff',
    Highlight: '#ffffff',
    HighlightText: '#000000',
    LinkText: '#ffffff',
    VisitedText: '#ffffff',
    GrayText: '#ffffff',
  },
} as const;

const forced = (scheme: keyof typeof schemes) =>
  forcedTheme((name) => {
    const colours: Readonly<Record<string, string>> = schemes[scheme];
    if (!(name in colours)) throw new Error(`not a system colour of the tests: ${name}`);
    return colours[name];
  });

describe.each([light, dark])('$name palette', (theme) => {
  it('keeps the five hues apart, in every vision', () => {
    expect(hueProblems(theme)).toEqual([]);
  });

  it('shows hues on the page, and text on them and on every ground', () => {
    expect(contrastProblems(theme)).toEqual([]);
  });

  it('keeps the ends of a difference apart, in every vision, and shows them', () => {
    expect(differenceProblems(theme)).toEqual([]);
  });

  it('has more contrast for who asks for it', () => {
    const more = withMoreContrast(theme);
    expect([...hueProblems(more), ...contrastProblems(more)]).toEqual([]);
    expect(wcagContrast(more.inkFaint, more.page)).toBeGreaterThanOrEqual(7);
    expect(wcagContrast(more.rule, more.page)).toBeGreaterThanOrEqual(4.5);
  });
});

describe('a broken palette is found', () => {
  it.each<[string, Partial<Theme>, RegExp]>([
    ['two greens', { prefill: '#007a58' }, /^prefill and reused are [\d.]+ apart in normal vision$/],
    [
      'red and green of one lightness',
      { prefill: '#a5482f', loss: '#6b6a1e' },
      /prefill and loss .* in (protan|deutan) vision/,
    ],
    [
      'blue and green of one lightness',
      { prefill: '#1f6fb0', reused: '#007a6c' },
      /prefill and reused .* in tritan vision/,
    ],
  ])('hues: %s', (_, wrong, said) => {
    expect(hueProblems({ ...light, ...wrong }).join('\n')).toMatch(new RegExp(said.source, 'm'));
  });

  it.each<[string, Partial<Theme>, string]>([
    ['a pale hue', { waiting: '#d0d2d6' }, 'waiting on page'],
    ['dark text on a dark hue', { onPrefill: '#14171c' }, 'onPrefill on prefill'],
    ['grey text', { inkFaint: '#9a9fa8' }, 'inkFaint on page'],
    ['a ring that cannot be seen', { focus: '#eeeeee' }, 'focus on page'],
  ])('contrast: %s', (_, wrong, said) => {
    expect(contrastProblems({ ...light, ...wrong }).join('\n')).toContain(said);
  });

  it.each<[string, Partial<Theme>, RegExp]>([
    ['one end twice', { onlyA: light.onlyB }, /^onlyA and onlyB are 0.0 apart in normal vision$/],
    ['an end like no difference', { onlyB: light.empty }, /^onlyB and empty are 0.0 apart in tritan vision$/],
    ['a pale end', { onlyA: '#d8c9a0' }, /^onlyA on page has a contrast of 1\.\d+$/],
    ['red and green of one lightness', { onlyA: '#a5482f', onlyB: '#6b6a1e' }, /^onlyA and onlyB .* in deutan vision$/],
  ])('difference: %s', (_, wrong, said) => {
    expect(differenceProblems({ ...light, ...wrong }).join('\n')).toMatch(new RegExp(said.source, 'm'));
  });
});

describe.each(Object.keys(schemes) as (keyof typeof schemes)[])('forced colours, %s', (scheme) => {
  const theme = forced(scheme);

  it('can be seen and read', () => {
    expect(contrastProblems(theme)).toEqual([]);
  });

  it('tells the painter five hues, even where the eye sees one', () => {
    expect(new Set(hues.map((hue) => theme[hue])).size).toBe(hues.length);
  });

  it('uses system colours alone, but for lines and what tells hues apart', () => {
    const system: readonly string[] = Object.values(schemes[scheme]);
    for (const [token, colour] of Object.entries(theme)) {
      if (token === 'name' || token === 'rule') continue;
      const nearest = Math.min(...system.map((each) => distance(each, colour)));
      expect(nearest, token).toBeLessThanOrEqual(hues.length);
    }
  });
});

/** The largest difference of a part of two colours, of 255. */
function distance(a: string, b: string): number {
  return Math.max(...[1, 3, 5].map((at) => Math.abs(partAt(a, at) - partAt(b, at))));
}

function partAt(colour: string, at: number): number {
  return Number.parseInt(colour.slice(at, at + 2), 16);
}
