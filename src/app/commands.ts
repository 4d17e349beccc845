/** Everything that can be done, once: keys, buttons, menu, palette and help read this table. */

import type { MessageKey } from '../i18n/i18n.ts';
import { isLocked } from '../scenario/lecture.ts';
import { findKnob } from '../scenario/registry.ts';
import { comparisonStore } from '../state/comparison.ts';
import { fastest, playbackStore, slowest } from '../state/playback.ts';
import { type Preferences, preferencesStore } from '../state/preferences.ts';
import type { Session } from '../state/session.ts';
import { type PanelId, panelIds, panelStore } from '../ui/panel-store.ts';
import { isCharacterKey, type Shortcut } from '../ui/shortcut.ts';
import { focusWhenThere } from './focus-when-there.ts';
import { openFile, share, toggleLanguage } from './page-actions.ts';
import { type DialogId, uiStore } from './ui-store.ts';

/** In the order of menu and help. */
export const commandGroups = [
  'scenario',
  'measure',
  'lookUp',
  'lecture',
  'settings',
  'view',
  'time',
  'panels',
] as const;
export type CommandGroup = (typeof commandGroups)[number];

export type CommandId =
  | 'play'
  | 'stepBack'
  | 'stepForward'
  | 'stepBack10'
  | 'stepForward10'
  | 'start'
  | 'end'
  | 'nextEvent'
  | 'previousEvent'
  | 'slower'
  | 'faster'
  | 'colour'
  | 'xScale'
  | 'maximise'
  | 'undo'
  | 'redo'
  | 'compare'
  | 'engines'
  | 'layouts'
  | 'learned'
  | 'gallery'
  | 'glossary'
  | 'headlines'
  | 'policy'
  | 'bookmark'
  | 'previousBookmark'
  | 'nextBookmark'
  | 'film'
  | 'lecture'
  | 'sweep'
  | 'help'
  | 'palette'
  | 'share'
  | 'import'
  | 'save'
  | 'ownModel'
  | 'ownDevice'
  | 'calibrate'
  | `theme.${Preferences['theme']}`
  | `motion.${Preferences['motion']}`
  | 'language'
  | 'characterKeys'
  | `panel${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12}`;

export interface Command {
  readonly id: CommandId;
  readonly group: CommandGroup;
  /** The texts of those that the page shows at first are in `messages/app.ts`, of the others in `messages/commands.ts`. */
  readonly label: MessageKey;
  readonly shortcuts: readonly Shortcut[];
  run(session: Session): void;
  /** Why it cannot be done now; null where it can. Left out: it always can. */
  obstacle?(session: Session): MessageKey | null;
  /** Whether a setting is as the command would set it. */
  isOn?(): boolean;
}

const plain = (key: string): Shortcut => ({ key, shift: false });
const withShift = (key: string): Shortcut => ({ key, shift: true });
const lectureActions = () => import('./lecture-actions.ts');
const opens = (dialog: DialogId) => () => uiStore.getState().open(dialog);

const unless = (isPossible: boolean, obstacle: MessageKey): MessageKey | null => (isPossible ? null : obstacle);
const noFrame = () => unless(playbackStore.getState().frame !== null, 'obstacle.noRun');
const noBookmarks = (s: Session) => unless(s.scenario.getState().bookmarks.length > 0, 'obstacle.noBookmark');
const locks = (knob: string) => (s: Session) =>
  unless(!isLocked(s.scenario.getState().staging, knob), 'obstacle.locked');

/** One press of slower or faster: about three presses a factor of ten. */
const speedFactor = 10 ** (1 / 3);

function changeSpeed(session: Session, factor: number): void {
  const next = playbackStore.getState().speed * factor;
  session.setSpeed(Number(Math.min(fastest, Math.max(slowest, next)).toPrecision(2)));
}

/** The digits as they lie on the keyboard, i for events (incidents) and r for the replicas. */
const panelKeys = '1234567890ir';

