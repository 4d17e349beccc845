import { describe, expect, it } from 'vitest';
import { createSvgPainter } from './svg-painter.ts';
import { textWidth } from './text-width.ts';

const size = { width: 40, height: 20 };
const lines = (svg: string) => svg.trim().split('\n').slice(2, -1);

describe('svg painter', () => {
  it('rounds numbers to hundredths and never writes a negative nought', () => {
    const painter = createSvgPainter(size, '#fff');
    painter.rect(1 / 3, -0.001, 2.005, 10, { fill: '#123456', alpha: 0.5 });
    expect(lines(painter.toSvg())).toEqual([
      '<rect x="0.33" y="0" width="2.01" height="10" fill="#123456" opacity="0.5"/>',
    ]);
  });

  it('writes a texture once however often it is used', () => {
    const painter = createSvgPainter(size, '#fff');
    painter.circle(5, 5, 2, { fill: '#000', texture: 'hatch' });
    painter.circle(9, 5, 2, { fill: '#000', texture: 'hatch' });
    const svg = painter.toSvg();
    expect(svg.match(/<pattern /g)).toHaveLength(1);
    expect(svg.match(/url\(#t1\)/g)).toHaveLength(2);
  });

  it('cuts long text with an ellipsis, measured without fonts', () => {
    const painter = createSvgPainter(size, '#fff');
    const style = { color: '#000', size: 10, maxWidth: 30 };
    painter.text(0, 10, 'preempted', style);
    const shown = />(.*)<\/text>/.exec(painter.toSvg())?.[1] ?? '';
    expect(shown).toMatch(/^pree?.*…$/);
    expect(textWidth(shown, 10)).toBeLessThanOrEqual(30);
    expect(painter.measure('预填充', style)).toBe(30);
  });

  it('writes equal neighbours of an image as one run and leaves out what is transparent', () => {
    const painter = createSvgPainter(size, '#fff');
    const black = [0, 0, 0, 255];
    painter.image(0, 0, 30, 10, 3, 1, new Uint8ClampedArray([...black, ...black, 9, 9, 9, 0]));
    expect(lines(painter.toSvg())).toContain('<path fill="#000000ff" d="M0 0h2v1h-2z"/>');
    expect(painter.toSvg()).not.toContain('#090909');
  });

  it('escapes what a file could bring in', () => {
    const painter = createSvgPainter(size, '#fff');
    painter.text(0, 0, '<a & "b">', { color: '#000', size: 10 });
    expect(painter.toSvg()).toContain('&lt;a &amp; &quot;b&quot;&gt;');
  });
});
