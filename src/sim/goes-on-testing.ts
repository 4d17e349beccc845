/** For tests: a run goes on from a saved state as if nothing had happened. */

import fc from 'fast-check';
import { expect } from 'vitest';
import type { EngineConfig } from './engine-config.ts';
import type { RequestSpec } from './request.ts';
import { Simulation } from './simulation.ts';
import { assert, checkInvariants, disturb, disturbancesArb, openSource, toyCost, watchOwnership } from './testing.ts';

/** A generated run. */
export interface TestRun {
  readonly requests: readonly RequestSpec[];
  readonly config: EngineConfig;
}

/**
 * Runs to a generated step, saves, restores the state in a simulation that has run to its end, and lets both go on side by side. `stateOf` is what
 * must be equal after every step; `isLast` tells that the run has ended, for states that take long to compare.
 */
export function expectGoesOn(
  runs: fc.Arbitrary<TestRun>,
  numRuns: number,
  stateOf: (simulation: Simulation, isLast: boolean) => unknown,
): void {
  fc.assert(
    fc.property(runs, disturbancesArb, fc.integer({ min: 0, max: 60 }), ({ requests, config }, disturbances, steps) => {
      const straight = new Simulation(config, openSource(requests), toyCost);
      const step = (simulation: Simulation): boolean => {
        disturb(simulation, disturbances);
        return simulation.next();
      };
      for (let i = 0; i < steps; i++) step(straight);
      const saved = straight.save();
      const other = new Simulation(config, openSource(requests), toyCost);
      while (other.next());
      other.restore(saved);
      const ownership = watchOwnership(other);
      for (;;) {
        const more = step(straight);
        assert(step(other) === more, 'one of them ends earlier');
        expect(stateOf(other, !more)).toEqual(stateOf(straight, !more));
        if (!more) break;
        checkInvariants(other, ownership);
      }
    }),
    { numRuns },
  );
}
