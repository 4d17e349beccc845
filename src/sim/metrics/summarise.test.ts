import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Status } from '../request.ts';
import { distributionOf } from './distribution.ts';
import type { Outcomes } from './result.ts';
import { summarise } from './summarise.ts';

type Row = [arrival: number, scheduled: number, first: number, finish: number, tokens: number, klass?: number];

function outcomesOf(rows: readonly Row[], rejected: readonly number[] = []): Outcomes {
  const column = (i: number) => Float64Array.from(rows, (row) => row[i] ?? 0);
  return {
    count: rows.length,
    arrivalUs: column(0),
    firstScheduledUs: column(1),
    firstTokenUs: column(2),
    finishUs: column(3),
    outputTokens: Int32Array.from(column(4)),
    promptTokens: new Int32Array(rows.length).fill(10),
    preemptions: new Int32Array(rows.length),
    status: Uint8Array.from(rows, (_, r) => (rejected.includes(r) ? Status.rejected : Status.finished)),
    klass: Uint8Array.from(column(5)),
    user: new Int32Array(rows.length),
  };
}

describe('summarise', () => {
  const outcomes = outcomesOf(
    [
      [0, 10, 100, 1100, 11, 0],
      [500, 900, 1500, 1500, 1, 1],
      [2000, 2000, 2050, 2450, 5, 0],
      [3000, 0, 0, 0, 0, 0],
    ],
    [3],
  );

  it('gives each metric by its definition', () => {
    const all = summarise(outcomes, { slo: { ttftUs: 200, tpotUs: 100 } });
    expect(all).toMatchObject({ requests: 4, finished: 3, rejected: 1, outputTokens: 17, good: 2, attainment: 0.5 });
    expect(all.queueing.meanUs).toBeCloseTo((10 + 400 + 0) / 3);
    expect([all.ttft.p50Us, all.ttft.maxUs]).toEqual([100, 1000]);
    expect(all.tpot).toMatchObject({ count: 2, p50Us: 100, maxUs: 100, exact: true });
    expect(all.normalisedUs).toBeCloseTo((1100 / 11 + 1000 / 1 + 450 / 5) / 3);
    expect(all.goodputPerS).toBeCloseTo(2 / 3000e-6);
  });

  it('takes requests by arrival and by class', () => {
    expect(summarise(outcomes, { fromUs: 500, toUs: 2001 }).requests).toBe(2);
    expect(summarise(outcomes, { klass: 1 })).toMatchObject({ requests: 1, outputTokens: 1, good: 1 });
    expect(summarise(outcomes, { fromUs: 2000, toUs: 3000 }).goodputPerS).toBeCloseTo(1 / 450e-6);
    expect(summarise(outcomes, { fromUs: 9000 })).toMatchObject({ requests: 0, attainment: 1, goodputPerS: 0 });
  });

  it('counts a late first token and slow gaps as missed', () => {
    const good = (slo: object) => summarise(outcomes, { slo }).good;
    expect(good({})).toBe(3);
    expect(good({ ttftUs: 99 })).toBe(1);
    // A single token has no gap.
    expect(good({ tpotUs: 99 })).toBe(1);
    expect(good({ tpotUs: 100 })).toBe(3);
  });
});

it('percentiles beyond the exact count are right to the width of a bin', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1e9 }), { minLength: 1, maxLength: 300 }), (values) => {
      const exact = distributionOf(Float64Array.from(values));
      const binned = distributionOf(Float64Array.from(values), 0);
      expect([exact.exact, binned.exact]).toEqual([true, false]);
      for (const p of ['p50Us', 'p90Us', 'p99Us'] as const) {
        expect(Math.abs(binned[p] - exact[p])).toBeLessThanOrEqual(exact[p] / 62 + 1);
      }
      expect(binned.meanUs).toBe(exact.meanUs);
    }),
  );
});
