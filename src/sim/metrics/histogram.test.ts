import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BIN_COUNT, binHighUs, binLowUs, binOf, Histogram, sortedQuantile } from './histogram.ts';

const times = fc.integer({ min: 0, max: 2 ** 50 });

describe('bins', () => {
  it('hold the values between their bounds', () => {
    fc.assert(
      fc.property(times, (us) => {
        const bin = binOf(us);
        expect(bin).toBeLessThan(BIN_COUNT);
        expect(binLowUs(bin)).toBeLessThanOrEqual(us);
        expect(binHighUs(bin)).toBeGreaterThan(us);
      }),
    );
  });

  it('are at most a thirty-second wide', () => {
    for (let bin = 32; bin < BIN_COUNT - 1; bin++) {
      expect((binHighUs(bin) - binLowUs(bin)) / binLowUs(bin)).toBeLessThanOrEqual(1 / 32);
    }
  });
});

describe('quantiles', () => {
  it('of the histogram are those of the sorted values, to half a bin', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0.5, 0.9, 0.99),
        (values, share) => {
          const histogram = new Histogram();
          for (const value of values) histogram.add(value, 1);
          const exact = sortedQuantile(Float64Array.from(values).sort(), share);
          expect(Math.abs(histogram.quantile(share) - exact)).toBeLessThanOrEqual(exact / 60 + 1);
        },
      ),
    );
  });

  it('count repeated values as often as they were added', () => {
    const histogram = new Histogram();
    histogram.add(100, 99);
    histogram.add(5000, 1);
    expect(histogram.quantile(0.99)).toBe(100);
    expect(histogram.quantile(0.995)).toBe(5000);
    expect(histogram).toMatchObject({ count: 100, sumUs: 14_900, minUs: 100, maxUs: 5000 });
  });

  it('without values is not a number', () => {
    expect(new Histogram().quantile(0.5)).toBeNaN();
    expect(sortedQuantile(new Float64Array(0), 0.5)).toBeNaN();
  });
});
