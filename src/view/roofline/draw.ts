/** Draws the roofline, and says which point lies under the pointer. */

import type { Ink, Painter, Size, TextStyle } from '../../ui/painter.ts';
import { logScale } from '../../ui/scale.ts';
import type { Theme } from '../../ui/theme.ts';
import type { OperatorPoint, Place, Roof, RooflineModel, StepPoint, WorkKind } from './model.ts';

/** A step or an operator, by its place in the model. */
export type RooflineHit =
  | { readonly of: 'step'; readonly index: number }
  | { readonly of: 'operator'; readonly index: number };

interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** Operations a byte at the left end. */
  readonly from: number;
  x(intensity: number): number;
  y(flopsPerS: number): number;
}

/** Rectangles that labels must not cover. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const reach = 12;

function plotOf(model: RooflineModel, size: Size): Plot {
  const plot = { left: 40, right: Math.max(60, size.width - 6), top: 6, bottom: Math.max(40, size.height - 28) };
  const x = logScale([model.x.from, model.x.to], [plot.left, plot.right]);
  const y = logScale([model.y.from, model.y.to], [plot.bottom, plot.top]);
  return { ...plot, from: model.x.from, x: (value) => x(value), y: (value) => y(value) };
}

export function draw(painter: Painter, model: RooflineModel, theme: Theme, size: Size): void {
  const plot = plotOf(model, size);
  const small: TextStyle = { color: theme.inkSoft, size: 10, baseline: 'middle' };
  const own = model.roofs[0];
  shadeBeyond(painter, own, theme, plot);
  drawAxes(painter, model, theme, plot, small);
  // The choice of a device to compare stands in the corner that no work can reach.
  const taken: Box[] = [{ x: plot.left, y: plot.top, width: 132, height: 28 }];
  drawKnee(painter, model, theme, plot, small, taken);
  for (const roof of model.roofs) drawRoof(painter, roof, own, theme, plot, small, taken);
  if (plot.bottom - plot.top >= 130 && plot.right - plot.left >= 220) {
    drawLegend(painter, model, theme, plot, small, taken);
  }
  if (model.empty !== '') {
    const middle = (plot.left + plot.right) / 2;
    painter.text(middle, (plot.top + plot.bottom) / 2, model.empty, { ...small, size: 12, align: 'center' });
    return;
  }
  for (const step of model.steps.slice(0, -1)) drawStep(painter, step, theme, plot);
  drawPinned(painter, model, theme, plot);
  const places = model.operators.map((point) => ({ point, ...at(plot, point), radius: radiusOf(point) }));
  for (const { x, y, radius } of places) taken.push(boxAround(x, y, radius));
  const now = model.steps.at(-1);
  if (now !== undefined) taken.push(boxAround(plot.x(now.intensity), plot.y(now.flopsPerS), 7));
  for (const { point, x, y, radius } of [...places].reverse()) drawOperator(painter, point, theme, x, y, radius);
  if (now !== undefined) {
    drawNow(painter, now, theme, plot);
    const style: TextStyle = { ...small, color: theme.ink, weight: 600, size: 11 };
    label(painter, model.words.now, plot.x(now.intensity), plot.y(now.flopsPerS), 8, theme, plot, style, taken, true);
  }
  const beside = model.pinned.at(-1);
  if (beside !== undefined) {
    const { x, y } = at(plot, beside);
    label(painter, model.words.pinned, x, y, 8, theme, plot, { ...small, color: theme.ink, size: 11 }, taken, true);
  }
  for (const { point, x, y, radius } of places) {
    const style: TextStyle = { ...small, color: theme.ink, weight: point.isHovered ? 600 : 400 };
    // What takes no time needs no name, until it is pointed at.
    if (point.label === '' || (point.share < 0.02 && !point.isHovered)) continue;
    label(painter, point.label, x, y, radius, theme, plot, style, taken, point.isHovered);
  }
}

/** A ring round the step that runs at a time which is pointed at somewhere. */
export function drawPointedTime(painter: Painter, model: RooflineModel, us: number, theme: Theme, size: Size): void {
  const step = model.steps.find(({ startUs, endUs }) => us >= startUs && us < endUs);
  if (step === undefined) return;
  const { x, y } = at(plotOf(model, size), step);
  painter.circle(x, y, 6, { stroke: theme.page, lineWidth: 3.5 });
  painter.circle(x, y, 6, { stroke: theme.ink, lineWidth: 1.5 });
}

