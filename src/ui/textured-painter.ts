import type { Ink, Painter } from './painter.ts';
import { hueTexture } from './texture.ts';
import { hues, type Theme } from './theme.ts';

/** A texture on less than this, in pixels, would eat the shape up: there place and shape say what it is. */
const leastSide = 8;

/**
 * Puts its texture on every plain fill of a hue, in the colour of the page. For forced colours, where two hues may be one colour; a
 * fill that has a texture keeps it.
 */
export function texturedPainter(painter: Painter, theme: Theme): Painter {
  const textures = new Map(hues.map((hue) => [theme[hue], hueTexture[hue]]));
  function textured(ink: Ink, width: number, height: number): Ink {
    if (ink.fill === undefined || ink.texture !== undefined || Math.min(width, height) < leastSide) return ink;
    const texture = textures.get(ink.fill) ?? 'solid';
    return texture === 'solid' ? ink : { ...ink, texture, mark: theme.page };
  }
  return {
    ...painter,
    rect: (x, y, width, height, ink) => painter.rect(x, y, width, height, textured(ink, width, height)),
    path: (points, ink, closed) =>
      painter.path(points, closed === true ? textured(ink, extent(points, 0), extent(points, 1)) : ink, closed),
    circle: (x, y, radius, ink) => painter.circle(x, y, radius, textured(ink, 2 * radius, 2 * radius)),
  };
}

/** How far the points reach from left to right (`from` 0), or from top to bottom (1). */
function extent(points: ArrayLike<number>, from: 0 | 1): number {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = from; i < points.length; i += 2) {
    least = Math.min(least, points[i]);
    most = Math.max(most, points[i]);
  }
  return most - least;
}
