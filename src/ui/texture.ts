import type { Texture } from './painter.ts';
import type { Hue } from './theme.ts';

/** What stands for a hue where colour does not: what waits is hollow, with an edge. */
export const hueTexture: Readonly<Record<Hue, Texture>> = {
  waiting: 'solid',
  prefill: 'solid',
  decode: 'rule',
  reused: 'dots',
  loss: 'hatch',
};

/** Edge of the square tile that a texture repeats, in pixels. */
export const tileSize = 6;

/** The marks of one tile; both painters draw them, so screen and export agree. */
export type TextureMark =
  | { readonly kind: 'line'; readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number }
  | { readonly kind: 'dot'; readonly x: number; readonly y: number };

/** Width of the lines and radius of the dots of a texture, in pixels. */
export const markWidth = 1.25;
export const dotRadius = 1;

/** Lines run over the tile's edge, so that neighbouring tiles join without a gap. */
export const textureMarks: Readonly<Record<Exclude<Texture, 'solid'>, readonly TextureMark[]>> = {
  hatch: [
    { kind: 'line', x0: -1, y0: 7, x1: 7, y1: -1 },
    { kind: 'line', x0: -1, y0: 1, x1: 1, y1: -1 },
    { kind: 'line', x0: 5, y0: 7, x1: 7, y1: 5 },
  ],
  dots: [
    { kind: 'dot', x: 1.5, y: 1.5 },
    { kind: 'dot', x: 4.5, y: 4.5 },
  ],
  rule: [{ kind: 'line', x0: 3, y0: -1, x1: 3, y1: 7 }],
};
