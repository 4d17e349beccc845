/** Draws events as glyphs over simulated time, and says which lie under a point. */

import type { Translate } from '../../i18n/i18n.ts';
import type { Painter, Size, TextStyle } from '../../ui/painter.ts';
import { linearScale, type Scale } from '../../ui/scale.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Format } from '../../ui/use-format.ts';
import { timesOf } from '../strip/model.ts';
import type { EventName, EventsModel } from './model.ts';

export interface EventsPicture {
  readonly model: EventsModel;
  readonly nowUs: number;
  /** A time that is pointed at somewhere; NaN or left out for none. */
  readonly pointedUs?: number;
  /** Place of the event that is pointed at; -1 = none. */
  readonly pointed: number;
  /** The request whose events are marked; -1 = none. */
  readonly focus: number;
  readonly t: Translate;
  readonly format: Format;
}

interface Place {
  readonly left: number;
  readonly right: number;
  readonly base: number;
  readonly rowHeight: number;
  readonly x: Scale;
}

const axisHeight = 18;
const tallestRow = 34;
/** Pointing is right to this many pixels. */
const reach = 7;

function placeOf(model: EventsModel, size: Size): Place {
  // Counts of two runs take more room.
  const left = model.pinned === null ? Math.min(118, size.width * 0.36) : Math.min(160, size.width * 0.42);
  const right = Math.max(left + 1, size.width - 8);
  const rowHeight = Math.min(tallestRow, (size.height - axisHeight) / Math.max(1, model.rows.length));
  return {
    left,
    right,
    base: rowHeight * model.rows.length,
    rowHeight,
    x: linearScale([0, model.spanUs], [left, right]),
  };
}

const middleOf = (model: EventsModel, place: Place, kind: EventName): number =>
  (model.rows.indexOf(kind) + 0.5) * place.rowHeight;

export function draw(painter: Painter, picture: EventsPicture, theme: Theme, size: Size): void {
  const { model, nowUs, t, format } = picture;
  const small: TextStyle = { color: theme.inkSoft, size: 10, baseline: 'middle' };
  if (model.rows.length === 0) {
    painter.text(size.width / 2, size.height / 2, t('events.empty'), {
      ...small,
      size: 12,
      align: 'center',
      maxWidth: size.width - 16,
    });
    return;
  }
  const place = placeOf(model, size);
  model.rows.forEach((kind, i) => {
    const y = middleOf(model, place, kind);
    if (i > 0) painter.rect(0, i * place.rowHeight, size.width, 0.5, { fill: theme.rule });
    drawGlyph(painter, kind, 8, y, theme);
    const before = model.pinned === null ? '' : `A ${format.count(model.pinned.counts[kind])} → `;
    const count = before + format.count(model.counts[kind]);
    const countStyle: TextStyle = { ...small, color: theme.ink, weight: 600, align: 'right' };
    const room = place.left - 30 - painter.measure(count, countStyle);
    painter.text(18, y, t(`events.kind.${kind}`), { ...small, maxWidth: room });
    painter.text(place.left - 8, y, count, countStyle);
  });
  painter.rect(place.left, place.base, place.right - place.left, 1, { fill: theme.inkFaint });
  if (!Number.isNaN(nowUs)) painter.rect(place.x(nowUs) - 0.75, 0, 1.5, place.base + 3, { fill: theme.ink });
  const { pointedUs = Number.NaN } = picture;
  if (pointedUs >= 0 && pointedUs <= model.spanUs) {
    painter.rect(place.x(pointedUs) - 0.5, 0, 1, place.base, { fill: theme.inkSoft });
  }
  drawPinned(painter, picture, theme, place);
  drawEvents(painter, picture, theme, place);
  let lastEnd = Number.NEGATIVE_INFINITY;
  for (const us of timesOf(model.spanUs)) {
    const label = format.duration(us);
    const half = painter.measure(label, small) / 2;
    const at = Math.max(place.left + half, place.x(us));
    if (at - half < lastEnd + 8 || at + half > size.width) continue;
    painter.text(at, place.base + 10, label, { ...small, align: 'center' });
    lastEnd = at + half;
  }
}

/** How far the glyphs of two runs lie from the middle of their row: those of the shown run above. */
const apart = (model: EventsModel, place: Place): number =>
  model.pinned === null ? 0 : Math.min(7, Math.max(3, place.rowHeight / 4));

/** The pinned run's events: hollow, in the lower half of each row. */
function drawPinned(painter: Painter, { model, focus }: EventsPicture, theme: Theme, place: Place): void {
  if (model.pinned === null) return;
  const down = apart(model, place);
  const lastX = new Map<EventName, number>();
  for (const { kind, timeUs, request } of model.pinned.events) {
    const x = Math.round(place.x(timeUs));
    const isFocus = focus >= 0 && request === focus;
    if (lastX.get(kind) === x && !isFocus) continue;
    lastX.set(kind, x);
    const y = middleOf(model, place, kind) + down;
    if (isFocus) painter.circle(x, y, 6.5, { fill: theme.page, stroke: theme.ink, lineWidth: 1.25 });
    drawHollow(painter, kind, x, y, theme);
  }
}