/** The nearest point to a place, an operator before a step. */
export function hit(model: RooflineModel, size: Size, x: number, y: number): RooflineHit | null {
  const plot = plotOf(model, size);
  let best: RooflineHit | null = null;
  let nearest = reach;
  const consider = (found: RooflineHit, place: Place) => {
    const far = Math.hypot(plot.x(place.intensity) - x, plot.y(place.flopsPerS) - y);
    if (far >= nearest) return;
    nearest = far;
    best = found;
  };
  model.operators.forEach((point, index) => {
    consider({ of: 'operator', index }, point);
  });
  model.steps.forEach((step, index) => {
    consider({ of: 'step', index }, step);
  });
  return best;
}

/** What no work can reach is shaded. */
function shadeBeyond(painter: Painter, roof: Roof, theme: Theme, plot: Plot): void {
  painter.path([...roofPath(roof, plot), plot.right, plot.top, plot.left, plot.top], { fill: theme.empty }, true);
}

/** From the left end up to the knee and on to the right end. */
function roofPath(roof: Roof, plot: Plot): number[] {
  const y = plot.y(roof.flopsPerS);
  return [plot.left, plot.y(plot.from * roof.bytesPerS), plot.x(roof.flopsPerS / roof.bytesPerS), y, plot.right, y];
}

/** Another precision shares the slanted roof: only what lies beyond the own knee is its own. */
function precisionPath(roof: Roof, own: Roof, plot: Plot): number[] {
  const [, , kneeX, y, right] = roofPath(roof, plot);
  const start = roof.flopsPerS > own.flopsPerS ? [plot.x(own.flopsPerS / own.bytesPerS), plot.y(own.flopsPerS)] : [];
  return [...start, kneeX, y, right, y];
}

function drawAxes(painter: Painter, model: RooflineModel, theme: Theme, plot: Plot, small: TextStyle): void {
  const faint: TextStyle = { ...small, color: theme.inkFaint };
  for (const tick of model.x.ticks) {
    const x = plot.x(tick.at);
    painter.rect(x, plot.top, 0.5, plot.bottom - plot.top, { fill: theme.rule });
    const half = painter.measure(tick.label, faint) / 2;
    painter.text(Math.min(x, plot.right - half), plot.bottom + 8, tick.label, { ...faint, align: 'center' });
  }
  let last = Number.POSITIVE_INFINITY;
  for (const tick of model.y.ticks) {
    const y = plot.y(tick.at);
    painter.rect(plot.left, y, plot.right - plot.left, 0.5, { fill: theme.rule });
    if (last - y < 12 || y < plot.top + 4) continue;
    last = y;
    painter.text(plot.left - 4, y, tick.label, { ...faint, align: 'right' });
  }
  painter.rect(plot.left, plot.bottom, plot.right - plot.left, 1, { fill: theme.inkFaint });
  painter.text(plot.right, plot.bottom + 20, `${model.words.x} →`, { ...small, align: 'right' });
  painter.text(2, plot.bottom + 20, `↑ ${model.words.y}`, small);
}

/** Left of it memory decides, right of it arithmetic. */
function drawKnee(
  painter: Painter,
  model: RooflineModel,
  theme: Theme,
  plot: Plot,
  small: TextStyle,
  taken: Box[],
): void {
  const x = plot.x(model.knee);
  const top = plot.y(model.roofs[0].flopsPerS);
  painter.path([x, top, x, plot.bottom], { stroke: theme.inkFaint, lineWidth: 1, dash: [2, 3] });
  const y = plot.bottom - 8;
  const style: TextStyle = { ...small, color: theme.inkSoft, weight: 500 };
  const memory = `← ${model.words.memory}`;
  const arithmetic = `${model.words.arithmetic} →`;
  painter.text(x - 6, y, memory, { ...style, align: 'right' });
  taken.push({
    x: x - 6 - painter.measure(memory, style),
    y: y - 6,
    width: painter.measure(memory, style),
    height: 12,
  });
  const room = plot.right - x - 6;
  if (painter.measure(arithmetic, style) > room) return;
  painter.text(x + 6, y, arithmetic, style);
  taken.push({ x: x + 6, y: y - 6, width: painter.measure(arithmetic, style), height: 12 });
}

