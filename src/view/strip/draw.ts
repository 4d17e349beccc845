/** Draws the throughput panel, and says which time lies under a point. */

import type { Ink, Painter, Size, TextStyle } from '../../ui/painter.ts';
import { linearScale } from '../../ui/scale.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Lane, StripModel } from './model.ts';

interface Place {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly laneHeight: number;
}

const axisHeight = 16;
const labelWidth = 124;

/** Lower lanes would have one name over the other. */
const leastLane = 11;

/** Those that there is room for. */
function lanesOf({ lanes }: StripModel, size: Size): readonly Lane[] {
  return lanes.slice(0, Math.max(1, Math.floor((size.height - axisHeight) / leastLane)));
}

function placeOf(model: StripModel, size: Size): Place {
  const bottom = size.height - axisHeight;
  return {
    left: Math.min(labelWidth, size.width * 0.4),
    right: Math.max(labelWidth + 1, size.width - 4),
    bottom,
    laneHeight: bottom / Math.max(1, lanesOf(model, size).length),
  };
}

/** What stays while the cursor moves: the charts. */
export function drawGround(painter: Painter, model: StripModel, theme: Theme, size: Size): void {
  if (model.lanes.length === 0) {
    const style: TextStyle = { color: theme.inkSoft, size: 12, baseline: 'middle', align: 'center' };
    painter.text(size.width / 2, size.height / 2, model.empty, style);
    return;
  }
  const place = placeOf(model, size);
  const x = linearScale([0, model.spanUs], [place.left, place.right]);
  for (const time of model.times) {
    painter.rect(x(time.us), 0, 0.5, place.bottom, { fill: theme.rule });
  }
  lanesOf(model, size).forEach((lane, i) => {
    const { top, base } = laneAt(place, i);
    drawLayers(painter, lane, model, theme, { ...place, bottom: base }, top);
  });
}

/** Over the ground: the lanes' names with their values at the cursor, and the times. */
export function drawNow(painter: Painter, model: StripModel, theme: Theme, size: Size): void {
  if (model.lanes.length === 0) return;
  const small: TextStyle = { color: theme.inkSoft, size: 10, baseline: 'middle' };
  const place = placeOf(model, size);
  lanesOf(model, size).forEach((lane, i) => {
    const { top, base } = laneAt(place, i);
    drawLabels(painter, lane, theme, place, top, base, small);
  });
  const x = linearScale([0, model.spanUs], [place.left, place.right]);
  drawTimes(painter, model, theme, place, x, small);
}

function laneAt({ laneHeight }: Place, lane: number) {
  return { top: lane * laneHeight + 4, base: (lane + 1) * laneHeight };
}

/** A line at a time which is pointed at somewhere. */
export function drawPointedTime(painter: Painter, model: StripModel, us: number, theme: Theme, size: Size): void {
  if (model.lanes.length === 0 || !(us >= 0 && us <= model.spanUs)) return;
  const { left, right, bottom } = placeOf(model, size);
  const x = left + (us / model.spanUs) * (right - left);
  painter.rect(x - 2, 0, 4, bottom, { fill: theme.page, alpha: 0.8 });
  painter.rect(x - 0.5, 0, 1, bottom, { fill: theme.inkSoft });
}

/** Simulated time under a point, microseconds; null beside the charts. */
export function hit(model: StripModel, size: Size, x: number, y: number): number | null {
  const place = placeOf(model, size);
  if (model.lanes.length === 0 || x < place.left || x > place.right || y < 0 || y > size.height) return null;
  return ((x - place.left) / (place.right - place.left)) * model.spanUs;
}

function drawLayers(painter: Painter, lane: Lane, model: StripModel, theme: Theme, place: Place, top: number): void {
  const width = place.right - place.left;
  const y = linearScale([0, lane.top], [place.bottom, top]);
  let below: readonly number[] | null = null;
  for (const layer of lane.layers) {
    const steps = stepsOf({ ...model, values: layer.values }, width, model.spanUs);
    const lower: readonly number[] = below ?? steps.map(() => 0);
    const upper = steps.map((step, i) => step.value + lower[i]);
    const points: number[] = [];
    steps.forEach(({ from, to }, i) => {
      points.push(place.left + from * width, y(upper[i]), place.left + to * width, y(upper[i]));
    });
    for (let i = steps.length - 1; i >= 0; i--) {
      const { from, to } = steps[i];
      points.push(place.left + to * width, y(lower[i]), place.left + from * width, y(lower[i]));
    }
    painter.path(points, inkOf(theme, layer.ink), true);
    below = upper;
  }
  if (lane.pinned !== null) drawPinned(painter, lane.pinned, model, theme, place, y);
  if (lane.band !== null) drawBand(painter, lane.band, model, theme, place, y);
  painter.rect(place.left, place.bottom, width, 1, { fill: theme.inkFaint });
  const meanY = y(lane.meanValue);
  painter.path([place.left, meanY, place.right, meanY], { stroke: theme.ink, lineWidth: 1, dash: [2, 3], alpha: 0.7 });
}

/** The other run's total in outline. */
function drawPinned(
  painter: Painter,
  { totals, ...pinned }: NonNullable<Lane['pinned']>,
  model: StripModel,
  theme: Theme,
  place: Place,
  y: (value: number) => number,
): void {
  const width = place.right - place.left;
  const points = stepsOf({ ...pinned, values: totals }, width, model.spanUs).flatMap(({ from, to, value }) => [
    place.left + from * width,
    y(value),
    place.left + to * width,
    y(value),
  ]);
  painter.path(points, { stroke: theme.page, lineWidth: 3 });
  painter.path(points, { stroke: theme.ink, lineWidth: 1.25 });
}

