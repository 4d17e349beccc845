import { describe, expect, it } from 'vitest';
import type { PaletteEntry, PaletteSection } from './entry.ts';
import { menu, search } from './search.ts';

const entry = (id: string, names: readonly string[], more: Partial<PaletteEntry> = {}): PaletteEntry => ({
  id,
  names,
  choose: () => {},
  ...more,
});
const shown = (found: ReturnType<typeof search>) =>
  found.map(({ heading, found: each }) => [heading, each.map((one) => one.entry.id)]);

const sections: readonly PaletteSection[] = [
  {
    heading: 'Commands',
    isInMenu: true,
    entries: [entry('play', ['Play or pause', '播放或暂停']), entry('undo', ['Undo', '撤销'], { obstacle: 'Nothing' })],
  },
  {
    heading: 'Knobs',
    entries: [
      entry('budget', ['Token budget', 'Token 预算', 'max-num-batched-tokens'], { code: '--max-num-batched-tokens' }),
      entry('other', ['Budget of another engine'], { obstacle: 'Not read here' }),
    ],
  },
];

describe('search', () => {
  it('puts the section with the best entry first, and what cannot be chosen last', () => {
    expect(shown(search(sections, 'budget'))).toEqual([['Knobs', ['budget', 'other']]]);
    expect(shown(search(sections, 'un'))).toEqual([['Commands', ['undo']]]);
    expect(shown(search(sections, 'p'))[0]).toEqual(['Commands', ['play']]);
    expect(shown(search(sections, 'nothing like it'))).toEqual([]);
  });

  it('takes letters here and there only where nothing has the words as typed', () => {
    const loose = [{ heading: 'Settings', entries: [entry('keys', ['Single keys: letters, digits and signs'])] }];
    expect(shown(search(loose, 'sglang'))).toEqual([['Settings', ['keys']]]);
    const locked = [{ heading: 'Engines', entries: [entry('sglang', ['SGLang'], { obstacle: 'Locked' })] }];
    expect(shown(search([...loose, ...locked], 'sglang'))).toEqual([['Engines', ['sglang']]]);
  });

  it('shows the name that was found where it is not shown anyway', () => {
    const alias = (query: string) => search(sections, query)[0].found[0].alias;
    expect(alias('播放')).toBe('播放或暂停');
    expect(alias('play')).toBe('');
    // The flag stands in the row.
    expect(alias('batched')).toBe('');
  });

  it('keeps a list short, and what cannot be chosen shorter', () => {
    const many = Array.from({ length: 20 }, (_, i) => entry(`no${i}`, ['Rate'], { obstacle: 'No' }));
    const few = [entry('yes', ['Rates'])];
    expect(
      search([{ heading: 'Knobs', entries: [...many, ...few] }], 'rate')[0].found.map((one) => one.entry.id),
    ).toEqual(['yes', 'no0', 'no1', 'no2']);
    const possible = Array.from({ length: 20 }, (_, i) => entry(`yes${i}`, ['Rate']));
    expect(search([{ heading: 'Knobs', entries: possible }], 'rate')[0].found.length).toBeLessThan(10);
  });
});

describe('the menu', () => {
  it('is what belongs into it, with what was used last in front', () => {
    expect(shown(menu(sections, [], 'Recent'))).toEqual([['Commands', ['play', 'undo']]]);
    expect(shown(menu(sections, ['budget', 'gone', 'undo', 'play'], 'Recent'))).toEqual([
      ['Recent', ['budget', 'play']],
      ['Commands', ['play', 'undo']],
    ]);
  });
});
