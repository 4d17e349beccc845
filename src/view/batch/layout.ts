/** Where things of the batch panel lie. Drawing and hit testing share it, so they cannot disagree. */

import type { Size } from '../../ui/painter.ts';
import { linearScale, sqrtScale } from '../../ui/scale.ts';
import type { BatchModel, Column } from './model.ts';

/** A span of pixels from `from` to `from + length`. */
export interface Span {
  readonly from: number;
  readonly length: number;
}

export interface BatchLayout {
  readonly left: number;
  readonly right: number;
  /** Middle of the line that says what the scale and the dashed line are. */
  readonly captionY: number;
  /** Middle of the lane of cap glyphs. */
  readonly capY: number;
  /** Top of the token scale, and the axis that both stacks stand on. */
  readonly top: number;
  readonly axis: number;
  /** Middle of the lane of counts and glyphs at the columns' foot. */
  readonly footY: number;
  /** The mirrored bars of sequences hang from here. */
  readonly seatsTop: number;
  readonly seatsBottom: number;
  readonly labelY: number;
  /** NaN where there is no room for a legend. */
  readonly legendY: number;
  /** The place of each column, its margins included. */
  readonly slots: readonly Span[];
  /** Left edge and width of the stack, and of the ghost of prefix hits beside it. */
  stack(slot: Span, column: Column): Span;
  ghost(slot: Span, column: Column): Span;
  /** Height over the axis at which a count of tokens lies. */
  yOf(tokens: number): number;
  /** Where the bar of so many sequences ends. */
  seatsY(sequences: number): number;
  /** Pixels at a simulated time; only with columns as wide as their duration. */
  xOf(us: number): number;
}

const gutter = 46;
const margin = 8;
/** Widest ghost of prefix hits. */
const ghostLength = 12;
/** Between the axis and the bars of sequences: decode counts and preemption glyphs. */
const footHeight = 13;
/** Fewer steps than this at the start of a run keep the width they will have later. */
const leastColumns = 24;
/** Narrower columns would hide what they are made of. */
const leastPitch = 9;

export function layoutOf(model: BatchModel, size: Size): BatchLayout {
  const hasLegend = size.height >= 150;
  const left = gutter;
  const right = Math.max(left + 1, size.width - margin);
  const top = 29;
  const legend = hasLegend ? 16 : 0;
  const seatsBottom = Math.max(top + 20, size.height - 14 - legend);
  const seatsHeight = Math.min(26, Math.max(8, size.height * 0.11));
  const seatsTop = seatsBottom - seatsHeight;
  const axis = Math.max(top + 8, seatsTop - footHeight);
  // A square-root scale: ten decodes under a budget of 8,192 tokens are still seen, and more is still taller.
  const y = sqrtScale([0, model.topTokens], [axis, top]);
  const seats = sqrtScale([0, Math.max(1, model.seats)], [seatsTop, seatsBottom]);
  const x = timeScale(model, left, right);
  // Where width is duration the stack is as wide as the step; only a ghost takes a little of it.
  const stackLength = (slot: Span, column: Column): number => {
    if (model.xScale === 'step') return Math.max(0.5, slot.length * (slot.length < 5 ? 0.9 : 0.72));
    const gap = slot.length > 3 ? 1 : 0;
    return Math.max(0.5, slot.length - gap - (column.hitTokens > 0 ? Math.min(ghostLength, slot.length * 0.3) : 0));
  };
  return {
    left,
    right,
    captionY: 6,
    capY: 19,
    top,
    axis,
    footY: axis + footHeight / 2 + 0.5,
    seatsTop,
    seatsBottom,
    labelY: seatsBottom + 2,
    legendY: hasLegend ? size.height - 8 : Number.NaN,
    slots: model.xScale === 'time' ? timeSlots(model, x, left) : equalSlots(model, left, right),
    stack: (slot, column) => ({ from: slot.from, length: stackLength(slot, column) }),
    ghost: (slot, column) => {
      const from = slot.from + stackLength(slot, column) + 1;
      return { from, length: Math.max(1, Math.min(ghostLength, slot.from + slot.length - from)) };
    },
    yOf: (tokens) => y(tokens),
    seatsY: (sequences) => seats(sequences),
    xOf: (us) => x(us),
  };
}

/** How many of the newest steps are shown: fewer with room for their numbers rather than all as hairlines. */
function shownColumns(model: BatchModel, left: number, right: number): number {
  return Math.min(model.columns.length, Math.max(1, Math.floor((right - left) / leastPitch)));
}

/** Older steps than those shown get a slot of no width. */
function equalSlots(model: BatchModel, left: number, right: number): readonly Span[] {
  const count = model.columns.length;
  const shown = shownColumns(model, left, right);
  const pitch = (right - left) / Math.max(Math.min(leastColumns, Math.floor((right - left) / leastPitch)), shown);
  return model.columns.map((_, i) =>
    i < count - shown ? { from: left, length: 0 } : { from: right - (count - i) * pitch, length: pitch },
  );
}

function timeScale(model: BatchModel, left: number, right: number) {
  const shown = model.columns.slice(model.columns.length - shownColumns(model, left, right));
  const first = shown[0];
  const last = shown[shown.length - 1];
  if (first === undefined || last === undefined) return linearScale([0, 1], [left, right], 'open');
  // A long idle time before the shown steps would squeeze them to nothing: at most three parts of four are idle.
  const busyUs = shown.reduce((sum, column) => sum + column.endUs - column.startUs, 0);
  const spanUs = Math.max(1, Math.min(last.endUs - first.startUs, busyUs * 4));
  return linearScale([last.endUs - spanUs, last.endUs], [left, right], 'open');
}

function timeSlots(model: BatchModel, x: (us: number) => number, left: number): readonly Span[] {
  return model.columns.map((column) => {
    const from = Math.max(left, x(column.startUs));
    return { from, length: Math.max(0, x(column.endUs) - from) };
  });
}
