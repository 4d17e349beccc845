/** Draws layouts as marks: goodput over the time to the first token. Up and to the left is good. */

import type { Painter, Size, TextStyle } from '../../ui/painter.ts';
import { linearScale, logScale } from '../../ui/scale.ts';
import type { Theme } from '../../ui/theme.ts';
import type { LayoutPicture } from './model.ts';

const left = 44;
const right = 12;
const top = 48;
const bottom = 34;
const radius = 4;

export function drawLayouts(painter: Painter, picture: LayoutPicture, theme: Theme, size: Size): void {
  const { points, xTicks, yTicks, words } = picture;
  if (points.length === 0) return;
  const x = logScale(picture.xRange, [left, size.width - right]);
  const y = linearScale([0, picture.yTop], [size.height - bottom, top]);
  const soft: TextStyle = { color: theme.inkSoft, size: 11, baseline: 'middle' };
  painter.text(2, 10, words.y, { ...soft, color: theme.ink, weight: 600 });
  painter.text(size.width - right, size.height - 8, words.x, {
    ...soft,
    color: theme.ink,
    weight: 600,
    align: 'right',
  });
  drawLegend(painter, picture, theme, soft);
  for (const { value, label } of yTicks) {
    painter.rect(left, y(value), size.width - right - left, 0.5, { fill: theme.rule });
    painter.text(left - 6, y(value), label, { ...soft, align: 'right' });
  }
  let end = Number.NEGATIVE_INFINITY;
  for (const { value, label } of xTicks) {
    const reach = painter.measure(label, soft) / 2;
    painter.rect(x(value), top, 0.5, size.height - bottom - top, { fill: theme.rule });
    if (x(value) - reach < end + 8 || x(value) + reach > size.width) continue;
    end = x(value) + reach;
    painter.text(x(value), size.height - bottom + 10, label, { ...soft, align: 'center' });
  }
  for (const point of points) {
    const [px, py] = [x(point.x), y(point.y)];
    drawMark(painter, px, py, point.isSplit, theme);
    if (point.label === null) continue;
    painter.circle(px, py, radius + 4, { stroke: theme.ink, lineWidth: 1.5 });
    const style: TextStyle = { color: theme.ink, size: 12, weight: 600, baseline: 'middle' };
    const isLeft = px + 12 + painter.measure(point.label, style) > size.width - right;
    const at = isLeft ? px - 12 : px + 12;
    painter.text(at, py - 13, point.label, { ...style, align: isLeft ? 'right' : 'left' });
  }
}

/** A disc for prefill and decode together, a hollow triangle for replicas of their own: told apart without colour. */
function drawMark(painter: Painter, x: number, y: number, isSplit: boolean, theme: Theme): void {
  if (!isSplit) {
    painter.circle(x, y, radius, { fill: theme.prefill, stroke: theme.page, lineWidth: 1 });
    return;
  }
  const triangle = [x, y - radius - 1, x + radius + 1, y + radius, x - radius - 1, y + radius];
  painter.path(triangle, { fill: theme.page, stroke: theme.ink, lineWidth: 1.25 }, true);
}

function drawLegend(painter: Painter, { words }: LayoutPicture, theme: Theme, style: TextStyle): void {
  drawMark(painter, 8, 26, false, theme);
  painter.text(18, 26, words.together, style);
  const next = 18 + painter.measure(words.together, style) + 20;
  drawMark(painter, next, 26, true, theme);
  painter.text(next + 10, 26, words.split, style);
}
