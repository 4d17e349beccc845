import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultEngineConfig } from '../engine-config.ts';
import { Simulation } from '../simulation.ts';
import { cases, openSource, runArb, toyCost } from '../testing.ts';
import { Part, QUEUE_PARTS } from './parts.ts';
import { checkAccounts, runToEnd } from './testing.ts';
import { TimeAccounts } from './time-account.ts';

describe('time account', () => {
  it('adds up to the latency of every request of generated runs, in flight and preempted ones too', () => {
    fc.assert(
      fc.property(runArb, fc.integer({ min: 1, max: 4 }), ({ requests, config }, depth) => {
        // Others have as many as their loop has.
        const isDeep = config.policy === 'vllm' && config.asyncScheduling;
        const batchesInFlight = isDeep ? 1 + depth : config.batchesInFlight;
        const accounts = new TimeAccounts();
        const simulation = new Simulation({ ...config, batchesInFlight }, openSource(requests), toyCost, accounts);
        runToEnd(simulation);
        checkAccounts(simulation, accounts);
      }),
      { numRuns: cases },
    );
  });

  it('tells the time a load takes from the wait before and after it', () => {
    const config = {
      ...defaultEngineConfig(20),
      maxModelLen: 96,
      maxNumSeqs: 1,
      connector: { role: 'consumer' as const, transferUs: 5000 },
    };
    const loads = { arrivalUs: 0, promptTokens: 40, outputTokens: 2, remoteKv: {} };
    const accounts = new TimeAccounts();
    const simulation = new Simulation(config, openSource([loads, { ...loads, arrivalUs: 1 }]), toyCost, accounts);
    runToEnd(simulation);
    checkAccounts(simulation, accounts);
    const [first, second] = [accounts.of(0), accounts.of(1)];
    expect(first?.[Part.transfer]).toBe(5000);
    expect(first?.[Part.recompute]).toBe(0);
    // The second load is noticed at the end of a step, and the seat is taken by then.
    expect(second?.[Part.transfer]).toBeGreaterThanOrEqual(5000);
    expect(second?.[Part.queueSeats]).toBeGreaterThan(0);
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
});
