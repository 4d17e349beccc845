import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Run } from '../run.ts';
import { cases, openSource } from '../testing.ts';
import { Fleet } from './fleet.ts';
import { FleetRun } from './fleet-run.ts';
import { lifeSource } from './life-source.ts';
import { checkFleetEnd, FleetChecker, storeFleetArb } from './testing.ts';

describe('any fleet with a store', () => {
  it('loses nobody and no block, holds no more than it may and fetches only what is there', () => {
    let fetched = 0;
    let evicted = 0;
    fc.assert(
      fc.property(storeFleetArb, ({ config, requests }) => {
        const fleet = new Fleet(config, openSource(requests), false);
        const checker = new FleetChecker(fleet);
        while (!fleet.advance(1)) checker.check();
        checkFleetEnd(fleet);
        fetched += fleet.store?.figures.fetchedTokens ?? 0;
        evicted += fleet.store?.blocks.evictions ?? 0;
      }),
      { numRuns: cases },
    );
    expect(fetched).toBeGreaterThan(0);
    expect(evicted).toBeGreaterThan(0);
  });

  it('has engines that go through the same steps alone, told what they found and how long it took', () => {
    fc.assert(
      fc.property(storeFleetArb, ({ config, requests }) => {
        const run = new FleetRun(config, openSource(requests));
        while (!run.advance(1000));
        for (const [number, life] of run.fleet.lives.entries()) {
          const { config: engine, cost } = config.instances[life.instance];
          const { steps, trail } = life.simulation;
          const single = new Run(engine, lifeSource(run.fleet, number), cost, 1);
          single.advance(Number.POSITIVE_INFINITY);
          expect([single.simulation.steps, single.simulation.trail]).toEqual([steps, trail]);
        }
      }),
      { numRuns: cases },
    );
  });
});
