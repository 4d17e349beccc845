import { createStore } from 'zustand/vanilla';
import type { PanelId } from '../ui/panel-store.ts';

export type DialogId =
  | 'help'
  | 'palette'
  | 'lecture'
  | 'film'
  | 'calibrate'
  | 'engines'
  | 'policy'
  | 'layouts'
  | 'learned'
  | 'gallery'
  | 'glossary'
  | 'headlines'
  | 'own-model'
  | 'own-device'
  | 'scenario';

/** Panels that take turns in one place, named by the one that is in front at first, unless the preset has another one there. */
export const sharedPlaces = {
  batch: ['batch', 'timeline', 'fleet'],
  kv: ['kv', 'memory'],
  strip: ['strip', 'roofline', 'events'],
} as const satisfies Partial<Record<PanelId, readonly PanelId[]>>;
export type SharedPlace = keyof typeof sharedPlaces;
/** A panel that shares its place. */
export type SharingPanel = (typeof sharedPlaces)[SharedPlace][number];
export const places = Object.keys(sharedPlaces) as SharedPlace[];
const panelsAt = (place: SharedPlace): readonly PanelId[] => sharedPlaces[place];

export const sidePanels: readonly PanelId[] = ['step', 'latency', ...sharedPlaces.strip];
export const isSidePanel = (id: PanelId): boolean => sidePanels.includes(id);

/** What is open and which tab is in front. Lost on reload, on purpose. */
export interface UiState {
  readonly dialog: DialogId | null;
  /** Where the dialog opens: an entry of the glossary, a card of the gallery; '' = at its beginning. */
  readonly at: string;
  /** What was typed while the dialog was still being loaded. */
  readonly typed: string;
  /** The one panel that a phone shows. */
  readonly phonePanel: PanelId;
  /** The one panel of the right column that a narrow window shows. */
  readonly sidePanel: PanelId;
  /** Which panel the visitor put in front in each shared place; left out: none yet. */
  readonly front: Readonly<Partial<Record<SharedPlace, SharingPanel>>>;
  /** A bookmark is being written: the line of the lecture is shown, even without a bookmark. */
  readonly isLecturing: boolean;
  /** The knob whose sweep is shown, or ''. */
  readonly swept: string;
  /** A short message after an action ("link copied"), or ''. */
  readonly toast: string;
  /** Puts a panel in front wherever it shares a place. */
  bringToFront(id: PanelId): void;
  open(dialog: DialogId, at?: string): void;
  close(): void;
  /** Shows a knob's sweep, or hides it again. */
  sweep(knob: string): void;
  say(toast: string): void;
}

export const uiStore = createStore<UiState>()((set) => ({
  dialog: null,
  at: '',
  typed: '',
  phonePanel: 'rows',
  sidePanel: 'step',
  front: {},
  isLecturing: false,
  swept: '',
  toast: '',
  bringToFront: (id) =>
    set(({ front, sidePanel }) => {
      const place = places.find((each) => panelsAt(each).includes(id));
      return {
        phonePanel: id,
        sidePanel: isSidePanel(id) ? id : sidePanel,
        front: place === undefined ? front : { ...front, [place]: id },
      };
    }),
  open: (dialog, at = '') => set({ dialog, at, typed: '' }),
  close: () => set({ dialog: null }),
  sweep: (knob) => set((s) => ({ swept: s.swept === knob ? '' : knob })),
  say: (toast) => set({ toast }),
}));
