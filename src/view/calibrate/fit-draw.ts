/** Draws measured against predicted times over a strip of residuals, and says which shape lies under the pointer. */

import type { Painter, Size, TextStyle } from '../../ui/painter.ts';
import { logScale } from '../../ui/scale.ts';
import type { Theme } from '../../ui/theme.ts';
import type { FitModel, FitPoint } from './fit-model.ts';

interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  /** Foot of the upper picture; the strip's top and foot. */
  readonly middle: number;
  readonly stripTop: number;
  readonly bottom: number;
  x(us: number): number;
  y(us: number): number;
  /** Of a ratio of measured over predicted time. */
  off(ratio: number): number;
}

const reach = 14;

function plotOf(model: FitModel, size: Size): Plot {
  const left = 64;
  const right = Math.max(left + 40, size.width - 10);
  const bottom = Math.max(120, size.height - 30);
  const stripHeight = Math.max(48, Math.min(96, size.height * 0.26));
  const stripTop = bottom - stripHeight;
  const middle = stripTop - 14;
  const x = logScale([model.fromUs, model.toUs], [left, right]);
  const y = logScale([model.fromUs, model.toUs], [middle, 8]);
  const off = logScale([1 / model.mostOff, model.mostOff], [bottom, stripTop]);
  return { left, right, top: 8, middle, stripTop, bottom, x: (us) => x(us), y: (us) => y(us), off: (r) => off(r) };
}

export function draw(painter: Painter, model: FitModel, theme: Theme, size: Size, pointed = -1): void {
  const plot = plotOf(model, size);
  const small: TextStyle = { color: theme.inkSoft, size: 10, baseline: 'middle' };
  const faint: TextStyle = { ...small, color: theme.inkFaint };
  for (const mark of model.times) {
    const [x, y] = [plot.x(mark.at), plot.y(mark.at)];
    painter.rect(x, plot.top, 0.5, plot.middle - plot.top, { fill: theme.rule });
    painter.rect(x, plot.stripTop, 0.5, plot.bottom - plot.stripTop, { fill: theme.rule });
    painter.rect(plot.left, y, plot.right - plot.left, 0.5, { fill: theme.rule });
    painter.text(plot.left - 6, y, mark.label, { ...faint, align: 'right' });
    painter.text(x, plot.bottom + 9, mark.label, { ...faint, align: 'center' });
  }
  for (const mark of model.ratios) {
    const y = plot.off(mark.at);
    const ink = mark.at === 1 ? theme.ink : theme.rule;
    painter.rect(plot.left, y - 0.5, plot.right - plot.left, mark.at === 1 ? 1 : 0.5, { fill: ink });
  }
  labelRatios(painter, model, plot, faint);
  painter.path([plot.left, plot.y(model.fromUs), plot.right, plot.y(model.toUs)], {
    stroke: theme.ink,
    lineWidth: 1.25,
  });
  painter.text(plot.left + 6, plot.top + 6, `↑ ${model.words.measured}`, small);
  painter.text(plot.right, plot.bottom + 22, `${model.words.predicted} →`, { ...small, align: 'right' });
  painter.text(plot.left + 6, plot.stripTop + 6, model.words.residual, small);
  drawLegend(painter, model, theme, plot, small);

  const order = model.points
    .map((point, i) => ({ point, i }))
    .sort((a, b) => Number(a.point.isHeldOut) - Number(b.point.isHeldOut));
  for (const { point, i } of order) {
    for (const { x, y } of placesOf(plot, point)) drawMark(painter, point.isHeldOut, theme, x, y, i === pointed);
  }
}

/** A shape by its place in the model: -1 = none. */
export function hit(model: FitModel, size: Size, x: number, y: number): number {
  const plot = plotOf(model, size);
  let best = -1;
  let nearest = reach;
  model.points.forEach((point, i) => {
    for (const place of placesOf(plot, point)) {
      const far = Math.hypot(place.x - x, place.y - y);
      if (far >= nearest) continue;
      nearest = far;
      best = i;
    }
  });
  return best;
}

/** Each shape stands in the picture and, below, in the strip. */
function placesOf(plot: Plot, { predictedUs, measuredUs }: FitPoint) {
  const x = plot.x(predictedUs);
  return [
    { x, y: plot.y(measuredUs) },
    { x, y: plot.off(measuredUs / predictedUs) },
  ];
}

/** Hollow circles took part in the fit; full squares did not: the prediction is judged by them. */
function drawMark(painter: Painter, isHeldOut: boolean, theme: Theme, x: number, y: number, isPointed: boolean): void {
  if (isHeldOut) {
    painter.rect(x - 4.5, y - 4.5, 9, 9, { fill: theme.page });
    painter.rect(x - 3.5, y - 3.5, 7, 7, { fill: theme.ink });
  } else painter.circle(x, y, 3.25, { fill: theme.page, stroke: theme.inkSoft, lineWidth: 1.25 });
  if (isPointed) painter.circle(x, y, 7.5, { stroke: theme.ink, lineWidth: 1.5 });
}

function labelRatios(painter: Painter, model: FitModel, plot: Plot, style: TextStyle): void {
  let last = Number.POSITIVE_INFINITY;
  // 1 is said in any case; the others where they have room.
  const order = [...model.ratios].sort((a, b) => Number(b.at === 1) - Number(a.at === 1));
  const taken: number[] = [];
  for (const mark of order) {
    last = plot.off(mark.at);
    if (taken.some((y) => Math.abs(y - last) < 11)) continue;
    taken.push(last);
    painter.text(plot.left - 6, last, mark.label, { ...style, align: 'right' });
  }
}

function drawLegend(painter: Painter, model: FitModel, theme: Theme, plot: Plot, small: TextStyle): void {
  const rows = [
    { isHeldOut: false, text: model.words.seen },
    { isHeldOut: true, text: model.words.heldOut },
  ];
  const width = Math.max(...rows.map(({ text }) => painter.measure(text, small)));
  const left = plot.right - width - 12;
  rows.forEach(({ isHeldOut, text }, i) => {
    const y = plot.middle - 24 + i * 14;
    drawMark(painter, isHeldOut, theme, left - 9, y, false);
    painter.text(left, y, text, small);
  });
  const exact = painter.measure(model.words.exact, small);
  const at = { x: plot.left + 0.42 * (plot.right - plot.left), y: plot.middle - 0.42 * (plot.middle - plot.top) };
  painter.text(at.x + 12, at.y + 10, model.words.exact, { ...small, maxWidth: Math.max(exact, 10) });
}
