/** A key that stands for a command, and how it is written. */

export interface Shortcut {
  /** `KeyboardEvent.key`; letters in lower case. */
  readonly key: string;
  /** Left out for signs, where the keyboard layout decides whether Shift is needed. */
  readonly shift?: boolean;
  /** Ctrl, or Command on a Mac. */
  readonly mod?: boolean;
}

/** Whether it is a letter, digit or sign without Ctrl: speech input types those by mistake, so they can be turned off (WCAG 2.1.4). */
export function isCharacterKey({ key, mod }: Shortcut): boolean {
  return key.length === 1 && key !== ' ' && mod !== true;
}

const isMac = /Mac|iP/.test(globalThis.navigator?.platform ?? '');

const names: Readonly<Record<string, string>> = {
  ' ': 'Space',
  ArrowLeft: '←',
  ArrowRight: '→',
  PageUp: 'PgUp',
  PageDown: 'PgDn',
  Escape: 'Esc',
};

const capital = (key: string): string => (key.length === 1 ? key.toUpperCase() : key);

/** As people write it: "Ctrl+Shift+Z". */
export function shortcutText({ key, shift, mod }: Shortcut): string {
  return [...(mod ? [isMac ? 'Cmd' : 'Ctrl'] : []), ...(shift ? ['Shift'] : []), names[key] ?? capital(key)].join('+');
}

/** As `aria-keyshortcuts` wants it: "Control+Shift+Z". */
export function ariaShortcut({ key, shift, mod }: Shortcut): string {
  const named = key === ' ' ? 'Space' : capital(key);
  return [...(mod ? [isMac ? 'Meta' : 'Control'] : []), ...(shift ? ['Shift'] : []), named].join('+');
}
