/** Draws the batch panel, and says what lies under a point. */

import { Bound } from '../../sim/decision.ts';
import type { Ink, Painter, Size, TextStyle } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Box } from '../kv/layout.ts';
import { drawBound, drawPreemption } from './glyphs.ts';
import { type BatchLayout, layoutOf, type Span } from './layout.ts';
import type { BatchModel, Column, Piece, PieceKind } from './model.ts';

/** What the pointer is on: a column, and the chunk in it (-1 where it is on none). */
export interface BatchHit {
  readonly column: number;
  readonly piece: number;
}

/** Labels stand only on marks at least this large. */
const labelHeight = 12;
const labelPadding = 4;

export function draw(painter: Painter, model: BatchModel, theme: Theme, size: Size): void {
  const layout = layoutOf(model, size);
  const small: TextStyle = { color: theme.inkSoft, size: 10, baseline: 'middle' };
  if (model.columns.length === 0) {
    painter.text(size.width / 2, size.height / 2, model.words.empty, { ...small, size: 12, align: 'center' });
    return;
  }
  drawCurrent(painter, model, theme, layout);
  drawTokenAxis(painter, model, theme, layout, small);
  painter.clip(layout.left, 0, layout.right - layout.left + 4, size.height, () => {
    model.columns.forEach((column, i) => {
      drawColumn(painter, model, theme, layout, column, layout.slots[i]);
    });
    drawPinned(painter, model, theme, layout);
    drawBounds(painter, model, theme, layout);
  });
  drawBudget(painter, model, theme, layout, small);
  drawSeats(painter, model, theme, layout, small);
  drawSteps(painter, model, theme, layout, small);
  if (!Number.isNaN(layout.legendY)) drawLegend(painter, model, theme, layout, small);
}

export function hit(model: BatchModel, size: Size, x: number, y: number): BatchHit | null {
  const layout = layoutOf(model, size);
  const index = layout.slots.findLastIndex(
    (slot) => x >= slot.from && slot.length > 0 && x < slot.from + Math.max(1, slot.length),
  );
  if (index < 0 || y > layout.seatsBottom) return null;
  const column = model.columns[index];
  const slot = layout.slots[index];
  const stack = layout.stack(slot, column);
  const isOnStack = x < stack.from + stack.length && y <= layout.axis;
  const piece = isOnStack
    ? column.pieces.findIndex((each) => {
        const { top, bottom } = edges(layout, each);
        return y >= top && y < bottom;
      })
    : -1;
  return { column: index, piece };
}

/** Where a request's part of the shown step is drawn: its chunk, or the block of all decodes; null without either. */
export function placeInStep(model: BatchModel, size: Size, request: number): Box | null {
  const column = model.columns.at(-1);
  const piece = column?.pieces.find((each) => each.request === request) ?? column?.pieces[0];
  if (column === undefined || piece === undefined) return null;
  const layout = layoutOf(model, size);
  const stack = layout.stack(layout.slots[model.columns.length - 1], column);
  const { top, bottom } = edges(layout, piece);
  return { x: stack.from, y: top, width: stack.length, height: bottom - top };
}

/** Top and bottom of a piece. Even one token is two pixels, or it would be invisible. */
function edges(layout: BatchLayout, piece: { readonly from: number; readonly to: number }) {
  const bottom = layout.yOf(piece.from);
  return { top: Math.min(layout.yOf(piece.to), bottom - 2), bottom };
}

function drawCurrent(painter: Painter, model: BatchModel, theme: Theme, layout: BatchLayout): void {
  const slot = layout.slots[model.columns.length - 1];
  const width = Math.max(3, slot.length);
  painter.rect(slot.from - 1, layout.top, width, layout.seatsBottom - layout.top, { fill: theme.empty });
  painter.rect(slot.from - 1, layout.seatsBottom, width, 2, { fill: theme.ink });
}

function drawTokenAxis(painter: Painter, model: BatchModel, theme: Theme, layout: BatchLayout, small: TextStyle): void {
  painter.text(2, layout.captionY, model.words.scale, small);
  let lastY = layout.top - 14;
  const ticks = [...model.tokenTicks].reverse();
  if (model.budget !== null) lastY = layout.yOf(model.budget.value) - 4;
  for (const tick of ticks) {
    const y = layout.yOf(tick.value);
    if (y - lastY < 16 || layout.axis - y < 8) continue;
    lastY = y;
    painter.rect(layout.left, y, layout.right - layout.left, 0.5, { fill: theme.rule });
    painter.text(layout.left - 5, y, tick.label, { ...small, align: 'right' });
  }
  painter.rect(layout.left, layout.axis, layout.right - layout.left, 1, { fill: theme.inkFaint });
  painter.text(layout.left - 5, layout.axis, '0', { ...small, align: 'right' });
}

