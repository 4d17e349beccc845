import { createStore } from 'zustand/vanilla';
import type { OperatorName } from '../protocol/frame.ts';

/** What the reader points at. One store for all panels: that is what makes them light up together. -1 = nothing. */
export interface Selection {
  /** Request chosen by click, tap or keyboard; stays until another is chosen. */
  readonly selected: number;
  /** KV block chosen in the same way; the request chosen with it is its owner, if it has one. */
  readonly selectedBlock: number;
  /** Request under the pointer. */
  readonly hovered: number;
  /** KV block (position in the pool) under the pointer. */
  readonly hoveredBlock: number;
  /** Simulated time under the pointer, microseconds: of a step its middle; NaN = none. */
  readonly hoveredUs: number;
  /** Operator of the shown step under the pointer; '' = none. */
  readonly hoveredOperator: OperatorName | '';
  /** Chooses a request, or gives up the one that is chosen. */
  select(request: number): void;
  /** Chooses a request, chosen already or not. */
  show(request: number): void;
  selectBlock(block: number, owner: number): void;
  hover(request: number): void;
  hoverBlock(block: number): void;
  hoverTime(us: number): void;
  hoverOperator(operator: OperatorName | ''): void;
  /** Nothing of another run is chosen or pointed at. */
  clear(): void;
}

const nothing = {
  selected: -1,
  selectedBlock: -1,
  hovered: -1,
  hoveredBlock: -1,
  hoveredUs: Number.NaN,
  hoveredOperator: '',
} as const;

export const selectionStore = createStore<Selection>()((set, get) => ({
  ...nothing,
  select: (request) => get().show(get().selected === request ? -1 : request),
  show: (selected) => set({ selected, selectedBlock: -1 }),
  clear: () => set(nothing),
  selectBlock: (block, owner) =>
    set((s) =>
      s.selectedBlock === block ? { selected: -1, selectedBlock: -1 } : { selected: owner, selectedBlock: block },
    ),
  hover: (request) => set((s) => (s.hovered === request ? s : { hovered: request })),
  hoverOperator: (operator) => set((s) => (s.hoveredOperator === operator ? s : { hoveredOperator: operator })),
  hoverTime: (hoveredUs) => set({ hoveredUs }),
  hoverBlock: (block) => set((s) => (s.hoveredBlock === block ? s : { hoveredBlock: block })),
}));
