/** Draws the latency panel, and says which value lies under a point. */

import type { Painter, Size, TextStyle } from '../../ui/painter.ts';
import { logScale } from '../../ui/scale.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Bar, CurvePoint, LatencyModel, Mark, MetricModel } from './model.ts';

/** A metric (place in the model) and a value on its axis. */
export interface LatencyHit {
  readonly metric: number;
  readonly us: number;
}

interface Place {
  readonly left: number;
  readonly right: number;
  /** Middle of the title line. */
  readonly titleY: number;
  readonly top: number;
  readonly base: number;
  /** Middle of the line of percentiles; NaN where they stand in the title line for want of room. */
  readonly labelY: number;
  /** End of the place. */
  readonly bottom: number;
  /** Middle of the line of decades; NaN where there is no room. */
  readonly axisY: number;
  readonly x: (us: number) => number;
  readonly us: (x: number) => number;
}

const gap = 20;

/** One under the other; in pairs where the panel is wide. */
function placesOf(model: LatencyModel, size: Size): readonly Place[] {
  const columns = size.width >= 560 ? 2 : 1;
  const rows = Math.ceil(model.metrics.length / columns);
  const footer = model.beforeNote === '' && model.goodput === '' ? 0 : 14;
  const width = (size.width - gap * (columns - 1)) / columns;
  const height = (size.height - footer) / Math.max(1, rows);
  return model.metrics.map((metric, i) => {
    const left = (i % columns) * (width + gap) + 2;
    const right = left + width - 4;
    const y = Math.floor(i / columns) * height;
    const hasAxis = height >= 84;
    const hasLabels = height >= 62;
    const base = y + height - (hasAxis ? 30 : hasLabels ? 18 : 5);
    const scale = logScale([metric.lowUs, metric.highUs], [left, right]);
    return {
      left,
      right,
      titleY: y + 7,
      top: Math.min(base - 4, y + 16),
      base,
      labelY: hasLabels ? base + 8 : Number.NaN,
      bottom: y + height,
      axisY: hasAxis ? base + 20 : Number.NaN,
      x: (us) => scale(Math.max(us, metric.lowUs)),
      us: (x) => scale.invert(x),
    };
  });
}

export function draw(painter: Painter, model: LatencyModel, theme: Theme, size: Size): void {
  const small: TextStyle = { color: theme.inkSoft, size: 10, baseline: 'middle' };
  if (model.metrics.length === 0) {
    painter.text(size.width / 2, size.height / 2, model.empty, { ...small, size: 12, align: 'center' });
    return;
  }
  const places = placesOf(model, size);
  model.metrics.forEach((metric, i) => {
    drawMetric(painter, model, metric, theme, places[i], small);
  });
  const y = size.height - 6;
  const goodput = painter.measure(model.goodput, small);
  if (model.goodput !== '')
    painter.text(size.width - 2, y, model.goodput, { ...small, color: theme.ink, align: 'right' });
  if (model.beforeNote !== '') {
    painter.rect(2, y - 4, 12, 8, { stroke: theme.ink });
    painter.text(19, y, model.beforeNote, { ...small, maxWidth: Math.max(0, size.width - 28 - goodput) });
  }
}

export function hit(model: LatencyModel, size: Size, x: number, y: number): LatencyHit | null {
  const places = placesOf(model, size);
  const metric = places.findIndex(
    (place) => x >= place.left && x <= place.right && y >= place.titleY - 7 && y < place.bottom,
  );
  return metric < 0 || model.metrics[metric].count === 0 ? null : { metric, us: places[metric].us(x) };
}