function drawColumn(
  painter: Painter,
  model: BatchModel,
  theme: Theme,
  layout: BatchLayout,
  column: Column,
  slot: Span,
): void {
  if (slot.length <= 0) return;
  const stack = layout.stack(slot, column);
  for (const piece of column.pieces) {
    const { top, bottom } = edges(layout, piece);
    const isQuiet = model.colourBy === 'request' && piece.request !== model.focus;
    const height = Math.max(1, bottom - top - (bottom - top > 3 && stack.length > 3 ? 1 : 0));
    painter.rect(stack.from, top, stack.length, height, isQuiet ? quietInk(theme, piece.kind) : ink(theme, piece.kind));
    drawPieceLabel(painter, theme, piece, stack, top, height, isQuiet);
  }
  if (column.hitTokens > 0) {
    const ghost = layout.ghost(slot, column);
    const top = layout.yOf(column.hitTokens);
    painter.rect(ghost.from, top, Math.max(1, ghost.length), layout.axis - top, {
      fill: theme.page,
      texture: 'dots',
      mark: theme.reused,
      stroke: theme.reused,
      dash: [1.5, 1.5],
    });
  }
  for (const span of column.focus) {
    const { top, bottom } = edges(layout, span);
    const height = Math.max(3, bottom - top);
    const y = Math.min(bottom - height, layout.axis - height);
    if (height < 6) painter.rect(stack.from - 1, y, stack.length + 2, height, { fill: theme.ink, stroke: theme.page });
    else painter.rect(stack.from, y + 1, stack.length, height - 2, { stroke: theme.ink, lineWidth: 2 });
  }
  const seatsEnd = layout.seatsY(column.sequences);
  const seatsHeight = column.sequences === 0 ? 0 : Math.max(2, seatsEnd - layout.seatsTop);
  painter.rect(stack.from, layout.seatsTop, stack.length, seatsHeight, { fill: theme.waiting });
  drawFoot(painter, theme, layout, column, slot, stack);
}

/** The pinned run's steps as one outline over the columns, ending with the step that runs at the same time. */
function drawPinned(painter: Painter, { pinned, xScale }: BatchModel, theme: Theme, layout: BatchLayout): void {
  if (pinned.length === 0) return;
  const { slots } = layout;
  const points: number[] = [];
  const add = (from: number, to: number, tokens: number) => {
    if (to <= layout.left) return;
    const y = layout.yOf(tokens);
    points.push(Math.max(layout.left, from), y, to, y);
  };
  if (xScale === 'time')
    for (const { startUs, endUs, tokens } of pinned) add(layout.xOf(startUs), layout.xOf(endUs), tokens);
  else {
    pinned.forEach(({ tokens }, i) => {
      const slot = slots[slots.length - pinned.length + i];
      if (slot !== undefined && slot.length > 0) add(slot.from, slot.from + slot.length, tokens);
    });
  }
  if (points.length === 0) return;
  // A page-coloured edge keeps the line apart from what it crosses.
  painter.path(points, { stroke: theme.page, lineWidth: 3 });
  painter.path(points, { stroke: theme.ink, lineWidth: 1.25 });
}

/** Under the axis: who was thrown out, and how many decode where the block is too flat for its count. */
function drawFoot(painter: Painter, theme: Theme, layout: BatchLayout, column: Column, slot: Span, stack: Span): void {
  const style: TextStyle = { color: theme.ink, size: 9, baseline: 'middle' };
  const middle = stack.from + stack.length / 2;
  if (column.preemptions > 0) {
    const count = column.preemptions > 1 && slot.length >= 22 ? String(column.preemptions) : '';
    drawPreemption(painter, theme, count === '' ? middle : middle - 6, layout.footY);
    if (count !== '') painter.text(middle, layout.footY, count, style);
    return;
  }
  const first = column.pieces[0];
  if (first === undefined || first.kind !== 'decode') return;
  const isLabelled = layout.axis - layout.yOf(first.to) > labelHeight + 1;
  if (isLabelled || painter.measure(first.label, style) > slot.length - 2) return;
  painter.text(middle, layout.footY, first.label, { ...style, color: theme.inkSoft, align: 'center' });
}

