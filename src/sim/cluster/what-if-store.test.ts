import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoreLog } from '../phase/prefix-store.ts';
import { Simulation } from '../simulation.ts';
import { cases, openSource } from '../testing.ts';
import { explainStep } from '../why/at-step.ts';
import { runWhatIf } from '../why/what-if.ts';
import { Fleet } from './fleet.ts';
import { lifeSource } from './life-source.ts';
import { storeFleetArb } from './testing.ts';

/** A fetch of a request, at a time and in a step. */
type Fetches = Map<string, number>;

/** A life of a fleet that has ended, as an engine alone; its fetches are put into `fetches`. */
function engineOf(fleet: Fleet, life: number, fetches: Fetches): Simulation {
  const { config, cost } = fleet.lives[life].spec;
  const source = lifeSource(fleet, life);
  const { store } = source.requests;
  if (store === null) throw new Error('it has a store');
  source.requests.store = {
    ...store,
    fetch: (request, from, to, nowUs) => {
      fetches.set(`${request} at ${nowUs}`, simulation.steps);
      return store.fetch(request, from, to, nowUs);
    },
  };
  const simulation = new Simulation(config, source, cost);
  return simulation;
}

describe('an engine of a fleet with a store that decides otherwise', () => {
  it('fetches at other times than it did, and all come to their ends', () => {
    let otherwise = 0;
    fc.assert(
      fc.property(storeFleetArb, fc.integer({ min: 1, max: 4 }), ({ config, requests }, before) => {
        const fleet = new Fleet(config, openSource(requests));
        while (!fleet.advance(1000));
        for (const life of fleet.lives.keys()) {
          const were: Fetches = new Map();
          const whole = engineOf(fleet, life, were);
          while (whole.next());
          // Shortly before something is fetched.
          const steps = new Set([...were.values()].map((step) => step - before));
          const simulation = engineOf(fleet, life, new Map());
          while (simulation.next()) {
            const step = simulation.steps - 1;
            if (!steps.has(step)) continue;
            for (let request = 0; request < simulation.arrived; request++) {
              for (const choice of explainStep(simulation, request).alternatives) {
                const are: Fetches = new Map();
                const found = runWhatIf(() => engineOf(fleet, life, are), { step, request, choice, budget: 10_000 });
                expect(found.isComplete).toBe(true);
                for (const fetch of are.keys()) if (!were.has(fetch)) otherwise++;
              }
            }
          }
        }
      }),
      // Few engines have a fetch that another decision moves.
      { numRuns: 2 * cases },
    );
    expect(otherwise).toBeGreaterThan(0);
  });
});

describe('what a store told an engine', () => {
  const log = new StoreLog((from, to) => 10 * (to - from));
  log.asked(3, 100);
  log.fetched(3, 170, true);
  log.asked(3, 500);
  log.fetched(3, 505, false);
  const { fetch } = log.replay();

  it('is told again at the same times', () => {
    expect([fetch(3, 0, 16, 100), fetch(3, 0, 16, 500)]).toEqual([70, 5]);
  });

  it('at another time takes as long as the last fetch that came to its end, or as one alone', () => {
    expect(fetch(3, 0, 16, 501)).toBe(70);
    expect(fetch(4, 0, 16, 501)).toBe(160);
  });
});
