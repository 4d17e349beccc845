/** Block tables: logical order from left to right, physical ids in the cells, curves to where the blocks lie. */

import { mix } from '../../ui/colour.ts';
import type { Painter } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';
import type { KvHit, KvPicture } from './draw.ts';
import { type Box, type CellLayout, cellPlace } from './layout.ts';
import type { BlockTable, KvModel } from './model.ts';

const headHeight = 18;
const rowHeight = 19;
const nameWidth = 30;
/** Room for a digit of an id, and around the id. */
const digitWidth = 6;
const cellSpace = 9;
/** More curves than this say nothing. */
const mostCurves = 64;

function cellWidthOf(model: KvModel): number {
  return String(model.count - 1).length * digitWidth + cellSpace;
}

interface TableRows {
  readonly rows: readonly BlockTable[];
  /** Tables without a row. */
  readonly more: number;
  readonly cellsPerRow: number;
  readonly cellWidth: number;
}

/** As many tables as fit; the chosen one is always among them. */
function tableRows(model: KvModel, box: Box): TableRows {
  const cellWidth = cellWidthOf(model);
  const fit = Math.max(1, Math.floor((box.height - headHeight) / rowHeight));
  const rows = model.tables.slice(0, model.tables.length > fit ? fit - 1 : fit);
  if (model.chosen !== null && !rows.includes(model.chosen)) rows.splice(-1, 1, model.chosen);
  return {
    rows,
    more: model.tables.length - rows.length,
    cellsPerRow: Math.floor((box.width - nameWidth) / cellWidth),
    cellWidth,
  };
}

export function drawTableList(painter: Painter, picture: KvPicture, theme: Theme, box: Box, cells: CellLayout): void {
  const { model, t } = picture;
  const soft = { color: theme.inkSoft, size: 11, baseline: 'middle' } as const;
  painter.text(box.x, box.y + headHeight / 2, t('kv.tables'), soft);
  const { rows, more, cellsPerRow, cellWidth } = tableRows(model, box);
  for (let i = 0; i < rows.length; i++) {
    const table = rows[i];
    const isChosen = table.request === model.chosen?.request;
    const y = box.y + headHeight + i * rowHeight;
    const middle = y + rowHeight / 2;
    painter.text(box.x, middle, `r${table.request}`, {
      color: isChosen ? theme.ink : theme.inkSoft,
      size: 11,
      weight: isChosen ? 600 : 400,
      baseline: 'middle',
    });
    const isCut = table.blocks.length > cellsPerRow;
    const shown = isCut ? cellsPerRow - 1 : table.blocks.length;
    for (let logical = 0; logical < shown; logical++) {
      const block = table.blocks[logical];
      const place = { x: box.x + nameWidth + logical * cellWidth, y: y + 2, width: cellWidth };
      const look = picture.hoveredBlock === block ? 'pointed' : isChosen ? 'chosen' : 'plain';
      drawTableCell(painter, theme, table, String(block), place, look);
    }
    if (isCut) {
      const x = box.x + nameWidth + shown * cellWidth + 4;
      painter.text(x, middle, `+${table.blocks.length - shown}`, { ...soft, size: 10 });
    }
    if (isChosen) drawFan(painter, picture, theme, table, box.x - 5, middle, cells);
  }
  if (more > 0) {
    const y = box.y + headHeight + (rows.length + 0.5) * rowHeight;
    painter.text(box.x, y, t('kv.tablesMore', { count: more }), soft);
  }
}

/** From one point beside the chosen table to its blocks, in the pool to the left; the ids say which cell is which block. */
function drawFan(
  painter: Painter,
  picture: KvPicture,
  theme: Theme,
  table: BlockTable,
  x: number,
  y: number,
  cells: CellLayout,
): void {
  for (const block of table.blocks.subarray(0, mostCurves)) {
    drawCurve(painter, theme, cells, block, x, y, picture.hoveredBlock === block, 'horizontal');
  }
  painter.circle(x, y, 2.5, { fill: theme.ink });
}

