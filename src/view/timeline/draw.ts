/** Draws the GPU timeline, and says which step or time lies under a point. */

import type { Translate } from '../../i18n/i18n.ts';
import type { Ink, Painter, Size, TextStyle } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Format } from '../../ui/use-format.ts';
import { timesOf } from '../strip/model.ts';
import { drawTransfers, transferAt } from './draw-transfers.ts';
import { idleInk, inkOf, legend, type Named } from './inks.ts';
import type { Piece } from './lanes.ts';
import type { PinnedLane, Shares, Slice, TimelineModel } from './model.ts';
import { gapShare, laneAt, leastSlots, type Place, pieceSpan, placeOf, type Span, spanOf, topOf } from './place.ts';

/** A model and the words that it is drawn with. */
export interface TimelinePicture {
  readonly model: TimelineModel;
  readonly t: Translate;
  readonly format: Format;
}

export function draw(painter: Painter, picture: TimelinePicture, theme: Theme, size: Size): void {
  const { model, t } = picture;
  const place = placeOf(model, size);
  const small: TextStyle = { color: theme.inkSoft, size: 10, baseline: 'middle' };
  if (model.isWhole ? model.lanes[0].stretches.length === 0 : model.slices.length === 0) {
    painter.text(size.width / 2, size.height / 2, t('timeline.empty'), { ...small, size: 12, align: 'center' });
    return;
  }
  if (model.lanes.length === 1) drawName(painter, picture, theme, place, small);
  else for (const stage of model.lanes.keys()) drawStageName(painter, picture, stage, theme, place, small);
  // What no step covers is idle, as far as it is known.
  for (const [stage, lane] of model.lanes.entries()) {
    const [from, to] = model.xScale === 'step' ? [place.left, place.right] : [place.x(lane.fromUs), place.x(lane.toUs)];
    const end = model.isWhole ? place.right : to;
    painter.rect(from, topOf(place, stage), Math.max(0, end - from), place.laneHeight, idleInk(theme));
  }
  if (model.isWhole) drawStretches(painter, picture, theme, place, small);
  else drawSlices(painter, picture, theme, place, small);
  if (model.transfers !== null) drawTransfers(painter, picture, model.transfers, theme, place);
  if (model.pinned !== null) drawPinned(painter, picture, model.pinned, theme, place);
  if (!Number.isNaN(place.legendY)) drawLegend(painter, picture, theme, place, small);
}

function drawName(
  painter: Painter,
  { model, t, format }: TimelinePicture,
  theme: Theme,
  place: Place,
  small: TextStyle,
): void {
  const middle = (place.top + place.base) / 2;
  const room = place.left - 8;
  const { name } = model.lanes[0];
  painter.text(2, middle - 14, name, { ...small, size: 11, color: theme.ink, weight: 600, maxWidth: room });
  const run = t('timeline.idleRun', { share: format.percent(model.idleRun) });
  painter.text(2, middle, run, { ...small, color: theme.ink, maxWidth: room });
  if (model.slices.length === 0) return;
  const view = t('timeline.idleView', { share: format.percent(model.idleView) });
  painter.text(2, middle + 14, view, { ...small, maxWidth: room });
}

/** A stage's name over its idle share in view, or as the lane below says it, in the run; beside it, by its number, where lanes are low. */
function drawStageName(
  painter: Painter,
  { model, t, format }: TimelinePicture,
  stage: number,
  theme: Theme,
  place: Place,
  small: TextStyle,
): void {
  const lane = model.lanes[stage];
  const middle = topOf(place, stage) + place.laneHeight / 2;
  const room = place.left - 8;
  const share = model.pinned === null ? lane.idleView : lane.idleRun;
  const idle = t('timeline.idleRun', { share: format.percent(share) });
  const bold: TextStyle = { ...small, size: 11, color: theme.ink, weight: 600 };
  if (place.laneHeight >= 21) {
    const apart = Math.min(7, place.laneHeight / 4);
    painter.text(2, middle - apart, lane.name, { ...bold, maxWidth: room });
    painter.text(2, middle + apart, idle, { ...small, maxWidth: room });
  } else if (place.laneHeight >= 9) {
    painter.text(2, middle, format.count(stage + 1), { ...bold, size: 10 });
    painter.text(20, middle, idle, { ...small, maxWidth: room - 18 });
  }
}

