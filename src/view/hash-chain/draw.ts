/** Draws the chain of hashes as boxes in reading order, each linked to its parent, and says which lies under a point. */

import type { Translate } from '../../i18n/i18n.ts';
import { mix } from '../../ui/colour.ts';
import type { Ink, Painter, Size, TextStyle } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Format } from '../../ui/use-format.ts';
import { type ChainModel, type Link, type LinkStateName, linkStates } from './model.ts';

export interface ChainPicture {
  readonly model: ChainModel;
  /** Link under the pointer, -1 = none. */
  readonly pointed: number;
  /** Block of the pool that is pointed at anywhere, -1 = none. */
  readonly hoveredBlock: number;
  readonly t: Translate;
  readonly format: Format;
}

interface Grid {
  readonly columns: number;
  readonly width: number;
  readonly height: number;
  readonly gap: number;
}

/** From boxes with hash, block and holders down to squares: the largest with which all blocks have room. */
const looks = [
  { width: 92, height: 40, gap: 14 },
  { width: 54, height: 18, gap: 8 },
  { width: 16, height: 16, gap: 4 },
  { width: 9, height: 9, gap: 2 },
  { width: 5, height: 5, gap: 1 },
  { width: 3, height: 3, gap: 0 },
] as const;
/** Boxes this wide have their hash in them; this wide, their block too. */
const hashedBox = 54;
const namedBox = 92;
const top = 10;
const legendHeight = 20;

function gridOf(count: number, size: Size): Grid {
  const gridWith = (look: (typeof looks)[number]): Grid => ({
    ...look,
    columns: Math.max(1, Math.floor((size.width - 4 + look.gap) / (look.width + look.gap))),
  });
  const room = size.height - top - legendHeight;
  const chosen = looks.find((look) => {
    const { columns } = gridWith(look);
    return Math.ceil(count / columns) * (look.height + rowGapOf(look)) <= room;
  });
  return gridWith(chosen ?? looks[looks.length - 1]);
}

/** Boxes stand in lines that are nearer to each other than the boxes of a line, which their links need. */
const rowGapOf = ({ width, gap }: Pick<Grid, 'width' | 'gap'>): number => (width >= hashedBox ? 6 : gap);

function placeOf({ columns, width, height, gap }: Grid, index: number): { readonly x: number; readonly y: number } {
  const pitch = height + rowGapOf({ width, gap });
  return { x: 2 + (index % columns) * (width + gap), y: top + Math.floor(index / columns) * pitch };
}

export function hit({ links }: ChainModel, size: Size, x: number, y: number): number {
  const grid = gridOf(links.length, size);
  return links.findIndex(({ index }) => {
    const at = placeOf(grid, index);
    return x >= at.x && x < at.x + grid.width + grid.gap && y >= at.y && y < at.y + grid.height + Math.min(4, grid.gap);
  });
}

/** How many links a row has: what up and down go by. */
export function columnsOf(model: ChainModel, size: Size): number {
  return gridOf(model.links.length, size).columns;
}

export function draw(painter: Painter, picture: ChainPicture, theme: Theme, size: Size): void {
  const { model } = picture;
  const grid = gridOf(model.links.length, size);
  painter.clip(0, 0, size.width, size.height - legendHeight + 4, () => {
    for (const link of model.links) drawLink(painter, picture, link, grid, theme);
    if (model.leaves > 0) drawParting(painter, model.leaves, grid, theme);
  });
  drawLegend(painter, picture, theme, size);
}

function inkOf(state: LinkStateName, theme: Theme): Ink {
  switch (state) {
    case 'hit':
      return { fill: mix(theme.empty, theme.reused, 0.3), stroke: theme.reused, lineWidth: 1.5 };
    case 'found':
      return { fill: theme.page, stroke: theme.reused, lineWidth: 1.5, dash: [3, 2] };
    case 'computed':
      return { fill: theme.empty, stroke: theme.inkSoft, lineWidth: 1.25 };
    case 'open':
      return { fill: theme.page, stroke: theme.inkSoft, lineWidth: 1, dash: [2, 2] };
    case 'missing':
      return { fill: theme.page, stroke: theme.waiting, lineWidth: 1, dash: [2, 2] };
    case 'left':
      return { fill: theme.page, texture: 'hatch', mark: theme.waiting, stroke: theme.waiting };
  }
}

/** Small squares are filled: an outline alone would not be seen. */
function squareOf(state: LinkStateName, theme: Theme): Ink {
  switch (state) {
    case 'hit':
      return { fill: theme.reused };
    case 'found':
      return { fill: mix(theme.empty, theme.reused, 0.4) };
    case 'computed':
      return { fill: theme.inkSoft };
    case 'open':
      return { fill: theme.waiting };
    case 'missing':
    case 'left':
      return { fill: theme.empty };
  }
}