const roofInks: Readonly<Record<Roof['kind'], (theme: Theme) => Ink>> = {
  own: (theme) => ({ stroke: theme.ink, lineWidth: 2 }),
  precision: (theme) => ({ stroke: theme.inkSoft, lineWidth: 1 }),
  reached: (theme) => ({ stroke: theme.inkFaint, lineWidth: 1, dash: [1, 3] }),
  other: (theme) => ({ stroke: theme.ink, lineWidth: 1.5, dash: [6, 3] }),
};

function drawRoof(
  painter: Painter,
  roof: Roof,
  own: Roof,
  theme: Theme,
  plot: Plot,
  small: TextStyle,
  taken: Box[],
): void {
  const points = roofPath(roof, plot);
  painter.path(roof.kind === 'precision' ? precisionPath(roof, own, plot) : points, roofInks[roof.kind](theme));
  const isOwn = roof.kind === 'own';
  const style: TextStyle = { ...small, color: isOwn ? theme.ink : theme.inkSoft, weight: isOwn ? 600 : 400 };
  const flatY = points[5];
  const width = painter.measure(roof.flat, style);
  const below = roof.kind === 'reached' || roof.kind === 'other';
  const y = below ? flatY + 9 : flatY - 7;
  const box = { x: plot.right - width - 2, y: y - 6, width, height: 12 };
  if (y > plot.top + 4 && !taken.some((other) => meet(other, box))) {
    painter.text(plot.right - 2, y, roof.flat, { ...style, align: 'right' });
    taken.push(box);
  }
  if (roof.slope === '') return;
  // Beside the slanted roof, where nothing can lie.
  const share = isOwn ? 0.45 : 0.7;
  const slopeX = points[0] + share * (points[2] - points[0]);
  const slopeY = points[1] + share * (points[3] - points[1]);
  const slopeWidth = painter.measure(roof.slope, style);
  const slopeBox = { x: slopeX - 8 - slopeWidth, y: slopeY - 8, width: slopeWidth, height: 12 };
  if (slopeBox.x < plot.left + 2 || taken.some((other) => meet(other, slopeBox))) return;
  painter.text(slopeX - 8, slopeY - 2, roof.slope, { ...style, align: 'right' });
  taken.push(slopeBox);
}

function drawLegend(
  painter: Painter,
  model: RooflineModel,
  theme: Theme,
  plot: Plot,
  small: TextStyle,
  taken: Box[],
): void {
  const { legend } = model.words;
  const width = Math.max(...legend.map(({ text }) => painter.measure(text, small)));
  const left = plot.right - width - 8;
  legend.forEach(({ kind, text }, i) => {
    const y = plot.bottom - 24 - (legend.length - 1 - i) * 13;
    mark(painter, kind, theme, left - 9, y, 3);
    painter.text(left, y, text, small);
  });
  const height = legend.length * 13;
  taken.push({ x: left - 14, y: plot.bottom - 18 - height, width: width + 18, height });
}

/** Round for decodes, square for prompts, hollow for operators that serve both: never colour alone. */
function mark(painter: Painter, kind: WorkKind | 'plain', theme: Theme, x: number, y: number, radius: number): void {
  if (kind === 'prefill') painter.rect(x - radius, y - radius, 2 * radius, 2 * radius, { fill: theme.prefill });
  else if (kind === 'decode') painter.circle(x, y, radius, { fill: theme.decode });
  else painter.circle(x, y, radius, { fill: theme.page, stroke: theme.ink, lineWidth: 1.25 });
}

function drawStep(painter: Painter, step: StepPoint, theme: Theme, plot: Plot): void {
  const { x, y } = at(plot, step);
  const alpha = 0.12 + 0.5 * step.age;
  if (step.kind === 'prefill') painter.rect(x - 2.5, y - 2.5, 5, 5, { fill: theme.prefill, alpha });
  else painter.circle(x, y, 2.5, { fill: theme.decode, alpha });
  if (step.isSelected) painter.circle(x, y, 4.5, { stroke: theme.ink, lineWidth: 0.75, alpha });
}

