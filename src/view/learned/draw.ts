/** Draws the curves of learned scheduling, one chart under the other on one axis of simulated time. */

import type { Ink, Painter, Size, TextStyle } from '../../ui/painter.ts';
import { linearScale } from '../../ui/scale.ts';
import type { Theme } from '../../ui/theme.ts';
import type { ArmChart, LearnedPicture, Line, LineChart } from './model.ts';

const axisHeight = 18;
const titleHeight = 20;
const gapHeight = 8;
/** Room for what stands left of the charts; more, up to a share of the picture, for long names of arms. */
const tickWidth = 58;
const mostTickShare = 0.25;
/** Least distance between two names at the ends of lines. */
const nameHeight = 13;

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export function draw(painter: Painter, picture: LearnedPicture, theme: Theme, size: Size): void {
  const { charts } = picture;
  if (charts.length === 0) {
    const style: TextStyle = { color: theme.inkSoft, size: 12, align: 'center', baseline: 'middle' };
    painter.text(size.width / 2, size.height / 2, picture.empty, style);
    return;
  }
  const names = charts.flatMap((chart) => (chart.kind === 'lines' ? chart.lines.map((line) => line.name) : []));
  const widest = Math.max(...names.map((name) => painter.measure(name, nameStyle(theme))));
  const nameWidth = Math.min(widest, size.width * 0.3) + 8;
  const chartHeight = (size.height - axisHeight) / charts.length;
  const arms = charts.flatMap((chart) => (chart.kind === 'arms' ? chart.arms : []));
  const widestArm = Math.max(0, ...arms.map((arm) => painter.measure(arm, armStyle(theme, true))));
  const left = Math.max(tickWidth, Math.min(widestArm + 12, size.width * mostTickShare));
  const right = Math.max(left + 1, size.width - nameWidth);
  const x = linearScale([0, picture.spanUs], [left, right], 'open');
  charts.forEach((chart, i) => {
    const top = i * chartHeight + titleHeight;
    const box: Box = { left, right, top, bottom: (i + 1) * chartHeight - gapHeight };
    for (const { us } of picture.times) {
      painter.rect(x(us), box.top, 0.5, box.bottom - box.top, { fill: theme.rule });
    }
    const title: TextStyle = { color: theme.ink, size: 12, weight: 600, baseline: 'middle', maxWidth: size.width - 4 };
    painter.text(2, top - titleHeight / 2 - 1, chart.title, title);
    if (chart.kind === 'lines') drawLines(painter, chart, theme, box, x, size.width);
    else drawArms(painter, chart, theme, box, x);
  });
  drawTimes(painter, picture, theme, x, size);
}

function drawLines(
  painter: Painter,
  chart: LineChart,
  theme: Theme,
  box: Box,
  x: (us: number) => number,
  width: number,
): void {
  const y = linearScale([chart.bottom, chart.top], [box.bottom, box.top], 'open');
  for (const { value, label } of chart.ticks) {
    painter.rect(box.left, y(value), box.right - box.left, 0.5, { fill: theme.rule });
    const style: TextStyle = { color: theme.inkSoft, size: 10, align: 'right', baseline: 'middle' };
    painter.text(box.left - 6, y(value), label, style);
  }
  // Nought, where values lie on both sides of it.
  if (chart.bottom < 0) painter.rect(box.left, y(0), box.right - box.left, 1, { fill: theme.inkFaint });
  // What is judged is drawn last, over the others.
  for (const line of [...chart.lines].reverse()) painter.path(pointsOf(line, x, y, box.right), inkOf(line, theme));
  drawNames(painter, chart, theme, box, y, width);
}

function pointsOf(line: Line, x: (us: number) => number, y: (value: number) => number, right: number): number[] {
  const { timeUs, value } = line.curve;
  const points: number[] = [];
  for (let i = 0; i < timeUs.length; i++) {
    if (line.isStepped && i > 0) points.push(x(timeUs[i]), y(value[i - 1]));
    points.push(x(timeUs[i]), y(value[i]));
  }
  // A value stands until the end.
  if (line.isStepped && timeUs.length > 0) points.push(right, y(value[value.length - 1]));
  return points;
}

