import { describe, expect, it } from 'vitest';
import { presetOf } from '../scenario/presets.ts';
import { bytesOf, measureSeeks } from './bench-seek.ts';
import { runCommandLine } from './main.ts';

async function bench(...args: string[]) {
  let out = '';
  const notes: string[] = [];
  const code = await runCommandLine(['bench', ...args], { out: (s) => (out += s), note: (line) => notes.push(line) });
  return { code, out, notes };
}

describe('bench', () => {
  it('measures the cases it is asked for and gives plain numbers', async () => {
    const { code, out } = await bench('--only', 'code-hour', '--repeat', '2', '--json');
    expect(code).toBe(0);
    const { calibrationMs, results, seek, growth } = JSON.parse(out);
    expect([seek, growth]).toEqual([undefined, undefined]);
    expect(results).toHaveLength(1);
    const [only] = results;
    expect(only).toMatchObject({ name: 'code-hour', requests: 8819 });
    expect(only.ratio).toBeCloseTo(only.wallMs / calibrationMs);
    // What it says of speed is about one and the same run.
    expect((only.stepsPerS * only.wallMs) / 1000).toBeCloseTo(only.steps);
    expect((only.requestsPerS * only.wallMs) / 1000).toBeCloseTo(only.requests);
  });

  it('names the likeliest case, and where all are', async () => {
    const { code, notes } = await bench('--only', 'seeks');
    expect(code).toBe(2);
    expect(notes[0]).toMatch(/--only: found "seeks", did you mean seek\?.*'bench --help' lists all \d+/);
    const { out } = await bench('--help');
    expect(out).toMatch(/--only NAME {3}chat-hour, .*seek, growth;/);
  });
});

describe('seeks', () => {
  it('start at a snapshot at most an interval away', () => {
    const knobs = { ...presetOf('azure-chat').knobs, requests: 1000 };
    const figures = measureSeeks(20, { name: 'some', knobs });
    expect(figures.seeks).toBe(20);
    expect(figures.snapshots).toBeGreaterThan(8);
    expect(figures.maxSteps).toBeGreaterThan(figures.meanSteps);
    expect(figures.maxSteps).toBeLessThanOrEqual(4096);
    expect(figures.p50Ms).toBeLessThanOrEqual(figures.p95Ms);
    expect(figures.snapshotBytes).toBeGreaterThan(100_000);
  });
});

describe('bytes of a state', () => {
  it('counts columns by their buffers, shared ones once', () => {
    const column = new Int32Array(10);
    expect(bytesOf({ a: column, b: [column, column.subarray(2)], c: [1, 2, 3], d: null, e: 'text' })).toBe(40 + 24);
    expect(bytesOf(new Map([[1, new Uint8Array(3)]]))).toBe(8 + 3);
    expect(bytesOf(new Set([1, 2]))).toBe(16);
  });
});
