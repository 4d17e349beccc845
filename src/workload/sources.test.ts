import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchJob, batchSource } from './batch.ts';
import { closedLoopSource } from './closed-loop.ts';
import { sampleLengths } from './lengths.ts';
import { listSource } from './list.ts';
import { longPromptSource, SHORT_CHAT } from './long-prompt.ts';
import { meanOf } from './test-statistics.ts';
import { TINY_REQUESTS, tinySource } from './tiny.ts';

describe('listSource', () => {
  it('puts requests in order of arrival and keeps the order of equal times', () => {
    const { requests, next } = listSource([
      { arrivalUs: 5, promptTokens: 1, outputTokens: 1 },
      { arrivalUs: 0, promptTokens: 2, outputTokens: 1 },
      { arrivalUs: 5, promptTokens: 3, outputTokens: 1 },
      { arrivalUs: 0, promptTokens: 4, outputTokens: 1 },
    ]);
    expect([...requests.promptTokens.subarray(0, requests.count)]).toEqual([2, 4, 1, 3]);
    expect(next(0)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('tiny', () => {
  it('can be admitted whole into 63 blocks of 16 tokens, but not be finished without a preemption', () => {
    const blocks = (tokens: number) => Math.ceil(tokens / 16);
    const sum = (f: (r: (typeof TINY_REQUESTS)[number]) => number) => TINY_REQUESTS.reduce((a, r) => a + f(r), 0);
    expect(sum((r) => blocks(r.promptTokens))).toBeLessThanOrEqual(63);
    expect(sum((r) => r.promptTokens + r.outputTokens)).toBeGreaterThan(1.5 * 63 * 16);
    for (const r of TINY_REQUESTS) expect(blocks(r.promptTokens + r.outputTokens)).toBeLessThanOrEqual(63);
    expect(tinySource().requests.count).toBe(6);
  });
});

describe('batch', () => {
  it('is there at time 0, with lengths like those measured', () => {
    const { requests } = batchSource({ requests: 20_000, seed: 1 });
    expect(Math.max(...requests.arrivalUs)).toBe(0);
    // Means of the measured run: 268 and 125.
    expect(Math.abs(meanOf(requests.promptTokens) / 268 - 1)).toBeLessThan(0.05);
    expect(Math.abs(meanOf(requests.outputTokens) / 125 - 1)).toBeLessThan(0.05);
    expect(Math.min(...requests.promptTokens)).toBeGreaterThanOrEqual(8);
    expect(Math.max(...requests.promptTokens)).toBe(2048);
    expect(batchJob.source).toContain('H200');
  });
});

describe('longPromptSource', () => {
  const base = { requests: 400, ratePerS: 10, seed: 3 };
  it('puts one long prompt in the midst of steady short ones', () => {
    const { requests, classes } = longPromptSource(base);
    const long = [...requests.klass.keys()].filter((r) => requests.klass[r] === 1);
    expect(classes[1]).toBe('long');
    expect(requests.count).toBe(400);
    expect(long).toHaveLength(1);
    expect(requests.promptTokens[long[0]]).toBe(8192);
    expect(requests.arrivalUs[long[0]]).toBe(20e6);
    expect(Math.abs(long[0] - 200)).toBeLessThan(60);
  });
  it('repeats it, in order of time, and leaves the short ones as they are', () => {
    const one = longPromptSource({ ...base, atS: 5 }).requests;
    const many = longPromptSource({ ...base, atS: 5, everyS: 4, longPromptTokens: 30_000 }).requests;
    const shorts = (t: typeof one) => [...t.klass.keys()].filter((r) => t.klass[r] === 0);
    const longs = [...many.klass.keys()].filter((r) => many.klass[r] === 1);
    expect(longs.slice(0, 3).map((r) => many.arrivalUs[r])).toEqual([5e6, 9e6, 13e6]);
    const n = shorts(many).length;
    expect(shorts(many).map((r) => [many.arrivalUs[r], many.promptTokens[r], many.outputTokens[r]])).toEqual(
      shorts(one)
        .slice(0, n)
        .map((r) => [one.arrivalUs[r], one.promptTokens[r], one.outputTokens[r]]),
    );
    expect(many.arrivalUs.every((t, r) => r === 0 || r >= many.count || t >= many.arrivalUs[r - 1])).toBe(true);
  });
  it('has its long prompt even if it arrives after all others', () => {
    const { requests } = longPromptSource({ ...base, requests: 20, atS: 1000 });
    expect(requests.count).toBe(20);
    expect(requests.arrivalUs[19]).toBe(1000e6);
    expect(requests.klass[19]).toBe(1);
  });
});

describe('sampleLengths', () => {
  it('draws prompt and output from streams of their own', () => {
    const body = { promptTokens: 0, outputTokens: 0 };
    const outputs = (promptMu: number) => {
      const prompt = { type: 'lognormal', mu: promptMu, sigma: 1, min: 1, max: 9999 } as const;
      const bodies = sampleLengths({ type: 'independent', prompt, output: { type: 'uniform', min: 1, max: 6 } }, 5);
      return Array.from({ length: 600 }, (_, i) => {
        bodies(i, body);
        return body.outputTokens;
      });
    };
    expect(outputs(3)).toEqual(outputs(6));
    for (let face = 1; face <= 6; face++) {
      expect(Math.abs(outputs(3).filter((x) => x === face).length - 100)).toBeLessThan(45);
    }
  });
});

describe('closedLoopSource', () => {
  const options = { clients: 3, requests: 10, thinkS: 0, seed: 2, bodies: sampleLengths(SHORT_CHAT, 2) };
  it('asks once a client, and again when the answer is there, up to the limit', () => {
    const source = closedLoopSource(options);
    expect(source.next(0)).toBe(Number.POSITIVE_INFINITY);
    expect(source.requests.count).toBe(3);
    source.finished(1, 1000);
    expect(source.requests.count).toBe(3);
    source.next(1000);
    expect(source.requests.count).toBe(4);
    expect(source.requests.arrivalUs[3]).toBe(1000);
    for (let r = 0; r < source.requests.count; r++) {
      if (r !== 1) source.finished(r, 2000 + r);
      source.next(2000 + r);
    }
    expect(source.requests.count).toBe(10);
    expect(source.next(1e9)).toBe(Number.POSITIVE_INFINITY);
  });
  it('thinks for the stated time on average', () => {
    const source = closedLoopSource({ ...options, clients: 2000, requests: 4000, thinkS: 5 });
    source.next(1e9);
    expect(source.requests.count).toBe(2000);
    expect(Math.abs(meanOf(source.requests.arrivalUs.subarray(0, 2000)) / 5e6 - 1)).toBeLessThan(0.1);
  });
  it('gives a client the same requests whoever is served first', () => {
    const asked = (order: readonly number[]) => {
      const source = closedLoopSource(options);
      source.next(0);
      order.forEach((request, i) => {
        source.finished(request, 100 + i);
        source.next(100 + i);
      });
      const { requests } = source;
      return Array.from(
        { length: requests.count },
        (_, r) => `${requests.promptTokens[r]}/${requests.outputTokens[r]}`,
      );
    };
    // Row 3 is the second turn of the client served first.
    const a = asked([0, 1, 2]);
    const b = asked([2, 1, 0]);
    expect([b[5], b[4], b[3]]).toEqual([a[3], a[4], a[5]]);
    expect(new Set(a).size).toBe(6);
  });
  it('goes on from a saved state as if nothing had happened', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 12 }),
        fc.nat(11),
        (gaps, cut) => {
          const source = closedLoopSource({ ...options, requests: 30, thinkS: 0.002 });
          let saved: unknown = source.save();
          const answers: number[] = [];
          /** Serves requests one after another from `first`. */
          const serve = (first: number, startUs: number) => {
            let now = startUs;
            const log: number[] = [];
            for (let i = first; i < gaps.length; i++) {
              if (i === cut && first === 0) {
                saved = source.save();
                answers.push(now);
              }
              now += gaps[i];
              log.push(source.next(now));
              if (i < source.requests.count && source.requests.arrivalUs[i] <= now) source.finished(i, now);
            }
            return log;
          };
          const first = serve(0, 0);
          const columns = [...source.requests.arrivalUs.subarray(0, source.requests.count)];
          if (answers.length === 0) return;
          source.restore(JSON.parse(JSON.stringify(saved)));
          expect(serve(cut, answers[0])).toEqual(first.slice(cut));
          expect([...source.requests.arrivalUs.subarray(0, source.requests.count)]).toEqual(columns);
        },
      ),
    );
  });
});