function drawSlices(painter: Painter, picture: TimelinePicture, theme: Theme, place: Place, small: TextStyle): void {
  const { model, t, format } = picture;
  const { top, base } = place;
  if (model.xScale === 'step') {
    const first = spanOf(model, place, 0).from;
    painter.rect(place.left, top, Math.max(0, first - place.left), base - top, { fill: theme.surface });
  }
  let lastEnd = Number.NEGATIVE_INFINITY;
  // Steps are named where they end.
  const { pieces } = model.lanes[model.lanes.length - 1];
  model.slices.forEach((slice, i) => {
    for (const [stage, lane] of model.lanes.entries())
      drawPiece(painter, picture, lane.pieces[i], stage, theme, place, small);
    const span = pieceSpan(model, place, pieces[i]);
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
  if (model.lanes.length > 1) {
    drawSends(painter, model, theme, place);
    drawStep(painter, model, model.slices.length - 1, { stroke: theme.ink, lineWidth: 1.5 }, theme, place);
  }
  const now = pieceSpan(model, place, pieces[pieces.length - 1]);
  painter.path([now.to - 4, top - 5, now.to + 4, top - 5, now.to, top], { fill: theme.ink }, true);
  // Under another lane there is no room for it; the bars say it too.
  if (model.pinned === null && model.lanes.length === 1 && model.slices.some(({ hasFocus }) => hasFocus)) {
    const text = t('timeline.focus', { request: model.focus });
    painter.text(2, (top + base) / 2 + 28, text, { ...small, maxWidth: place.left - 8 });
  }
}

/** Prefill above, decodes below where a step does both; what it waits for and what it wastes as bands of their own. */
function drawPiece(
  painter: Painter,
  { model, format }: TimelinePicture,
  piece: Piece,
  stage: number,
  theme: Theme,
  place: Place,
  small: TextStyle,
): void {
  const slice = model.slices[piece.slice];
  const span = pieceSpan(model, place, piece);
  // It has left this stage before the first step in view begins.
  if (span.to <= place.left) return;
  const top = topOf(place, stage);
  const base = top + place.laneHeight;
  const gap = span.to - span.from > 4 ? 1 : 0;
  const width = Math.max(0.5, span.to - span.from - gap);
  const height = base - top;
  if (slice.phase === 'mixed') {
    painter.rect(span.from, top, width, height / 2, inkOf('prefill', theme));
    painter.rect(span.from, top + height / 2, width, height / 2, inkOf('decode', theme));
  } else painter.rect(span.from, top, width, height, inkOf(slice.phase, theme));
  const us = Math.max(1, piece.endUs - piece.startUs);
  // Both are where a step begins.
  const transfer = stage === 0 ? Math.min(1, slice.transferUs / us) * width : 0;
  if (transfer >= 0.5) painter.rect(span.from, top, transfer, height, inkOf('transfer', theme));
  const encoding = stage === 0 ? Math.min(1, slice.encodingUs / us) * width : 0;
  if (encoding >= 0.5 && slice.phase !== 'encoding') {
    painter.rect(span.from + transfer, top, Math.min(encoding, width - transfer), height, inkOf('encoding', theme));
  }
  const padding = slice.paddingShare * height;
  if (padding >= 0.5) painter.rect(span.from, base - padding, width, padding, inkOf('padding', theme));
  drawCommunication(painter, Math.min(1, piece.communicationUs / us), span.from, base, width, height, theme);
  if (model.lanes.length > 1)
    drawNumber(painter, format.count(slice.step), slice.phase, span.from, top, width, height, theme, small);
  if (slice.hasFocus) {
    painter.rect(span.from, top - 2, width, 2, { fill: theme.ink });
    painter.rect(span.from, base, width, 2, { fill: theme.ink });
    if (width >= 4) {
      painter.rect(span.from + 0.75, top - 1, width - 1.5, height + 2, { stroke: theme.page, lineWidth: 3.5 });
      painter.rect(span.from + 0.75, top - 1, width - 1.5, height + 2, { stroke: theme.ink, lineWidth: 1.5 });
    }
  }
}

/** A bar along the foot of a slice, as long as its share in which GPUs send each other something: in truth it is spread over all layers. */
function drawCommunication(
  painter: Painter,
  share: number,
  x: number,
  base: number,
  width: number,
  height: number,
  theme: Theme,
): void {
  const length = share * width;
  if (length < 0.5) return;
  const tall = height >= 24 ? 4 : 2;
  painter.rect(x, base - tall - 1, width, 1, { fill: theme.page });
  painter.rect(x, base - tall, width, tall, { fill: theme.page, alpha: 0.45 });
  painter.rect(x, base - tall, length, tall, inkOf('communication', theme));
}

/** The number of a step where its slice has room for it; above where it does two things. */
function drawNumber(
  painter: Painter,
  label: string,
  phase: Slice['phase'],
  x: number,
  top: number,
  width: number,
  height: number,
  theme: Theme,
  small: TextStyle,
): void {
  const room = phase === 'mixed' ? height / 2 : height;
  if (width < 18 || room < 11) return;
  const style: TextStyle = {
    ...small,
    size: 9,
    weight: 500,
    align: 'center',
    color: phase === 'decode' ? theme.onDecode : theme.onPrefill,
  };
  if (painter.measure(label, style) + 4 > width) return;
  painter.text(x + width / 2, top + room / 2, label, style);
}

/** What a stage sends to the next, from its end to when it is there. */
function drawSends(painter: Painter, model: TimelineModel, theme: Theme, place: Place): void {
  const { left, right, x } = place;
  if (place.gap < 4 || (right - left) / model.slices.length < 14) return;
  model.lanes.slice(0, -1).forEach(({ pieces }, stage) => {
    const from = topOf(place, stage) + place.laneHeight;
    for (const { endUs, arrivesUs } of pieces) {
      if (endUs < model.fromUs || arrivesUs > model.toUs) continue;
      painter.path([x(endUs) - 0.5, from, x(arrivesUs), from + place.gap], { stroke: theme.inkSoft, lineWidth: 1 });
    }
  });
}

/** A frame round a step in every stage, and its way from one to the next. */
function drawStep(painter: Painter, model: TimelineModel, slice: number, ink: Ink, theme: Theme, place: Place): void {
  model.lanes.forEach(({ pieces }, stage) => {
    const piece = pieces[slice];
    const { from, to } = pieceSpan(model, place, piece);
    if (to <= place.left) return;
    const top = topOf(place, stage) - 1;
    const height = place.laneHeight + 2;
    // Round a narrow slice rather than over it.
    const [x, width] = to - from < 6 ? [from - 1.5, to - from + 2] : [from, to - from - 1];
    if (to - from >= 6) painter.rect(x, top, width, height, { stroke: theme.page, lineWidth: 3.5 });
    painter.rect(x, top, width, height, ink);
    if (stage === model.lanes.length - 1) return;
    const next = pieceSpan(model, place, model.lanes[stage + 1].pieces[slice]);
    painter.path([to - 1, top + height, next.from, top + height + place.gap - 2], ink);
  });
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
    // The stages of its pipeline one under the other.
    const each = height / lane.lanes.length;
    lane.lanes.forEach((pieces, stage) => {
      for (const piece of pieces) {
        const slice = lane.slices[piece.slice];
        const { from, to } = pinnedSpan(model, lane, place, piece);
        const start = Math.max(left, from);
        const width = Math.min(right, to) - start;
        if (width <= 0) continue;
        const y = top + stage * each;
        drawOutline(painter, slice.phase, theme, start, y, width, each);
        if (slice.hasFocus) painter.rect(start, y + each - 2, Math.max(1, width), 2, { fill: theme.ink });
      }
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
function pinnedSpan(model: TimelineModel, lane: PinnedLane, place: Place, piece: Piece): Span {
  const { slice: i, startUs, endUs } = piece;
  const slice = lane.slices[i];
  if (model.xScale === 'time') {
    // A step that is out of view must not become a line at the edge.
    if (endUs <= model.fromUs || startUs >= model.toUs) return { from: 0, to: 0 };
    return { from: place.x(startUs), to: place.x(endUs) };
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
  const { left, right, top } = place;
  const bottom = Number.isNaN(place.transfersBase) ? place.base : place.transfersBase;
  for (const [stage, lane] of model.lanes.entries())
    drawShares(painter, model, lane.stretches, topOf(place, stage), theme, place);
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
  painter.rect(now - 2, top, 4, bottom - top, { fill: theme.page });
  painter.rect(now - 0.75, top - 3, 1.5, bottom - top + 6, { fill: theme.ink });
}

/** Shares of the phases over the whole run, one on the other. */
function drawShares(
  painter: Painter,
  model: TimelineModel,
  stretches: readonly Shares[],
  top: number,
  theme: Theme,
  place: Place,
): void {
  const { left, laneHeight } = place;
  const base = top + laneHeight;
  const pitch = (place.x(model.runUs) - left) / stretches.length;
  const area = (below: (shares: Shares) => number, upTo: (shares: Shares) => number, ink: Ink): void => {
    const y = (share: number) => base - Math.min(1, share) * laneHeight;
    const upper = stretches.flatMap((s, i) => [left + i * pitch, y(upTo(s)), left + (i + 1) * pitch, y(upTo(s))]);
    const lower: number[] = [];
    for (let i = stretches.length - 1; i >= 0; i--) {
      const at = y(below(stretches[i]));
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
    transfer: model.transfers !== null || model.slices.some((s) => s.transferUs > 0),
    padding: model.slices.some((s) => s.paddingShare > 0),
    communication: model.lanes.some(({ pieces }) => pieces.some((piece) => piece.communicationUs > 0)),
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
  if (model.isWhole && us >= model.fromUs && us <= model.toUs) {
    painter.rect(place.x(us) - 0.5, top, 1, height, { fill: theme.inkSoft });
  }
  const index = stepAt(model, us);
  if (index < 0) return;
  if (model.lanes.length > 1) {
    drawStep(painter, model, index, { stroke: theme.ink, lineWidth: 1 }, theme, place);
    return;
  }
  const { from, to } = spanOf(model, place, index);
  painter.rect(from - 0.5, top, Math.max(2, to - from), height, { stroke: theme.page, lineWidth: 3 });
  painter.rect(from - 0.5, top, Math.max(2, to - from), height, { stroke: theme.ink, lineWidth: 1 });
}

/** The step that runs at a time; of those that run side by side in a pipeline the one whose middle is nearest. -1 = none. */
function stepAt(model: TimelineModel, us: number): number {
  let found = -1;
  let least = Number.POSITIVE_INFINITY;
  model.slices.forEach(({ startUs, endUs }, i) => {
    if (us < startUs || us >= endUs) return;
    const far = Math.abs(us - (startUs + endUs) / 2);
    if (far >= least) return;
    found = i;
    least = far;
  });
  return found;
}

/** What lies under a point. */
export interface Hit {
  /** Places of the slice and of its lane; -1 beside them. */
  readonly slice: number;
  readonly lane: number;
  /** Place among the transfers; -1 beside them. */
  readonly transfer: number;
  /** The simulated time there; NaN beside the lanes. */
  readonly us: number;
}

export function hit(model: TimelineModel, size: Size, x: number, y: number): Hit {
  const place = placeOf(model, size);
  if (x < place.left || x > place.right || y < place.top - 6 || y > place.axisY + 8)
    return { slice: -1, lane: -1, transfer: -1, us: Number.NaN };
  const us = place.x.invert(x);
  if (model.transfers !== null && y >= place.transfersTop && y <= place.transfersBase)
    return { slice: -1, lane: -1, transfer: transferAt(model.transfers, place, us, y), us };
  const lane = laneAt(place, model.lanes.length, y);
  const piece = model.lanes[lane].pieces.find((each) => {
    const span = pieceSpan(model, place, each);
    return x >= span.from && x < span.to;
  });
  return piece === undefined
    ? { slice: -1, lane: -1, transfer: -1, us }
    : { slice: piece.slice, lane, transfer: -1, us };
}
