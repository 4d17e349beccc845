/** Draws the KV pool: every block as a pixel or more, the block tables, and the split of the memory. */

import type { Translate } from '../../i18n/i18n.ts';
import { BlockState } from '../../protocol/frame.ts';
import type { Painter, Size } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Format } from '../../ui/use-format.ts';
import { type Box, type CellLayout, cellAt, cellPlace, kvLayout, namedCell, numberedCell } from './layout.ts';
import { type KvModel, Mark } from './model.ts';
import { outline } from './outline.ts';
import { blockPixels, hueOf } from './palette.ts';
import { drawSplit } from './split.ts';
import { drawStrip, drawTableList, tableAt } from './tables.ts';

/** Colours of blocks by an amount, and the key to them. */
export interface Amount {
  fill(pixels: Uint32Array, model: KvModel, theme: Theme): void;
  drawKey(painter: Painter, picture: KvPicture, theme: Theme, line: Box): void;
}

/** A model and how it is looked at. */
export interface KvPicture {
  readonly model: KvModel;
  readonly hoveredBlock: number;
  readonly colourBy: 'phase' | 'request';
  /** An amount that the colours tell instead; null or left out = none. */
  readonly amount?: Amount | null;
  readonly t: Translate;
  readonly format: Format;
}

/** Sizes of a block, in pixels, from which more is drawn. */
export const borderedCell = 6;
export const filledCell = 14;

export function draw(painter: Painter, picture: KvPicture, theme: Theme, size: Size): void {
  const { model, t } = picture;
  if (model.count === 0) {
    painter.text(size.width / 2, size.height / 2, t('kv.empty'), {
      color: theme.inkFaint,
      size: 13,
      align: 'center',
      baseline: 'middle',
    });
    return;
  }
  const layout = kvLayout(model.count, model.hasAllTables, size);
  /** Amounts have a ramp alone: textures and levels would be taken for it. */
  const { amount = null } = picture;
  const isAmount = amount !== null;
  drawBlocks(painter, picture, theme, layout.cells);
  if (layout.cells.edge >= borderedCell) {
    if (!isAmount) drawTextures(painter, model, theme, layout.cells);
    if (!isAmount && layout.cells.edge >= filledCell) drawFills(painter, picture, theme, layout.cells);
    drawBorders(painter, model, theme, layout.cells);
    if (!isAmount && layout.cells.edge >= namedCell) drawNames(painter, picture, theme, layout.cells);
  }
  drawRings(painter, picture, theme, layout.cells);
  if (layout.tables !== null) drawTableList(painter, picture, theme, layout.tables, layout.cells);
  if (layout.line !== null) {
    const isStrip = layout.tables === null && model.chosen !== null;
    if (isStrip) drawStrip(painter, picture, theme, layout.line, layout.cells);
    else if (isAmount) amount.drawKey(painter, picture, theme, layout.line);
    else drawLegend(painter, picture, theme, layout.line);
  }
  drawSplit(painter, model.parts, t, picture.format, theme, layout.split);
}

export interface KvHit {
  /** -1 where the place is not in the pool. */
  readonly block: number;
  /** Owner of the block, or request of the table; -1 if there is none. */
  readonly request: number;
}

/** What lies under a place: a block or a row of the list of tables; null for anything else. */
export function hit(model: KvModel, size: Size, x: number, y: number): KvHit | null {
  const layout = kvLayout(model.count, model.hasAllTables, size);
  const block = cellAt(layout.cells, model.count, x, y);
  if (block >= 0) return { block, request: model.owner[block] ?? -1 };
  return layout.tables === null ? null : tableAt(model, layout.tables, x, y);
}

function drawBlocks(painter: Painter, { model, colourBy, amount }: KvPicture, theme: Theme, cells: CellLayout): void {
  const { columns, rows, bands, cellWidth, cellHeight } = cells;
  const perBand = columns * rows;
  const pixels = blockPixels(model, perBand * bands, theme, colourBy, cells.edge >= filledCell, amount);
  const several = { count: bands, pitch: cells.pitch };
  painter.image(cells.x, cells.y, columns * cellWidth, rows * cellHeight, columns, rows, pixels, several);
}

