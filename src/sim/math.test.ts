import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exp, ln, normalQuantile, pow } from './math.ts';

function relativeError(found: number, expected: number): number {
  if (Object.is(found, expected) || found === expected) return 0;
  return Math.abs(found - expected) / Math.max(Math.abs(expected), 2.3e-308);
}

/** Doubles of every magnitude, equally likely by exponent. */
const anyPositive = fc
  .tuple(fc.integer({ min: -1070, max: 1022 }), fc.double({ min: 1, max: 2, noNaN: true }))
  .map(([exponent, mantissa]) => mantissa * 2 ** exponent)
  .filter((x) => x > 0);

describe('ln', () => {
  it('agrees with the platform over all magnitudes', () => {
    fc.assert(
      fc.property(anyPositive, (x) => relativeError(ln(x), Math.log(x)) < 4e-16),
      { numRuns: 20_000 },
    );
  });
  it('agrees near 1, where the result is small', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 2, noNaN: true }), (x) => relativeError(ln(x), Math.log(x)) < 4e-16),
      { numRuns: 20_000 },
    );
  });
  it('knows the ends', () => {
    expect(ln(1)).toBe(0);
    expect(ln(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(ln(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(ln(-1)).toBeNaN();
    expect(ln(Number.NaN)).toBeNaN();
    expect(relativeError(ln(5e-324), Math.log(5e-324))).toBeLessThan(4e-16);
  });
});

describe('exp', () => {
  it('agrees with the platform over the whole range', () => {
    fc.assert(
      fc.property(fc.double({ min: -708, max: 709.7, noNaN: true }), (x) => relativeError(exp(x), Math.exp(x)) < 5e-16),
      { numRuns: 20_000 },
    );
    fc.assert(
      fc.property(fc.double({ min: -2, max: 2, noNaN: true }), (x) => relativeError(exp(x), Math.exp(x)) < 5e-16),
      { numRuns: 20_000 },
    );
  });
  it('knows the ends', () => {
    expect(exp(0)).toBe(1);
    expect(exp(710)).toBe(Number.POSITIVE_INFINITY);
    expect(exp(Number.NEGATIVE_INFINITY)).toBe(0);
    expect(exp(-746)).toBe(0);
    expect(exp(Number.NaN)).toBeNaN();
    expect(relativeError(exp(709.7827), Math.exp(709.7827))).toBeLessThan(1e-14);
    expect(exp(-740)).toBe(Math.exp(-740));
  });
});

describe('pow', () => {
  it('agrees with the platform, also where x ** y is very large or small', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        fc.double({ min: -50, max: 50, noNaN: true }),
        (x, y) => relativeError(pow(x, y), x ** y) < 2e-15,
      ),
      { numRuns: 20_000 },
    );
  });
  it('knows the ends', () => {
    expect(pow(0, 2)).toBe(0);
    expect(pow(0, -2)).toBe(Number.POSITIVE_INFINITY);
    expect(pow(3, 0)).toBe(1);
    expect(pow(2, 10)).toBe(1024);
    expect(pow(-1, 0.5)).toBeNaN();
    expect(pow(10, 400)).toBe(Number.POSITIVE_INFINITY);
    expect(pow(10, -400)).toBe(0);
    expect(pow(Number.POSITIVE_INFINITY, -1)).toBe(0);
  });
});

/** Quantiles computed with 50 digits by Newton's method on the error function, rounded to doubles. */
const QUANTILES: readonly (readonly [number, number])[] = [
  [1e-300, -37.0470962993612],
  [1e-100, -21.273453560965326],
  [1e-20, -9.262340089798407],
  [1e-12, -7.034483825301132],
  [1e-9, -5.9978070150076865],
  [1e-6, -4.753424308822899],
  [0.001, -3.0902323061678136],
  [0.02425, -1.972961051311885],
  [0.074, -1.4466320671589785],
  [0.0750001, -1.4395307645017297],
  [0.1, -1.2815515655446004],
  [0.25, -0.6744897501960817],
  [0.4, -0.2533471031357997],
  [0.499, -0.002506630899571766],
  [0.6, 0.2533471031357997],
  [0.75, 0.6744897501960817],
  [0.9, 1.2815515655446006],
  [0.925, 1.4395314709384561],
  [0.95, 1.6448536269514722],
  [0.975, 1.9599639845400538],
  [0.999, 3.090232306167813],
  [0.999999, 4.753424308817087],
];

describe('normalQuantile', () => {
  it('agrees with high-precision values in every branch', () => {
    for (const [p, x] of QUANTILES) expect(relativeError(normalQuantile(p), x), `p = ${p}`).toBeLessThan(2e-15);
  });
  it('is odd about one half and increasing', () => {
    expect(normalQuantile(0.5)).toBe(0);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 30 - 1 }), (n) => {
        const p = n / 2 ** 30;
        const step = 1 / 2 ** 31;
        return normalQuantile(1 - p) === -normalQuantile(p) && normalQuantile(p) < normalQuantile(p + step);
      }),
    );
  });
  it('knows the ends', () => {
    expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY);
    expect(normalQuantile(-0.1)).toBeNaN();
    expect(normalQuantile(1.1)).toBeNaN();
    expect(normalQuantile(Number.NaN)).toBeNaN();
  });
});
