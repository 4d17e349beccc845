import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitLine, fitPoints, minimise } from './fit.ts';
import type { Point } from './result.ts';

function point(values: Pick<Point, 'family' | 'bytes' | 'flops' | 'us'> & Partial<Point>): Point {
  const { us } = values;
  return {
    kernel: 'k',
    m: 0,
    n: 0,
    k: 0,
    medianUs: us,
    maxUs: us,
    wallUs: us,
    dispatches: 1,
    repeats: 5,
    source: 'timestamps',
    ...values,
  };
}

describe('fitLine', () => {
  it('finds the line that made the samples', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 50, noNaN: true }),
        fc.double({ min: 1e9, max: 5e12, noNaN: true }),
        (fixedUs, rate) => {
          const works = [1e6, 1e7, 1e8, 1e9];
          const line = fitLine(works.map((work) => ({ work, us: fixedUs + (work / rate) * 1e6 })));
          expect(line.maxError).toBeLessThan(1e-3);
          expect(line.ratePerSecond / rate).toBeCloseTo(1, 2);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('takes the rate of a single sample, and claims no error it cannot know', () => {
    expect(fitLine([{ work: 1e9, us: 1000 }])).toMatchObject({ fixedUs: 0, ratePerSecond: 1e12, points: 1 });
  });

  it('reports the error of what is no line', () => {
    const line = fitLine([
      { work: 1e6, us: 10 },
      { work: 2e6, us: 40 },
      { work: 4e6, us: 40 },
    ]);
    expect(line.maxError).toBeGreaterThan(0.1);
  });
});

describe('fitPoints', () => {
  const MiB = 2 ** 20;
  const cached = point({ family: 'copy', bytes: 16 * MiB, flops: 0, us: 1 });
  const copies = [
    cached,
    point({ family: 'copy', bytes: 128 * MiB, flops: 0, us: 100 }),
    point({ family: 'copy', bytes: 256 * MiB, flops: 0, us: 190 }),
  ];
  const reads = [point({ family: 'read', bytes: 256 * MiB, flops: 0, us: 100 })];
  const gemms = [
    point({ family: 'gemm-f32', m: 8, n: 8, k: 8, bytes: 1, flops: 1e9, us: 100 }),
    point({ family: 'gemm-f32', m: 8, n: 8, k: 8, bytes: 1, flops: 1e9, us: 60, kernel: 'better' }),
  ];

  it('leaves what fits into a cache out of the bandwidth', () => {
    const fit = fitPoints([...copies, ...reads, ...gemms]);
    expect(fit.copyBytesPerSecond).toBeCloseTo((256 * MiB * 1e6) / 190, 0);
    expect(fit.copy.points).toBe(2);
  });

  it('counts the faster of two kernels on the same shape', () => {
    const fit = fitPoints([...copies, ...reads, ...gemms]);
    expect(fit.f32FlopsPerSecond).toBeCloseTo(1e15 / 60, -3);
    expect(fit.gemm.points).toBe(1);
  });

  it('does not invent a family', () => {
    expect(() => fitPoints([...copies, ...gemms])).toThrow();
  });
});

it('minimise finds the bottom of a bowl', () => {
  const [x, y] = minimise(([a, b]) => (a - 3) ** 2 + 2 * (b + 1) ** 2 + 0.5 * (a - 3) * (b + 1), [0, 0]);
  expect(x).toBeCloseTo(3, 4);
  expect(y).toBeCloseTo(-1, 4);
});