/** Runs of equal state in a row get their texture in one piece. */
function drawTextures(painter: Painter, model: KvModel, theme: Theme, cells: CellLayout): void {
  for (let start = 0; start < model.count; ) {
    const state = model.state[start];
    const rowEnd = Math.min(model.count, start - (start % cells.columns) + cells.columns);
    let end = start + 1;
    while (end < rowEnd && model.state[end] === state) end++;
    const ink = textureOf(state, theme);
    if (ink !== null) {
      const { x, y } = cellPlace(cells, start);
      painter.rect(x, y, (end - start) * cells.cellWidth, cells.cellHeight, ink);
    }
    start = end;
  }
}

function textureOf(state: number, theme: Theme) {
  if (state === BlockState.shared) return { texture: 'dots', mark: theme.surface, alpha: 0.8 } as const;
  if (state === BlockState.reserved) return { texture: 'hatch', mark: theme.waiting, alpha: 0.5 } as const;
  if (state === BlockState.idle) return { texture: 'hatch', mark: theme.loss } as const;
  if (theme.name !== 'forced') return null;
  if (state === BlockState.decode) return { texture: 'rule', mark: theme.surface } as const;
  return state === BlockState.cached ? ({ texture: 'dots', mark: theme.reused } as const) : null;
}

/** Lines in the colour of the ground keep blocks apart; cached ones keep an edge of their own. */
function drawBorders(painter: Painter, model: KvModel, theme: Theme, cells: CellLayout): void {
  const { cellWidth, cellHeight, columns, rows, bands } = cells;
  const ink = { stroke: theme.surface, lineWidth: cells.edge >= filledCell ? 2 : 1 };
  for (let band = 0; band < bands; band++) {
    const left = cells.x + band * cells.pitch;
    const right = left + columns * cellWidth;
    const bottom = cells.y + rows * cellHeight;
    for (let row = 0; row <= rows; row++) {
      const y = cells.y + row * cellHeight;
      painter.path([left, y, right, y], ink);
    }
    for (let column = 0; column <= columns; column++) {
      const x = left + column * cellWidth;
      painter.path([x, cells.y, x, bottom], ink);
    }
  }
  if (cells.edge < filledCell) return;
  for (let i = 0; i < model.count; i++) {
    if (model.state[i] !== BlockState.cached) continue;
    const { x, y } = cellPlace(cells, i);
    painter.rect(x + 1.5, y + 1.5, cellWidth - 3, cellHeight - 3, { stroke: theme.reused, lineWidth: 1 });
  }
}

function isColoured({ model, colourBy }: KvPicture, block: number): boolean {
  return colourBy === 'phase' || model.marks[block] !== Mark.none;
}

function fillHue(picture: KvPicture, theme: Theme, block: number): string {
  if (!isColoured(picture, block)) return theme.waiting;
  const state = picture.model.state[block];
  if (state === BlockState.cached) return theme.reused;
  return state === BlockState.idle ? theme.loss : hueOf(state, theme);
}

/** How many of a block's places hold a token: a level, or single tokens where there is room. */
function drawFills(painter: Painter, picture: KvPicture, theme: Theme, cells: CellLayout): void {
  const { model } = picture;
  const { cellWidth, cellHeight, edge } = cells;
  const isNumbered =
    cellWidth >= numberedCell.width &&
    cellHeight >= numberedCell.height &&
    model.blockSize <= mostNumbered &&
    model.logical.length > 0;
  const lines = edge >= namedCell ? tokenLines(cellWidth - 6, model.blockSize) : 0;
  for (let i = 0; i < model.count; i++) {
    const fill = model.fill[i];
    if (fill === 0) continue;
    const { x, y } = cellPlace(cells, i);
    const hue = fillHue(picture, theme, i);
    if (isNumbered) drawNumbers(painter, picture, theme, cells, i);
    else if (lines > 0)
      drawTokens(painter, x + 3, y + cellHeight - 3, cellWidth - 6, fill, model.blockSize, lines, hue);
    else if (edge >= namedCell) {
      const height = Math.max(4, Math.floor(cellHeight * 0.22));
      painter.rect(x + 3, y + cellHeight - 3 - height, ((cellWidth - 6) * fill) / model.blockSize, height, {
        fill: hue,
      });
    } else {
      const level = ((cellHeight - 2) * fill) / model.blockSize;
      painter.rect(x + 1, y + cellHeight - 1 - level, cellWidth - 2, level, { fill: hue });
    }
  }
}

