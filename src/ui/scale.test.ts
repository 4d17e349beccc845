import { scaleLinear, scaleLog, scaleSqrt } from 'd3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearScale, logScale, sqrtScale } from './scale.ts';

const value = fc.double({ min: 1e-3, max: 1e9, noNaN: true });
const ends = fc.tuple(value, value).filter(([a, b]) => Math.abs(a - b) > 1e-3 * Math.max(a, b));
const places = fc
  .tuple(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 0, max: 4000 }))
  .filter(([a, b]) => a !== b);

const pixel = fc.integer({ min: -500, max: 4500 });

const pairs = [
  { name: 'linear', ours: linearScale, theirs: scaleLinear<number, number> },
  { name: 'square root', ours: sqrtScale, theirs: scaleSqrt<number, number> },
  { name: 'logarithmic', ours: logScale, theirs: scaleLog<number, number> },
];

describe.each(pairs)('a $name scale', ({ ours, theirs }) => {
  it('places values where d3 does, and finds them again', () => {
    fc.assert(
      fc.property(ends, places, value, pixel, (from, to, at, x) => {
        const scale = ours(from, to);
        const reference = theirs(from, to).clamp(true);
        expect(near(scale(at), reference(at))).toBe(true);
        expect(near(scale.invert(x), reference.invert(x))).toBe(true);
      }),
    );
  });

  it('has its ends where they are asked for', () => {
    const scale = ours([3, 7], [40, 11]);
    expect([scale(3), scale(7), scale(1), scale(9)]).toEqual([40, 11, 40, 11]);
  });

  it('places a single value in the middle', () => {
    expect(ours([5, 5], [0, 10])(5)).toBe(5);
  });
});

describe('an open linear scale', () => {
  it('places values beyond its ends where d3 does, and finds them again', () => {
    fc.assert(
      fc.property(ends, places, value, pixel, (from, to, at, x) => {
        const scale = linearScale(from, to, 'open');
        const reference = scaleLinear(from, to);
        expect(near(scale(at), reference(at))).toBe(true);
        // What lies near 0 is a difference of large numbers.
        const most = Math.max(...from.map(Math.abs));
        expect(Math.abs(scale.invert(x) - reference.invert(x))).toBeLessThanOrEqual(
          1e-9 * Math.max(most, Math.abs(reference.invert(x))),
        );
      }),
    );
    const scale = linearScale([10, 20], [0, 100], 'open');
    expect([scale(25), scale.invert(150), scale.invert(-50)]).toEqual([150, 25, 5]);
  });
});

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b));
}
