/** Draws request rows. Time runs to the right; a tick is a token, so a hole between ticks is what a reader of the answer feels. */

import { ticks } from 'd3';
import type { Translate } from '../../i18n/i18n.ts';
import { pixelOf } from '../../ui/colour.ts';
import type { Painter, Size } from '../../ui/painter.ts';
import { linearScale } from '../../ui/scale.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Format } from '../../ui/use-format.ts';
import type { Box } from '../kv/layout.ts';
import { drawLegend } from './legend.ts';
import { longestGap, MarkKind, type Marks, type RowsModel, type Stall, type TokenMarks } from './model.ts';

/** A model and how it is looked at. */
export interface RowsPicture {
  readonly model: RowsModel;
  /** First row in view; infinity for the newest rows. */
  readonly top: number;
  readonly selected: number;
  readonly hovered: number;
  readonly colourBy: 'phase' | 'request';
  readonly t: Translate;
  readonly format: Format;
}

export interface RowsLayout {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly rowHeight: number;
  /** Rows that fit. */
  readonly visible: number;
}

const gutter = 44;
const rightSpace = 10;
/** Room above the rows for the words of stalls. */
const header = 18;
const axis = 19;
const legend = 18;
const minRowHeight = 3;
const maxRowHeight = 30;
/** Rows this high have labels. */
export const labelHeight = 12;
/** More ticks than this in view are drawn as one image. */
const imageFrom = 4000;

export function rowsLayout(model: RowsModel, size: Size): RowsLayout {
  const top = header;
  const bottom = Math.max(top + minRowHeight, size.height - axis - (hasLegend(model, size) ? legend : 0));
  const rowHeight = Math.min(maxRowHeight, Math.max(minRowHeight, (bottom - top) / Math.max(1, model.rowCount)));
  const visible = Math.min(model.rowCount, Math.max(1, Math.floor((bottom - top) / rowHeight + 1e-6)));
  return { left: gutter, right: Math.max(gutter + 1, size.width - rightSpace), top, bottom, rowHeight, visible };
}

/** Rows need the room more than the key, unless they are few. */
function hasLegend(model: RowsModel, size: Size): boolean {
  const room = size.height - header - axis - legend;
  return room >= 110 || room >= labelHeight * model.rowCount;
}

/** The first row that may be in view, so that the last rows fill the panel. */
export function clampTop(model: RowsModel, layout: RowsLayout, top: number): number {
  return Math.max(0, Math.min(top, model.rowCount - layout.visible));
}

/** What lies under a place: the row, its request there (-1 if none) and the time. Null outside of the rows. */
export function hit(
  { model, top }: Pick<RowsPicture, 'model' | 'top'>,
  size: Size,
  x: number,
  y: number,
): { readonly row: number; readonly request: number; readonly us: number } | null {
  const layout = rowsLayout(model, size);
  const line = Math.floor((y - layout.top) / layout.rowHeight);
  if (line < 0 || line >= layout.visible || x < 0 || x > size.width) return null;
  const row = clampTop(model, layout, top) + line;
  const us = Math.max(model.fromUs, Math.min(model.toUs, timeScale(model, layout).invert(x)));
  return { row, request: requestAt(model, row, us), us };
}

/** Where a request's newest piece of work is drawn: the end of its row. Null where the row is not in view. */
export function endOfRow({ model, top }: Pick<RowsPicture, 'model' | 'top'>, size: Size, request: number): Box | null {
  const layout = rowsLayout(model, size);
  const row = model.rowRequest.indexOf(request);
  const line = row - clampTop(model, layout, top);
  if (row < 0 || line < 0 || line >= layout.visible) return null;
  const { start, kind, fromUs, toUs } = model.marks(row, row + 1);
  const x = timeScale(model, layout);
  let from = layout.right - leastEnd;
  for (let i = start[row]; i < start[row + 1]; i++) {
    const isWork = kind[i] === MarkKind.prefill || kind[i] === MarkKind.recompute;
    if (isWork && toUs[i] === model.toUs) from = Math.max(layout.left, Math.min(from, x(fromUs[i])));
  }
  const space = inset(layout.rowHeight);
  const y = layout.top + line * layout.rowHeight + space;
  return { x: from, y, width: layout.right - from, height: layout.rowHeight - 2 * space };
}

