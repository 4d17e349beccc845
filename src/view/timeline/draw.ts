/** Draws the GPU timeline, and says which step or time lies under a point. */

import type { Translate } from '../../i18n/i18n.ts';
import type { Ink, Painter, Size, TextStyle } from '../../ui/painter.ts';
import { linearScale, type Scale } from '../../ui/scale.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Format } from '../../ui/use-format.ts';
import { timesOf } from '../strip/model.ts';
import type { PinnedLane, Shares, Slice, TimelineModel } from './model.ts';

/** A model and the words that it is drawn with. */
export interface TimelinePicture {
  readonly model: TimelineModel;
  readonly t: Translate;
  readonly format: Format;
}

interface Place {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly base: number;
  /** The lane of a run beside it, between these two; NaN without one. */
  readonly pinnedTop: number;
  readonly pinnedBase: number;
  readonly axisY: number;
  /** NaN where there is no room for a legend. */
  readonly legendY: number;
  readonly x: Scale;
}

/** From `from` to `to` in pixels. */
interface Span {
  readonly from: number;
  readonly to: number;
}

const labelWidth = 96;
const tallestLane = 180;
/** Steps at the start of a run keep the width that they will have later. */
const leastSlots = 10;
/** What the shown run's lane takes where another one lies under it. */
const shownShare = 0.58;
/** Most of a slot that idle time before a step takes where all steps are equally wide. */
const gapShare = 0.3;

function placeOf(model: TimelineModel, size: Size): Place {
  const hasLegend = size.height >= 96;
  const left = Math.min(labelWidth, size.width * 0.3);
  const right = Math.max(left + 1, size.width - 4);
  const top = 8;
  const end = Math.max(top + 4, Math.min(top + tallestLane, size.height - (hasLegend ? 36 : 18)));
  const hasPinned = model.pinned !== null;
  const base = hasPinned ? top + Math.round((end - top) * shownShare) : end;
  return {
    left,
    right,
    top,
    base,
    pinnedTop: hasPinned ? base + 6 : Number.NaN,
    pinnedBase: hasPinned ? end : Number.NaN,
    axisY: end + 10,
    legendY: hasLegend ? end + 28 : Number.NaN,
    x: linearScale([model.fromUs, model.toUs], [left, right]),
  };
}

/** Where a slice lies: as wide as it lasts, or all equally wide with a gap for idle time. */
function spanOf(model: TimelineModel, place: Place, i: number): Span {
  const slice = model.slices[i];
  if (model.xScale === 'time') return { from: place.x(slice.startUs), to: place.x(slice.endUs) };
  const count = model.slices.length;
  const pitch = (place.right - place.left) / Math.max(leastSlots, count);
  const from = place.right - (count - i) * pitch;
  return { from: from + (slice.idleUs > 0 ? pitch * gapShare : 0), to: from + pitch };
}

export function draw(painter: Painter, picture: TimelinePicture, theme: Theme, size: Size): void {
  const { model, t, format } = picture;
  const place = placeOf(model, size);
  const small: TextStyle = { color: theme.inkSoft, size: 10, baseline: 'middle' };
  if (model.slices.length + model.stretches.length === 0) {
    painter.text(size.width / 2, size.height / 2, t('timeline.empty'), { ...small, size: 12, align: 'center' });
    return;
  }
  const middle = (place.top + place.base) / 2;
  const room = place.left - 8;
  painter.text(2, middle - 14, model.lane, { ...small, size: 11, color: theme.ink, weight: 600, maxWidth: room });
  const run = t('timeline.idleRun', { share: format.percent(model.idleRun) });
  painter.text(2, middle, run, { ...small, color: theme.ink, maxWidth: room });
  if (model.slices.length > 0) {
    const view = t('timeline.idleView', { share: format.percent(model.idleView) });
    painter.text(2, middle + 14, view, { ...small, maxWidth: room });
  }
  // What no step covers is idle.
  painter.rect(place.left, place.top, place.right - place.left, place.base - place.top, idleInk(theme));
  if (model.slices.length > 0) drawSlices(painter, picture, theme, place, small);
  else drawStretches(painter, picture, theme, place, small);
  if (model.pinned !== null) drawPinned(painter, picture, model.pinned, theme, place);
  if (!Number.isNaN(place.legendY)) drawLegend(painter, picture, theme, place, small);
}

function idleInk(theme: Theme): Ink {
  return { fill: theme.empty, texture: 'hatch', mark: theme.rule };
}