/** Blocks of more tokens show marks, not numbers. */
const mostNumbered = 16;
const numberedColumns = 4;
/** Room for the block's name above its tokens. */
const nameHeight = 18;

/** A field a token, four in a row, with its position in its sequence; places without a token stay as outlines. */
function drawNumbers(painter: Painter, picture: KvPicture, theme: Theme, cells: CellLayout, block: number): void {
  const { model } = picture;
  const { x, y } = cellPlace(cells, block);
  const width = Math.floor((cells.cellWidth - 5) / numberedColumns);
  const height = Math.floor((cells.cellHeight - nameHeight - 3) / Math.ceil(model.blockSize / numberedColumns));
  const first = model.logical[block] * model.blockSize;
  const hue = fillHue(picture, theme, block);
  const color = inkOn(hue, theme);
  for (let token = 0; token < model.blockSize; token++) {
    const left = x + 3 + (token % numberedColumns) * width;
    const top = y + nameHeight + Math.floor(token / numberedColumns) * height;
    if (token >= model.fill[block]) {
      painter.rect(left + 0.5, top + 0.5, width - 2, height - 2, { stroke: hue, lineWidth: 1, alpha: 0.5 });
      continue;
    }
    painter.rect(left, top, width - 1, height - 1, { fill: hue });
    if (first < 0) continue;
    const style = { color, size: 9, align: 'center', baseline: 'middle' } as const;
    painter.text(left + (width - 1) / 2, top + (height - 1) / 2, String(first + token), style);
  }
}

/** The ink that is readable on a fill. */
function inkOn(hue: string, theme: Theme): string {
  switch (hue) {
    case theme.prefill:
      return theme.onPrefill;
    case theme.decode:
      return theme.onDecode;
    case theme.reused:
      return theme.onReused;
    case theme.loss:
      return theme.onLoss;
    default:
      return theme.onWaiting;
  }
}

/** A token is at least this wide, with the space to the next one. */
const leastToken = 2.5;

/** Lines in which single tokens fit, 0 where not even two are enough. */
function tokenLines(width: number, blockSize: number): number {
  if (width >= blockSize * leastToken) return 1;
  return width >= Math.ceil(blockSize / 2) * leastToken ? 2 : 0;
}

/** An upright mark a token at the foot of the block; places without a token stay as a line. */
function drawTokens(
  painter: Painter,
  x: number,
  bottom: number,
  width: number,
  fill: number,
  blockSize: number,
  lines: number,
  hue: string,
): void {
  const perLine = Math.ceil(blockSize / lines);
  const pitch = width / perLine;
  const height = lines === 1 ? 8 : 5;
  for (let line = 0; line < lines; line++) {
    const foot = bottom - (lines - 1 - line) * (height + 1);
    const places = Math.min(perLine, blockSize - line * perLine);
    const taken = Math.max(0, Math.min(places, fill - line * perLine));
    for (let token = 0; token < taken; token++) {
      painter.rect(x + token * pitch, foot - height, pitch - 1, height, { fill: hue });
    }
    if (taken < places) {
      painter.rect(x + taken * pitch, foot - 1, (places - taken) * pitch - 1, 1, { fill: hue, alpha: 0.5 });
    }
  }
}

