import type { Shortcut } from './commands.ts';

const names: Readonly<Record<string, string>> = {
  ' ': 'Space',
  ArrowLeft: '←',
  ArrowRight: '→',
  PageUp: 'PgUp',
  PageDown: 'PgDn',
};

/** A key as people write it: "Ctrl+Shift+Z". */
export function shortcutText(shortcut: Shortcut): string {
  const key = names[shortcut.key] ?? (shortcut.key.length === 1 ? shortcut.key.toUpperCase() : shortcut.key);
  return [...(shortcut.mod === true ? ['Ctrl'] : []), ...(shortcut.shift === true ? ['Shift'] : []), key].join('+');
}
