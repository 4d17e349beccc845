import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectGoesOn } from '../goes-on-testing.ts';
import { Simulation } from '../simulation.ts';
import {
  cases,
  checkEnd,
  checkInvariants,
  disturb,
  disturbancesArb,
  openSource,
  runsOf,
  toyCost,
  watchOwnership,
} from '../testing.ts';

const sglangRunArb = runsOf('sglang');

describe('any run of SGLang', () => {
  it('conserves slots and loses nobody, after every step', () => {
    const seen = { preemptions: 0, mixed: 0, hits: 0, drafts: 0, images: 0 };
    fc.assert(
      fc.property(sglangRunArb, disturbancesArb, ({ requests, config }, disturbances) => {
        const simulation = new Simulation(config, openSource(requests), toyCost);
        const ownership = watchOwnership(simulation);
        do {
          disturb(simulation, disturbances);
          checkInvariants(simulation, ownership);
          if (simulation.steps === 0) continue;
          const batch = simulation.lastBatch;
          seen.hits += batch.hitTokens;
          seen.drafts += batch.shape.drafts;
          seen.images += batch.shape.imageWindows + batch.shape.audioWindows;
          if (batch.prefillTokens > 0 && batch.decodeTokens > 0) seen.mixed++;
        } while (simulation.next());
        checkEnd(simulation, ownership);
        seen.preemptions += simulation.preemptions;
      }),
      { numRuns: 4 * cases },
    );
    // The runs are worth something only if the rules had their turn.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(10);
  });

  it('goes on from a saved state as if nothing had happened', () => {
    expectGoesOn(sglangRunArb, Math.ceil(cases / 3), (simulation, isLast) => {
      const { nowUs, steps, engine } = simulation;
      // Comparing whole trees takes long: not at every step.
      const isCompared = isLast || steps % 16 === 0;
      return { nowUs, policy: engine.policy.save(), memory: isCompared ? engine.memory.save() : null };
    });
  });
});
