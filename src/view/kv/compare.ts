/** Draws two pools: A's use in outline over B's blocks, or the difference of the two. Loaded with the first comparison. */

import { addMessages, type MessageKey, type Translate } from '../../i18n/i18n.ts';
import { compared } from '../../i18n/messages/compared.ts';
import type { Frame, MemorySplit, PoolColumns } from '../../protocol/frame.ts';
import { mix, pixelOf } from '../../ui/colour.ts';
import type { Ink, Painter, Size } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Format } from '../../ui/use-format.ts';
import { Held, isUsed, poolDifference } from './difference.ts';
import { borderedCell, draw, drawRings, filledCell, type KvPicture } from './draw.ts';
import { type Box, type CellLayout, cellPlace, kvLayout } from './layout.ts';
import { type KvModel, partsOf } from './model.ts';
import { outline } from './outline.ts';
import { pixelRoom } from './palette.ts';
import { drawPinnedSplit } from './pinned-split.ts';
import { drawSplit } from './split.ts';
import { describeBlock, stateWords } from './words.ts';

addMessages(compared);

/** What is shown while two runs are compared: B with A in outline, A alone, or what differs. */
export type KvSide = 'b' | 'a' | 'difference';

export function sideOptions(t: Translate, hasDifference: boolean) {
  const options: readonly { readonly value: KvSide; readonly label: string }[] = [
    { value: 'b', label: t('compared.b') },
    { value: 'a', label: t('compared.a') },
    { value: 'difference', label: t('compared.difference') },
  ];
  return hasDifference ? options : options.slice(0, 2);
}

/** Of pools larger than this an outline of single blocks could not be seen: the difference is shown first. */
const mostOutlined = 6000;

export function firstSide(count: number): KvSide {
  return count > mostOutlined ? 'difference' : 'b';
}

/** Blocks this large have room for an outline. */
const outlinedCell = 4;
/** Blocks this large have room for a sign. */
const signedCell = 12;

/** Kept from picture to picture: marks of at most as many blocks as can be outlined. */
let marks = new Uint8Array(0);

function marked(count: number, isMarked: (block: number) => boolean): Uint8Array {
  if (marks.length < count) marks = new Uint8Array(count);
  const all = marks.subarray(0, count);
  for (let block = 0; block < count; block++) all[block] = isMarked(block) ? 1 : 0;
  return all;
}

/** What A uses, as an outline over B's blocks, and how its memory is split over the bar. */
function drawPinned(
  painter: Painter,
  model: KvModel,
  { pool: a, memory }: Pick<Frame, 'pool' | 'memory'>,
  theme: Theme,
  size: Size,
): void {
  const { cells, split } = kvLayout(model.count, model.hasAllTables, size);
  drawPinnedSplit(painter, partsOf(memory, 0), theme, split);
  if (cells.edge < outlinedCell) return;
  const used = marked(model.count, (block) => isUsed(a, block));
  stroke(painter, outline(cells, used, 1), theme, theme.ink, cells.edge >= filledCell ? 2 : 1.25);
}

/** Pieces of a border, with an edge in the colour of the page that keeps them apart from what they cross. */
function stroke(painter: Painter, pieces: readonly number[], theme: Theme, colour: string, lineWidth: number): void {
  for (const ink of [
    { stroke: theme.page, lineWidth: lineWidth + 1.5 },
    { stroke: colour, lineWidth },
  ]) {
    for (let i = 0; i < pieces.length; i += 4) painter.path(pieces.slice(i, i + 4), ink);
  }
}

/** A difference has the room of the tables too, and a place for every block of both pools. */
export function placedModel(model: KvModel, a: PoolColumns, side: KvSide): KvModel {
  return side === 'difference' ? { ...model, hasAllTables: false, count: Math.max(model.count, a.count) } : model;
}

/** The pool as it is looked at while two runs are compared. */
export function drawBoth(
  painter: Painter,
  picture: KvPicture,
  side: KvSide,
  pinned: Pick<Frame, 'pool' | 'memory'>,
  theme: Theme,
  size: Size,
): void {
  const { model, hoveredBlock, t, format } = picture;
  if (side === 'difference') {
    drawDifference(painter, { model, a: pinned.pool, memoryA: pinned.memory, hoveredBlock, t, format }, theme, size);
    return;
  }
  draw(painter, picture, theme, size);
  if (side === 'b') drawPinned(painter, model, pinned, theme, size);
}

interface DifferencePicture {
  /** B's pool, without its tables: blocks take the whole width. */
  readonly model: KvModel;
  readonly a: PoolColumns;
  readonly memoryA: MemorySplit;
  readonly hoveredBlock: number;
  readonly t: Translate;
  readonly format: Format;
}

/** Every block by who uses it: B alone filled, A alone in outline, both a neutral grey. */
function drawDifference(painter: Painter, picture: DifferencePicture, theme: Theme, size: Size): void {
  const { a, model: b, t, format, hoveredBlock } = picture;
  const model = { ...picture.model, count: Math.max(a.count, b.count) };
  const layout = kvLayout(model.count, false, size);
  const { cells } = layout;
  const { held, counts } = poolDifference(a, b);
  drawBlocks(painter, held, theme, cells);
  if (cells.edge >= borderedCell) drawGaps(painter, theme, cells);
  if (cells.edge >= outlinedCell) {
    const pieces = outline(cells, held, Held.onlyA);
    const ink = { stroke: theme.onlyA, lineWidth: cells.edge >= filledCell ? 2 : 1.25 };
    for (let i = 0; i < pieces.length; i += 4) painter.path(pieces.slice(i, i + 4), ink);
  }
  if (cells.edge >= signedCell) drawSigns(painter, held, theme, cells);
  const rings: KvPicture = { model, hoveredBlock, colourBy: 'phase', t, format };
  drawRings(painter, rings, theme, cells);
  if (layout.line !== null) drawKey(painter, picture, counts, theme, layout.line);
  drawSplit(painter, picture.model.parts, t, format, theme, layout.split);
  drawPinnedSplit(painter, partsOf(picture.memoryA, 0), theme, layout.split);
}