function drawMetric(
  painter: Painter,
  model: LatencyModel,
  metric: MetricModel,
  theme: Theme,
  place: Place,
  small: TextStyle,
): void {
  if (Number.isNaN(place.labelY)) drawFigures(painter, metric, theme, place, small);
  else drawTitle(painter, metric, theme, place, small);
  for (const mark of metric.axis) {
    const x = place.x(mark.us);
    painter.rect(x, place.top, 0.5, place.base - place.top, { fill: theme.rule });
    if (Number.isNaN(place.axisY)) continue;
    const half = painter.measure(mark.label, small) / 2;
    const at = Math.min(place.right - half, Math.max(place.left + half, x));
    painter.text(at, place.axisY, mark.label, { ...small, color: theme.inkFaint, align: 'center' });
  }
  painter.rect(place.left, place.base, place.right - place.left, 1, { fill: theme.inkFaint });
  if (metric.count === 0) {
    painter.text((place.left + place.right) / 2, (place.top + place.base) / 2, model.empty, {
      ...small,
      color: theme.inkFaint,
      align: 'center',
    });
    return;
  }
  if (model.shape === 'cumulative') drawCurves(painter, metric, theme, place);
  else drawHistogram(painter, metric, theme, place);
  drawPercentiles(painter, metric, theme, place, small);
  drawSpreads(painter, metric, theme, place);
  drawSlo(painter, model, metric, theme, place, small);
  if (metric.selected !== null) drawSelected(painter, metric.selected, theme, place, small);
}

/** What is over the limit hatched, the limit as a line with a flag to drag; without one the flag is parked at the end. */
function drawSlo(
  painter: Painter,
  model: LatencyModel,
  metric: MetricModel,
  theme: Theme,
  place: Place,
  small: TextStyle,
): void {
  const x = handleX(metric, place);
  const { slo } = metric;
  const flag = [x, place.top, x - 9, place.top, x - 6, place.top + 4, x - 9, place.top + 8, x, place.top + 8];
  if (slo === null) {
    painter.path(flag, { fill: theme.page, stroke: theme.inkFaint, lineWidth: 1 }, true);
    return;
  }
  const late = { texture: 'hatch', mark: theme.loss, fill: theme.surface } as const;
  if (model.shape === 'cumulative') {
    painter.rect(x, place.top, place.right - x, place.base - place.top, {
      texture: 'hatch',
      mark: theme.loss,
      alpha: 0.5,
    });
  } else {
    for (const bar of metric.bars) {
      const to = place.x(bar.highUs);
      const from = Math.max(x, place.x(bar.lowUs));
      const height = Math.max(1, (bar.density / metric.topDensity) * (place.base - place.top));
      if (to > from) painter.rect(from, place.base - height, Math.max(0.75, to - from - 0.75), height, late);
    }
  }
  painter.rect(x - 0.75, place.top, 1.5, place.base - place.top, { fill: theme.loss });
  painter.path(flag, { fill: theme.loss }, true);
  if (place.base - place.top < 26) return;
  const width = painter.measure(slo.label, small);
  const isLeft = x - 14 - width > place.left;
  const start = isLeft ? x - 13 - width : x + 4;
  painter.rect(start - 2, place.top - 1, width + 4, 11, { fill: theme.page, alpha: 0.85 });
  painter.text(start, place.top + 5, slo.label, { ...small, color: theme.ink });
}

const handleX = (metric: MetricModel, place: Place): number =>
  metric.slo === null ? place.right : place.x(metric.slo.us);

/** The metric whose limit can be taken hold of at a point, -1 = none. */
export function handleAt(model: LatencyModel, size: Size, x: number, y: number): number {
  const places = placesOf(model, size);
  return places.findIndex((place, i) => {
    const away = handleX(model.metrics[i], place) - x;
    return model.metrics[i].count > 0 && away > -6 && away < 13 && y >= place.top - 6 && y <= place.base + 2;
  });
}

/** The limit that a place on a metric's axis means; null at the end of the axis, where a flag is parked. */
export function limitAt(model: LatencyModel, size: Size, metric: number, x: number): number | null {
  const place = placesOf(model, size)[metric];
  return x >= place.right - 3 ? null : place.us(Math.max(place.left, x));
}

