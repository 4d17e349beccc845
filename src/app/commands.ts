/** Everything that can be done, once: keys, buttons and the list of keys read this table. */

import type { MessageKey } from '../i18n/i18n.ts';
import { comparisonStore } from '../state/comparison.ts';
import { fastest, playbackStore, slowest } from '../state/playback.ts';
import { preferencesStore } from '../state/preferences.ts';
import type { Session } from '../state/session.ts';
import { type PanelId, panelIds, panelStore } from '../ui/panel-store.ts';
import { uiStore } from './ui-store.ts';

export interface Shortcut {
  /** `KeyboardEvent.key`; letters in lower case. */
  readonly key: string;
  /** Left out for signs, where the keyboard layout decides whether Shift is needed. */
  readonly shift?: boolean;
  /** Ctrl, or Command on a Mac. */
  readonly mod?: boolean;
}

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
  | `panel${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11}`;

export interface Command {
  readonly id: CommandId;
  readonly label: MessageKey;
  readonly shortcuts: readonly Shortcut[];
  run(session: Session): void;
  /** Left out: always. */
  isEnabled?(session: Session): boolean;
}

const plain = (key: string): Shortcut => ({ key, shift: false });
const withShift = (key: string): Shortcut => ({ key, shift: true });
const hasBookmarks = (session: Session) => session.scenario.getState().bookmarks.length > 0;
const lectureActions = () => import('./lecture-actions.ts');
const hasFrame = () => playbackStore.getState().frame !== null;

/** One press of slower or faster: about three presses a factor of ten. */
const speedFactor = 10 ** (1 / 3);

function changeSpeed(session: Session, factor: number): void {
  const next = playbackStore.getState().speed * factor;
  session.setSpeed(Number(Math.min(fastest, Math.max(slowest, next)).toPrecision(2)));
}

/** The digits as they lie on the keyboard, and i for events (incidents). */
const panelKeys = '1234567890i';

const panelCommands = panelIds.map(
  (id, index): Command => ({
    id: `panel${index + 1}` as CommandId,
    label: `command.panel.${id}`,
    shortcuts: [plain(panelKeys[index])],
    run: () => focusPanel(id),
  }),
);

export const commands: readonly Command[] = [
  { id: 'play', label: 'command.play', shortcuts: [plain(' ')], run: (s) => s.toggle(), isEnabled: hasFrame },
  {
    id: 'stepBack',
    label: 'command.stepBack',
    shortcuts: [plain('ArrowLeft'), plain('PageUp')],
    run: (s) => s.step(-1),
    isEnabled: hasFrame,
  },
  {
    id: 'stepForward',
    label: 'command.stepForward',
    shortcuts: [plain('ArrowRight'), plain('PageDown')],
    run: (s) => s.step(1),
    isEnabled: hasFrame,
  },
  {
    id: 'stepBack10',
    label: 'command.stepBack10',
    shortcuts: [withShift('ArrowLeft')],
    run: (s) => s.step(-10),
    isEnabled: hasFrame,
  },
  {
    id: 'stepForward10',
    label: 'command.stepForward10',
    shortcuts: [withShift('ArrowRight')],
    run: (s) => s.step(10),
    isEnabled: hasFrame,
  },
  { id: 'start', label: 'command.start', shortcuts: [plain('Home')], run: (s) => s.seekStep(0), isEnabled: hasFrame },
  {
    id: 'end',
    label: 'command.end',
    shortcuts: [plain('End')],
    // The session stops at the last step.
    run: (s) => s.seekStep(Number.MAX_SAFE_INTEGER),
    isEnabled: hasFrame,
  },
  {
    id: 'previousEvent',
    label: 'command.previousEvent',
    shortcuts: [withShift('n')],
    run: (s) => s.nextEvent(-1),
    isEnabled: hasFrame,
  },
  {
    id: 'nextEvent',
    label: 'command.nextEvent',
    shortcuts: [plain('n')],
    run: (s) => s.nextEvent(1),
    isEnabled: hasFrame,
  },
  { id: 'slower', label: 'command.slower', shortcuts: [{ key: ',' }], run: (s) => changeSpeed(s, 1 / speedFactor) },
  { id: 'faster', label: 'command.faster', shortcuts: [{ key: '.' }], run: (s) => changeSpeed(s, speedFactor) },
  {
    id: 'colour',
    label: 'command.colour',
    shortcuts: [plain('c')],
    run: () => preferencesStore.setState((p) => ({ colourBy: p.colourBy === 'phase' ? 'request' : 'phase' })),
  },
  {
    id: 'xScale',
    label: 'command.xScale',
    shortcuts: [plain('x')],
    run: () => preferencesStore.setState((p) => ({ xScale: p.xScale === 'step' ? 'time' : 'step' })),
  },
  { id: 'maximise', label: 'command.maximise', shortcuts: [plain('f')], run: maximisePointed },
  ...panelCommands,
  {
    id: 'undo',
    label: 'command.undo',
    shortcuts: [{ key: 'z', mod: true, shift: false }],
    run: (s) => s.scenario.getState().undo(),
    isEnabled: (s) => s.scenario.getState().past.length > 0,
  },
  {
    id: 'redo',
    label: 'command.redo',
    shortcuts: [
      { key: 'z', mod: true, shift: true },
      { key: 'y', mod: true, shift: false },
    ],
    run: (s) => s.scenario.getState().redo(),
    isEnabled: (s) => s.scenario.getState().future.length > 0,
  },
  {
    id: 'compare',
    label: 'command.compare',
    shortcuts: [plain('a')],
    run: (s) => void (comparisonStore.getState().pinned === null ? s.pin() : s.unpin('b')),
    isEnabled: hasFrame,
  },
  {
    id: 'engines',
    label: 'command.engines',
    shortcuts: [plain('e')],
    run: () => uiStore.getState().open('engines'),
  },
  {
    id: 'learned',
    label: 'command.learned',
    shortcuts: [plain('l')],
    run: () => uiStore.getState().open('learned'),
  },
  {
    id: 'gallery',
    label: 'command.gallery',
    shortcuts: [plain('g')],
    run: () => uiStore.getState().open('gallery'),
  },
  {
    id: 'headlines',
    label: 'command.headlines',
    shortcuts: [plain('p')],
    run: () => uiStore.getState().open('headlines'),
  },
  {
    id: 'glossary',
    label: 'command.glossary',
    shortcuts: [plain('d')],
    run: () => uiStore.getState().open('glossary', focusedSubject()),
  },
  { id: 'policy', label: 'command.policy', shortcuts: [plain('w')], run: () => uiStore.getState().open('policy') },
  {
    id: 'bookmark',
    label: 'command.bookmark',
    shortcuts: [plain('b')],
    run: (s) => void lectureActions().then(({ edit }) => edit(s)),
    isEnabled: hasFrame,
  },
  {
    id: 'previousBookmark',
    label: 'command.previousBookmark',
    shortcuts: [{ key: '[' }],
    run: (s) => void lectureActions().then(({ goBy }) => goBy(s, -1)),
    isEnabled: hasBookmarks,
  },
  {
    id: 'nextBookmark',
    label: 'command.nextBookmark',
    shortcuts: [{ key: ']' }],
    run: (s) => void lectureActions().then(({ goBy }) => goBy(s, 1)),
    isEnabled: hasBookmarks,
  },
  { id: 'film', label: 'command.film', shortcuts: [plain('v')], run: () => uiStore.getState().open('film') },
  { id: 'lecture', label: 'command.lecture', shortcuts: [plain('m')], run: () => uiStore.getState().open('lecture') },
  { id: 'sweep', label: 'command.sweep', shortcuts: [plain('s')], run: sweepFocused },
  { id: 'help', label: 'command.help', shortcuts: [{ key: '?' }], run: () => uiStore.getState().open('help') },
];