/** The end of a row is at least so wide, pixels: a token is a hair. */
const leastEnd = 10;

/** Who sits in a seat at a time; the request of the row where rows are requests. */
function requestAt(model: RowsModel, row: number, us: number): number {
  if (model.by === 'request') return model.rowRequest[row];
  const { start, kind, fromUs, toUs, request } = model.marks(row, row + 1);
  for (let i = start[row]; i < start[row + 1]; i++) {
    if (kind[i] === MarkKind.seated && fromUs[i] <= us && us <= toUs[i]) return request[i];
  }
  return -1;
}

function timeScale(model: RowsModel, layout: RowsLayout) {
  return linearScale([model.fromUs, Math.max(model.toUs, model.fromUs + 1)], [layout.left, layout.right], 'open');
}

export function draw(painter: Painter, picture: RowsPicture, theme: Theme, size: Size): void {
  const { model, t } = picture;
  if (model.rowCount === 0) {
    painter.text(size.width / 2, size.height / 2, t('rows.empty'), {
      color: theme.inkFaint,
      size: 13,
      align: 'center',
      baseline: 'middle',
    });
    return;
  }
  const layout = rowsLayout(model, size);
  const first = clampTop(model, layout, picture.top);
  const last = first + layout.visible;
  const marks = model.marks(first, last);
  const view: View = { picture, marks, theme, layout, first, last, x: timeScale(model, layout) };
  drawAxis(painter, view);
  drawStallBands(painter, view);
  drawRowGrounds(painter, view);
  painter.clip(layout.left, layout.top, layout.right - layout.left + 2, layout.bottom - layout.top, () => {
    drawMarks(painter, view);
    drawTokens(painter, view);
    drawPinnedTokens(painter, view);
  });
  drawLabels(painter, view);
  drawStallWords(painter, view);
  drawGap(painter, view);
  drawNow(painter, view);
  drawScrollBar(painter, view, size);
  if (hasLegend(model, size)) {
    const y = layout.top + layout.visible * layout.rowHeight + axis + legend / 2;
    drawLegend(painter, model, marks.kinds, t, theme, layout.left, y, layout.right);
  }
}

interface View {
  readonly picture: RowsPicture;
  readonly marks: Marks;
  readonly theme: Theme;
  readonly layout: RowsLayout;
  readonly first: number;
  /** One past the last row in view. */
  readonly last: number;
  readonly x: (us: number) => number;
}

function rowTop(view: View, row: number): number {
  return view.layout.top + (row - view.first) * view.layout.rowHeight;
}

/** Space left free above and below the marks of a row. */
function inset(rowHeight: number): number {
  if (rowHeight >= labelHeight) return 2;
  return rowHeight >= 6 ? 1 : 0.5;
}

function drawAxis(painter: Painter, view: View): void {
  const { layout, theme, picture } = view;
  const { fromUs, toUs } = picture.model;
  const bottom = layout.top + layout.visible * layout.rowHeight;
  const most = Math.max(3, Math.floor((layout.right - layout.left) / 100));
  const seconds = ticks(fromUs / 1e6, Math.max(toUs, fromUs + 1) / 1e6, most);
  const decimals = seconds.length > 1 ? Math.max(0, Math.ceil(-Math.log10(seconds[1] - seconds[0]) - 1e-9)) : 3;
  const nowFrom = layout.right - painter.measure(nowWords(picture), nowStyle) - 8;
  for (const tick of seconds) {
    const x = view.x(tick * 1e6);
    painter.path([x, layout.top, x, bottom + 4], { stroke: theme.rule, lineWidth: 1 });
    const label = tick >= 60 ? picture.format.clock(Math.round(tick * 1e6)) : `${tick.toFixed(decimals)}\u00a0s`;
    const style = { color: theme.inkFaint, size: 11, align: 'center', baseline: 'top' } as const;
    if (x + painter.measure(label, style) / 2 < nowFrom) painter.text(x, bottom + 6, label, style);
  }
}

