import { expect, it } from 'vitest';
import { ariaShortcut, isCharacterKey, shortcutText } from './shortcut.ts';

it('is written as people write it, and as assistive technology reads it', () => {
  const undo = { key: 'z', mod: true, shift: false };
  const tenBack = { key: 'ArrowLeft', shift: true };
  expect([undo, tenBack, { key: ' ' }, { key: '?' }].map(shortcutText)).toEqual(
    expect.arrayContaining(['Shift+←', 'Space', '?']),
  );
  expect(shortcutText(undo)).toMatch(/^(Ctrl|Cmd)\+Z$/);
  expect(ariaShortcut(undo)).toMatch(/^(Control|Meta)\+Z$/);
  expect([tenBack, { key: ' ' }].map(ariaShortcut)).toEqual(['Shift+ArrowLeft', 'Space']);
});

it('is a character key where speech could type it', () => {
  const keys = [{ key: 'n' }, { key: '3' }, { key: '/' }, { key: 'n', shift: true }];
  expect(keys.map(isCharacterKey)).toEqual([true, true, true, true]);
  const others = [{ key: ' ' }, { key: 'Home' }, { key: 'ArrowLeft', shift: true }, { key: 'k', mod: true }];
  expect(others.map(isCharacterKey)).toEqual([false, false, false, false]);
});
