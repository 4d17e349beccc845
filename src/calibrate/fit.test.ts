import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitCoefficients, fitPoints, markHeldOut, minimise, summarise } from './fit.ts';
import { modelUs, predictUs } from './model.ts';
import type { Coefficients, Point, SeriesFit } from './result.ts';

const MiB = 2 ** 20;

function point(values: Pick<Point, 'family' | 'shape' | 'work' | 'us'> & Partial<Point>): Point {
  const { us } = values;
  return {
    precision: 'f16-packed',
    variant: 'one',
    kernel: 'k',
    medianUs: us,
    maxUs: us,
    wallUs: us,
    dispatches: 1,
    repeats: 5,
    source: 'timestamps',
    isHeldOut: false,
    ...values,
  };
}

/** Decode attention as a GPU with these coefficients would run it, times `noise`. */
function decodes(c: Coefficients, noise: (index: number) => number = () => 1): Point[] {
  const points: Point[] = [];
  for (const sequences of [1, 4, 16, 64]) {
    for (const context of [256, 1024, 4096]) {
      for (const splits of [1, 8]) {
        const work = {
          bytes: sequences * context * 2048,
          flops: sequences * context * 8192,
          workgroups: sequences * 4 * splits,
          chain: context / splits,
          stages: splits === 1 ? 1 : 2,
        };
        const shape = { kind: 'decode', sequences, context, blockSize: 16, splits } as const;
        const us = modelUs(c, work) * noise(points.length);
        points.push(point({ family: 'decode-attention', shape, work, us }));
      }
    }
  }
  return points;
}

const memory = (family: 'copy' | 'read', bytes: number, us: number) =>
  point({
    family,
    precision: 'f32',
    shape: { kind: 'memory', bytes },
    work: { bytes, flops: 0, workgroups: bytes / 4096, chain: 0, stages: 1 },
    us,
  });
const product = (side: number, us: number, variant = 'one') =>
  point({
    family: 'gemm',
    precision: 'f32',
    variant,
    shape: { kind: 'product', m: side, n: side, k: side },
    work: { bytes: 12 * side ** 2, flops: 2 * side ** 3, workgroups: (side / 64) ** 2, chain: side / 16, stages: 1 },
    us,
  });
const ceilings = [memory('copy', 256 * MiB, 190), memory('read', 256 * MiB, 100), product(1024, 100)];

/** What the rest of a calibration would have found out about such a GPU, roughly. */
const ceilingsOf = (c: Coefficients) => ({
  launchUs: c.fixedUs,
  bytesPerSecond: c.bytesPerSecond * 1.1,
  flopsPerSecond: c.flopsPerSecond ?? 1,
});

const truth = fc.record({
  fixedUs: fc.double({ min: 2, max: 20, noNaN: true }),
  bytesPerSecond: fc.double({ min: 5e10, max: 4e12, noNaN: true }),
  flopsPerSecond: fc.constant(1e14),
  chainUs: fc.double({ min: 0.01, max: 0.1, noNaN: true }),
  workgroupUs: fc.double({ min: 1e-3, max: 1e-2, noNaN: true }),
  slots: fc.constant(1),
});

describe('fitCoefficients', () => {
  it('finds again what a made-up GPU was made of', () => {
    fc.assert(
      fc.property(truth, (c) => {
        const found = fitCoefficients(decodes(c), ceilingsOf(c));
        for (const { work, us } of decodes(c)) expect(Math.abs(modelUs(found, work) / us - 1)).toBeLessThan(0.06);
        expect(found.bytesPerSecond / c.bytesPerSecond).toBeGreaterThan(0.8);
        expect(found.bytesPerSecond / c.bytesPerSecond).toBeLessThan(1.25);
      }),
      { numRuns: 6 },
    );
  });

  it('finds how many workgroups run at a time', () => {
    const c = { fixedUs: 3, bytesPerSecond: 3e12, flopsPerSecond: 3e13, chainUs: 1e-3, workgroupUs: 1e-6, slots: 132 };
    const points = [512, 768, 1024, 1280, 1536, 2048, 2560, 4096].map((side) => {
      const { work } = product(side, 1);
      return product(side, modelUs(c, work));
    });
    const found = fitCoefficients(points, ceilingsOf(c));
    expect(Math.abs(found.slots - 132)).toBeLessThanOrEqual(4);
    expect((found.flopsPerSecond ?? 0) / 3e13).toBeCloseTo(1, 1);
  });

  it('is not led astray by noise of a tenth', () => {
    const c = { fixedUs: 5, bytesPerSecond: 5e11, flopsPerSecond: 1e14, chainUs: 0.05, workgroupUs: 5e-3, slots: 1 };
    const noise = (i: number) => 1 + 0.1 * Math.sin(i * 12.9898);
    const found = fitCoefficients(decodes(c, noise), ceilingsOf(c));
    const errors = decodes(c).map(({ work, us }) => Math.abs(modelUs(found, work) / us - 1));
    expect(summarise(errors)?.median).toBeLessThan(0.06);
  });

  it('gives the same for the same points', () => {
    const c = { fixedUs: 5, bytesPerSecond: 5e11, flopsPerSecond: 1e14, chainUs: 0.05, workgroupUs: 5e-3, slots: 1 };
    expect(fitCoefficients(decodes(c), ceilingsOf(c))).toEqual(fitCoefficients(decodes(c), ceilingsOf(c)));
  });

  it('leaves out what a family does not have', () => {
    const low = { launchUs: 1, bytesPerSecond: 1, flopsPerSecond: 1 };
    const sizes = [64, 128, 256].map((size) => memory('read', size * MiB, size));
    expect(fitCoefficients(sizes, low)).toMatchObject({ flopsPerSecond: null, chainUs: 0 });
    expect(() => fitCoefficients([], low)).toThrow();
  });
});