function colourOf(held: number, theme: Theme, isOutlined: boolean): string {
  switch (held) {
    case Held.onlyA:
      return isOutlined ? mix(theme.empty, theme.onlyA, 0.22) : theme.onlyA;
    case Held.onlyB:
      return theme.onlyB;
    case Held.same:
      return mix(theme.empty, theme.waiting, 0.3);
    case Held.other:
      return mix(theme.empty, theme.waiting, 0.65);
    default:
      return theme.empty;
  }
}

function drawBlocks(
  painter: Painter,
  held: Uint8Array,
  theme: Theme,
  { x, y, columns, rows, bands, cellWidth, cellHeight, edge, pitch }: CellLayout,
): void {
  const perBand = columns * rows;
  const pixels = pixelRoom(perBand * bands);
  const colours = Uint32Array.from(Object.values(Held), (by) => pixelOf(colourOf(by, theme, edge >= outlinedCell)));
  for (let block = 0; block < held.length; block++) pixels[block] = colours[held[block]];
  pixels.fill(0, held.length, perBand * bands);
  const all = new Uint8ClampedArray(pixels.buffer, 0, perBand * bands * 4);
  painter.image(x, y, columns * cellWidth, rows * cellHeight, columns, rows, all, { count: bands, pitch });
}

/** Lines in the colour of the ground keep blocks apart. */
function drawGaps(painter: Painter, theme: Theme, cells: CellLayout): void {
  const ink = { stroke: theme.surface, lineWidth: 1 };
  for (let band = 0; band < cells.bands; band++) {
    const left = cells.x + band * cells.pitch;
    const right = left + cells.columns * cells.cellWidth;
    const bottom = cells.y + cells.rows * cells.cellHeight;
    for (let row = 0; row <= cells.rows; row++) {
      const y = cells.y + row * cells.cellHeight;
      painter.path([left, y, right, y], ink);
    }
    for (let column = 0; column <= cells.columns; column++) {
      const x = left + column * cells.cellWidth;
      painter.path([x, cells.y, x, bottom], ink);
    }
  }
}

/** Plus and minus, so that the hue is not needed. */
function drawSigns(painter: Painter, held: Uint8Array, theme: Theme, cells: CellLayout): void {
  for (let block = 0; block < held.length; block++) {
    const by = held[block];
    if (by !== Held.onlyA && by !== Held.onlyB) continue;
    const { x, y } = cellPlace(cells, block);
    painter.text(x + cells.cellWidth / 2, y + cells.cellHeight / 2, by === Held.onlyA ? '−' : '+', {
      color: by === Held.onlyA ? theme.ink : theme.page,
      size: 11,
      weight: 600,
      align: 'center',
      baseline: 'middle',
    });
  }
}

const keys = [
  ['onlyB', 'compared.held.onlyB'],
  ['onlyA', 'compared.held.onlyA'],
  ['same', 'compared.held.same'],
  ['other', 'compared.held.other'],
  ['neither', 'compared.held.neither'],
] as const satisfies readonly (readonly [keyof typeof Held, MessageKey])[];

function drawKey(
  painter: Painter,
  { t, format }: DifferencePicture,
  counts: Int32Array,
  theme: Theme,
  line: Box,
): void {
  const style = { color: theme.inkSoft, size: 11, baseline: 'middle' } as const;
  const y = line.y + line.height / 2;
  let x = line.x;
  for (const [name, key] of keys) {
    const words = `${t(key)} ${format.count(counts[Held[name]])}`;
    const width = 16 + painter.measure(words, style);
    if (x + width > line.x + line.width) break;
    const fill = colourOf(Held[name], theme, true);
    const edge: Ink = { stroke: name === 'onlyA' ? theme.onlyA : theme.waiting, lineWidth: name === 'onlyA' ? 1.5 : 1 };
    painter.rect(x, y - 5, 10, 10, { fill });
    if (name === 'onlyA' || name === 'neither') painter.rect(x + 0.5, y - 4.5, 9, 9, edge);
    painter.text(x + 16, y + 0.5, words, style);
    x += width + 12;
  }
}

/** A block of either pool in words: what it is in B, and in A. */
export function describeInBoth(model: KvModel, a: PoolColumns, block: number, t: Translate, format: Format): string {
  const inB =
    block < model.count
      ? describeBlock(model, block, t, format)
      : t('compared.blockNotInB', { block: format.count(block) });
  return describeInA(inB, a, block, t);
}

/** A block in words, with what it is in A. */
export function describeInA(words: string, a: PoolColumns, block: number, t: Translate): string {
  if (block < 0 || block >= a.count) return words;
  const state = t(stateWords[a.state[block]]);
  const request = a.owner[block];
  return request < 0
    ? t('compared.block', { block: words, state })
    : t('compared.blockOwner', { block: words, state, request });
}