/** Name and meaning at the left; at the right the change at P99, or why there is no P99. */
function drawTitle(painter: Painter, metric: MetricModel, theme: Theme, place: Place, small: TextStyle): void {
  const bold: TextStyle = { ...small, size: 11, color: theme.ink, weight: 600 };
  painter.text(place.left, place.titleY, metric.name, bold);
  const figures = [metric.change === '' ? metric.refusal : metric.change, metric.worst, metric.slo?.text ?? ''];
  const aside = figures.filter((text) => text !== '').join('   ');
  const asideStyle: TextStyle = { ...small, color: theme.ink, align: 'right' };
  if (aside !== '') painter.text(place.right, place.titleY, aside, asideStyle);
  const start = place.left + painter.measure(metric.name, bold) + 8;
  const room = place.right - start - (aside === '' ? 0 : painter.measure(aside, asideStyle) + 12);
  if (painter.measure(metric.means, small) <= room) painter.text(start, place.titleY, metric.means, small);
}

/** Where rows are low: name, then the percentiles and the change in one line; the least telling go first where it is long. */
function drawFigures(painter: Painter, metric: MetricModel, theme: Theme, place: Place, small: TextStyle): void {
  const bold: TextStyle = { ...small, size: 11, color: theme.ink, weight: 600 };
  painter.text(place.left, place.titleY, metric.name, bold);
  const labels = metric.percentiles.map((mark) => mark.label);
  const figures = metric.change === '' ? labels : [...labels.slice(0, -1), metric.change];
  if (metric.worst !== '') figures.push(metric.worst);
  if (metric.refusal !== '') figures.push(metric.refusal);
  if (metric.slo !== null) figures.push(metric.slo.text);
  const style: TextStyle = { ...small, color: theme.ink };
  const room = place.right - place.left - painter.measure(metric.name, bold) - 10;
  const widthOf = (texts: readonly string[]) =>
    texts.reduce((sum, text) => sum + painter.measure(text, style) + 10, -10);
  while (figures.length > 1 && widthOf(figures) > room) figures.shift();
  let x = place.right - widthOf(figures);
  for (const figure of figures) {
    painter.text(x, place.titleY, figure, { ...style, color: figure === metric.refusal ? theme.inkFaint : theme.ink });
    x += painter.measure(figure, style) + 10;
  }
}

function drawHistogram(painter: Painter, metric: MetricModel, theme: Theme, place: Place): void {
  const height = place.base - place.top;
  const yOf = (bar: Bar) => place.base - Math.max(1, (bar.density / metric.topDensity) * height);
  for (const bar of metric.bars) {
    const x = place.x(bar.lowUs);
    const y = yOf(bar);
    const width = place.x(bar.highUs) - x;
    painter.rect(x, y, Math.max(0.75, width - (width > 3 ? 0.75 : 0)), place.base - y, { fill: theme.waiting });
  }
  drawDots(painter, metric, theme, place);
  const outline = metric.before?.bars ?? [];
  if (outline.length === 0) return;
  const points: number[] = [];
  let lastX = Number.NaN;
  for (const bar of outline) {
    const [x0, x1, y] = [place.x(bar.lowUs), place.x(bar.highUs), yOf(bar)];
    if (x0 !== lastX) {
      if (points.length > 0) points.push(lastX, place.base);
      points.push(x0, place.base);
    }
    points.push(x0, y, x1, y);
    lastX = x1;
  }
  points.push(lastX, place.base);
  painter.path(points, { stroke: theme.ink, lineWidth: 1.25 });
}

/** Few values: each is a dot, stacked where they would cover each other. */
function drawDots(painter: Painter, metric: MetricModel, theme: Theme, place: Place): void {
  const pitch = 5;
  const stacks = new Map<number, number>();
  for (const us of metric.dots) {
    const slot = Math.floor((place.x(us) - place.left) / pitch);
    const level = stacks.get(slot) ?? 0;
    stacks.set(slot, level + 1);
    const y = Math.max(place.top + 2, place.base - 3 - level * pitch);
    const isLate = metric.slo !== null && us > metric.slo.us;
    const ink = isLate ? { stroke: theme.loss, lineWidth: 1.5 } : { fill: theme.inkSoft };
    painter.circle(place.left + (slot + 0.5) * pitch, y, 2, ink);
  }
}

