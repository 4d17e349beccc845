import { describe, expect, it } from 'vitest';
import data from '../../scenario/gallery/gallery.json';
import type { LeafResult } from '../../scenario/gallery/measure.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light } from '../../ui/theme.ts';
import { drawThumb } from './draw.ts';

const size = { width: 240, height: 44 };

/** A leaf made by hand, so that the pictures change with the drawing alone. */
const leaf = (samples: LeafResult['samples']): LeafResult => ({
  id: 'made',
  values: [4, 8],
  fromUs: 0,
  toUs: 1e6,
  samples,
});

function svgOf(result: LeafResult, side: 0 | 1, theme = light): string {
  const painter = createSvgPainter(size, theme.page);
  drawThumb(painter, size, theme, result, side);
  return painter.toSvg();
}

const rows = leaf([{ rows: ['8w4p40d44.', '4w8p40d44i', '20.12d20l8r36d'] }, { rows: ['96d'] }]);
const steps = leaf([
  { steps: [100_000, 0, 16, 0, 600_000, 4096, 16, 0, 700_000, 0, 16, 8] },
  { steps: [100_000, 0, 16, 0, 200_000, 512, 16, 0] },
]);
const memory = leaf([{ memory: [0.1, 0.6, 0.2, 0.6, 0.1, 0.1] }, { memory: [0.2, 0.01, 0.4, 0.02, 0, 0] }]);
const bars = leaf([{}, {}]);

describe('thumbnails', () => {
  it('draw requests, steps, memory and numbers', async () => {
    await expect(svgOf(rows, 0)).toMatchFileSnapshot('testdata/rows.svg');
    await expect(svgOf(rows, 0, dark)).toMatchFileSnapshot('testdata/rows-dark.svg');
    await expect(svgOf(steps, 0)).toMatchFileSnapshot('testdata/steps.svg');
    await expect(svgOf(memory, 0)).toMatchFileSnapshot('testdata/memory.svg');
    await expect(svgOf(bars, 0)).toMatchFileSnapshot('testdata/bars.svg');
  });

  it('have one scale for both sides', () => {
    // Half the number is half the bar; 512 tokens are lower than 4,096 beside them.
    expect(svgOf(bars, 0)).toContain('width="120"');
    // After the heights of the picture and of its ground.
    const heights = [...svgOf(steps, 1).matchAll(/height="([\d.]+)"/g)].map(([, height]) => Number(height));
    expect(Math.max(...heights.slice(2))).toBeLessThan(44 / 2);
  });

  it('can draw what the gallery holds', () => {
    const { leaves } = data as unknown as { readonly leaves: readonly LeafResult[] };
    for (const result of leaves) {
      for (const side of [0, 1] as const) expect(svgOf(result, side), result.id).toMatch(/<(rect|path)/);
    }
  });
});
