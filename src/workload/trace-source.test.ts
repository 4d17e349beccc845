import { describe, expect, it } from 'vitest';
import { traceOf } from './trace.ts';
import { traceBodies, traceSource } from './trace-source.ts';

const trace = traceOf({
  name: 't',
  format: 'mooncake',
  arrivalUs: Float64Array.of(0, 1_000_000, 4_000_000),
  promptTokens: Int32Array.of(1300, 1420, 30),
  outputTokens: Int32Array.of(40, 12, 7),
  blocks: { tokens: 512, start: Int32Array.of(0, 3, 6, 6), id: Int32Array.of(0, 1, 2, 0, 1, 3), distinct: 4 },
  droppedCount: 0,
  problems: [],
});

describe('traceSource', () => {
  it('plays the rows as recorded', () => {
    const { requests, next } = traceSource(trace, { requests: 0, ratePerS: 0 });
    expect(requests.count).toBe(3);
    expect([...requests.arrivalUs.subarray(0, 3)]).toEqual([0, 1e6, 4e6]);
    expect([...requests.promptTokens.subarray(0, 3)]).toEqual([1300, 1420, 30]);
    expect(next(0)).toBe(Number.POSITIVE_INFINITY);
  });
  it('makes prompts of blocks, so that equal leading ids and nothing else are shared', () => {
    const { requests } = traceSource(trace, { requests: 0, ratePerS: 0 });
    const segments = (row: number) => {
      const range = Array.from(
        { length: requests.segmentStart[row + 1] - requests.segmentStart[row] },
        (_, i) => requests.segmentStart[row] + i,
      );
      return range.map((i) => [requests.segmentId[i], requests.segmentOffset[i], requests.segmentLength[i]]);
    };
    const [a, b, c] = [0, 1, 2].map(segments);
    expect(a.map((s) => s[2])).toEqual([512, 512, 276]);
    expect(b.map((s) => s[2])).toEqual([512, 512, 396]);
    expect(b.slice(0, 2)).toEqual(a.slice(0, 2));
    expect(b[2][0]).not.toBe(a[2][0]);
    expect(c).toHaveLength(1);
    expect([...a, ...b].map((s) => s[0])).not.toContain(c[0][0]);
  });
  it('takes the first rows only, and stretches time to a rate', () => {
    const two = traceSource(trace, { requests: 2, ratePerS: 10 }).requests;
    expect([two.count, two.arrivalUs[1]]).toEqual([2, 100_000]);
    const all = traceSource(trace, { requests: 99, ratePerS: 1 }).requests;
    expect([all.count, all.arrivalUs[1], all.arrivalUs[2]]).toEqual([3, 500_000, 2_000_000]);
    const one = traceSource(trace, { requests: 1, ratePerS: 5 }).requests;
    expect([one.count, one.arrivalUs[0]]).toEqual([1, 0]);
    expect(trace.arrivalUs[2]).toBe(4e6);
  });
  it('spreads equal times over the quantum, if asked to', () => {
    const six = [0, 0, 0, 3e6, 9e6, 9e6];
    const coarse = traceOf({
      ...trace,
      arrivalUs: Float64Array.from(six),
      promptTokens: new Int32Array(6).fill(1),
      outputTokens: new Int32Array(6).fill(1),
      blocks: null,
    });
    const times = (spreadEqualTimes?: boolean) => [
      ...traceSource(coarse, { requests: 0, ratePerS: 0, spreadEqualTimes }).requests.arrivalUs.subarray(0, 6),
    ];
    expect(times()).toEqual(six);
    expect(times(true)).toEqual([0, 1e6, 2e6, 3e6, 9e6, 10.5e6]);
    const atOnce = { ...coarse, arrivalUs: new Float64Array(6) };
    const { requests } = traceSource(atOnce, { requests: 0, ratePerS: 3, spreadEqualTimes: true });
    expect(Math.max(...requests.arrivalUs)).toBe(0);
  });
  it('gives bodies again and again to a closed loop', () => {
    const bodies = traceBodies(trace);
    const body = { promptTokens: 0, outputTokens: 0, segments: undefined };
    bodies(4, body);
    expect(body).toMatchObject({ promptTokens: 1420, outputTokens: 12 });
    expect(body.segments).toHaveLength(3);
    bodies(5, body);
    expect(body).toEqual({ promptTokens: 30, outputTokens: 7, segments: undefined });
  });
});
