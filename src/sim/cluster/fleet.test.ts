import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closedLoopSource } from '../../workload/closed-loop.ts';
import { defaultEngineConfig } from '../engine-config.ts';
import { Recorder } from '../metrics/recorder.ts';
import { Simulation } from '../simulation.ts';
import { cases, openSource, runArb, toyCost } from '../testing.ts';
import { Fate } from './fates.ts';
import { Fleet } from './fleet.ts';
import { accountOf } from './fleet-account.ts';
import { plainFleet } from './fleet-config.ts';
import {
  calmFleetArb,
  checkFleetEnd,
  FleetChecker,
  replicas,
  secretive,
  splitFleetArb,
  troubledFleetArb,
} from './testing.ts';

const roundRobin = { kind: 'round-robin', seed: 0 };

/** Runs a fleet to its end. */
function ran(fleet: Fleet): Fleet {
  while (!fleet.advance(1000));
  return fleet;
}

/** What everybody in it went through, engine by engine. */
const storyOf = (fleet: Fleet) => ({
  trails: fleet.lives.map(({ simulation, instance }) => [instance, simulation.trail, simulation.steps]),
  fates: [...fleet.fates.fate.subarray(0, fleet.arrived)],
  fateUs: [...fleet.fates.fateUs.subarray(0, fleet.arrived)],
  routes: [...fleet.routes.instance.subarray(0, fleet.routes.count)],
  regret: [...fleet.routes.regretTokens.subarray(0, fleet.routes.count)],
});

describe('a fleet of one', () => {
  it('is its engine alone, whatever the engine', () => {
    fc.assert(
      fc.property(runArb, fc.boolean(), ({ requests, config }, isSecretive) => {
        const source = openSource(requests);
        const fleet = ran(
          new Fleet(
            { ...plainFleet, instances: replicas(1, config), router: roundRobin },
            isSecretive ? secretive(source) : source,
          ),
        );
        const alone = new Simulation(config, openSource(requests), toyCost, new Recorder(toyCost, 1e12), true);
        while (alone.next());
        const [{ simulation }] = fleet.lives;
        expect([simulation.trail, simulation.steps, simulation.nowUs]).toEqual([alone.trail, alone.steps, alone.nowUs]);
        alone.engine.policy.settle();
        expect(accountOf(fleet).outcomes.finishUs).toEqual(alone.engine.sequences.finishUs.slice(0, alone.arrived));
      }),
      { numRuns: cases },
    );
  });

  it('is its engine alone, with clients that wait for their answers', () => {
    const config = { ...defaultEngineConfig(40), maxNumSeqs: 3, maxNumBatchedTokens: 64 };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.nat(99), fc.constantFrom(0, 0.01), (clients, seed, thinkS) => {
        const source = () =>
          closedLoopSource({
            clients,
            requests: 30,
            thinkS,
            seed,
            bodies: (r, body) => {
              body.promptTokens = 5 + ((r * 37 + seed) % 90);
              body.outputTokens = 1 + ((r * 13) % 20);
            },
          });
        const fleet = ran(new Fleet({ ...plainFleet, instances: replicas(1, config), router: roundRobin }, source()));
        const alone = new Simulation(config, source(), toyCost, new Recorder(toyCost, 1e12), true);
        while (alone.next());
        const [{ simulation }] = fleet.lives;
        expect([simulation.trail, simulation.steps]).toEqual([alone.trail, alone.steps]);
        checkFleetEnd(fleet);
      }),
      { numRuns: Math.ceil(cases / 5) },
    );
  });
});

describe('any fleet', () => {
  it('is the same whether engines go event by event or each up to the next event', () => {
    fc.assert(
      fc.property(fc.oneof(calmFleetArb, troubledFleetArb), ({ config, requests }) => {
        const together = ran(new Fleet(config, secretive(openSource(requests))));
        const apart = ran(new Fleet(config, openSource(requests)));
        expect(storyOf(apart)).toEqual(storyOf(together));
      }),
      { numRuns: cases },
    );
  });

  it('is the same in slices of any size', () => {
    fc.assert(
      fc.property(troubledFleetArb, fc.integer({ min: 1, max: 7 }), ({ config, requests }, slice) => {
        const sliced = new Fleet(config, openSource(requests));
        while (!sliced.advance(slice));
        expect(storyOf(sliced)).toEqual(storyOf(ran(new Fleet(config, openSource(requests)))));
      }),
      { numRuns: Math.ceil(cases / 5) },
    );
  });

  it('loses nobody where prefill and decode are split, and no block stays with anyone', () => {
    fc.assert(
      fc.property(splitFleetArb, ({ config, requests }) => {
        const fleet = new Fleet(config, openSource(requests), false);
        const checker = new FleetChecker(fleet);
        while (!fleet.advance(1)) checker.check();
        checkFleetEnd(fleet);
      }),
      { numRuns: cases },
    );
  });

  it('loses nobody: whoever dies, times out or is turned away, every request has an end and a reason', () => {
    fc.assert(
      fc.property(troubledFleetArb, ({ config, requests }) => {
        const fleet = new Fleet(config, openSource(requests), false);
        const checker = new FleetChecker(fleet);
        while (!fleet.advance(1)) checker.check();
        checkFleetEnd(fleet);
      }),
      { numRuns: cases },
    );
  });
});