function drawNow(painter: Painter, view: View): void {
  const { layout, theme, picture } = view;
  const bottom = layout.top + layout.visible * layout.rowHeight;
  painter.path([layout.right, layout.top - 4, layout.right, bottom + 4], { stroke: theme.ink, lineWidth: 1.5 });
  painter.text(layout.right + 4, bottom + 6, nowWords(picture), { ...nowStyle, color: theme.ink });
}

const nowStyle = { color: '', size: 11, align: 'right', baseline: 'top', weight: 500 } as const;

function nowWords({ t, format, model }: RowsPicture): string {
  return `${t('rows.now')} ${format.clock(model.toUs)}`;
}

/** A long prompt's step is a faint band through all rows: for that long, nobody gets a token. */
function drawStallBands(painter: Painter, view: View): void {
  const { layout, theme, x } = view;
  const height = layout.visible * layout.rowHeight + 4;
  for (const stall of view.picture.model.stalls) {
    const from = x(stall.fromUs);
    const width = Math.max(1, x(stall.toUs) - from);
    painter.rect(from, layout.top - 4, width, height, { fill: theme.prefill, alpha: 0.1 });
    painter.path([from, layout.top - 4, from + width, layout.top - 4], { stroke: theme.prefill, lineWidth: 2 });
  }
}

/** The longest stalls are named first; one whose words would cover another's stays without. */
function drawStallWords(painter: Painter, view: View): void {
  const { layout, theme, x, picture } = view;
  const style = { color: theme.ink, size: 11, weight: 600, baseline: 'middle' } as const;
  const taken: { from: number; to: number }[] = [];
  const byLength = [...picture.model.stalls].sort((a, b) => b.toUs - b.fromUs - (a.toUs - a.fromUs));
  for (const stall of byLength) {
    const words = stallWords(stall, picture);
    const width = painter.measure(words, style);
    const middle = (x(stall.fromUs) + x(stall.toUs)) / 2;
    const from = Math.max(layout.left, Math.min(layout.right - width, middle - width / 2));
    if (taken.some((t) => from < t.to + 12 && from + width > t.from - 12)) continue;
    taken.push({ from, to: from + width });
    painter.text(from, layout.top - 11, words, style);
  }
}

/** With this share of a step's prompt tokens one prompt is what made it long. */
const mainShare = 0.8;

function stallWords(stall: Stall, { t, format }: RowsPicture): string {
  const isOne = stall.mostTokens >= mainShare * stall.tokens;
  const values = {
    tokens: format.count(isOne ? stall.mostTokens : stall.tokens),
    count: format.count(stall.prompts),
    duration: format.duration(stall.toUs - stall.fromUs),
  };
  if (!isOne) return t('rows.stall.other', values);
  return t(stall.isWhole ? 'rows.stall.one' : 'rows.stall.chunk', values);
}

/** The ground of a row: the one that is selected or pointed at, and the emptiness of seats. */
function drawRowGrounds(painter: Painter, view: View): void {
  const { layout, theme, picture, first, last } = view;
  for (let row = first; row < last; row++) {
    const y = rowTop(view, row);
    if (picture.model.by === 'seat') {
      drawEmptySeat(painter, view, row, y);
      continue;
    }
    const request = picture.model.rowRequest[row];
    const isSelected = request === picture.selected;
    if (isSelected || request === picture.hovered) {
      painter.rect(0, y, layout.right, layout.rowHeight, { fill: theme.ink, alpha: isSelected ? 0.12 : 0.06 });
    }
  }
}