const byId: ReadonlyMap<CommandId, Command> = new Map(commands.map((command) => [command.id, command]));

export function commandOf(id: CommandId): Command {
  const command = byId.get(id);
  if (command === undefined) throw new Error(`no such command: ${id}`);
  return command;
}

/** The command that a key stands for, if any. */
export function commandForKey(
  event: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>,
): Command | undefined {
  if (event.altKey) return undefined;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const mod = event.ctrlKey || event.metaKey;
  return commands.find((command) =>
    command.shortcuts.some(
      (each) =>
        each.key === key && (each.mod ?? false) === mod && (each.shift === undefined || each.shift === event.shiftKey),
    ),
  );
}

function focusPanel(id: PanelId): void {
  uiStore.getState().bringToFront(id);
  focusWhenThere(id, mostFrames);
}

/** Frames in which a panel that has to be put in front, or to be loaded first, is waited for. */
const mostFrames = 120;

function focusWhenThere(id: PanelId, frames: number): void {
  requestAnimationFrame(() => {
    const panel = document.querySelector<HTMLElement>(`[data-panel="${id}"]`);
    if (panel !== null) (panel.querySelector<HTMLElement>('canvas') ?? panel).focus();
    else if (frames > 0) focusWhenThere(id, frames - 1);
  });
}

/** The knob or the panel with the focus, as the glossary calls it; '' for neither. */
function focusedSubject(): string {
  const { knob, panel } = document.activeElement?.closest<HTMLElement>('[data-knob], [data-panel]')?.dataset ?? {};
  return knob !== undefined ? `knob.${knob}` : panel !== undefined ? `panel.${panel}` : '';
}

/** Shows the sweep of the knob that has the focus, or hides it. */
function sweepFocused(): void {
  const knob = document.activeElement?.closest<HTMLElement>('[data-sweeps]')?.dataset.sweeps;
  if (knob !== undefined) uiStore.getState().sweep(knob);
}

/** The panel with the focus, or the one under the pointer, or the one that is maximised already. */
function maximisePointed(): void {
  const { maximised, toggleMaximised } = panelStore.getState();
  const panel =
    document.activeElement?.closest<HTMLElement>('[data-panel]') ??
    [...document.querySelectorAll<HTMLElement>('[data-panel]:hover')].at(-1);
  const id = maximised ?? panelIds.find((each) => each === panel?.dataset.panel);
  if (id === undefined) return;
  toggleMaximised(id);
  // It stands elsewhere now: the focus goes with it.
  focusWhenThere(id, mostFrames);
}