/** The shapes of `drawGlyph` as outlines. */
function drawHollow(painter: Painter, kind: EventName, x: number, y: number, theme: Theme): void {
  const r = 3.25;
  const isLoss = kind === 'preempt' || kind === 'reject';
  const ink = { stroke: isLoss ? theme.loss : theme.inkSoft, lineWidth: 1 };
  switch (kind) {
    case 'preempt':
      painter.path([x - r, y - r, x + r, y - r, x, y + r], ink, true);
      return;
    case 'reject':
      painter.path([x - r, y - r, x + r, y + r], ink);
      painter.path([x - r, y + r, x + r, y - r], ink);
      return;
    case 'hold':
      painter.rect(x - r, y - r, 2, 2 * r, ink);
      painter.rect(x + r - 2, y - r, 2, 2 * r, ink);
      return;
    case 'kvFull':
      painter.rect(x - r, y - r, 2 * r, 2 * r, ink);
      return;
    case 'longPrompt':
      painter.rect(x - r, y - 1.5, 2 * r + 2, 3, { ...ink, stroke: theme.prefill });
      return;
    case 'boundChange':
      painter.path([x, y - r, x + r, y, x, y + r, x - r, y], ink, true);
      return;
    case 'precision':
      painter.circle(x, y, r, ink);
  }
}

/** One glyph a pixel column and row: what falls on it would not be seen anyway. Those of the focus and the pointer come last. */
function drawEvents(painter: Painter, { model, pointed, focus }: EventsPicture, theme: Theme, place: Place): void {
  const up = apart(model, place);
  const lastX = new Map<EventName, number>();
  for (const { kind, timeUs } of model.events) {
    const x = Math.round(place.x(timeUs));
    if (lastX.get(kind) === x) continue;
    lastX.set(kind, x);
    drawGlyph(painter, kind, x, middleOf(model, place, kind) - up, theme);
  }
  model.events.forEach(({ kind, timeUs, request }, i) => {
    if (i !== pointed && (focus < 0 || request !== focus)) return;
    const [x, y] = [Math.round(place.x(timeUs)), middleOf(model, place, kind) - up];
    painter.circle(x, y, 8, { fill: theme.page });
    painter.circle(x, y, 8, { stroke: theme.ink, lineWidth: i === pointed ? 2 : 1.25 });
    drawGlyph(painter, kind, x, y, theme);
  });
}

/** A shape a kind, so that colour is not needed to tell them apart. Losses alone have a hue. */
function drawGlyph(painter: Painter, kind: EventName, x: number, y: number, theme: Theme): void {
  const r = 4.5;
  switch (kind) {
    case 'preempt':
      // Down and out.
      painter.path([x - r, y - r, x + r, y - r, x, y + r], { fill: theme.loss }, true);
      return;
    case 'reject':
      painter.path([x - r, y - r, x + r, y + r], { stroke: theme.loss, lineWidth: 2.25 });
      painter.path([x - r, y + r, x + r, y - r], { stroke: theme.loss, lineWidth: 2.25 });
      return;
    case 'hold':
      // Two bars: a pause.
      painter.rect(x - r + 0.5, y - r, 3, 2 * r, { fill: theme.inkSoft });
      painter.rect(x + r - 3.5, y - r, 3, 2 * r, { fill: theme.inkSoft });
      return;
    case 'kvFull':
      painter.rect(x - r, y - r, 2 * r, 2 * r, { fill: theme.inkSoft });
      return;
    case 'longPrompt':
      painter.rect(x - r, y - 1.5, 2 * r + 3, 3, { fill: theme.prefill });
      return;
    case 'boundChange':
      painter.path([x, y - r, x + r, y, x, y + r, x - r, y], { stroke: theme.inkSoft, lineWidth: 1.75 }, true);
      return;
    case 'precision':
      painter.circle(x, y, r, { stroke: theme.inkSoft, lineWidth: 1.75 });
      painter.circle(x, y, 1.5, { fill: theme.inkSoft });
  }
}

/** The event nearest to a point, -1 if none is near. */
export function hit(model: EventsModel, size: Size, x: number, y: number): number {
  const place = placeOf(model, size);
  const kind = model.rows[Math.floor(y / place.rowHeight)];
  let best = -1;
  let least = reach;
  model.events.forEach((event, i) => {
    if (event.kind !== kind) return;
    const away = Math.abs(place.x(event.timeUs) - x);
    if (away > least || (away === least && best >= 0)) return;
    best = i;
    least = away;
  });
  return best;
}