function drawSlices(
  painter: Painter,
  { model, t, format }: TimelinePicture,
  theme: Theme,
  place: Place,
  small: TextStyle,
): void {
  const { top, base } = place;
  if (model.xScale === 'step') {
    const first = spanOf(model, place, 0).from;
    painter.rect(place.left, top, Math.max(0, first - place.left), base - top, { fill: theme.surface });
  }
  let lastEnd = Number.NEGATIVE_INFINITY;
  model.slices.forEach((slice, i) => {
    const span = spanOf(model, place, i);
    drawSlice(painter, slice, span, theme, place);
    const isLast = i === model.slices.length - 1;
    const label = format.count(slice.step);
    const style: TextStyle = isLast ? { ...small, color: theme.ink, weight: 600 } : small;
    const half = painter.measure(label, style) / 2;
    const at = Math.min(place.right - half, Math.max(place.left + half, (span.from + span.to) / 2));
    const lastLabel =
      place.right - painter.measure(format.count(model.slices[model.slices.length - 1].step), small) - 14;
    if (isLast || (slice.step % 5 === 0 && at - half > lastEnd + 10 && at + half < lastLabel)) {
      painter.text(at, place.axisY, label, { ...style, align: 'center' });
      lastEnd = at + half;
    }
  });
  const now = spanOf(model, place, model.slices.length - 1);
  painter.path([now.to - 4, top - 5, now.to + 4, top - 5, now.to, top], { fill: theme.ink }, true);
  // Under another lane there is no room for it; the bars say it too.
  if (model.pinned === null && model.slices.some(({ hasFocus }) => hasFocus)) {
    const text = t('timeline.focus', { request: model.focus });
    painter.text(2, (top + base) / 2 + 28, text, { ...small, maxWidth: place.left - 8 });
  }
}

/** Prefill above, decodes below where a step does both; what it waits for and what it wastes as bands of their own. */
function drawSlice(painter: Painter, slice: Slice, span: Span, theme: Theme, place: Place): void {
  const { top, base } = place;
  const gap = span.to - span.from > 4 ? 1 : 0;
  const width = Math.max(0.5, span.to - span.from - gap);
  const height = base - top;
  if (slice.phase === 'mixed') {
    painter.rect(span.from, top, width, height / 2, inkOf('prefill', theme));
    painter.rect(span.from, top + height / 2, width, height / 2, inkOf('decode', theme));
  } else painter.rect(span.from, top, width, height, inkOf(slice.phase, theme));
  const us = Math.max(1, slice.endUs - slice.startUs);
  const transfer = Math.min(1, slice.transferUs / us) * width;
  if (transfer >= 0.5) painter.rect(span.from, top, transfer, height, inkOf('transfer', theme));
  const encoding = Math.min(1, slice.encodingUs / us) * width;
  if (encoding >= 0.5 && slice.phase !== 'encoding') {
    painter.rect(span.from + transfer, top, Math.min(encoding, width - transfer), height, inkOf('encoding', theme));
  }
  const padding = slice.paddingShare * height;
  if (padding >= 0.5) painter.rect(span.from, base - padding, width, padding, inkOf('padding', theme));
  if (slice.hasFocus) {
    painter.rect(span.from, top - 2, width, 2, { fill: theme.ink });
    painter.rect(span.from, base, width, 2, { fill: theme.ink });
    if (width >= 4) {
      painter.rect(span.from + 0.75, top - 1, width - 1.5, height + 2, { stroke: theme.page, lineWidth: 3.5 });
      painter.rect(span.from + 0.75, top - 1, width - 1.5, height + 2, { stroke: theme.ink, lineWidth: 1.5 });
    }
  }
}

/** The other run's lane: the same in outline, a texture instead of a hue, and where the two part. */
function drawPinned(
  painter: Painter,
  { model, t, format }: TimelinePicture,
  lane: PinnedLane,
  theme: Theme,
  place: Place,
): void {
  const { left, right, pinnedTop: top, pinnedBase: base, x } = place;
  const height = base - top;
  const small: TextStyle = { color: theme.inkSoft, size: 10, baseline: 'middle' };
  const middle = (top + base) / 2;
  painter.text(2, middle - (height >= 26 ? 7 : 0), t('timeline.pinned'), {
    ...small,
    size: 11,
    color: theme.ink,
    weight: 600,
    maxWidth: left - 8,
  });
  if (height >= 26) {
    const words = t('timeline.idleRun', { share: format.percent(lane.idleRun) });
    painter.text(2, middle + 7, words, { ...small, maxWidth: left - 8 });
  }
  painter.rect(left, top, right - left, height, { fill: theme.surface });
  if (lane.slices.length > 0) {
    lane.slices.forEach((slice, i) => {
      const { from, to } = pinnedSpan(model, lane, place, i);
      const start = Math.max(left, from);
      const width = Math.min(right, to) - start;
      if (width <= 0) return;
      drawOutline(painter, slice.phase, theme, start, top, width, height);
      if (slice.hasFocus) painter.rect(start, base - 2, Math.max(1, width), 2, { fill: theme.ink });
    });
  } else {
    const outline = (of: (shares: Shares) => number): number[] =>
      lane.stretches.flatMap((shares, i) => {
        const y = base - Math.min(1, of(shares)) * height;
        const end = (k: number) => x(Math.min(lane.toUs, (k * lane.toUs) / lane.stretches.length));
        return [end(i), y, end(i + 1), y];
      });
    painter.path(
      outline((s) => s.decode),
      { stroke: theme.decode, lineWidth: 1.25 },
    );
    painter.path(
      outline((s) => s.decode + s.mixed + s.prefill),
      { stroke: theme.ink, lineWidth: 1.25 },
    );
    painter.rect(left, base, right - left, 0.5, { fill: theme.inkFaint });
  }
  drawSame(painter, model, lane, t, theme, place);
}

