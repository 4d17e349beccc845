import { describe, expect, it } from 'vitest';
import { translate } from '../i18n/i18n.ts';
import { fastest, playbackStore, slowest } from '../state/playback.ts';
import type { Session } from '../state/session.ts';
import { commandForKey, commandOf, commands } from './commands.ts';
import { shortcutText } from './shortcut-text.ts';

const key = (name: string, held: { shift?: boolean; ctrl?: boolean; meta?: boolean; alt?: boolean } = {}) => ({
  key: name,
  shiftKey: held.shift ?? false,
  ctrlKey: held.ctrl ?? false,
  metaKey: held.meta ?? false,
  altKey: held.alt ?? false,
});

describe('commands', () => {
  it('give no key twice', () => {
    const all = commands.flatMap((command) => command.shortcuts.map(shortcutText));
    expect(new Set(all).size).toBe(all.length);
  });

  it('have a name in both languages', () => {
    for (const { label } of commands) {
      expect(translate('en', label)).not.toBe('');
      expect(translate('zh', label)).not.toBe(translate('en', label));
    }
  });

  it.each([
    [key(' '), 'play'],
    [key('ArrowRight'), 'stepForward'],
    [key('ArrowRight', { shift: true }), 'stepForward10'],
    [key('n'), 'nextEvent'],
    [key('N', { shift: true }), 'previousEvent'],
    [key('?', { shift: true }), 'help'],
    [key('?'), 'help'],
    [key('z', { ctrl: true }), 'undo'],
    [key('Z', { meta: true, shift: true }), 'redo'],
    [key('y', { ctrl: true }), 'redo'],
    [key('3'), 'panel3'],
  ])('find the one for a key: %j', (event, id) => {
    expect(commandForKey(event)?.id).toBe(id);
  });

  it.each([key('z'), key('n', { alt: true }), key('f', { ctrl: true }), key('q')])(
    'leave other keys alone: %j',
    (event) => {
      expect(commandForKey(event)).toBeUndefined();
    },
  );

  it('keep the speed within its limits, however often it is changed', () => {
    const session = { setSpeed: (speed: number) => playbackStore.setState({ speed }) } as Session;
    for (let i = 0; i < 40; i += 1) commandOf('faster').run(session);
    expect(playbackStore.getState().speed).toBe(fastest);
    for (let i = 0; i < 40; i += 1) commandOf('slower').run(session);
    expect(playbackStore.getState().speed).toBe(slowest);
  });
});
