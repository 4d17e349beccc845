import { createStore } from 'zustand/vanilla';

/** What the reader points at. One store for all panels: that is what makes them light up together. -1 = nothing. */
export interface Selection {
  /** Request chosen by click, tap or keyboard; stays until another is chosen. */
  readonly selected: number;
  /** Request under the pointer. */
  readonly hovered: number;
  /** KV block (position in the pool) under the pointer. */
  readonly hoveredBlock: number;
  select(request: number): void;
  hover(request: number): void;
  hoverBlock(block: number): void;
}

export const selectionStore = createStore<Selection>()((set) => ({
  selected: -1,
  hovered: -1,
  hoveredBlock: -1,
  select: (request) => set((s) => ({ selected: s.selected === request ? -1 : request })),
  hover: (request) => set((s) => (s.hovered === request ? s : { hovered: request })),
  hoverBlock: (block) => set((s) => (s.hoveredBlock === block ? s : { hoveredBlock: block })),
}));
