/** How time and memory grow with the number of requests. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Run } from '../sim/run.ts';
import { chatHour } from './bench-cases.ts';
import { buildOrFail } from './load.ts';
import { simulate, simulateEngine } from './simulate.ts';

export interface GrowthFigures {
  readonly requests: number;
  readonly steps: number;
  /** The best of two, and the user time of the second. */
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Heap and buffers that a finished run holds: requests, snapshots and account. */
  readonly heldBytes: number;
}

/** The conversations of the Azure-shaped hour at their rate, for as long as the requests last. */
export async function measureGrowth(requests: number): Promise<GrowthFigures> {
  const loaded = { knobs: { ...chatHour.knobs, requests }, materials: {} };
  const { account, wallMs, cpuMs } = await simulate(() => buildOrFail(loaded), simulateEngine, 2);
  const { steps } = account.summary;

  const before = heldBytes();
  const { config, source, cost, device } = buildOrFail(loaded);
  const run = new Run(config, source, cost, device.peakFlops, device.peakBytesPerS);
  run.advance(Number.POSITIVE_INFINITY);
  const kept = { run, account: run.account() };
  const after = heldBytes();
  if (kept.account.fingerprint !== account.fingerprint) throw new Error(`${requests} requests: two runs differ`);
  return { requests, steps, wallMs, cpuMs, heldBytes: after - before };
}

/** Heap and buffers after a full collection. */
export function heldBytes(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** A full garbage collection; Node shows it to contexts made after the flag. */
function collect(): void {
  setFlagsFromString('--expose-gc');
  const gc: () => void = runInNewContext('gc');
  // Buffers go with the second one.
  gc();
  gc();
}