/** Between the least and the most that the rate may be. */
function drawBand(
  painter: Painter,
  { low, high, stretchUs }: NonNullable<Lane['band']>,
  { spanUs }: StripModel,
  theme: Theme,
  place: Place,
  y: (rate: number) => number,
): void {
  const pitch = (place.right - place.left) * (stretchUs / spanUs);
  const line = (rates: readonly number[]) =>
    rates.flatMap((rate, i) => [place.left + i * pitch, y(rate), place.left + (i + 1) * pitch, y(rate)]);
  const [lower, upper] = [line(low), line(high)];
  const back = lower.flatMap((_, i) => (i % 2 === 0 ? [lower[lower.length - 2 - i], lower[lower.length - 1 - i]] : []));
  painter.path([...upper, ...back], { fill: theme.page, alpha: 0.45 }, true);
  for (const edge of [lower, upper]) painter.path(edge, { stroke: theme.ink, lineWidth: 0.75 });
}

function inkOf(theme: Theme, ink: 'decode' | 'prefill' | 'plain'): Ink {
  if (ink === 'decode') return { fill: theme.decode, texture: 'rule', mark: theme.page };
  return ink === 'prefill' ? { fill: theme.prefill } : { fill: theme.inkFaint, alpha: 0.6 };
}

/** A level from `from` to `to`, both as shares of the axis. */
interface Step {
  readonly from: number;
  readonly to: number;
  readonly value: number;
}

/** Values of a run in bins of time, of which the last may be cut. */
interface Bins {
  readonly values: readonly number[];
  readonly binUs: number;
  readonly endUs: number;
}

/** One step a bin where there is room for all, else one mean a pixel; up to the end of the run, which the axis may outlast. */
function stepsOf({ values, binUs, endUs }: Bins, width: number, spanUs: number): readonly Step[] {
  const pixels = Math.max(1, Math.floor(width));
  const bins = spanUs / binUs;
  const most = Math.min(1, endUs / spanUs);
  if (values.length <= pixels) {
    return values.map((value, i) => ({ from: Math.min(most, i / bins), to: Math.min(most, (i + 1) / bins), value }));
  }
  return Array.from({ length: Math.ceil(pixels * most) }, (_, i) => {
    const first = Math.min(values.length - 1, Math.floor((i * bins) / pixels));
    const end = Math.max(first + 1, Math.min(values.length, Math.floor(((i + 1) * bins) / pixels)));
    let sum = 0;
    for (let bin = first; bin < end; bin++) sum += values[bin];
    return { from: i / pixels, to: Math.min(most, (i + 1) / pixels), value: sum / (end - first) };
  });
}

/** Name, value at the cursor, mean; on one line less where lanes are low. */
function drawLabels(
  painter: Painter,
  lane: Lane,
  theme: Theme,
  place: Place,
  top: number,
  base: number,
  small: TextStyle,
): void {
  const middle = (top + base) / 2;
  const room = place.left - 10;
  const strong: TextStyle = { ...small, size: 12, color: theme.ink, weight: 600 };
  if (base - top < 26) {
    const value: TextStyle = { ...strong, size: 11, align: 'right' };
    painter.text(2, middle, lane.name, { ...small, maxWidth: room - painter.measure(lane.now, value) - 6 });
    painter.text(place.left - 8, middle, lane.now, value);
    return;
  }
  painter.text(place.left - 4, top + 4, lane.topLabel, { ...small, size: 9, color: theme.inkFaint, align: 'right' });
  if (base - top >= 48) {
    painter.text(2, middle - 14, lane.name, { ...small, maxWidth: room - 24 });
    painter.text(2, middle, lane.now, strong);
    painter.text(2, middle + 14, lane.mean, { ...small, maxWidth: room });
    return;
  }
  painter.text(2, middle - 7, lane.name, { ...small, maxWidth: room - 24 });
  painter.text(2, middle + 7, lane.now, strong);
  const start = 2 + (lane.now === '' ? 0 : painter.measure(lane.now, strong) + 6);
  if (start + painter.measure(lane.mean, small) <= place.left - 4) painter.text(start, middle + 7, lane.mean, small);
}

function drawTimes(
  painter: Painter,
  model: StripModel,
  theme: Theme,
  place: Place,
  x: (us: number) => number,
  small: TextStyle,
): void {
  const y = place.bottom + 9;
  const hasCursor = !Number.isNaN(model.cursorUs);
  const cursorX = hasCursor ? Math.min(place.right, x(model.cursorUs)) : Number.NaN;
  const bold: TextStyle = { ...small, color: theme.ink, weight: 600, align: 'center' };
  const half = hasCursor ? painter.measure(model.clock, bold) / 2 : 0;
  const clockX = hasCursor ? Math.min(place.right - half, Math.max(place.left + half, cursorX)) : Number.NaN;
  let lastEnd = Number.NEGATIVE_INFINITY;
  for (const time of model.times) {
    const at = x(time.us);
    const reach = painter.measure(time.label, small) / 2;
    if (at - reach < lastEnd + 8 || at + reach > place.right + 2) continue;
    if (hasCursor && Math.abs(at - clockX) < reach + half + 6) continue;
    lastEnd = at + reach;
    painter.text(at, y, time.label, { ...small, align: 'center' });
  }
  if (!hasCursor) return;
  painter.rect(cursorX - 0.75, 0, 1.5, place.bottom + 3, { fill: theme.ink });
  painter.text(clockX, y, model.clock, bold);
}
