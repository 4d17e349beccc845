import { describe, expect, it } from 'vitest';
import { choose, exponential, gamma, lognormal, normal, Purpose, philox2x32, uniform } from './random.ts';

const N = 50_000;

/** Largest distance between the empirical distribution of `values` and a distribution function. */
function ks(values: number[], cdf: (x: number) => number): number {
  values.sort((a, b) => a - b);
  let worst = 0;
  values.forEach((x, i) => {
    const p = cdf(x);
    worst = Math.max(worst, Math.abs(p - i / values.length), Math.abs(p - (i + 1) / values.length));
  });
  return worst;
}
/** Distance that a right generator exceeds once in a million seeds; the seeds here are fixed. */
const KS_LIMIT = 2.7 / Math.sqrt(N);

function draw(f: (i: number) => number): number[] {
  return Array.from({ length: N }, (_, i) => f(i));
}
function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
function variance(values: readonly number[]): number {
  const m = mean(values);
  return mean(values.map((x) => (x - m) ** 2));
}
function correlation(a: readonly number[], b: readonly number[]): number {
  const ma = mean(a);
  const mb = mean(b);
  return mean(a.map((x, i) => (x - ma) * (b[i] - mb))) / Math.sqrt(variance(a) * variance(b));
}

/** Error function by its everywhere converging series; only for moderate x. */
function normalCdf(x: number): number {
  if (x > 7) return 1;
  if (x < -7) return 0;
  let term = x;
  let sum = x;
  for (let k = 1; Math.abs(term) > 1e-17 && k < 300; k++) {
    term *= (x * x) / (2 * k + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}
/** Regularised lower incomplete gamma function by its series. */
function gammaCdf(shape: number, gammaOfShapePlusOne: number): (x: number) => number {
  return (x) => {
    let term = 1;
    let sum = 1;
    for (let k = 1; term > 1e-17 * sum && k < 2000; k++) {
      term *= x / (shape + k);
      sum += term;
    }
    return (x ** shape * Math.exp(-x) * sum) / gammaOfShapePlusOne;
  };
}

describe('philox2x32', () => {
  it('gives the known answers published with Random123', () => {
    expect(philox2x32(0, 0, 0)).toEqual([0xff1dae59, 0x6cd10df2]);
    expect(philox2x32(0xffffffff, 0xffffffff, 0xffffffff)).toEqual([0x2c3f628b, 0xab4fd7ad]);
    expect(philox2x32(0x243f6a88, 0x85a308d3, 0x13198a2e)).toEqual([0xdd7ce038, 0xf62a4c12]);
  });
});

describe('uniform', () => {
  it('never changes: links and recorded results depend on these values', () => {
    expect([
      uniform(7, Purpose.arrival, 0, 0),
      uniform(7, Purpose.arrival, 1, 0),
      uniform(7, Purpose.arrival, 0, 1),
      uniform(7, Purpose.prompt, 0, 0),
      uniform(8, Purpose.arrival, 0, 0),
    ]).toEqual([0.3078808851269875, 0.40228049721868897, 0.7147365946799776, 0.7762393163300524, 0.6892051372527471]);
  });
  it('is uniform over indices and over draws', () => {
    for (const f of [
      (i: number) => uniform(1, Purpose.prompt, i, 3),
      (i: number) => uniform(1, Purpose.prompt, 3, i),
    ]) {
      const values = draw(f);
      expect(mean(values)).toBeCloseTo(0.5, 2);
      expect(variance(values)).toBeCloseTo(1 / 12, 3);
      expect(ks(values, (x) => x)).toBeLessThan(KS_LIMIT);
    }
  });
  it('gives every bit an even chance', () => {
    const ones = new Array<number>(52).fill(0);
    for (let i = 0; i < N; i++) {
      let rest = uniform(2, Purpose.output, i, 0);
      for (let bit = 0; bit < 52; bit++) {
        rest *= 2;
        if (rest >= 1) {
          ones[bit]++;
          rest--;
        }
      }
    }
    for (const count of ones) expect(Math.abs(count / N - 0.5)).toBeLessThan(5 * (0.5 / Math.sqrt(N)));
  });
  it('is not correlated between neighbouring seeds, purposes, indices or draws', () => {
    const base = draw((i) => uniform(5, Purpose.arrival, i, 0));
    const others = [
      draw((i) => uniform(6, Purpose.arrival, i, 0)),
      draw((i) => uniform(5, Purpose.prompt, i, 0)),
      draw((i) => uniform(5, Purpose.arrival, i + 1, 0)),
      draw((i) => uniform(5, Purpose.arrival, i, 1)),
      draw((i) => uniform(5, Purpose.arrival, 0, i + 1)),
    ];
    for (const other of others) expect(Math.abs(correlation(base, other))).toBeLessThan(5 / Math.sqrt(N));
  });
  it('repeats no value within a purpose', () => {
    const seen = new Set<number>();
    for (let index = 0; index < 200; index++)
      for (let d = 0; d < 200; d++) seen.add(uniform(9, Purpose.session, index, d));
    expect(seen.size).toBe(40_000);
  });
});

describe('distributions', () => {
  it('normal', () => {
    const values = draw((i) => normal(3, Purpose.prompt, i, 0));
    expect(Math.abs(mean(values))).toBeLessThan(5 / Math.sqrt(N));
    expect(Math.abs(variance(values) - 1)).toBeLessThan(5 * Math.sqrt(2 / N));
    expect(ks(values, normalCdf)).toBeLessThan(KS_LIMIT);
  });
  it('exponential', () => {
    const values = draw((i) => exponential(3, Purpose.arrival, i, 0));
    expect(Math.abs(mean(values) - 1)).toBeLessThan(5 / Math.sqrt(N));
    expect(ks(values, (x) => 1 - Math.exp(-x))).toBeLessThan(KS_LIMIT);
  });
  it('lognormal', () => {
    const values = draw((i) => lognormal(3, Purpose.output, i, 0, 5, 0.7));
    expect(ks(values, (x) => normalCdf((Math.log(x) - 5) / 0.7))).toBeLessThan(KS_LIMIT);
  });
  it('gamma, below and above shape 1', () => {
    // Gamma(1.5), Gamma(1.913) and Gamma(3.5).
    const cases: readonly [number, number][] = [
      [0.5, 0.886226925452758],
      [0.913, 0.9662855236516358],
      [2.5, 3.323350970447843],
    ];
    for (const [shape, gammaOfShapePlusOne] of cases) {
      const values = draw((i) => gamma(4, Purpose.arrival, i, 0, shape));
      expect(Math.abs(mean(values) - shape)).toBeLessThan(5 * Math.sqrt(shape / N));
      expect(ks(values, gammaCdf(shape, gammaOfShapePlusOne))).toBeLessThan(KS_LIMIT);
    }
  });
  it('choose follows the weights and their edges', () => {
    expect([0, 0.2499, 0.25, 0.9999].map((u) => choose(u, [1, 3]))).toEqual([0, 0, 1, 1]);
    expect(choose(0.5, [0, 0, 2])).toBe(2);
    const counts = [0, 0, 0];
    for (let i = 0; i < N; i++) counts[choose(uniform(1, Purpose.session, i, 0), [0.2, 0.3, 0.5])]++;
    expect(counts[0] / N).toBeCloseTo(0.2, 2);
    expect(counts[1] / N).toBeCloseTo(0.3, 2);
  });
});