describe('markHeldOut', () => {
  const c = { fixedUs: 5, bytesPerSecond: 5e11, flopsPerSecond: 1e14, chainUs: 0.05, workgroupUs: 5e-3, slots: 1 };

  it('keeps a fifth of each series, never its smallest or largest shape, whatever the order', () => {
    const points = decodes(c);
    const marked = markHeldOut(points).filter((p) => p.isHeldOut);
    expect(marked.length).toBe(Math.round(points.length / 5));
    expect(marked.map((p) => p.shape)).not.toContainEqual(points[0].shape);
    expect(marked.map((p) => p.shape)).not.toContainEqual(points[points.length - 1].shape);
    const shapes = (of: Point[]) => of.map((p) => JSON.stringify(p.shape)).sort();
    expect(shapes(markHeldOut([...points].reverse()).filter((p) => p.isHeldOut))).toEqual(shapes(marked));
  });

  it('keeps none of three', () => {
    expect(markHeldOut(ceilings).some((p) => p.isHeldOut)).toBe(false);
  });
});

describe('fitPoints', () => {
  const c = { fixedUs: 5, bytesPerSecond: 5e11, flopsPerSecond: 1e14, chainUs: 0.05, workgroupUs: 5e-3, slots: 1 };

  it('does not look at what is held out', () => {
    const points = markHeldOut([...ceilings, ...decodes(c)]);
    const spoilt = points.map((p) => (p.isHeldOut ? { ...p, us: p.us * 3 } : p));
    const [fit, other] = [fitPoints(points, 5), fitPoints(spoilt, 5)];
    expect(other.series.map((s) => s.coefficients)).toEqual(fit.series.map((s) => s.coefficients));
    expect(fit.heldOut?.median).toBeLessThan(0.02);
    expect(other.heldOut?.median).toBeCloseTo(2 / 3, 1);
    expect(fit.heldOutByFamily.map((f) => f.family)).toEqual(['decode-attention']);
  });

  it('takes bandwidth from working sets that no cache holds, and the best rate of products', () => {
    const fit = fitPoints([memory('copy', 16 * MiB, 1), ...ceilings, product(512, 2000, 'slow')], 1);
    expect(fit.copyBytesPerSecond).toBeCloseTo((256 * MiB * 1e6) / 190, 0);
    expect(fit.f32FlopsPerSecond).toBeCloseTo((2 * 1024 ** 3 * 1e6) / 100, -3);
    expect(fit.f16FlopsPerSecond).toBeNull();
    expect(fit.series.map((s) => s.variant)).toEqual(['one', 'one', 'one', 'slow']);
  });

  it('does not invent bandwidth', () => {
    expect(() => fitPoints(decodes(c), 5)).toThrow();
  });

  it('interpolates the measured table where the formula misses', () => {
    // Twice as slow from 1,024 tokens on, as if a cache had ended: no formula of ours knows that.
    const points = decodes(c).map((p) =>
      p.shape.kind === 'decode' && p.shape.sequences >= 16 ? { ...p, us: p.us * 2 } : p,
    );
    const fit = fitPoints([...ceilings, ...points], 5);
    const series = fit.series.find((s) => s.family === 'decode-attention') as SeriesFit;
    expect(series.isInterpolated).toBe(true);
    for (const p of points) expect(predictUs(series, points, p.shape, p.work)).toBeCloseTo(p.us, 6);
    const plain = { ...series, isInterpolated: false };
    expect(predictUs(plain, points, points[0].shape, points[0].work)).toBe(
      modelUs(series.coefficients, points[0].work),
    );
  });
});

it('summarise gives percentiles of the nearest rank', () => {
  expect(summarise([])).toBeNull();
  expect(summarise([0.3, 0.1, 0.2])).toEqual({ count: 3, median: 0.2, p90: 0.3, max: 0.3 });
  expect(summarise(Array.from({ length: 10 }, (_, i) => i))).toMatchObject({ median: 4, p90: 8, max: 9 });
});

it('minimise finds the bottom of a bowl', () => {
  const bowl = ([a, b]: readonly number[]) => (a - 3) ** 2 + 2 * (b + 1) ** 2 + 0.5 * (a - 3) * (b + 1);
  const [x, y] = minimise(bowl, [0, 0]);
  expect(x).toBeCloseTo(3, 2);
  expect(y).toBeCloseTo(-1, 2);
});