const panelCommands = panelIds.map(
  (id, index): Command => ({
    id: `panel${index + 1}` as CommandId,
    group: 'panels',
    label: `command.panel.${id}`,
    shortcuts: [plain(panelKeys[index])],
    run: () => focusPanel(id),
    obstacle: (s) => unless(!s.scenario.getState().staging.hidden.includes(id), 'obstacle.hidden'),
  }),
);

export const commands: readonly Command[] = [
  {
    id: 'play',
    group: 'time',
    label: 'command.play',
    shortcuts: [plain(' ')],
    run: (s) => s.toggle(),
    obstacle: noFrame,
  },
  {
    id: 'stepBack',
    group: 'time',
    label: 'command.stepBack',
    shortcuts: [plain('ArrowLeft'), plain('PageUp')],
    run: (s) => s.step(-1),
    obstacle: noFrame,
  },
  {
    id: 'stepForward',
    group: 'time',
    label: 'command.stepForward',
    shortcuts: [plain('ArrowRight'), plain('PageDown')],
    run: (s) => s.step(1),
    obstacle: noFrame,
  },
  {
    id: 'stepBack10',
    group: 'time',
    label: 'command.stepBack10',
    shortcuts: [withShift('ArrowLeft')],
    run: (s) => s.step(-10),
    obstacle: noFrame,
  },
  {
    id: 'stepForward10',
    group: 'time',
    label: 'command.stepForward10',
    shortcuts: [withShift('ArrowRight')],
    run: (s) => s.step(10),
    obstacle: noFrame,
  },
  {
    id: 'start',
    group: 'time',
    label: 'command.start',
    shortcuts: [plain('Home')],
    run: (s) => s.seekStep(0),
    obstacle: noFrame,
  },
  {
    id: 'end',
    group: 'time',
    label: 'command.end',
    shortcuts: [plain('End')],
    // The session stops at the last step.
    run: (s) => s.seekStep(Number.MAX_SAFE_INTEGER),
    obstacle: noFrame,
  },
  {
    id: 'previousEvent',
    group: 'time',
    label: 'command.previousEvent',
    shortcuts: [withShift('n')],
    run: (s) => s.nextEvent(-1),
    obstacle: noFrame,
  },
  {
    id: 'nextEvent',
    group: 'time',
    label: 'command.nextEvent',
    shortcuts: [plain('n')],
    run: (s) => s.nextEvent(1),
    obstacle: noFrame,
  },
  {
    id: 'slower',
    group: 'time',
    label: 'command.slower',
    shortcuts: [{ key: ',' }],
    run: (s) => changeSpeed(s, 1 / speedFactor),
  },
  {
    id: 'faster',
    group: 'time',
    label: 'command.faster',
    shortcuts: [{ key: '.' }],
    run: (s) => changeSpeed(s, speedFactor),
  },
  {
    id: 'colour',
    group: 'view',
    label: 'command.colour',
    shortcuts: [plain('c')],
    run: () => preferencesStore.setState((p) => ({ colourBy: p.colourBy === 'phase' ? 'request' : 'phase' })),
  },
  {
    id: 'xScale',
    group: 'view',
    label: 'command.xScale',
    shortcuts: [plain('x')],
    run: () => preferencesStore.setState((p) => ({ xScale: p.xScale === 'step' ? 'time' : 'step' })),
  },
  {
    id: 'maximise',
    group: 'view',
    label: 'command.maximise',
    shortcuts: [plain('f')],
    run: maximisePointed,
    obstacle: () => unless(pointedPanel() !== undefined, 'obstacle.noPanel'),
  },
  ...panelCommands,
  { id: 'share', group: 'scenario', label: 'command.share', shortcuts: [], run: (s) => void share(s) },
  { id: 'import', group: 'scenario', label: 'command.import', shortcuts: [], run: openFile },
  {
    id: 'save',
    group: 'scenario',
    label: 'app.save',
    shortcuts: [],
    run: (s) => void import('./save-file.ts').then(({ saveFile }) => saveFile(s)),
  },
  {
    id: 'undo',
    group: 'scenario',
    label: 'command.undo',
    shortcuts: [{ key: 'z', mod: true, shift: false }],
    run: (s) => s.scenario.getState().undo(),
    obstacle: (s) => unless(s.scenario.getState().past.length > 0, 'obstacle.nothingToUndo'),
  },
  {
    id: 'redo',
    group: 'scenario',
    label: 'command.redo',
    shortcuts: [
      { key: 'z', mod: true, shift: true },
      { key: 'y', mod: true, shift: false },
    ],
    run: (s) => s.scenario.getState().redo(),
    obstacle: (s) => unless(s.scenario.getState().future.length > 0, 'obstacle.nothingToRedo'),
  },
  {
    id: 'compare',
    group: 'measure',
    label: 'command.compare',
    shortcuts: [plain('a')],
    run: (s) => void (comparisonStore.getState().pinned === null ? s.pin() : s.unpin('b')),
    obstacle: noFrame,
  },
  {
    id: 'engines',
    group: 'measure',
    label: 'command.engines',
    shortcuts: [plain('e')],
    run: opens('engines'),
  },
  { id: 'layouts', group: 'measure', label: 'command.layouts', shortcuts: [plain('y')], run: opens('layouts') },
  {
    id: 'learned',
    group: 'measure',
    label: 'command.learned',
    shortcuts: [plain('l')],
    run: opens('learned'),
  },
  {
    id: 'gallery',
    group: 'lookUp',
    label: 'command.gallery',
    shortcuts: [plain('g')],
    run: opens('gallery'),
  },
  {
    id: 'headlines',
    group: 'lookUp',
    label: 'command.headlines',
    shortcuts: [plain('p')],
    run: opens('headlines'),
  },
  {
    id: 'glossary',
    group: 'lookUp',
    label: 'command.glossary',
    shortcuts: [plain('d')],
    run: () => uiStore.getState().open('glossary', focusedSubject()),
  },
  { id: 'policy', group: 'measure', label: 'command.policy', shortcuts: [plain('w')], run: opens('policy') },
  {
    id: 'bookmark',
    group: 'lecture',
    label: 'command.bookmark',
    shortcuts: [plain('b')],
    run: (s) => void lectureActions().then(({ edit }) => edit(s)),
    obstacle: noFrame,
  },
  {
    id: 'previousBookmark',
    group: 'lecture',
    label: 'command.previousBookmark',
    shortcuts: [{ key: '[' }],
    run: (s) => void lectureActions().then(({ goBy }) => goBy(s, -1)),
    obstacle: noBookmarks,
  },
  {
    id: 'nextBookmark',
    group: 'lecture',
    label: 'command.nextBookmark',
    shortcuts: [{ key: ']' }],
    run: (s) => void lectureActions().then(({ goBy }) => goBy(s, 1)),
    obstacle: noBookmarks,
  },
  { id: 'film', group: 'lecture', label: 'command.film', shortcuts: [plain('v')], run: opens('film') },
  { id: 'lecture', group: 'lecture', label: 'command.lecture', shortcuts: [plain('m')], run: opens('lecture') },
  {
    id: 'sweep',
    group: 'measure',
    label: 'command.sweep',
    shortcuts: [plain('s')],
    run: sweepFocused,
    obstacle: () => unless(focusedKnob() !== undefined, 'obstacle.noKnob'),
  },
  { id: 'help', group: 'lookUp', label: 'command.help', shortcuts: [{ key: '?' }], run: opens('help') },
  {
    id: 'palette',
    group: 'lookUp',
    label: 'command.palette',
    shortcuts: [{ key: '/' }, { key: 'k', mod: true, shift: false }],
    run: opens('palette'),
  },
  {
    id: 'ownModel',
    group: 'scenario',
    label: 'command.ownModel',
    shortcuts: [],
    run: opens('own-model'),
    obstacle: locks('model'),
  },
  {
    id: 'ownDevice',
    group: 'scenario',
    label: 'command.ownDevice',
    shortcuts: [],
    run: opens('own-device'),
    obstacle: locks('device'),
  },
  { id: 'calibrate', group: 'measure', label: 'scenario.measureGpu', shortcuts: [], run: opens('calibrate') },
  ...settings('theme', ['system', 'light', 'dark']),
  ...settings('motion', ['system', 'full', 'reduced']),
  { id: 'language', group: 'settings', label: 'command.language', shortcuts: [], run: () => void toggleLanguage() },
  {
    id: 'characterKeys',
    group: 'settings',
    label: 'command.characterKeys',
    shortcuts: [],
    run: () => preferencesStore.setState((p) => ({ characterKeys: !p.characterKeys })),
    isOn: () => preferencesStore.getState().characterKeys,
  },
];