/** Owner and place in its table, physical id in the other corner. */
function drawNames(painter: Painter, { model }: KvPicture, theme: Theme, cells: CellLayout): void {
  const { cellWidth } = cells;
  const isWide = cellWidth >= 40;
  for (let i = 0; i < model.count; i++) {
    const { x, y } = cellPlace(cells, i);
    const owner = model.owner[i];
    const idStyle = { color: owner < 0 ? theme.inkFaint : theme.inkSoft, size: 9, baseline: 'top' } as const;
    const ownerStyle = { color: theme.ink, size: isWide ? 11 : 9, weight: 600, baseline: 'top' } as const;
    if (!isWide) {
      const style = owner < 0 ? idStyle : ownerStyle;
      const words = owner < 0 ? String(i) : `r${owner}`;
      painter.text(x + cellWidth / 2, y + 4, words, { ...style, align: 'center', maxWidth: cellWidth - 2 });
      continue;
    }
    painter.text(x + cellWidth - 4, y + 4, String(i), { ...idStyle, align: 'right' });
    if (owner < 0) continue;
    const logical = model.logical[i] ?? -1;
    const name = logical >= 0 && cellWidth >= 50 ? `r${owner}·${logical}` : `r${owner}`;
    painter.text(x + 4, y + 3, name, { ...ownerStyle, maxWidth: cellWidth - 24 });
  }
}

/** A ring round the blocks of the selected request, a lighter one round those of the request pointed at. */
export function drawRings(painter: Painter, { model, hoveredBlock }: KvPicture, theme: Theme, cells: CellLayout): void {
  const lineWidth = cells.edge >= filledCell ? 2 : 1.25;
  for (const [mark, ink] of [
    [Mark.hovered, { stroke: theme.ink, lineWidth, dash: [3, 2] }],
    [Mark.selected, { stroke: theme.ink, lineWidth }],
  ] as const) {
    const pieces = outline(cells, model.marks, mark);
    for (let i = 0; i < pieces.length; i += 4) painter.path(pieces.slice(i, i + 4), ink);
  }
  if (hoveredBlock < 0 || hoveredBlock >= model.count) return;
  const { x, y } = cellPlace(cells, hoveredBlock);
  const room = cells.edge < borderedCell ? 2 : 0;
  const width = cells.cellWidth + 2 * room;
  const height = cells.cellHeight + 2 * room;
  painter.rect(x - room, y - room, width, height, { stroke: theme.surface, lineWidth: 4 });
  painter.rect(x - room, y - room, width, height, { stroke: theme.ink, lineWidth: 2 });
}

const legendStates = [
  ['free', 'kv.state.free'],
  ['prefill', 'kv.state.prefill'],
  ['decode', 'kv.state.decode'],
  ['shared', 'kv.state.shared'],
  ['cached', 'kv.state.cached'],
  ['reserved', 'kv.state.reserved'],
  ['idle', 'kv.state.idle'],
] as const;

/** The key: what is always there, and the rarer states where they occur. */
function drawLegend(painter: Painter, { model, t }: KvPicture, theme: Theme, line: Box): void {
  const style = { color: theme.inkSoft, size: 11, baseline: 'middle' } as const;
  const y = line.y + line.height / 2;
  let x = line.x;
  for (const [name, key] of legendStates) {
    const state = BlockState[name];
    if (state > BlockState.decode && model.stateCounts[state] === 0) continue;
    const words = t(key);
    const width = 16 + painter.measure(words, style) + 14;
    if (x + width - 14 > line.x + line.width) break;
    painter.rect(x, y - 5, 10, 10, { fill: hueOf(state, theme) });
    const ink = textureOf(state, theme);
    if (ink !== null) painter.rect(x, y - 5, 10, 10, ink);
    const edge = state === BlockState.cached ? theme.reused : state === BlockState.free ? theme.waiting : null;
    if (edge !== null) painter.rect(x + 0.5, y - 4.5, 9, 9, { stroke: edge, lineWidth: 1 });
    painter.text(x + 16, y + 0.5, words, style);
    x += width;
  }
}