function drawLink(painter: Painter, picture: ChainPicture, link: Link, grid: Grid, theme: Theme): void {
  const { width, height, gap, columns } = grid;
  const { x, y } = placeOf(grid, link.index);
  const isBox = width >= hashedBox;
  if (isBox && link.index > 0) {
    // From the parent's right edge; in a new row from the edge of the picture.
    const from = link.index % columns === 0 ? 0 : x - gap;
    painter.path([from, y + height / 2, x, y + height / 2], { stroke: theme.inkSoft, lineWidth: 1.25 });
    painter.path([x - 4, y + height / 2 - 3, x, y + height / 2, x - 4, y + height / 2 + 3], { stroke: theme.inkSoft });
  }
  if (isBox) {
    painter.rect(x + 0.5, y + 0.5, width - 1, height - 1, inkOf(link.state, theme));
    if (link.state === 'open' && link.fill > 0) {
      painter.rect(x + 2, y + height - 3.5, (width - 4) * link.fill, 2, { fill: theme.inkSoft });
    }
    drawNames(painter, picture, link, grid, theme);
  } else painter.rect(x, y, width, height, squareOf(link.state, theme));
  if (link.order >= 0 && width >= 9) {
    painter.path([x + width - 7, y, x + width, y, x + width, y + 7], { fill: theme.loss }, true);
  }
  const isLit = picture.hoveredBlock >= 0 && link.block === picture.hoveredBlock;
  if (link.index !== picture.pointed && !isLit) return;
  painter.rect(x - 1.5, y - 1.5, width + 3, height + 3, { stroke: theme.page, lineWidth: 4 });
  painter.rect(x - 1.5, y - 1.5, width + 3, height + 3, { stroke: theme.ink, lineWidth: 2 });
}

/** The hash, and where there is room its place in the chain, the block that holds it and how many tables name that. */
function drawNames(painter: Painter, { t, format }: ChainPicture, link: Link, grid: Grid, theme: Theme): void {
  const { width, height } = grid;
  const { x, y } = placeOf(grid, link.index);
  const hash = link.hash === '' ? t(`hashes.state.${link.state}`) : link.hash;
  const bold: TextStyle = { color: theme.ink, size: 11, weight: 600, baseline: 'middle' };
  if (width < namedBox) {
    painter.text(x + width / 2, y + height / 2, hash, { ...bold, size: 10, align: 'center', maxWidth: width - 6 });
    return;
  }
  const small: TextStyle = { color: theme.inkSoft, size: 10, baseline: 'middle' };
  painter.text(x + 6, y + 11, hash, { ...bold, maxWidth: width - 34 });
  painter.text(x + width - 9, y + 11, format.count(link.index), { ...small, align: 'right' });
  if (link.block >= 0) painter.text(x + 6, y + 26, `▦ ${format.count(link.block)}`, { ...small, maxWidth: width - 40 });
  if (link.references > 0) {
    painter.text(x + width - 9, y + 26, `×${format.count(link.references)}`, {
      ...small,
      color: theme.ink,
      weight: link.others > 0 ? 600 : 400,
      align: 'right',
    });
  }
}

/** A bar before the first block that is this request's alone. */
function drawParting(painter: Painter, leaves: number, grid: Grid, theme: Theme): void {
  const { x, y } = placeOf(grid, leaves);
  const at = x - Math.max(1, grid.gap / 2);
  painter.rect(at - 1.5, y - 5, 3, grid.height + 10, { fill: theme.page });
  painter.rect(at - 1, y - 5, 2, grid.height + 10, { fill: theme.ink });
  painter.path([at - 5, y - 6, at + 5, y - 6, at, y], { fill: theme.ink }, true);
}

function drawLegend(painter: Painter, { model, t, format }: ChainPicture, theme: Theme, size: Size): void {
  const style: TextStyle = { color: theme.inkSoft, size: 11, baseline: 'middle' };
  const y = size.height - 8;
  let x = 2;
  const put = (words: string, mark: (x: number) => void): void => {
    const width = 16 + painter.measure(words, style);
    if (x + width > size.width) return;
    mark(x);
    painter.text(x + 16, y, words, style);
    x += width + 12;
  };
  for (const state of linkStates) {
    if (model.counts[state] === 0) continue;
    const words = `${t(`hashes.state.${state}`)} ${format.count(model.counts[state])}`;
    const isBox = gridOf(model.links.length, size).width >= hashedBox;
    put(words, (at) =>
      painter.rect(
        at + 0.5,
        y - 4.5,
        9,
        9,
        isBox ? inkOf(state, theme) : { ...squareOf(state, theme), stroke: theme.waiting },
      ),
    );
  }
  if (model.leaves > 0) {
    put(t('hashes.leaves'), (at) => {
      painter.rect(at + 4, y - 5, 2, 10, { fill: theme.ink });
      painter.path([at, y - 6, at + 10, y - 6, at + 5, y], { fill: theme.ink }, true);
    });
  }
}
