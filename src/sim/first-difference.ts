import type { Batch } from './batch.ts';
import type { Simulation } from './simulation.ts';
import type { Snapshots } from './snapshots.ts';

/** A run that can be looked at again: a simulation of its own, and states of the run to put it to. */
export interface Replay {
  readonly simulation: Simulation;
  readonly snapshots: Snapshots;
}

export interface Difference {
  /** Number of the first step that differs; the steps before it are the same in both runs. */
  readonly step: number;
  /** When it starts, in the run in which it starts first. */
  readonly timeUs: number;
}

/**
 * The first step in which two runs differ: in its times, in who takes part, or in how many tokens each computes. Null if
 * they are the same to their ends. Both runs are simulated again from the last state up to which their trails agree.
 */
export function firstDifference(a: Replay, b: Replay): Difference | null {
  let common = a.snapshots.all[0];
  let other = b.snapshots.all[0];
  for (const snapshot of a.snapshots.all) {
    const twin = b.snapshots.all.find(({ steps }) => steps === snapshot.steps);
    if (twin === undefined) continue;
    if (twin.trail !== snapshot.trail) break;
    common = snapshot;
    other = twin;
  }
  a.simulation.restore(common);
  b.simulation.restore(other);
  for (const { simulation } of [a, b]) simulation.engine.policy.watch(true);
  for (;;) {
    const has = [a.simulation.next(), b.simulation.next()] as const;
    if (!has[0] && !has[1]) return null;
    const batches = [a, b].flatMap(({ simulation }, i) => (has[i] ? [simulation.lastBatch] : []));
    if (batches.length === 2 && isSameStep(batches[0], batches[1])) continue;
    return { step: batches[0].step, timeUs: Math.min(...batches.map((batch) => batch.startUs)) };
  }
}

/** Whether two steps ran at the same time, for the same requests, with the same work. */
export function isSameStep(a: Batch, b: Batch): boolean {
  if (a.startUs !== b.startUs || a.endUs !== b.endUs || a.count !== b.count) return false;
  for (let i = 0; i < a.count; i++) {
    if (a.request[i] !== b.request[i] || a.tokens[i] !== b.tokens[i] || a.flags[i] !== b.flags[i]) return false;
  }
  return true;
}