function drawPieceLabel(
  painter: Painter,
  theme: Theme,
  piece: Piece,
  stack: Span,
  top: number,
  height: number,
  isQuiet: boolean,
): void {
  if (height < labelHeight || stack.length < 14) return;
  const style: TextStyle = {
    color: isQuiet ? theme.ink : onInk(theme, piece.kind),
    size: 10,
    align: 'center',
    baseline: 'middle',
  };
  const room = stack.length - labelPadding;
  // A label that had to be cut would be a wrong number: it is left out.
  const label = [piece.label, piece.label.split(' ')[0]].find((text) => painter.measure(text, style) <= room);
  if (label === undefined) return;
  const x = stack.from + stack.length / 2;
  const y = top + height / 2;
  if (piece.kind !== 'prefill' && !isQuiet) {
    const width = painter.measure(label, style) + 2;
    painter.rect(x - width / 2, y - 6, width, 12, { fill: ink(theme, piece.kind).fill });
  }
  painter.text(x, y, label, style);
}

function ink(theme: Theme, kind: PieceKind): Ink {
  switch (kind) {
    case 'decode':
      return { fill: theme.decode, texture: 'rule', mark: theme.page };
    case 'prefill':
      return { fill: theme.prefill };
    case 'recompute':
      return { fill: theme.prefill, texture: 'hatch', mark: theme.page };
    case 'padding':
      return { fill: theme.loss, texture: 'hatch', mark: theme.page };
  }
}

/** Others than the followed request, when colours say who: an outline in the colour of the phase. */
function quietInk(theme: Theme, kind: PieceKind): Ink {
  return { fill: theme.empty, stroke: ink(theme, kind).fill };
}

function onInk(theme: Theme, kind: PieceKind): string {
  if (kind === 'decode') return theme.onDecode;
  return kind === 'padding' ? theme.onLoss : theme.onPrefill;
}

/**
 * Glyphs over the columns. Where columns are too narrow for one each, one stands for a run of equal bounds, over a line
 * as long as the run; then runs that were bound by nothing stay bare.
 */
function drawBounds(painter: Painter, model: BatchModel, theme: Theme, layout: BatchLayout): void {
  const { columns } = model;
  let lastX = Number.POSITIVE_INFINITY;
  for (let from = columns.length; from > 0; ) {
    // From the newest to the oldest: where two glyphs would meet, the newer one stands.
    const end = from;
    from -= 1;
    while (from > 0 && columns[from - 1].bound === columns[end - 1].bound) from--;
    const first = columns.findIndex((_, i) => i >= from && layout.slots[i].length > 0);
    if (first < 0 || first >= end) continue;
    const x0 = layout.slots[first].from;
    const x1 = layout.slots[end - 1].from + layout.slots[end - 1].length;
    if ((x1 - x0) / (end - first) >= glyphPitch) {
      for (let i = first; i < end; i++) drawColumnBound(painter, model, theme, layout, i);
      lastX = x0;
      continue;
    }
    const x = (x0 + x1) / 2;
    if (columns[first].bound === Bound.nothingLeft) continue;
    painter.rect(x0, layout.capY + 6, Math.max(1, x1 - x0 - 1), 1, { fill: theme.inkFaint });
    if (Math.abs(lastX - x) < glyphPitch) continue;
    drawBound(painter, theme, columns[first].bound, x, layout.capY);
    lastX = x;
  }
}

const glyphPitch = 9;

/** One column's glyph, with its name where that has room. */
function drawColumnBound(painter: Painter, model: BatchModel, theme: Theme, layout: BatchLayout, i: number): void {
  const { bound } = model.columns[i];
  const stack = layout.stack(layout.slots[i], model.columns[i]);
  const x = stack.from + stack.length / 2;
  const style: TextStyle = { color: theme.inkSoft, size: 9, baseline: 'middle' };
  const name = model.words.bounds[bound];
  const width = painter.measure(name, style);
  if (width + 20 > stack.length || bound === Bound.nothingLeft) {
    drawBound(painter, theme, bound, x, layout.capY);
    return;
  }
  drawBound(painter, theme, bound, x - width / 2 - 4, layout.capY);
  painter.text(x - width / 2 + 4, layout.capY, name, style);
}

function drawBudget(painter: Painter, model: BatchModel, theme: Theme, layout: BatchLayout, small: TextStyle): void {
  if (model.budget === null) return;
  const y = layout.yOf(model.budget.value);
  const dashed: Ink = { stroke: theme.ink, lineWidth: 1.25, dash: [5, 3] };
  painter.path([layout.left, y, layout.right, y], dashed);
  painter.text(layout.right - 24, layout.captionY, model.budget.label, { ...small, align: 'right' });
  painter.path([layout.right - 19, layout.captionY, layout.right, layout.captionY], dashed);
}