/** Hatches the time in which nobody holds the seat. Stays of a seat come in order of time. */
function drawEmptySeat(painter: Painter, view: View, row: number, y: number): void {
  const { layout, theme, x } = view;
  const { start, kind, fromUs, toUs } = view.marks;
  const space = inset(layout.rowHeight);
  const ink = { texture: 'hatch', mark: theme.waiting, alpha: 0.45 } as const;
  const hatch = (from: number, to: number) => {
    if (to - from >= 1) painter.rect(from, y + space, to - from, layout.rowHeight - 2 * space, ink);
  };
  let emptyFrom = layout.left;
  for (let i = start[row]; i < start[row + 1]; i++) {
    if (kind[i] !== MarkKind.seated) continue;
    hatch(emptyFrom, x(fromUs[i]));
    emptyFrom = x(toUs[i]);
  }
  hatch(emptyFrom, layout.right);
}

function drawMarks(painter: Painter, view: View): void {
  const { layout, theme, picture, first, last, x } = view;
  const { start, kind, request, fromUs, toUs, tokens } = view.marks;
  const space = inset(layout.rowHeight);
  const height = layout.rowHeight - 2 * space;
  for (let row = first; row < last; row++) {
    const y = rowTop(view, row) + space;
    const middle = y + height / 2;
    for (let i = start[row]; i < start[row + 1]; i++) {
      const from = x(fromUs[i]);
      const width = Math.max(1, x(toUs[i]) - from);
      const isLit = isColoured(picture, request[i]);
      const prefill = isLit ? theme.prefill : theme.waiting;
      switch (kind[i]) {
        case MarkKind.wait: {
          const thin = Math.min(height, Math.max(2, height * 0.5));
          if (height < 5) painter.rect(from, middle - 0.5, width, 1, { fill: theme.waiting });
          else painter.rect(from + 0.5, middle - thin / 2, width - 1, thin, { stroke: theme.waiting, lineWidth: 1 });
          break;
        }
        case MarkKind.seated: {
          const thin = Math.max(1, height * 0.3);
          if (picture.model.by === 'seat' && isChosen(picture, request[i])) {
            painter.rect(from, y - space, width, layout.rowHeight, { fill: theme.ink, alpha: 0.12 });
          }
          painter.rect(from, middle - thin / 2, width, thin, {
            fill: isLit ? theme.decode : theme.waiting,
            alpha: 0.3,
          });
          break;
        }
        case MarkKind.prefill:
          // A hair of space keeps the chunks of one prompt apart.
          painter.rect(from, y, width > 4 ? width - 1 : width, height, { fill: prefill });
          drawTokenCount(painter, view, from, middle, width, tokens[i], isLit ? theme.onPrefill : theme.onWaiting);
          break;
        case MarkKind.recompute:
          painter.rect(from, y, width, height, { fill: prefill, texture: 'hatch', mark: theme.surface });
          break;
        case MarkKind.preempted:
          painter.rect(from, y, width, height, { fill: theme.surface, texture: 'hatch', mark: theme.loss });
          painter.rect(from + 0.5, y + 0.5, width - 1, Math.max(1, height - 1), { stroke: theme.loss, lineWidth: 1 });
          if (height >= 8) drawPause(painter, theme, from + 3, y + 1, height - 2);
          break;
        case MarkKind.idle:
          painter.rect(from, y, width, height, { fill: theme.surface, texture: 'hatch', mark: theme.loss });
          break;
      }
    }
  }
}

/** In colours by request only the chosen ones stand out. */
function isColoured(picture: RowsPicture, request: number): boolean {
  return picture.colourBy === 'phase' || isChosen(picture, request);
}

function isChosen(picture: RowsPicture, request: number): boolean {
  return request >= 0 && (request === picture.selected || request === picture.hovered);
}

