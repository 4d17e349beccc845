/** What the palette can find: a kind of thing makes entries, in sections with a heading. One kind a file in `kinds/`. */

import type { Language, MessageKey, Translate, Values } from '../../i18n/i18n.ts';
import type { Session } from '../../state/session.ts';
import type { Shortcut } from '../../ui/shortcut.ts';
import type { Format } from '../../ui/use-format.ts';
import type { CommandId } from '../commands.ts';

export interface PaletteEntry {
  /** The same whenever the palette is opened: `knob.rate`. What was used is remembered by it. */
  readonly id: string;
  /** The first one is shown. The others are found as well: the other language's, flags, names in links. */
  readonly names: readonly string[];
  /** What more there is to say, shown quietly behind the name. */
  readonly detail?: string;
  /** A flag or a name in links. */
  readonly code?: string;
  readonly shortcuts?: readonly Shortcut[];
  /** It is the chosen one. */
  readonly isOn?: boolean;
  /** Why it cannot be chosen now, in words: it is found all the same, after those that can, so that nobody looks for it in vain. */
  readonly obstacle?: string;
  choose(): void;
}

export interface PaletteSection {
  readonly heading: string;
  readonly entries: readonly PaletteEntry[];
  /** Shown where nothing is asked for; left out: found only. */
  readonly isInMenu?: boolean;
  /** To read about it, not to do it: comes after what can be done, if that fits at the start of a word at least. */
  readonly isReading?: boolean;
}

export interface PaletteContext {
  readonly session: Session;
  readonly language: Language;
  /** The languages whose texts are there, the shown one first: names are found in all of them. */
  readonly languages: readonly Language[];
  readonly t: Translate;
  readonly format: Format;
  /** A message in those languages. */
  names(key: MessageKey, values?: Values): readonly string[];
  /** Why a command cannot be done, as it was when the palette was opened: some look at what had the focus. */
  obstacleOf(id: CommandId): MessageKey | null;
}

/** The sections of a kind, whether they fit the query or not; '' where nothing is asked for. */
export type PaletteKind = (context: PaletteContext, query: string) => readonly PaletteSection[];

/** A kind whose entries are the same for every query: made once while the palette is open. */
export function once(make: (context: PaletteContext) => readonly PaletteSection[]): PaletteKind {
  const made = new WeakMap<PaletteContext, readonly PaletteSection[]>();
  return (context) => {
    const sections = made.get(context) ?? make(context);
    made.set(context, sections);
    return sections;
  };
}
