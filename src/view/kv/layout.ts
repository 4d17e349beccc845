/**
 * Where blocks lie. Bands of equal width stand side by side; within a band blocks run from left to right, then down, so
 * that consecutive blocks make a compact patch:
 *
 *     band 0          band 1
 *     0   1 ..  63    64r     64r+1 ..
 *     64  65 .. 127   64r+64  ..             r = rows of a band
 */

import type { Size } from '../../ui/painter.ts';

export interface CellLayout {
  readonly x: number;
  readonly y: number;
  /** A block in pixels. */
  readonly cellWidth: number;
  readonly cellHeight: number;
  /** The smaller of the two: it says how much can be drawn on a block. */
  readonly edge: number;
  /** Blocks in a row of a band. */
  readonly columns: number;
  /** Rows of a band. */
  readonly rows: number;
  readonly bands: number;
  /** Pixels from the left edge of a band to the next one's. */
  readonly pitch: number;
}

export interface KvLayout {
  readonly cells: CellLayout;
  /** The list of block tables beside large blocks, or null. */
  readonly tables: Box | null;
  /** A line for the key to the states of blocks, or for the table of the chosen request; null where there is no room. */
  readonly line: Box | null;
  readonly split: Box;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const bandColumns = 64;
/** Up to this many blocks narrower bands are tried, because they allow larger blocks. */
const smallPool = 1024;
const bandGap = 6;
/** Blocks are at most this wide and high, and at most twice as wide as high or the other way. */
const largestCell = { width: 92, height: 84 };
const mostAspect = 2;
/** Blocks this large name their id and owner. */
export const namedCell = 24;
/** Blocks this large show every token with its number. */
export const numberedCell = { width: 76, height: 68 };
/** Beside blocks this large the tables are listed. */
const tabledCell = 12;
/** The words below the bar take two lines where the panel is narrow. */
const splitHeight = { wide: 34, narrow: 51 };
const wideFrom = 620;
const lineHeight = 24;
const space = 4;

/** The layout with the largest blocks for `count` blocks in a space. */
export function cellLayout(count: number, box: Box): CellLayout {
  let best: CellLayout = { ...noCells, x: box.x, y: box.y };
  for (const columns of count <= smallPool ? [bandColumns, 32, 16, 8] : [bandColumns]) {
    const mostBands = Math.ceil(count / columns);
    for (let bands = 1; bands <= mostBands; bands++) {
      const rows = Math.ceil(count / (columns * bands));
      const roomX = (box.width - (bands - 1) * bandGap) / (columns * bands);
      const roomY = box.height / rows;
      if (roomX <= 0) break;
      const cellWidth = wholePixels(Math.min(largestCell.width, roomX, roomY * mostAspect));
      const cellHeight = wholePixels(Math.min(largestCell.height, roomY, roomX * mostAspect));
      if (cellWidth * cellHeight <= best.cellWidth * best.cellHeight) continue;
      const edge = Math.min(cellWidth, cellHeight);
      best = {
        x: box.x,
        y: box.y,
        cellWidth,
        cellHeight,
        edge,
        columns,
        rows,
        bands,
        pitch: columns * cellWidth + bandGap,
      };
    }
  }
  return best;
}

const noCells = { cellWidth: 0, cellHeight: 0, edge: 0, columns: bandColumns, rows: 1, bands: 1, pitch: 0 };

/** Blocks of whole pixels are sharp; small ones may take quarters, or much room would stay empty. */
function wholePixels(cell: number): number {
  return cell >= 3 ? Math.floor(cell) : Math.floor(cell * 4) / 4;
}

export function kvLayout(count: number, hasAllTables: boolean, size: Size): KvLayout {
  const { width } = size;
  const splitRoom = width >= wideFrom ? splitHeight.wide : splitHeight.narrow;
  const split = { x: 0, y: Math.max(0, size.height - splitRoom), width, height: splitRoom };
  const line = size.height >= 120 ? { x: 0, y: split.y - lineHeight, width, height: lineHeight } : null;
  // Rings lie half outside of their blocks.
  const height = Math.max(1, (line?.y ?? split.y) - space - 1);
  const tablesWidth = Math.min(300, Math.round(width * 0.36));
  if (hasAllTables && width >= 460) {
    const cells = cellLayout(count, { x: 1, y: 1, width: width - tablesWidth - 24, height });
    const tables = { x: width - tablesWidth, y: 0, width: tablesWidth, height };
    if (cells.edge >= tabledCell) return { cells, tables, line, split };
  }
  return { cells: cellLayout(count, { x: 1, y: 1, width: width - 2, height }), tables: null, line, split };
}

/** Left upper corner of a block. */
export function cellPlace(layout: CellLayout, block: number): { readonly x: number; readonly y: number } {
  const perBand = layout.columns * layout.rows;
  const band = Math.floor(block / perBand);
  const row = Math.floor((block - band * perBand) / layout.columns);
  return {
    x: layout.x + band * layout.pitch + (block % layout.columns) * layout.cellWidth,
    y: layout.y + row * layout.cellHeight,
  };
}

/** The block at a place, -1 where there is none. */
export function cellAt(layout: CellLayout, count: number, x: number, y: number): number {
  if (layout.edge === 0 || x < layout.x || y < layout.y) return -1;
  const band = Math.floor((x - layout.x) / layout.pitch);
  const column = Math.floor((x - layout.x - band * layout.pitch) / layout.cellWidth);
  const row = Math.floor((y - layout.y) / layout.cellHeight);
  if (band >= layout.bands || column >= layout.columns || row >= layout.rows) return -1;
  const block = (band * layout.rows + row) * layout.columns + column;
  return block < count ? block : -1;
}
