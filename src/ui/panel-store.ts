import { createStore } from 'zustand/vanilla';

/** Panels in reading order; their place is the number key that focuses them. */
export const panelIds = [
  'queue',
  'rows',
  'batch',
  'kv',
  'step',
  'latency',
  'strip',
  'roofline',
  'memory',
  'timeline',
  'events',
  'fleet',
] as const;
export type PanelId = (typeof panelIds)[number];

export interface PanelState {
  /** The panel that fills the stage, if one does. */
  readonly maximised: PanelId | null;
  toggleMaximised(id: PanelId): void;
}

export const panelStore = createStore<PanelState>()((set) => ({
  maximised: null,
  toggleMaximised: (id) => set((s) => ({ maximised: s.maximised === id ? null : id })),
}));