function drawCurves(painter: Painter, metric: MetricModel, theme: Theme, place: Place): void {
  const height = place.base - place.top;
  const points = (curve: readonly CurvePoint[]) =>
    curve.flatMap((point) => [place.x(point.us), place.base - point.share * height]);
  for (const share of [0.5, 0.9, 1]) {
    painter.rect(place.left, place.base - share * height, place.right - place.left, 0.5, { fill: theme.rule });
  }
  const [faster, slower] = metric.spreadCurves.map(points);
  if (faster !== undefined && slower !== undefined) {
    // Between the curves: one there, the other back.
    const back = pairs(slower).reverse().flat();
    painter.path([...faster, place.right, place.top, ...back], { fill: theme.inkFaint, alpha: 0.3 }, true);
  }
  const now = points(metric.curve);
  const end = now.length === 0 ? [] : [place.right, place.top];
  painter.path([...now, ...end], { stroke: theme.inkSoft, lineWidth: 2 });
  if (metric.before !== null) {
    const before = points(metric.before.curve);
    painter.path([...before, place.right, place.top], { stroke: theme.ink, lineWidth: 1.25, dash: [3, 2] });
  }
}

function pairs(points: readonly number[]): (readonly [number, number])[] {
  return Array.from({ length: points.length / 2 }, (_, i) => [points[2 * i], points[2 * i + 1]] as const);
}

/** What the percentiles may be off by: a bar across each line, one under the other. */
function drawSpreads(painter: Painter, metric: MetricModel, theme: Theme, place: Place): void {
  const pitch = Math.min(5, (place.base - place.top) / 5);
  metric.percentiles.forEach(({ spread }, i) => {
    if (spread === null) return;
    const [from, to] = [place.x(spread.lowUs), place.x(spread.highUs)];
    const y = place.top + 2 + i * pitch;
    painter.rect(from - 1, y - 2, to - from + 2, 4, { fill: theme.page, alpha: 0.8 });
    painter.rect(from, y - 0.75, to - from, 1.5, { fill: theme.ink });
    for (const end of [from, to]) painter.rect(end - 0.5, y - 2.5, 1, 5, { fill: theme.ink });
  });
}

/** Lines at the percentiles, their values under them; labels that would meet are moved apart. */
function drawPercentiles(painter: Painter, metric: MetricModel, theme: Theme, place: Place, small: TextStyle): void {
  const long = metric.percentiles.map((mark) => mark.long);
  const needed = long.reduce((sum, label) => sum + painter.measure(label, small) + 10, -10);
  const labels = needed <= place.right - place.left ? long : metric.percentiles.map((mark) => mark.label);
  const widths = labels.map((label) => painter.measure(label, small));
  const starts: number[] = [];
  metric.percentiles.forEach((mark, i) => {
    const wanted = place.x(mark.us) - widths[i] / 2;
    starts.push(Math.max(i === 0 ? place.left : starts[i - 1] + widths[i - 1] + 8, wanted));
  });
  for (let i = starts.length - 1, limit = place.right; i >= 0; i--) {
    starts[i] = Math.min(starts[i], limit - widths[i]);
    limit = starts[i] - 8;
  }
  metric.percentiles.forEach((mark, i) => {
    const x = place.x(mark.us);
    painter.rect(x - 0.5, place.top, 1, place.base - place.top + 3, { fill: theme.ink });
    if (Number.isNaN(place.labelY)) return;
    painter.text(starts[i], place.labelY, labels[i], { ...small, color: theme.ink });
  });
}

function drawSelected(painter: Painter, mark: Mark, theme: Theme, place: Place, small: TextStyle): void {
  const x = place.x(mark.us);
  painter.path([x - 4, place.top - 1, x + 4, place.top - 1, x, place.top + 5], { fill: theme.ink }, true);
  painter.rect(x - 1, place.top, 2, place.base - place.top, { fill: theme.ink });
  const isRight = x + painter.measure(mark.label, small) + 8 < place.right;
  const style: TextStyle = { ...small, color: theme.ink, weight: 600, align: isRight ? 'left' : 'right' };
  const width = painter.measure(mark.label, style);
  const start = isRight ? x + 6 : x - 6;
  painter.rect(isRight ? start - 2 : start - width - 2, place.top, width + 4, 12, { fill: theme.page, alpha: 0.85 });
  painter.text(start, place.top + 6, mark.label, style);
}