/** Steps of both runs end at the right edge where all are equally wide. */
function pinnedSpan(model: TimelineModel, lane: PinnedLane, place: Place, i: number): Span {
  const slice = lane.slices[i];
  if (model.xScale === 'time') {
    // A step that is out of view must not become a line at the edge.
    if (slice.endUs <= model.fromUs || slice.startUs >= model.toUs) return { from: 0, to: 0 };
    return { from: place.x(slice.startUs), to: place.x(slice.endUs) };
  }
  const pitch = (place.right - place.left) / Math.max(leastSlots, model.slices.length);
  const from = place.right - (lane.slices.length - i) * pitch;
  return { from: from + (slice.idleUs > 0 ? pitch * gapShare : 0), to: from + pitch };
}

/** A slice without a fill; its phase is told by edges and texture: prefill thick, decode thin, both halved. */
function drawOutline(
  painter: Painter,
  phase: Slice['phase'],
  theme: Theme,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const hue = phase === 'decode' ? theme.decode : theme.prefill;
  if (width < 3) {
    painter.rect(x, y, Math.max(0.5, width), 2, { fill: hue });
    painter.rect(x, y + height - 2, Math.max(0.5, width), 2, { fill: phase === 'mixed' ? theme.decode : hue });
    return;
  }
  painter.rect(x + 0.75, y + 0.75, width - 2, height - 1.5, { stroke: hue, lineWidth: phase === 'decode' ? 1 : 1.5 });
  if (phase === 'mixed') painter.rect(x + 0.75, y + height / 2, width - 2, 1, { fill: theme.decode });
}

/** The part in which both runs are the same, and a line where they part. */
function drawSame(
  painter: Painter,
  model: TimelineModel,
  lane: PinnedLane,
  t: Translate,
  theme: Theme,
  place: Place,
): void {
  const { left, right, top, pinnedBase } = place;
  const parting = partingX(model, lane, place);
  if (parting <= left) return;
  const end = Math.min(right, parting);
  const y = place.base + 3;
  painter.path([left, y, end, y], { stroke: theme.ink, lineWidth: 2 });
  if (parting < right) painter.path([parting, top - 4, parting, pinnedBase], { stroke: theme.ink, dash: [3, 2] });
  const style: TextStyle = { color: theme.ink, size: 9, weight: 600, align: 'center', baseline: 'middle' };
  const words = t('timeline.same');
  const width = painter.measure(words, style) + 8;
  if (end - left < width + 8) return;
  const middle = (left + end) / 2;
  painter.rect(middle - width / 2, y - 6, width, 12, { fill: theme.surface });
  painter.text(middle, y, words, style);
}

function partingX(model: TimelineModel, lane: PinnedLane, place: Place): number {
  if (model.slices.length === 0 || model.xScale === 'time') {
    if (lane.sameUs <= model.fromUs) return place.left;
    return lane.sameUs >= model.toUs ? Number.POSITIVE_INFINITY : place.x(lane.sameUs);
  }
  const first = model.slices.findIndex(({ step }) => step >= lane.sameSteps);
  return first < 0 ? Number.POSITIVE_INFINITY : first === 0 ? place.left : spanOf(model, place, first).from;
}

