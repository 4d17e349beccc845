import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { build } from '../../scenario/build.ts';
import { presets } from '../../scenario/presets.ts';
import { Status } from '../request.ts';
import { Simulation } from '../simulation.ts';
import { cases, openSource, runArb, toyCost } from '../testing.ts';
import { Part, QUEUE_PARTS } from './parts.ts';
import { TimeAccounts } from './time-account.ts';

/** Checks every account of a run that has ended, and returns the sum of each part. */
function checkAll(simulation: Simulation, accounts: TimeAccounts, from = 0): Float64Array {
  const { sequences } = simulation.engine;
  const { requests } = sequences;
  const total = new Float64Array(Object.keys(Part).length);
  for (let r = from; r < simulation.arrived; r++) {
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
    expect(sum(toFirst)).toBe(sequences.firstTokenUs[r] - requests.arrivalUs[r]);
    for (let p = 0; p < QUEUE_PARTS; p++) expect(parts[p]).toBe(toFirst[p]);
    if (sequences.preemptions[r] === 0) expect(parts[Part.preempted] + parts[Part.recompute]).toBe(0);
    parts.forEach((us, part) => {
      total[part] += us;
    });
  }
  return total;
}

function runToEnd(simulation: Simulation): void {
  while (simulation.next()) {
    // Step by step.
  }
}

describe('time account', () => {
  it('adds up to the latency of every request of generated runs, in flight and preempted ones too', () => {
    fc.assert(
      fc.property(runArb, fc.integer({ min: 1, max: 4 }), ({ requests, config }, depth) => {
        const batchesInFlight = config.asyncScheduling ? 1 + depth : 1;
        const accounts = new TimeAccounts();
        const simulation = new Simulation({ ...config, batchesInFlight }, openSource(requests), toyCost, accounts);
        runToEnd(simulation);
        checkAll(simulation, accounts);
      }),
      { numRuns: cases },
    );
  });

  it('is the same for later requests when it starts in the middle of a run', () => {
    fc.assert(
      fc.property(runArb, fc.integer({ min: 1, max: 40 }), ({ requests, config }, at) => {
        const whole = new TimeAccounts();
        const first = new Simulation(config, openSource(requests), toyCost, whole);
        let snapshot = first.save();
        for (let n = 0; first.next(); n++) if (n === at) snapshot = first.save();
        const later = new TimeAccounts();
        const second = new Simulation(config, openSource(requests), toyCost, later);
        second.restore(snapshot);
        later.begin(second);
        runToEnd(second);
        for (let r = snapshot.arrived; r < second.arrived; r++) {
          // What held the queue before the snapshot is known from the next decision on only.
          expect(later.of(r)?.reduce((a, b) => a + b, 0)).toBe(whole.of(r)?.reduce((a, b) => a + b, 0));
          expect(later.of(r)?.slice(QUEUE_PARTS)).toEqual(whole.of(r)?.slice(QUEUE_PARTS));
        }
      }),
      { numRuns: cases },
    );
  });

  it.each(presets.filter((preset) => preset.id !== 'trace').map((preset) => preset.id))(
    'adds up in preset %s',
    (id) => {
      const preset = presets.find((p) => p.id === id);
      if (preset === undefined) throw new Error(id);
      const built = build(preset.knobs);
      if (!built.ok) throw new Error(id);
      const { config, source, cost } = built.value;
      const accounts = new TimeAccounts();
      const simulation = new Simulation(config, source, cost, accounts);
      runToEnd(simulation);
      const total = checkAll(simulation, accounts);
      expect(total[Part.decode]).toBeGreaterThan(0);
      expect(total[Part.queueOther]).toBe(0);
      if (id === 'tiny-paged') {
        expect(total[Part.preempted]).toBeGreaterThan(0);
        expect(total[Part.recompute]).toBeGreaterThan(0);
      }
      if (id === 'static-against-continuous') expect(total[Part.queueBatchRunning]).toBeGreaterThan(0);
    },
  );
});