describe('a fleet in detail', () => {
  const engine = { ...defaultEngineConfig(40), maxNumSeqs: 3, maxNumBatchedTokens: 64 };
  const closed = (clients: number) =>
    closedLoopSource({
      clients,
      requests: 60,
      thinkS: 0,
      seed: 3,
      bodies: (_, body) => {
        body.promptTokens = 40;
        body.outputTokens = 10;
      },
    });

  it('hears reports as often as they are due where clients wait for their answers', () => {
    const config = {
      ...plainFleet,
      instances: replicas(3, engine),
      router: { kind: 'least-waiting-and-running', seed: 1 },
      reportUs: 5_000,
    };
    const fleet = ran(new Fleet(config, closed(9)));
    const sent = [0, 1, 2].map(
      (instance) => fleet.routes.instance.subarray(0, fleet.routes.count).filter((i) => i === instance).length,
    );
    // With the first report for ever, in which nobody has anything, the first instance would get them all.
    expect(Math.min(...sent)).toBeGreaterThan(5);
  });

  it('draws anew for every try, and for prefill and decode apart', () => {
    const requests = Array.from({ length: 40 }, (_, i) => ({ arrivalUs: i, promptTokens: 40, outputTokens: 30 }));
    const instances = replicas(4, engine);
    const client = { timeoutUs: 0, retries: 3, backoffUs: 1 };
    const admission = { maxInFlight: 2, maxTokensAhead: 0 };
    const config = { ...plainFleet, instances, router: { kind: 'random', seed: 1 }, client, admission };
    const fleet = ran(new Fleet(config, openSource(requests)));
    const { request, instance, count } = fleet.routes;
    const tried = requests.map(
      (_, r) => new Set([...instance.subarray(0, count)].filter((_i, row) => request[row] === r)),
    );
    expect(tried.some((set) => set.size > 2)).toBe(true);
  });

  it('closes no open instance for one that is still being started', () => {
    const scaling = { least: 1, targetInFlight: 2, everyUs: 5_000, startUs: 400_000, calmUs: 0 };
    const burst = Array.from({ length: 8 }, () => ({ arrivalUs: 1_000, promptTokens: 20, outputTokens: 4 }));
    const later = { arrivalUs: 300_000, promptTokens: 20, outputTokens: 4 };
    const config = { ...plainFleet, instances: replicas(3, engine), router: roundRobin, scaling };
    const fleet = ran(new Fleet(config, openSource([...burst, later])));
    expect([...fleet.fates.fate.subarray(0, fleet.arrived)]).toEqual(new Array(9).fill(Fate.finished));
  });

  it('gives a single token from the prefilling side alone where the length limit leaves no other', () => {
    const [prefill, decode] = (['producer', 'consumer'] as const).map((role, i) => ({
      ...replicas(1, { ...engine, maxModelLen: 100, connector: { role, transferUs: 0 } })[0],
      role: i === 0 ? ('prefill' as const) : ('decode' as const),
    }));
    const split = {
      router: roundRobin,
      link: { outBytesPerS: 1e9, inBytesPerS: 1e9, setupUs: 0 },
      kvBytesPerToken: 1,
      firstToken: 'prefill' as const,
      layers: 0,
    };
    const config = { ...plainFleet, instances: [prefill, decode], router: roundRobin, split };
    const fleet = ran(new Fleet(config, openSource([{ arrivalUs: 0, promptTokens: 99, outputTokens: 7 }])));
    expect(fleet.fates.fate[0]).toBe(Fate.finished);
    expect(fleet.handovers?.rows).toEqual([]);
  });
});
