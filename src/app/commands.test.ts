import { describe, expect, it } from 'vitest';
import { translate } from '../i18n/i18n.ts';
import { presetOf } from '../scenario/presets.ts';
import { fastest, playbackStore, slowest } from '../state/playback.ts';
import { preferencesStore } from '../state/preferences.ts';
import { createScenarioStore } from '../state/scenario.ts';
import type { Session } from '../state/session.ts';
import { shortcutText } from '../ui/shortcut.ts';
import { type CommandId, commandForKey, commandGroups, commandOf, commands } from './commands.ts';

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

  it('have a group, and a name of their own in both languages', () => {
    for (const language of ['en', 'zh'] as const) {
      const names = commands.map(({ label }) => translate(language, label));
      expect(names).not.toContain('');
      expect(new Set(names).size).toBe(commands.length);
    }
    for (const { label, group } of commands) {
      expect(commandGroups).toContain(group);
      expect(translate('zh', label)).not.toBe(translate('en', label));
      expect(translate('zh', `group.command.${group}`)).not.toBe(translate('en', `group.command.${group}`));
    }
    expect(new Set(commands.map(({ group }) => group)).size).toBe(commandGroups.length);
    expect(new Set(commands.map(({ id }) => id)).size).toBe(commands.length);
  });

  it('say why they cannot be done', () => {
    const scenario = createScenarioStore(presetOf('tiny-paged').knobs);
    const session = { scenario } as Session;
    const obstacle = (id: CommandId) => commandOf(id).obstacle?.(session) ?? null;
    expect(obstacle('undo')).toBe('obstacle.nothingToUndo');
    scenario.getState().set('seed', 8);
    expect(obstacle('undo')).toBeNull();
    expect(obstacle('panel6')).toBeNull();
    expect(obstacle('ownModel')).toBeNull();
    scenario.setState({ staging: { isPresenting: false, hidden: ['latency'], locked: ['model'] } });
    expect(obstacle('panel6')).toBe('obstacle.hidden');
    expect(obstacle('panel5')).toBeNull();
    expect(obstacle('ownModel')).toBe('obstacle.locked');
    expect(obstacle('ownDevice')).toBeNull();
    expect(obstacle('nextBookmark')).toBe('obstacle.noBookmark');
    expect(obstacle('play')).toBe('obstacle.noRun');
  });

  it('have no letters, digits and signs as keys where these are turned off; the other keys stay', () => {
    const found = (names: readonly string[]) => names.map((name) => commandForKey(key(name))?.id);
    const characters = ['n', '3', '/', '?', '.', '[', 'i'];
    expect(found(characters)).not.toContain(undefined);
    preferencesStore.setState({ characterKeys: false });
    try {
      expect(found(characters)).toEqual(characters.map(() => undefined));
      expect(commandForKey(key('N', { shift: true }))).toBeUndefined();
      expect(found([' ', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'PageUp', 'PageDown'])).toEqual([
        'play',
        'stepBack',
        'stepForward',
        'start',
        'end',
        'stepBack',
        'stepForward',
      ]);
      expect(commandForKey(key('ArrowRight', { shift: true }))?.id).toBe('stepForward10');
      expect(commandForKey(key('k', { ctrl: true }))?.id).toBe('palette');
      expect(commandForKey(key('z', { meta: true }))?.id).toBe('undo');
    } finally {
      preferencesStore.setState({ characterKeys: true });
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
    [key('/'), 'palette'],
    [key('/', { shift: true }), 'palette'],
    [key('k', { ctrl: true }), 'palette'],
    [key('k', { meta: true }), 'palette'],
  ])('find the one for a key: %j', (event, id) => {
    expect(commandForKey(event)?.id).toBe(id);
  });

  it.each([key('z'), key('k'), key('n', { alt: true }), key('f', { ctrl: true }), key('q')])(
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
