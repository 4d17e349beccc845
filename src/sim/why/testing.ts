import { expect } from 'vitest';
import { Status } from '../request.ts';
import type { Simulation } from '../simulation.ts';
import { assert } from '../testing.ts';
import { Part, QUEUE_PARTS } from './parts.ts';
import type { TimeAccounts } from './time-account.ts';

/** Checks every account of a run that has ended, and returns the sum of each part. */
export function checkAccounts(simulation: Simulation, accounts: TimeAccounts): Float64Array {
  const { sequences } = simulation.engine;
  const { requests } = sequences;
  const total = new Float64Array(Object.keys(Part).length);
  for (let r = 0; r < simulation.arrived; r++) {
    const parts = accounts.of(r);
    const toFirst = accounts.toFirstToken(r);
    if (sequences.status[r] !== Status.finished) {
      expect(parts).toBeNull();
      continue;
    }
    if (parts === null || toFirst === null) throw new Error(`request ${r} has no account`);
    const sum = (values: Float64Array) => values.reduce((us, part) => us + part, 0);
    if (Math.min(...parts, ...toFirst) < 0) throw new Error(`request ${r}: negative part: ${parts.join()}`);
    if (sum(parts) !== sequences.finishUs[r] - requests.arrivalUs[r]) {
      throw new Error(
        `request ${r}: ${sum(parts)} us accounted, ${sequences.finishUs[r] - requests.arrivalUs[r]} us taken`,
      );
    }
    const firstUs = sequences.firstTokenUs[r] - requests.arrivalUs[r];
    assert(sum(toFirst) === firstUs, () => `request ${r}: ${sum(toFirst)} us to the first token, not ${firstUs}`);
    for (let p = 0; p < QUEUE_PARTS; p++)
      assert(parts[p] === toFirst[p], () => `request ${r}: ${parts[p]} us in part ${p}, before that ${toFirst[p]}`);
    const againUs = parts[Part.preempted] + parts[Part.recompute];
    assert(sequences.preemptions[r] > 0 || againUs === 0, () => `request ${r} was never preempted: ${parts.join()}`);
    parts.forEach((us, part) => {
      total[part] += us;
    });
  }
  return total;
}

/** Simulates to the end. */
export function runToEnd(simulation: Simulation): void {
  while (simulation.next()) {
    // Step by step.
  }
}
