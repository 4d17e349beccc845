import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DecisionKind } from '../../decision.ts';
import { Simulation } from '../../simulation.ts';
import {
  cases,
  checkEnd,
  checkInvariants,
  disturb,
  disturbancesArb,
  openSource,
  runArb,
  toyCost,
  watchOwnership,
} from '../../testing.ts';

const runs = runArb.filter(({ config }) => config.policy === 'tensorrt-llm');

it('conserves blocks and loses nobody, after every step of any run', () => {
  fc.assert(
    fc.property(runs, disturbancesArb, ({ requests, config }, disturbances) => {
      const simulation = new Simulation(config, openSource(requests), toyCost);
      const ownership = watchOwnership(simulation);
      do {
        disturb(simulation, disturbances);
        checkInvariants(simulation, ownership);
      } while (simulation.next());
      checkEnd(simulation, ownership);
    }),
    { numRuns: 3 * cases },
  );
});

it('pauses nobody unless it may use all memory', () => {
  fc.assert(
    fc.property(runs, ({ requests, config }) => {
      const simulation = new Simulation(
        { ...config, settings: { ...config.settings, capacitySchedulerPolicy: 'guaranteed_no_evict' } },
        openSource(requests),
        toyCost,
      );
      const { decisions } = simulation.engine;
      while (simulation.next()) {
        for (let i = 0; i < decisions.count; i++) expect(decisions.kind[i]).not.toBe(DecisionKind.preempt);
      }
    }),
    { numRuns: cases },
  );
});

it('lets no request decode beside one that joins a static batch', () => {
  fc.assert(
    fc.property(runs, ({ requests, config }) => {
      const simulation = new Simulation(
        { ...config, settings: { ...config.settings, capacitySchedulerPolicy: 'static_batch' } },
        openSource(requests),
        toyCost,
      );
      while (simulation.next()) {
        const { prefillTokens, decodeTokens } = simulation.lastBatch;
        expect(Math.min(prefillTokens, decodeTokens)).toBe(0);
      }
    }),
    { numRuns: cases },
  );
});
