import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PagedMemory } from '../memory/paged.ts';
import { Recorder } from '../metrics/recorder.ts';
import { Simulation } from '../simulation.ts';
import { cases, checkInvariants, openSource, runArb, toyCost, watchOwnership } from '../testing.ts';

/** The same run twice: steady decodes advanced together, and every sequence by itself. */
function pair({ requests, config }: typeof runArb extends fc.Arbitrary<infer T> ? T : never) {
  return [true, false].map((isWholeRun) => {
    const recorder = new Recorder(toyCost, 1e12);
    const simulation = new Simulation(config, openSource(requests), toyCost, recorder, isWholeRun);
    return { recorder, simulation };
  }) as [Side, Side];
}

interface Side {
  readonly recorder: Recorder;
  readonly simulation: Simulation;
}

function stateOf({ simulation }: Side) {
  simulation.engine.policy.settle();
  const { sequences, memory, policy } = simulation.engine;
  const rows = Array.from({ length: simulation.arrived }, (_, r) => r);
  return {
    nowUs: simulation.nowUs,
    steps: simulation.steps,
    running: policy.running.slice(),
    waiting: policy.waiting(),
    rows: rows.map((r) => [
      sequences.status[r],
      sequences.generated[r],
      sequences.firstTokenUs[r],
      sequences.finishUs[r],
      sequences.preemptions[r],
    ]),
    live: policy.running.map((r) => [
      sequences.computed[r],
      sequences.placeholders[r],
      sequences.lastTokenUs[r],
      Array.from(sequences.tables[r].subarray(0, sequences.tableLength[r])),
    ]),
    free: memory instanceof PagedMemory ? memory.pool.freeList() : memory.freeBlocks,
    keys: 'cachedKeys' in memory ? memory.cachedKeys : 0,
    wasted: memory.wastedTokens,
    delivered: simulation.engine.clock.delivered,
  };
}

describe('the decode set', () => {
  it('gives the run that the slow loop gives: times, histograms, series, and the free list', () => {
    fc.assert(
      fc.property(runArb, (input) => {
        const sides = pair(input);
        for (const { simulation } of sides) while (simulation.next());
        const [fast, slow] = sides.map((side) => ({
          ...stateOf(side),
          account: side.recorder.finish(side.simulation),
        }));
        expect({ ...fast.account.summary, mfu: 0 }).toEqual({ ...slow.account.summary, mfu: 0 });
        expect(fast.account.summary.mfu).toBeCloseTo(slow.account.summary.mfu, 12);
        expect({ ...fast, account: null }).toEqual({ ...slow, account: null });
        expect(fast.account.distributions).toEqual(slow.account.distributions);
        expect(fast.account.series).toEqual(slow.account.series);
        expect(fast.account.events).toEqual(slow.account.events);
      }),
      { numRuns: 2 * cases },
    );
  });

  it('can be settled after any steps without a trace', () => {
    fc.assert(
      fc.property(runArb, fc.integer({ min: 1, max: 40 }), (input, every) => {
        const [fast, slow] = pair(input);
        const ownership = watchOwnership(fast.simulation);
        for (let step = 1; ; step++) {
          const more = slow.simulation.next();
          expect(fast.simulation.next()).toBe(more);
          if (step % every === 0 || !more) {
            expect(stateOf(fast)).toEqual(stateOf(slow));
            checkInvariants(fast.simulation, ownership);
          }
          if (!more) break;
        }
      }),
      { numRuns: cases },
    );
  });
});