function drawStretches(
  painter: Painter,
  { model, format }: TimelinePicture,
  theme: Theme,
  place: Place,
  small: TextStyle,
): void {
  const { left, right, top, base } = place;
  const pitch = (place.x(model.runUs) - left) / model.stretches.length;
  const area = (below: (shares: Shares) => number, upTo: (shares: Shares) => number, ink: Ink): void => {
    const y = (share: number) => base - Math.min(1, share) * (base - top);
    const upper = model.stretches.flatMap((s, i) => [left + i * pitch, y(upTo(s)), left + (i + 1) * pitch, y(upTo(s))]);
    const lower: number[] = [];
    for (let i = model.stretches.length - 1; i >= 0; i--) {
      const at = y(below(model.stretches[i]));
      lower.push(left + (i + 1) * pitch, at, left + i * pitch, at);
    }
    painter.path([...upper, ...lower], ink, true);
  };
  area(
    () => 0,
    (s) => s.decode,
    inkOf('decode', theme),
  );
  area(
    (s) => s.decode,
    (s) => s.decode + s.mixed,
    inkOf('mixed', theme),
  );
  area(
    (s) => s.decode + s.mixed,
    (s) => s.decode + s.mixed + s.prefill,
    inkOf('prefill', theme),
  );
  let lastEnd = Number.NEGATIVE_INFINITY;
  for (const us of timesOf(model.toUs)) {
    const label = format.duration(us);
    const half = painter.measure(label, small) / 2;
    const at = Math.max(left + half, place.x(us));
    if (at - half < lastEnd + 8 || at + half > right + 2) continue;
    painter.text(at, place.axisY, label, { ...small, align: 'center' });
    lastEnd = at + half;
  }
  if (Number.isNaN(model.nowUs)) return;
  const now = place.x(model.nowUs);
  painter.rect(now - 2, top, 4, base - top, { fill: theme.page });
  painter.rect(now - 0.75, top - 3, 1.5, base - top + 6, { fill: theme.ink });
}

const legend = ['prefill', 'mixed', 'decode', 'encoding', 'transfer', 'padding', 'idle'] as const;
type Named = (typeof legend)[number];

/** Hues of the phases; the rest keeps to texture. */
function inkOf(name: Named, theme: Theme): Ink {
  switch (name) {
    case 'prefill':
      return { fill: theme.prefill };
    case 'mixed':
      return { fill: theme.prefill, texture: 'rule', mark: theme.decode };
    case 'decode':
      return { fill: theme.decode };
    case 'encoding':
      return { fill: theme.prefill, texture: 'dots', mark: theme.page };
    case 'transfer':
      return { fill: theme.waiting, texture: 'dots', mark: theme.page };
    case 'padding':
      return { fill: theme.surface, texture: 'hatch', mark: theme.loss };
    case 'idle':
      return idleInk(theme);
  }
}

/** The phases always; the rarer parts where they occur. */
function drawLegend(
  painter: Painter,
  { model, t }: TimelinePicture,
  theme: Theme,
  place: Place,
  small: TextStyle,
): void {
  const occurs: Readonly<Record<Named, boolean>> = {
    prefill: true,
    mixed: true,
    decode: true,
    encoding: model.slices.some((s) => s.encodingUs > 0),
    transfer: model.slices.some((s) => s.transferUs > 0),
    padding: model.slices.some((s) => s.paddingShare > 0),
    idle: true,
  };
  let x = 2;
  for (const name of legend) {
    if (!occurs[name]) continue;
    const words = t(`timeline.${name}`);
    const width = 16 + painter.measure(words, small);
    if (x + width > place.right) break;
    const box = [x, place.legendY - 5, 10, 10] as const;
    if (name === 'mixed' && model.slices.length > 0) {
      painter.rect(x, place.legendY - 5, 10, 5, inkOf('prefill', theme));
      painter.rect(x, place.legendY, 10, 5, inkOf('decode', theme));
    } else painter.rect(...box, inkOf(name, theme));
    painter.rect(x + 0.5, place.legendY - 4.5, 9, 9, { stroke: theme.waiting, lineWidth: 1 });
    painter.text(x + 15, place.legendY, words, small);
    x += width + 12;
  }
}

/** A frame round the step that runs at a time which is pointed at somewhere; over the whole run, a line. */
export function drawPointedTime(painter: Painter, model: TimelineModel, us: number, theme: Theme, size: Size): void {
  const place = placeOf(model, size);
  const [top, height] = [place.top - 2, place.base - place.top + 4];
  if (model.stretches.length > 0 && us >= model.fromUs && us <= model.toUs) {
    painter.rect(place.x(us) - 0.5, top, 1, height, { fill: theme.inkSoft });
  }
  const index = model.slices.findIndex(({ startUs, endUs }) => us >= startUs && us < endUs);
  if (index < 0) return;
  const { from, to } = spanOf(model, place, index);
  painter.rect(from - 0.5, top, Math.max(2, to - from), height, { stroke: theme.page, lineWidth: 3 });
  painter.rect(from - 0.5, top, Math.max(2, to - from), height, { stroke: theme.ink, lineWidth: 1 });
}

/** The slice under a point, -1 beside them; and the simulated time there, NaN beside the lane. */
export function hit(model: TimelineModel, size: Size, x: number, y: number): { slice: number; us: number } {
  const place = placeOf(model, size);
  if (x < place.left || x > place.right || y < place.top - 6 || y > place.axisY + 8)
    return { slice: -1, us: Number.NaN };
  const slice = model.slices.findIndex((_, i) => {
    const span = spanOf(model, place, i);
    return x >= span.from && x < span.to;
  });
  return { slice, us: place.x.invert(x) };
}