function drawTokenCount(
  painter: Painter,
  view: View,
  from: number,
  middle: number,
  width: number,
  tokens: number,
  color: string,
): void {
  if (view.layout.rowHeight < 14 || width < 34) return;
  const words = view.picture.format.count(tokens);
  const style = { color, size: 10, align: 'center', baseline: 'middle', weight: 600 } as const;
  if (painter.measure(words, style) + 6 < width) painter.text(from + width / 2, middle + 0.5, words, style);
}

/** Two upright bars on a plain ground: it was stopped. */
function drawPause(painter: Painter, theme: Theme, x: number, y: number, height: number): void {
  painter.rect(x - 1, y, 10, height, { fill: theme.surface });
  painter.rect(x + 1, y + 1, 2, height - 2, { fill: theme.loss });
  painter.rect(x + 5, y + 1, 2, height - 2, { fill: theme.loss });
}

function drawTokens(painter: Painter, view: View): void {
  const tokens = view.picture.model.tokens(view.first, view.last);
  if (tokens.request.length > imageFrom) drawTokenImage(painter, view, tokens);
  else drawTokenTicks(painter, view, tokens);
}

function drawTokenTicks(painter: Painter, view: View, { start, request, atUs }: TokenMarks): void {
  const { layout, theme, picture, first, last, x } = view;
  const stepWidth = x(picture.model.fromUs + picture.model.medianStepUs) - layout.left;
  const width = Math.max(1, Math.min(2.5, stepWidth * 0.5));
  const space = inset(layout.rowHeight);
  for (let row = first; row < last; row++) {
    const y = rowTop(view, row) + space;
    for (let i = start[row]; i < start[row + 1]; i++) {
      const fill = isColoured(picture, request[i]) ? theme.decode : theme.waiting;
      painter.rect(x(atUs[i]) - width, y, width, layout.rowHeight - 2 * space, { fill });
    }
  }
}

/** The pinned run's tokens: short ticks in ink at the foot of the row, so that both runs are read on one line. */
function drawPinnedTokens(painter: Painter, view: View): void {
  const { layout, theme, picture, first, last, x } = view;
  const { start, atUs } = picture.model.pinnedTokens(first, last);
  const space = inset(layout.rowHeight);
  const tall = Math.max(1.5, (layout.rowHeight - 2 * space) / 3);
  for (let row = first; row < last; row++) {
    const y = rowTop(view, row) + layout.rowHeight - space - tall;
    for (let i = start[row]; i < start[row + 1]; i++) painter.rect(x(atUs[i]) - 1, y, 1, tall, { fill: theme.ink });
  }
}

/** Kept from picture to picture: a painter takes what it needs before `image` returns. */
let pixels = new Uint8ClampedArray(0);

/** One pixel column a CSS pixel, one pixel row a CSS pixel of row height; the last one of a row stays empty. */
function drawTokenImage(painter: Painter, view: View, { start, request, atUs }: TokenMarks): void {
  const { layout, theme, picture, first, last, x } = view;
  const columns = Math.ceil(layout.right - layout.left);
  const lines = Math.max(2, Math.round(layout.rowHeight));
  const rows = (last - first) * lines;
  if (pixels.length < columns * rows * 4) pixels = new Uint8ClampedArray(columns * rows * 4);
  else pixels.fill(0, 0, columns * rows * 4);
  const words = new Uint32Array(pixels.buffer, 0, columns * rows);
  const lit = pixelOf(theme.decode);
  const plain = pixelOf(theme.waiting);
  for (let row = first; row < last; row++) {
    const top = (row - first) * lines;
    for (let i = start[row]; i < start[row + 1]; i++) {
      const column = Math.min(columns - 1, Math.max(0, Math.ceil(x(atUs[i]) - layout.left) - 1));
      const word = isColoured(picture, request[i]) ? lit : plain;
      for (let line = 0; line < lines - 1; line++) words[(top + line) * columns + column] = word;
    }
  }
  painter.image(layout.left, layout.top, columns, (last - first) * layout.rowHeight, columns, rows, pixels);
}

