import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultEngineConfig } from '../engine-config.ts';
import type { RequestSpec } from '../request.ts';
import { Run } from '../run.ts';
import { cases, openSource, toyCost } from '../testing.ts';
import { Fate, FleetEventKind } from './fates.ts';
import { Fleet } from './fleet.ts';
import { type InstanceSpec, plainFleet } from './fleet-config.ts';
import { SideBySideRun } from './fleet-run.ts';
import { lifeSource } from './life-source.ts';
import { checkFleetEnd, FleetChecker, turningFleetArb } from './testing.ts';

describe('any split fleet whose instances change their roles', () => {
  it('loses nobody, computes every prompt where prompts are computed and keeps no block', () => {
    let turns = 0;
    fc.assert(
      fc.property(turningFleetArb, ({ config, requests }) => {
        const fleet = new Fleet(config, openSource(requests), false);
        const checker = new FleetChecker(fleet);
        while (!fleet.advance(1)) {
          checker.check();
          const turning = fleet.planner?.turn?.instance ?? -1;
          if (turning >= 0 && fleet.isOpen(turning)) throw new Error('it changes its role and takes requests');
        }
        checkFleetEnd(fleet);
        turns += fleet.planner?.rows.length ?? 0;
        const told = fleet.events.filter(
          ({ kind }) => kind === FleetEventKind.turnsToPrefill || kind === FleetEventKind.turnsToDecode,
        );
        expect(told.map(({ instance }) => instance)).toEqual(fleet.planner?.rows.map(({ instance }) => instance) ?? []);
      }),
      { numRuns: cases },
    );
    expect(turns).toBeGreaterThan(0);
  });

  it('is the same in slices of any size, and each life alone goes through the same steps', () => {
    fc.assert(
      fc.property(turningFleetArb, fc.integer({ min: 1, max: 7 }), ({ config, requests }, slice) => {
        const sliced = new Fleet(config, openSource(requests));
        while (!sliced.advance(slice));
        const run = new SideBySideRun(config, openSource(requests));
        while (!run.advance(1000));
        const trails = run.fleet.lives.map(({ simulation: { steps, trail } }) => [steps, trail]);
        expect(sliced.lives.map(({ simulation: { steps, trail } }) => [steps, trail])).toEqual(trails);
        const alone = run.fleet.lives.map(({ spec }, life) => {
          const single = new Run(spec.config, lifeSource(run.fleet, life), spec.cost, 1);
          single.advance(Number.POSITIVE_INFINITY);
          return [single.simulation.steps, single.simulation.trail];
        });
        expect(alone).toEqual(trails);
      }),
      { numRuns: Math.ceil(cases / 2) },
    );
  });
});

describe('roles that change', () => {
  const spec = (role: 'prefill' | 'decode'): InstanceSpec => ({
    role,
    config: {
      ...defaultEngineConfig(200),
      batchesInFlight: 1,
      asyncScheduling: false,
      maxNumBatchedTokens: 512,
      maxNumScheduledTokens: 512,
      maxModelLen: 2000,
      enablePrefixCaching: false,
      connector: { role: role === 'prefill' ? 'producer' : 'consumer', transferUs: 0 },
    },
    cost: toyCost,
    peakFlopsPerS: 1,
    peakBytesPerS: 1,
  });
  const sides = { prefill: spec('prefill'), decode: spec('decode') };
  const config = {
    ...plainFleet,
    instances: [sides.prefill, sides.decode, sides.decode],
    router: { kind: 'least-requests', seed: 1 },
    split: {
      router: { kind: 'least-requests', seed: 1 },
      link: { outBytesPerS: 1e9, inBytesPerS: 1e9, setupUs: 0 },
      kvBytesPerToken: 100,
      firstToken: 'prefill' as const,
      layers: 0,
    },
    planner: {
      sampleUs: 5_000,
      everyUs: 20_000,
      startUs: 10_000,
      prefillQueue: { high: 0.5, low: 0.2 },
      decodeKv: { high: 0.9, low: 0.5 },
      sides: [sides, sides, sides],
    },
  };
  /** Prompts come faster than one instance computes them; then few, with answers so long that KV runs short. */
  const prompts = Array.from(
    { length: 60 },
    (_, i): RequestSpec => ({
      arrivalUs: 4_000 * i,
      promptTokens: 500,
      outputTokens: 3,
    }),
  );
  const answers = Array.from(
    { length: 40 },
    (_, i): RequestSpec => ({
      arrivalUs: 1_000_000 + 8_000 * i,
      promptTokens: 60,
      outputTokens: 900,
    }),
  );

  it('give the side that needs it an instance of the other one, and take it back', () => {
    const fleet = new Fleet(config, openSource([...prompts, ...answers]));
    while (!fleet.advance(1000));
    checkFleetEnd(fleet);
    const rows = fleet.planner?.rows ?? [];
    expect(rows.map(({ to }) => to)).toEqual(['prefill', 'decode']);
    const [first, second] = rows;
    expect(first.queue).toBeGreaterThan(0.5);
    expect(first.kvUse).toBeLessThan(0.5);
    expect(second.kvUse).toBeGreaterThan(0.9);
    expect(second.queue).toBeLessThan(0.2);
    // It ends what it has, then another life of it begins after the time that a start takes.
    const lives = fleet.lives.filter(({ instance }) => instance === first.instance);
    expect(lives.slice(0, 2).map(({ spec: { role } }) => role)).toEqual(['decode', 'prefill']);
    expect(lives[0].endUs).toBe(first.drainedUs);
    expect(lives[1].startUs).toBe(first.drainedUs + 10_000);
    expect([...fleet.fates.fate.subarray(0, fleet.arrived)]).toEqual(new Array(100).fill(Fate.finished));
  });

  it('stay as they are where many prompts are queued at one look, and none at the others', () => {
    const burst = Array.from(
      { length: 10 },
      (): RequestSpec => ({ arrivalUs: 19_000, promptTokens: 100, outputTokens: 3 }),
    );
    const fleet = new Fleet(config, openSource([...burst, { ...burst[0], arrivalUs: 100_000 }]));
    let most = 0;
    while (!fleet.advance(1)) if (fleet.nowUs === 20_000) most = Math.max(most, fleet.lifeOf(0)?.waiting ?? 0);
    // More than two: their mean over the four looks of an interval would be above the mark.
    expect(most).toBeGreaterThan(2);
    expect(fleet.planner?.rows).toEqual([]);
  });

  it('stay as they are where each side has one left', () => {
    const instances = [sides.prefill, sides.decode];
    const fleet = new Fleet({ ...config, instances }, openSource([...prompts, ...answers]));
    while (!fleet.advance(1000));
    expect(fleet.planner?.rows).toEqual([]);
  });
});
