import { scaleLinear, scaleLog, scaleSqrt } from 'd3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearScale, logScale, sqrtScale } from './scale.ts';

const value = fc.double({ min: 1e-3, max: 1e9, noNaN: true });
const ends = fc.tuple(value, value).filter(([a, b]) => Math.abs(a - b) > 1e-3 * Math.max(a, b));
const places = fc
  .tuple(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 0, max: 4000 }))
  .filter(([a, b]) => a !== b);

const pairs = [
  { name: 'linear', ours: linearScale, theirs: scaleLinear<number, number> },
  { name: 'square root', ours: sqrtScale, theirs: scaleSqrt<number, number> },
  { name: 'logarithmic', ours: logScale, theirs: scaleLog<number, number> },
];

describe.each(pairs)('a $name scale', ({ ours, theirs }) => {
  it('places values where d3 does, and finds them again', () => {
    fc.assert(
      fc.property(
        ends,
        places,
        value,
        fc.integer({ min: -500, max: 4500 }),
        fc.boolean(),
        (from, to, at, x, isOpen) => {
          const scale = ours(from, to, isOpen ? 'open' : 'clamp');
          const reference = theirs(from, to).clamp(!isOpen);
          expect(near(scale(at), reference(at))).toBe(true);
          if (!isOpen) expect(near(scale.invert(x), reference.invert(x))).toBe(true);
        },
      ),
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

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b));
}