function inkOf({ look }: Line, theme: Theme): Ink {
  switch (look) {
    case 'main':
      return { stroke: theme.prefill, lineWidth: 2 };
    case 'solid':
      return { stroke: theme.ink, lineWidth: 1.25 };
    case 'dashed':
      return { stroke: theme.inkSoft, lineWidth: 1.25, dash: [6, 3] };
    case 'dotted':
      return { stroke: theme.inkSoft, lineWidth: 1.25, dash: [1.5, 3] };
  }
}

/** Names beside the ends of their lines, moved apart where lines end close to each other. */
function drawNames(
  painter: Painter,
  chart: LineChart,
  theme: Theme,
  box: Box,
  y: (value: number) => number,
  width: number,
): void {
  const ends = chart.lines
    .filter((line) => line.curve.value.length > 0)
    .map((line) => ({ line, at: y(line.curve.value[line.curve.value.length - 1]) }))
    .sort((a, b) => a.at - b.at);
  let next = box.top + nameHeight / 2;
  const places = ends.map(({ at }) => {
    const place = Math.max(at, next);
    next = place + nameHeight;
    return place;
  });
  // Pushed out below: everybody moves up again.
  let last = box.bottom - 2;
  for (let i = places.length - 1; i >= 0; i--) {
    places[i] = Math.min(places[i], last);
    last = places[i] - nameHeight;
  }
  ends.forEach(({ line }, i) => {
    const style = nameStyle(theme);
    const isMain = line.look === 'main';
    painter.text(box.right + 6, places[i], line.name, {
      ...style,
      color: isMain ? theme.prefill : theme.inkSoft,
      weight: isMain ? 600 : 400,
      maxWidth: width - box.right - 6,
    });
  });
}

/** One row an arm, with a mark as long as it was chosen. */
function drawArms(painter: Painter, chart: ArmChart, theme: Theme, box: Box, x: (us: number) => number): void {
  const rowHeight = (box.bottom - box.top) / Math.max(1, chart.arms.length);
  chart.arms.forEach((arm, i) => {
    const top = box.top + i * rowHeight;
    const isBest = i === chart.best;
    painter.text(box.left - 6, top + rowHeight / 2, arm, { ...armStyle(theme, isBest), maxWidth: box.left - 8 });
    painter.rect(box.left, top + 1, box.right - box.left, Math.max(1, rowHeight - 2), { fill: theme.empty });
  });
  for (const { fromUs, toUs, arm } of chart.choices) {
    const from = x(fromUs);
    // One too short to be seen still leaves a trace.
    const width = Math.max(0.75, Math.min(x(toUs), box.right) - from);
    const top = box.top + arm * rowHeight + 1;
    painter.rect(from, top, width, Math.max(1, rowHeight - 2), { fill: theme.prefill });
  }
}

function drawTimes(
  painter: Painter,
  picture: LearnedPicture,
  theme: Theme,
  x: (us: number) => number,
  size: Size,
): void {
  const style: TextStyle = { color: theme.inkSoft, size: 10, align: 'center', baseline: 'middle' };
  let lastEnd = Number.NEGATIVE_INFINITY;
  for (const { us, label } of picture.times) {
    const reach = painter.measure(label, style) / 2;
    const at = x(us);
    if (at - reach < lastEnd + 8 || at + reach > size.width) continue;
    lastEnd = at + reach;
    painter.text(at, size.height - axisHeight / 2, label, style);
  }
}

function armStyle(theme: Theme, isBest: boolean): TextStyle {
  const color = isBest ? theme.ink : theme.inkSoft;
  return { color, size: 10, weight: isBest ? 600 : 400, align: 'right', baseline: 'middle' };
}

function nameStyle(theme: Theme): TextStyle {
  return { color: theme.inkSoft, size: 11, baseline: 'middle', weight: 600 };
}