function drawSeats(painter: Painter, model: BatchModel, theme: Theme, layout: BatchLayout, small: TextStyle): void {
  if (model.seats > 0) {
    painter.path([layout.left, layout.seatsBottom, layout.right, layout.seatsBottom], {
      stroke: theme.inkFaint,
      dash: [2, 2],
    });
  }
  const style: TextStyle = { ...small, size: 9, align: 'right', maxWidth: layout.left - 7 };
  painter.text(layout.left - 5, layout.seatsTop + 5, model.words.sequences, style);
  const hasRoom = layout.seatsBottom - layout.seatsTop >= 2 * 10;
  if (model.seats > 0 && hasRoom) painter.text(layout.left - 5, layout.seatsBottom - 3, model.words.seats, style);
}

/** Step numbers, or the clock where width is duration. The shown step's number always stands. */
function drawSteps(painter: Painter, model: BatchModel, theme: Theme, layout: BatchLayout, small: TextStyle): void {
  const style: TextStyle = { ...small, baseline: 'top', align: 'center' };
  const last = model.columns.length - 1;
  const current = model.words.steps[last];
  const bold: TextStyle = { ...style, color: theme.ink, weight: 600, align: 'right' };
  painter.text(layout.right, layout.labelY, current, bold);
  const limit = layout.right - painter.measure(current, bold) - 12;
  const marks =
    model.xScale === 'time'
      ? model.timeTicks.map((tick) => ({ x: layout.xOf(tick.value), text: tick.label }))
      : model.columns.flatMap((_, i) => {
          const slot = layout.slots[i];
          return slot.length > 0 && model.words.steps[i] !== ''
            ? [{ x: slot.from + slot.length / 2, text: model.words.steps[i] }]
            : [];
        });
  let lastEnd = layout.left - 8;
  for (const mark of marks) {
    const half = painter.measure(mark.text, style) / 2;
    if (mark.x - half < lastEnd + 8 || mark.x + half > limit) continue;
    lastEnd = mark.x + half;
    painter.text(mark.x, layout.labelY, mark.text, style);
  }
}

function drawLegend(painter: Painter, model: BatchModel, theme: Theme, layout: BatchLayout, small: TextStyle): void {
  const y = layout.legendY;
  let x = 2;
  const room = (text: string) => x + 14 + painter.measure(text, small) <= layout.right;
  const put = (text: string, mark: (x: number) => void): void => {
    if (!room(text)) return;
    mark(x + 4);
    painter.text(x + 12, y, text, small);
    x += 22 + painter.measure(text, small);
  };
  for (const kind of kindsShown(model)) {
    put(model.words.pieces[kind], (at) => painter.rect(at - 4, y - 4, 9, 8, ink(theme, kind)));
  }
  if (model.pinned.length > 0) {
    put(model.words.pinned, (at) =>
      painter.path([at - 4, y + 3, at - 4, y - 3, at + 4, y - 3, at + 4, y + 3], {
        stroke: theme.ink,
        lineWidth: 1.25,
      }),
    );
  }
  if (model.columns.some((column) => column.hitTokens > 0)) {
    const ghost: Ink = {
      fill: theme.page,
      texture: 'dots',
      mark: theme.reused,
      stroke: theme.reused,
      dash: [1.5, 1.5],
    };
    put(model.words.pieces.hit, (at) => painter.rect(at - 4, y - 4, 9, 8, ghost));
  }
  if (model.columns.some((column) => column.preemptions > 0)) {
    put(model.words.pieces.preempted, (at) => drawPreemption(painter, theme, at, y));
  }
  x += 8;
  const caption = `${model.words.boundBy}:`;
  if (!room(caption)) return;
  painter.text(x, y, caption, small);
  x += painter.measure(caption, small) + 6;
  for (const bound of boundOrder) {
    put(model.words.bounds[bound], (at) => drawBound(painter, theme, bound, at, y));
  }
}

const boundOrder = [Bound.tokenBudget, Bound.seats, Bound.blocks, Bound.batch, Bound.nothingLeft] as const;

/** Decode and prefill always; the wasteful kinds where there are any. */
function kindsShown(model: BatchModel): readonly PieceKind[] {
  const has = (kind: PieceKind) => model.columns.some((column) => column.pieces.some((piece) => piece.kind === kind));
  const rare: readonly PieceKind[] = ['recompute', 'padding'];
  return ['decode', 'prefill', ...rare.filter(has)];
}
