import { createStore } from 'zustand/vanilla';
import type { PanelId } from '../ui/panel-store.ts';

export type DialogId =
  | 'help'
  | 'lecture'
  | 'film'
  | 'calibrate'
  | 'engines'
  | 'policy'
  | 'learned'
  | 'gallery'
  | 'headlines'
  | 'own-model'
  | 'own-device'
  | 'scenario';

export const footPanels = ['strip', 'roofline'] as const;
export type FootPanel = (typeof footPanels)[number];
export const isFootPanel = (id: PanelId): id is FootPanel => id === 'strip' || id === 'roofline';

export const sidePanels: readonly PanelId[] = ['step', 'latency', ...footPanels];
export const isSidePanel = (id: PanelId): boolean => sidePanels.includes(id);

/** What is open and which tab is in front. Lost on reload, on purpose. */
export interface UiState {
  readonly dialog: DialogId | null;
  /** The one panel that a phone shows. */
  readonly phonePanel: PanelId;
  /** The one panel of the right column that a narrow window shows. */
  readonly sidePanel: PanelId;
  /** A bookmark is being written: the line of the lecture is shown, even without a bookmark. */
  readonly isLecturing: boolean;
  /** The knob whose sweep is shown, or ''. */
  readonly swept: string;
  /** Which of the two panels is in front that share the lowest place of a wide window's right column. */
  readonly footPanel: FootPanel;
  /** A short message after an action ("link copied"), or ''. */
  readonly toast: string;
  open(dialog: DialogId): void;
  close(): void;
  /** Shows a knob's sweep, or hides it again. */
  sweep(knob: string): void;
  say(toast: string): void;
}

export const uiStore = createStore<UiState>()((set) => ({
  dialog: null,
  phonePanel: 'rows',
  sidePanel: 'step',
  isLecturing: false,
  swept: '',
  footPanel: 'strip',
  toast: '',
  open: (dialog) => set({ dialog }),
  close: () => set({ dialog: null }),
  sweep: (knob) => set((s) => ({ swept: s.swept === knob ? '' : knob })),
  say: (toast) => set({ toast }),
}));
