import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Purpose, uniform } from '../random.ts';
import { devices } from './device.ts';
import { distinctExperts, groupedGemm, paidRows } from './experts.ts';
import { gemmUs } from './operators.ts';

const layer = fc.constantFrom([8, 2], [128, 8], [256, 8], [4, 4], [64, 6]) as fc.Arbitrary<[number, number]>;
const tokens = fc.integer({ min: 0, max: 3000 });

describe('distinctExperts', () => {
  it('is what one token after another meets anew: a share k/n of those not met yet', () => {
    fc.assert(
      fc.property(layer, tokens, ([count, perToken], m) => {
        let met = 0;
        for (let i = 0; i < m; i++) met += (count - met) * (perToken / count);
        expect(distinctExperts(count, perToken, m)).toBeCloseTo(met, 9);
      }),
    );
  });

  it('is what tokens that choose by chance meet on average', () => {
    const [count, perToken, m, trials] = [64, 6, 12, 400];
    let sum = 0;
    let draw = 0;
    for (let trial = 0; trial < trials; trial++) {
      const met = new Set<number>();
      for (let token = 0; token < m; token++) {
        const own = new Set<number>();
        while (own.size < perToken) own.add(Math.floor(uniform(7, Purpose.expert, trial, draw++) * count));
        for (const expert of own) met.add(expert);
      }
      sum += met.size;
    }
    // One trial varies by about 2.5 experts, so the mean of 400 by 0.13.
    expect(Math.abs(sum / trials - distinctExperts(count, perToken, m))).toBeLessThan(0.5);
  });

  it('never falls, stays within the experts there are, and rows an expert never fall either', () => {
    fc.assert(
      fc.property(layer, tokens, ([count, perToken], m) => {
        const [now, next] = [distinctExperts(count, perToken, m), distinctExperts(count, perToken, m + 1)];
        expect(next).toBeGreaterThanOrEqual(now);
        expect(next).toBeLessThanOrEqual(count);
        if (m > 0) expect(((m + 1) * perToken) / next).toBeGreaterThanOrEqual((m * perToken) / now);
      }),
    );
  });

  it('is worked out by hand for Mixtral: 2 of 8 for one token, 3.5 for two, 4.625 for three', () => {
    expect([0, 1, 2, 3].map((m) => distinctExperts(8, 2, m))).toEqual([0, 2, 3.5, 4.625]);
  });
});

describe('grouped products', () => {
  it('pay for whole tiles, which grow with the rows of an expert', () => {
    expect([0.5, 16, 17, 40, 65, 129, 300].map((rows) => paidRows(rows, 128))).toEqual([16, 16, 32, 64, 128, 256, 384]);
    // A device whose products have no tiles to speak of.
    expect([0.5, 7.2].map((rows) => paidRows(rows, 1))).toEqual([1, 8]);
  });

  it('of one expert take the time of a product, but for the rounding to tiles', () => {
    const { gemm } = devices.h200.operators;
    const whole = { ...gemm, tileShare: 1 };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), (tiles) => {
        const rows = 128 * tiles;
        expect(groupedGemm(gemm, 1, rows, 2048, 1536, 2, 2).us).toBeCloseTo(gemmUs(whole, rows, 2048, 1536, 2), 6);
      }),
    );
  });

  it('read the weights of every expert that is met, and no others', () => {
    const { gemm } = devices.h200.operators;
    const flat = { ...gemm, rampUs: 0 };
    const of = (met: number) => groupedGemm(flat, met, 0, 1024, 512, 2, 2).memoryUs;
    expect(of(6) / of(2)).toBeCloseTo(3, 12);
    expect(of(1)).toBeCloseTo((2 * 1024 * 512) / (gemm.bytesPerS * 1e-6), 9);
  });
});
