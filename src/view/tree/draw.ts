/** The prefix cache as an icicle: tokens to the right, branches downwards. Pure. */

import type { Translate } from '../../i18n/i18n.ts';
import type { Ink, Painter, Size } from '../../ui/painter.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Format } from '../../ui/use-format.ts';
import type { TreeBar, TreeModel } from './model.ts';
import { describeBar } from './words.ts';

export interface TreePicture {
  readonly model: TreeModel;
  /** Pieces on the path of the selected request. */
  readonly path: ReadonlySet<number>;
  /** Bar under the pointer, -1 = none. */
  readonly pointed: number;
  readonly t: Translate;
  readonly format: Format;
}

/** Room for the numbers of the axis. */
const axisHeight = 18;
const pad = 8;
/** Tallest row, and the smallest one that a text fits in. */
const tallest = 26;
const textRow = 13;
/** Narrower bars show their number alone. */
const wordy = 160;

/** Rows that there is room for, at the smallest height that can still be told apart. */
export function rowsFor({ height }: Size): number {
  return Math.max(1, Math.floor((height - axisHeight) / 3));
}

interface TreePlaces {
  readonly pitch: number;
  readonly x: (tokens: number) => number;
}

function placesOf(model: TreeModel, { width, height }: Size): TreePlaces {
  const pitch = model.rows === 0 ? tallest : Math.min(tallest, (height - axisHeight) / model.rows);
  const room = width - 2 * pad;
  return { pitch, x: (tokens) => pad + (model.depth === 0 ? 0 : (tokens / model.depth) * room) };
}

/** The bar at a place, or -1. */
export function hit(model: TreeModel, size: Size, x: number, y: number): number {
  const { pitch, x: at } = placesOf(model, size);
  const row = Math.floor(y / pitch);
  return model.bars.findIndex(
    (bar) => row >= bar.top && row < bar.top + bar.rows && x >= at(bar.from) && x < at(bar.from + bar.tokens),
  );
}

export function draw(painter: Painter, picture: TreePicture, theme: Theme, size: Size): void {
  const { model, path, pointed, t, format } = picture;
  const { pitch, x } = placesOf(model, size);
  if (model.bars.length === 0) {
    painter.text(size.width / 2, size.height / 2, t('tree.empty'), {
      color: theme.inkSoft,
      size: 13,
      align: 'center',
      baseline: 'middle',
      maxWidth: size.width - 2 * pad,
    });
    return;
  }
  model.bars.forEach((bar, at) => {
    const left = x(bar.from);
    const top = bar.top * pitch;
    // A hair of page between neighbours, as long as they are large enough.
    const wide = Math.max(1, x(bar.from + bar.tokens) - left - 1);
    const tall = Math.max(1, bar.rows * pitch - (pitch >= 4 ? 1 : 0));
    painter.rect(left, top, wide, tall, inkOf(bar, theme));
    if (bar.isNext) painter.rect(left, top, Math.min(3, wide), tall, { fill: theme.loss });
    if (at === pointed || path.has(bar.piece))
      painter.rect(left + 0.5, top + 0.5, wide - 1, tall - 1, {
        stroke: theme.ink,
        lineWidth: at === pointed ? 2 : 1.5,
      });
    if (tall >= textRow && wide > 40) {
      painter.text(left + 5, top + tall / 2, wide > wordy ? describeBar(bar, t, format) : format.count(bar.tokens), {
        color: textOn(bar, theme),
        size: 11,
        baseline: 'middle',
        maxWidth: wide - 10,
      });
    }
  });
  drawAxis(painter, model, theme, size, x, t, format);
}

function inkOf(bar: TreeBar, theme: Theme): Ink {
  switch (bar.kind) {
    case 'shared':
      return { fill: theme.reused, texture: 'dots' };
    case 'held':
      return { fill: theme.inkSoft };
    case 'evictable':
      return { fill: theme.empty, stroke: theme.inkFaint, lineWidth: 1 };
    case 'lost':
      return { fill: theme.empty, texture: 'hatch', mark: theme.loss };
  }
}

function textOn(bar: TreeBar, theme: Theme): string {
  if (bar.kind === 'shared') return theme.onReused;
  return bar.kind === 'held' ? theme.page : theme.ink;
}

function drawAxis(
  painter: Painter,
  model: TreeModel,
  theme: Theme,
  { height }: Size,
  x: TreePlaces['x'],
  t: Translate,
  format: Format,
): void {
  const y = height - axisHeight;
  painter.path([x(0), y + 0.5, x(model.depth), y + 0.5], { stroke: theme.rule });
  const style = { color: theme.inkFaint, size: 11, baseline: 'bottom' } as const;
  painter.text(x(0), height - 2, '0', style);
  painter.text(x(model.depth), height - 2, t('tree.tokens', { tokens: format.count(model.depth) }), {
    ...style,
    align: 'right',
  });
}