function drawLabels(painter: Painter, view: View): void {
  const { layout, theme, picture, first, last } = view;
  const isBig = layout.rowHeight >= labelHeight;
  for (let row = first; row < last; row++) {
    const request = picture.model.rowRequest[row];
    const isStrong = isChosen(picture, request);
    if (!isBig && !isStrong) continue;
    const words = picture.model.by === 'request' ? `r${request}` : String(row + 1);
    const y = rowTop(view, row) + layout.rowHeight / 2;
    if (!isBig) painter.rect(0, y - 8, layout.left - 2, 16, { fill: theme.surface });
    painter.text(layout.left - 8, y + 0.5, words, {
      color: isStrong ? theme.ink : theme.inkSoft,
      // In half pixels: every size is a font of its own, whose widths are kept.
      size: Math.min(12, Math.max(10, Math.round(2 * (layout.rowHeight - 2)) / 2)),
      align: 'right',
      baseline: 'middle',
      weight: isStrong ? 600 : 400,
    });
  }
}

/** The gap of the chosen request, or else the longest in view. */
function drawGap(painter: Painter, view: View): void {
  const { layout, theme, picture, first, last, x } = view;
  const { model, t, format } = picture;
  const longest = longestGap(model, first, last, picture.hovered >= 0 ? picture.hovered : picture.selected);
  if (longest === null) return;
  const { gap, rows } = longest;
  const y = rowTop(view, gap.row) + layout.rowHeight / 2;
  const from = x(gap.fromUs) + 1;
  const to = x(gap.toUs) - 3;
  const duration = format.duration(gap.toUs - gap.fromUs);
  const words = t(rows > 1 ? 'rows.gap.other' : 'rows.gap.one', { duration, rows: format.count(rows) });
  const style = { color: theme.ink, size: 11, weight: 600, align: 'center', baseline: 'middle' } as const;
  const width = painter.measure(words, style) + 16;
  const middle = labelMiddle(layout, from, to, width);
  const arm = Math.min(5, Math.max(3, layout.rowHeight / 3));
  painter.path([from, y, to, y], { stroke: theme.ink, lineWidth: 1.5 });
  painter.path([from, y - arm, from, y + arm], { stroke: theme.ink, lineWidth: 1.5 });
  painter.path([to, y - arm, to, y + arm], { stroke: theme.ink, lineWidth: 1.5 });
  painter.rect(middle - width / 2, y - 8, width, 16, { fill: theme.surface, stroke: theme.ink, lineWidth: 1 });
  painter.text(middle, y + 0.5, words, style);
}

/** Over the gap where it is wide enough; else beside it, so that the words never hide what they speak of. */
function labelMiddle(layout: RowsLayout, from: number, to: number, width: number): number {
  const fits = (middle: number) => middle - width / 2 >= layout.left && middle + width / 2 <= layout.right;
  const over = (from + to) / 2;
  if (to - from >= width + 8 && fits(over)) return over;
  const before = from - 6 - width / 2;
  if (fits(before)) return before;
  const after = to + 6 + width / 2;
  return fits(after) ? after : Math.max(layout.left + width / 2, Math.min(layout.right - width / 2, over));
}

function drawScrollBar(painter: Painter, view: View, size: Size): void {
  const { layout, theme, picture, first } = view;
  const { rowCount } = picture.model;
  if (layout.visible >= rowCount) return;
  const height = layout.visible * layout.rowHeight;
  const length = Math.max(16, (height * layout.visible) / rowCount);
  const y = layout.top + ((height - length) * first) / (rowCount - layout.visible);
  painter.rect(size.width - 5, layout.top, 4, height, { fill: theme.empty });
  painter.rect(size.width - 5, y, 4, length, { fill: theme.waiting });
}
