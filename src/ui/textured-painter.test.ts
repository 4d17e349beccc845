import { describe, expect, it } from 'vitest';
import { forcedTheme } from './forced-theme.ts';
import type { Ink } from './painter.ts';
import { createSvgPainter } from './svg-painter.ts';
import { hueTexture } from './texture.ts';
import { texturedPainter } from './textured-painter.ts';
import { hues } from './theme.ts';

/** White on black and nothing else: what a reader with two colours gets. */
const theme = forcedTheme((name) => (['Canvas', 'HighlightText'].includes(name) ? '#000000' : '#ffffff'));

function paint(ink: Ink, side: number): string {
  const painter = createSvgPainter({ width: 100, height: 40 }, theme.page);
  texturedPainter(painter, theme).rect(0, 0, side, side, ink);
  return painter.toSvg();
}

describe('textures for hues', () => {
  it('draws five hues of one colour so that they differ', async () => {
    const painter = createSvgPainter({ width: 220, height: 70 }, theme.page);
    const textured = texturedPainter(painter, theme);
    for (const [i, hue] of hues.entries()) {
      const x = 8 + i * 42;
      textured.rect(x, 8, 36, 16, hue === 'waiting' ? { stroke: theme[hue] } : { fill: theme[hue] });
      textured.path([x, 50, x + 18, 30, x + 36, 50], { fill: theme[hue] }, true);
      textured.circle(x + 18, 60, 6, { fill: theme[hue] });
    }
    await expect(painter.toSvg()).toMatchFileSnapshot('testdata/forced.svg');
  });

  it.each(hues)('gives %s its own', (hue) => {
    const hasPattern = paint({ fill: theme[hue] }, 20).includes('<pattern');
    expect(hasPattern).toBe(hueTexture[hue] !== 'solid');
  });

  it('leaves alone what has a texture, what is small, and what is no hue', () => {
    expect(paint({ fill: theme.decode, texture: 'hatch', mark: theme.ink }, 20)).toContain('stroke="#ffffff"');
    expect(paint({ fill: theme.decode }, 4)).not.toContain('<pattern');
    expect(paint({ fill: theme.page }, 20)).not.toContain('<pattern');
  });
});