/** One command for each value of a preference. */
function settings<P extends 'theme' | 'motion'>(preference: P, values: readonly Preferences[P][]): readonly Command[] {
  return values.map((value): Command => {
    const id = `${preference}.${value}` as `theme.${Preferences['theme']}` | `motion.${Preferences['motion']}`;
    return {
      id,
      group: 'settings',
      label: `command.${id}`,
      shortcuts: [],
      run: () => preferencesStore.setState({ [preference]: value }),
      isOn: () => preferencesStore.getState()[preference] === value,
    };
  });
}

const byId: ReadonlyMap<CommandId, Command> = new Map(commands.map((command) => [command.id, command]));

export function commandOf(id: CommandId): Command {
  const command = byId.get(id);
  if (command === undefined) throw new Error(`no such command: ${id}`);
  return command;
}

/** The command that a key stands for, if any. Letters, digits and signs alone stand for none where they are turned off. */
export function commandForKey(
  event: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>,
): Command | undefined {
  if (event.altKey) return undefined;
  const { characterKeys } = preferencesStore.getState();
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const mod = event.ctrlKey || event.metaKey;
  return commands.find((command) =>
    command.shortcuts.some(
      (each) =>
        each.key === key &&
        (each.mod ?? false) === mod &&
        (each.shift === undefined || each.shift === event.shiftKey) &&
        (characterKeys || !isCharacterKey(each)),
    ),
  );
}

