/** Runs every scenario behind a simulation worker and hashes all that comes back. The same code in Node and on the test page. */

import type { Call } from '../../src/protocol/messages.ts';
import { buffersIn } from '../../src/sim/buffers.ts';
import { roughDevice } from '../../src/sim/gpu/rough-device.ts';
import { mathValues } from './math.ts';
import { scenarios, traceCsv } from './scenarios.ts';

/** Of one run. */
export interface Fingerprints {
  /** Of the headline results, as links carry it. */
  readonly run: string;
  readonly steps: number;
  /** Hash over every column of the answer: requests, series, events, distributions. */
  readonly columns: string;
  /** Hash over every column of the frames at five steps, of which four are reached from a snapshot. */
  readonly frames: string;
}

/** A GPU as a visitor's calibration could have found it. */
const visitorsGpu = roughDevice({
  name: 'visitor',
  bandwidthBytesPerS: 803.7e9,
  f32FlopsPerS: 61.3e12,
  memoryBytes: 48 * 2 ** 30,
  dispatchUs: 2.37,
});

export interface EngineReport {
  /** Hash over values of the functions that stand for those of `Math`. */
  readonly math: string;
  /** By name of the scenario. */
  readonly runs: Readonly<Record<string, Fingerprints>>;
}

export async function allFingerprints(call: Call): Promise<EngineReport> {
  const imported = await call('importFile', { file: new File([traceCsv], 'recorded.csv'), name: 'recorded.csv' });
  if (!imported.ok) throw new Error(JSON.stringify(imported.problems));
  const runs: Record<string, Fingerprints> = {};
  for (const { name, knobs } of scenarios) {
    const answer = await call('run', { knobs, thisGpu: visitorsGpu });
    if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(answer.problems)}`);
    const { steps } = answer.value.summary;
    const frames = [];
    for (const share of [0, 0.93, 0.31, 0.62, 1]) {
      const step = Math.floor(share * (steps - 1));
      frames.push(await call('seek', { seek: { to: 'step', step }, select: -1, windowSteps: 60 }));
    }
    runs[name] = { run: answer.value.fingerprint, steps, columns: hashOf(answer.value), frames: hashOf(frames) };
  }
  return { math: hashOf(mathValues()), runs };
}

/** FNV-1a over the bytes of every column, in the order of the fields. */
function hashOf(value: unknown): string {
  let hash = 0x811c9dc5;
  for (const buffer of buffersIn(value)) {
    const bytes = new Uint8Array(buffer);
    for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
