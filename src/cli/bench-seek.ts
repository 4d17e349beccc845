/** How long going to a step of a simulated run takes, and what the states kept for it weigh. */

import { Run } from '../sim/run.ts';
import { Simulation } from '../sim/simulation.ts';
import { type BenchCase, chatHour } from './bench-cases.ts';
import { buildOrFail } from './load.ts';

export interface SeekFigures {
  readonly name: string;
  readonly seeks: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
  /** Steps simulated again: the machine does not matter to them. */
  readonly meanSteps: number;
  readonly maxSteps: number;
  readonly snapshots: number;
  readonly snapshotBytes: number;
}

/** Seeks to `seeks` steps all over a run, in an order without a pattern: each restores a snapshot and simulates up to the step. */
export function measureSeeks(seeks = 200, { name, knobs, materials = {} }: BenchCase = chatHour): SeekFigures {
  const { config, source, cost, device } = buildOrFail({ knobs, materials });
  const run = new Run(config, source, cost, device.peakFlops, device.peakBytesPerS);
  run.advance(Number.POSITIVE_INFINITY);
  const { steps } = run.simulation;
  const cursor = new Simulation(config, source, cost);
  const tookMs = new Float64Array(seeks);
  const replayed = new Float64Array(seeks);
  let state = 12345;
  for (let i = 0; i < seeks; i++) {
    // The multiplicative generator of Park and Miller: every machine seeks the same steps.
    state = (state * 48271) % 2147483647;
    const step = state % steps;
    const startMs = performance.now();
    const snapshot = run.snapshots.before(step);
    cursor.restore(snapshot);
    while (cursor.steps <= step) if (!cursor.next()) throw new Error(`${name}: no step ${step}`);
    tookMs[i] = performance.now() - startMs;
    replayed[i] = step + 1 - snapshot.steps;
  }
  tookMs.sort();
  return {
    name,
    seeks,
    p50Ms: at(tookMs, 0.5),
    p95Ms: at(tookMs, 0.95),
    maxMs: tookMs[seeks - 1],
    meanSteps: replayed.reduce((sum, n) => sum + n, 0) / seeks,
    maxSteps: replayed.reduce((most, n) => Math.max(most, n), 0),
    snapshots: run.snapshots.all.length,
    snapshotBytes: bytesOf(run.snapshots.all),
  };
}

/** The nearest-rank percentile of sorted values. */
function at(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** Bytes of everything numeric in a plain value: typed arrays by the length of their buffers, each buffer once; other numbers 8. */
export function bytesOf(value: unknown, seen: Set<object> = new Set()): number {
  if (typeof value === 'number') return 8;
  if (typeof value !== 'object' || value === null) return 0;
  const own = ArrayBuffer.isView(value) ? value.buffer : value;
  if (seen.has(own)) return 0;
  seen.add(own);
  if (ArrayBuffer.isView(value)) return value.buffer.byteLength;
  let sum = 0;
  const parts = value instanceof Map ? [...value].flat() : value instanceof Set ? value : Object.values(value);
  for (const part of parts) sum += bytesOf(part, seen);
  return sum;
}
