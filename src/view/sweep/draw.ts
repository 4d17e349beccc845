/** Draws the chart of one knob. */

import type { Painter, Size, TextStyle } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';
import type { SweepModel, SweepPoint } from './model.ts';

const bottomHeight = 18;
const topHeight = 18;
const rightWidth = 10;

/** Where the chart lies; the pointer is measured by it too. */
export interface SweepPlot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export function plotOf(size: Size): SweepPlot {
  return { left: 50, right: size.width - rightWidth, top: topHeight, bottom: size.height - bottomHeight };
}

export function drawSweep(painter: Painter, model: SweepModel, pointed: number, theme: Theme, size: Size): void {
  const plot = plotOf(size);
  const x = (at: number) => plot.left + at * (plot.right - plot.left);
  const y = (value: number) => plot.bottom - (value / model.top) * (plot.bottom - plot.top);
  drawAxes(painter, model, pointed, theme, plot, x);
  drawMark(painter, model, theme, plot, x);
  // A value that stands aside is joined to nothing.
  const seen = model.points.filter(({ runs }) => runs > 0);
  const line = seen.filter((point, i) => !(i === 0 && point.x === 0 && isAside(model)));
  if (line.length > 1) {
    const band = [
      ...line.flatMap((point) => [x(point.x), y(point.high)]),
      ...line.toReversed().flatMap((point) => [x(point.x), y(point.low)]),
    ];
    painter.path(band, { fill: theme.waiting, alpha: 0.35 }, true);
    painter.path(
      line.flatMap((point) => [x(point.x), y(point.mean)]),
      { stroke: theme.ink, lineWidth: 1.5 },
    );
  }
  model.points.forEach((point, i) => {
    drawPoint(painter, model, point, i === pointed, theme, plot, x, y);
  });
}

/** Whether the first value is no place on the scale. */
function isAside({ points }: SweepModel): boolean {
  return points.length > 2 && points[0].value === 0 && points[1].x - points[0].x > 0.1;
}

function drawPoint(
  painter: Painter,
  model: SweepModel,
  point: SweepPoint,
  isPointed: boolean,
  theme: Theme,
  plot: SweepPlot,
  x: (at: number) => number,
  y: (value: number) => number,
): void {
  const at = x(point.x);
  if (isPointed) painter.rect(at - 0.5, plot.top, 1, plot.bottom - plot.top, { fill: theme.inkFaint });
  if (point.isFailed) {
    const [left, top] = [at - 3, plot.bottom - 9];
    painter.path([left, top, left + 6, top + 6], { stroke: theme.ink, lineWidth: 1.5 });
    painter.path([left, top + 6, left + 6, top], { stroke: theme.ink, lineWidth: 1.5 });
    return;
  }
  if (point.runs === 0) return;
  painter.path([at, y(point.low), at, y(point.high)], { stroke: theme.ink, lineWidth: 1 });
  painter.circle(at, y(point.mean), isPointed ? 4 : 2.5, { fill: theme.ink });
  if (!point.isPresent) return;
  painter.circle(at, y(point.mean), 6.5, { stroke: theme.page, lineWidth: 4 });
  painter.circle(at, y(point.mean), 6.5, { stroke: theme.ink, lineWidth: 1.5 });
  const style: TextStyle = { color: theme.ink, size: 11, weight: 600, baseline: 'middle' };
  const width = painter.measure(model.present, style);
  // Beside the line, not on it: where the next value is higher the place above the left is free.
  const next = model.points[model.points.indexOf(point) + 1];
  const rises = next !== undefined && next.mean > point.mean;
  const isRight = rises ? at - 12 - width < plot.left : at + 12 + width < plot.right;
  painter.text(isRight ? at + 11 : at - 11, y(point.mean) - 9, model.present, {
    ...style,
    align: isRight ? 'left' : 'right',
  });
}

function drawAxes(
  painter: Painter,
  model: SweepModel,
  pointed: number,
  theme: Theme,
  plot: SweepPlot,
  x: (at: number) => number,
): void {
  const style: TextStyle = { color: theme.inkSoft, size: 10, baseline: 'middle' };
  for (const { at, label } of model.yTicks) {
    const top = plot.bottom - at * (plot.bottom - plot.top);
    painter.rect(plot.left, top, plot.right - plot.left, 0.5, { fill: at === 0 ? theme.inkFaint : theme.rule });
    painter.text(plot.left - 6, top, label, { ...style, align: 'right', maxWidth: plot.left - 8 });
  }
  // The pointed value is always named, then as many others as there is room for.
  const order = model.xTicks.map((_, i) => i).sort((a, b) => rank(model, a, pointed) - rank(model, b, pointed));
  const taken: (readonly [number, number])[] = [];
  for (const i of order) {
    const { at, label } = model.xTicks[i];
    const isStrong = i === pointed || model.points[i].isPresent;
    const width = painter.measure(label, { ...style, weight: isStrong ? 600 : 400 });
    const middle = Math.min(Math.max(x(at), width / 2), plot.right + rightWidth - width / 2);
    const [from, to] = [middle - width / 2 - 5, middle + width / 2 + 5];
    if (taken.some(([start, end]) => from < end && to > start)) continue;
    taken.push([from, to]);
    painter.rect(x(at) - 0.5, plot.bottom, 1, 3, { fill: theme.inkFaint });
    painter.text(middle, plot.bottom + bottomHeight / 2 + 2, label, {
      ...style,
      align: 'center',
      color: isStrong ? theme.ink : theme.inkSoft,
      weight: isStrong ? 600 : 400,
    });
  }
}

function rank(model: SweepModel, place: number, pointed: number): number {
  if (place === pointed) return 0;
  if (model.points[place].isPresent) return 1;
  return place === 0 || place === model.points.length - 1 ? 2 : 3;
}

function drawMark(
  painter: Painter,
  { mark }: SweepModel,
  theme: Theme,
  plot: SweepPlot,
  x: (at: number) => number,
): void {
  if (mark === null) return;
  const [low, high] = [x(mark.low), x(mark.high)];
  painter.rect(low, plot.top, Math.max(1, high - low), plot.bottom - plot.top, {
    fill: theme.empty,
    texture: 'hatch',
    mark: theme.rule,
  });
  const at = x(mark.at);
  painter.path([at, plot.top - 4, at, plot.bottom], { stroke: theme.ink, lineWidth: 1.5, dash: [4, 3] });
  const style: TextStyle = { color: theme.ink, size: 11, baseline: 'middle' };
  const half = painter.measure(mark.label, style) / 2;
  const middle = Math.min(Math.max(at, half), plot.right + rightWidth - half);
  painter.text(middle, topHeight / 2 - 1, mark.label, { ...style, align: 'center' });
}
