import { interpolateRgb, rgb } from 'd3';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mix, pixelOf } from './colour.ts';

const colour = fc.integer({ min: 0, max: 0xffffff }).map((value) => `#${value.toString(16).padStart(6, '0')}`);

it('mixes colours as d3 does', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(colour, colour, share, (from, to, at) => {
      expect(mix(from, to, at)).toBe(rgb(interpolateRgb(from, to)(at)).formatHex());
    }),
  );
});

it('writes a pixel as red, green, blue and opaque, byte by byte', () => {
  const bytes = new Uint8Array(Uint32Array.of(pixelOf('#0a64f0')).buffer);
  expect([...bytes]).toEqual([0x0a, 0x64, 0xf0, 255]);
});