function drawNow(painter: Painter, step: StepPoint, theme: Theme, plot: Plot): void {
  const { x, y } = at(plot, step);
  const edge: Ink = { stroke: theme.ink, lineWidth: 1.5 };
  if (step.kind === 'prefill') {
    painter.rect(x - 7, y - 7, 14, 14, { fill: theme.page });
    painter.rect(x - 5.5, y - 5.5, 11, 11, { fill: theme.prefill, ...edge });
  } else {
    painter.circle(x, y, 8, { fill: theme.page });
    painter.circle(x, y, 6, { fill: theme.decode, ...edge });
  }
  if (step.isSelected) painter.circle(x, y, 9.5, { stroke: theme.ink, lineWidth: 1 });
}

/** The other run's steps as outlines, with a line from the one at the linked moment to the shown step. */
function drawPinned(painter: Painter, { pinned, steps }: RooflineModel, theme: Theme, plot: Plot): void {
  const beside = pinned.at(-1);
  if (beside === undefined) return;
  for (const step of pinned.slice(0, -1)) drawOutline(painter, step, theme, plot, 2.5, 0.15 + 0.5 * step.age);
  const now = steps.at(-1);
  const from = at(plot, beside);
  if (now !== undefined) {
    const to = at(plot, now);
    painter.path([from.x, from.y, to.x, to.y], { stroke: theme.ink, lineWidth: 1, dash: [2, 2] });
  }
  if (beside.kind === 'prefill') painter.rect(from.x - 7, from.y - 7, 14, 14, { fill: theme.page });
  else painter.circle(from.x, from.y, 8, { fill: theme.page });
  drawOutline(painter, beside, theme, plot, 5.5, 1);
}

function drawOutline(painter: Painter, step: StepPoint, theme: Theme, plot: Plot, radius: number, alpha: number): void {
  const { x, y } = at(plot, step);
  const ink: Ink = { stroke: theme.ink, lineWidth: radius > 4 ? 1.5 : 0.75, alpha };
  if (step.kind === 'prefill') painter.rect(x - radius, y - radius, 2 * radius, 2 * radius, ink);
  else painter.circle(x, y, radius, ink);
}

function drawOperator(
  painter: Painter,
  point: OperatorPoint,
  theme: Theme,
  x: number,
  y: number,
  radius: number,
): void {
  mark(painter, point.kind, theme, x, y, radius);
  if (point.isHovered) painter.circle(x, y, radius + 2.5, { stroke: theme.ink, lineWidth: 1.5 });
}

/** A name beside its dot: at the side where it covers nothing; nowhere, unless it must, if there is no such side. */
function label(
  painter: Painter,
  text: string,
  x: number,
  y: number,
  radius: number,
  theme: Theme,
  plot: Plot,
  style: TextStyle,
  taken: Box[],
  isNeeded: boolean,
): void {
  const width = painter.measure(text, style);
  const gap = radius + 4;
  const sides = [
    { x: x + gap, y: y - 6 },
    { x: x - gap - width, y: y - 6 },
    { x: x - width / 2, y: y + gap - 1 },
    { x: x - width / 2, y: y - gap - 11 },
    { x: x + gap - 3, y: y + gap - 5 },
    { x: x - gap - width + 3, y: y + gap - 5 },
    { x: x + gap - 3, y: y - gap - 7 },
    { x: x - gap - width + 3, y: y - gap - 7 },
  ].map((corner): Box => ({ ...corner, width, height: 12 }));
  const inside = sides.filter(
    (box) => box.x >= plot.left + 1 && box.x + width <= plot.right && box.y >= plot.top && box.y + 12 <= plot.bottom,
  );
  const free = inside.find((box) => !taken.some((other) => meet(other, box))) ?? (isNeeded ? inside[0] : undefined);
  if (free === undefined) return;
  painter.rect(free.x - 1, free.y, width + 2, 12, { fill: theme.page, alpha: 0.75 });
  painter.text(free.x, free.y + 6, text, style);
  taken.push(free);
}

/** Area in proportion to the share of the step's time. */
function radiusOf(point: OperatorPoint): number {
  return Math.max(2.5, 8 * Math.sqrt(point.share));
}

function at(plot: Plot, place: Place): { x: number; y: number } {
  return { x: plot.x(place.intensity), y: plot.y(place.flopsPerS) };
}

function boxAround(x: number, y: number, radius: number): Box {
  return { x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius };
}

function meet(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