function focusPanel(id: PanelId): void {
  const { maximised, toggleMaximised } = panelStore.getState();
  // Where one panel fills the stage, the other one takes its place.
  if (maximised !== null && maximised !== id) toggleMaximised(id);
  uiStore.getState().bringToFront(id);
  focusWhenThere(`[data-panel="${id}"]`, 'canvas');
}

/** The knob with the focus, if its values can be swept. */
function focusedKnob(): string | undefined {
  const name = document.activeElement?.closest<HTMLElement>('.knob')?.dataset.knob;
  const type = name === undefined ? undefined : findKnob(name)?.type;
  return type === 'integer' || type === 'number' ? name : undefined;
}

/** The knob or the panel with the focus, as the glossary calls it; '' for neither. */
function focusedSubject(): string {
  const { knob, panel } = document.activeElement?.closest<HTMLElement>('[data-knob], [data-panel]')?.dataset ?? {};
  return knob !== undefined ? `knob.${knob}` : panel !== undefined ? `panel.${panel}` : '';
}

/** Shows the sweep of the knob that has the focus, or hides it. */
function sweepFocused(): void {
  const knob = focusedKnob();
  if (knob !== undefined) uiStore.getState().sweep(knob);
}

/** The panel that is maximised already, or the one with the focus, or the one under the pointer. */
function pointedPanel(): PanelId | undefined {
  const panel =
    document.activeElement?.closest<HTMLElement>('[data-panel]') ??
    [...document.querySelectorAll<HTMLElement>('[data-panel]:hover')].at(-1);
  return panelStore.getState().maximised ?? panelIds.find((each) => each === panel?.dataset.panel);
}

function maximisePointed(): void {
  const id = pointedPanel();
  if (id === undefined) return;
  panelStore.getState().toggleMaximised(id);
  // It stands elsewhere from the next frame on: the focus goes with it.
  requestAnimationFrame(() => focusWhenThere(`[data-panel="${id}"]`, 'canvas'));
}