/** The request of the list's row at a place, and the block of the cell there. */
export function tableAt(model: KvModel, box: Box, x: number, y: number): KvHit | null {
  if (x < box.x || x >= box.x + box.width) return null;
  const { rows, cellsPerRow, cellWidth } = tableRows(model, box);
  const row = Math.floor((y - box.y - headHeight) / rowHeight);
  if (row < 0 || row >= rows.length) return null;
  const { blocks, request } = rows[row];
  const logical = Math.floor((x - box.x - nameWidth) / cellWidth);
  const shown = blocks.length > cellsPerRow ? cellsPerRow - 1 : blocks.length;
  return { block: logical >= 0 && logical < shown ? blocks[logical] : -1, request };
}

/** The chosen table in one line: runs of consecutive physical blocks in logical order. */
export function drawStrip(painter: Painter, picture: KvPicture, theme: Theme, box: Box, cells: CellLayout): void {
  const { model, t, format } = picture;
  const middle = box.y + box.height / 2;
  const table = model.chosen;
  if (table === null) return;
  const head = t(table.blocks.length === 1 ? 'kv.table.one' : 'kv.table.other', {
    request: table.request,
    blocks: format.count(table.blocks.length),
    runs: format.count(model.chosenRuns.length),
  });
  const style = { color: theme.ink, size: 11, weight: 600, baseline: 'middle' } as const;
  painter.text(box.x, middle, head, style);
  const small = { color: theme.ink, size: 10, baseline: 'middle' } as const;
  let x = box.x + painter.measure(head, style) + 16;
  const ends: { x: number; block: number }[] = [];
  let shown = 0;
  for (const { first, last } of model.chosenRuns) {
    const words = first === last ? String(first) : `${first}–${last}`;
    const width = painter.measure(words, small) + 10;
    if (x + width > box.x + box.width - 36) break;
    drawTableCell(painter, theme, table, words, { x, y: box.y + 4, width }, 'chosen');
    if (ends.length < mostCurves) ends.push({ x: x + width / 2, block: first });
    x += width;
    shown++;
  }
  if (shown < model.chosenRuns.length) {
    painter.text(x + 6, middle, `+${format.count(model.chosenRuns.length - shown)}`, {
      ...small,
      color: theme.inkSoft,
    });
  }
  for (const end of ends)
    drawCurve(painter, theme, cells, end.block, end.x, box.y + 4, picture.hoveredBlock === end.block, 'vertical');
}

function drawTableCell(
  painter: Painter,
  theme: Theme,
  table: BlockTable,
  words: string,
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
  look: 'plain' | 'chosen' | 'pointed',
): void {
  const hue = table.isPrefilling ? theme.prefill : theme.decode;
  painter.rect(x + 0.5, y + 0.5, width - 2, 15, {
    fill: mix(theme.surface, hue, 0.25),
    stroke: look === 'plain' ? mix(theme.surface, theme.waiting, 0.6) : theme.ink,
    lineWidth: look === 'pointed' ? 2 : 1,
  });
  const style = { color: theme.ink, size: 10, align: 'center', baseline: 'middle', maxWidth: width - 3 } as const;
  painter.text(x + width / 2 - 0.5, y + 8.5, words, style);
}

/** From a cell of a table to the middle of its block in the pool. */
function drawCurve(
  painter: Painter,
  theme: Theme,
  cells: CellLayout,
  block: number,
  x: number,
  y: number,
  isStrong: boolean,
  direction: 'vertical' | 'horizontal',
): void {
  const place = cellPlace(cells, block);
  const end = { x: place.x + cells.cellWidth / 2, y: place.y + cells.cellHeight / 2 };
  const ink = { stroke: theme.ink, lineWidth: isStrong ? 2 : 1, alpha: isStrong ? 1 : 0.45 };
  painter.curve(x, y, end.x, end.y, ink, direction);
  painter.circle(end.x, end.y, isStrong ? 3 : 2, { fill: theme.ink });
}
