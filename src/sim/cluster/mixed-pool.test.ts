import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultEngineConfig } from '../engine-config.ts';
import type { RequestSpec } from '../request.ts';
import { cases, openSource, toyCost } from '../testing.ts';
import { Fate } from './fates.ts';
import { Fleet } from './fleet.ts';
import { accountOf } from './fleet-account.ts';
import { type FleetConfig, type InstanceSpec, plainFleet } from './fleet-config.ts';
import { Part } from './split.ts';
import { checkFleetEnd, FleetChecker, splitFleetArb } from './testing.ts';

describe('any split fleet whose instances do both phases when one side is short', () => {
  it('loses nobody, keeps no block, and sends KV from those that prefill to those that decode alone', () => {
    const took = { prefill: 0, decode: 0, serve: 0 };
    fc.assert(
      fc.property(splitFleetArb, fc.constantFrom(1, 40, 200), ({ config, requests }, maxTokensAhead) => {
        const fleet = new Fleet({ ...config, mixedPool: { maxTokensAhead } }, openSource(requests), false);
        const checker = new FleetChecker(fleet);
        while (!fleet.advance(1)) checker.check();
        checkFleetEnd(fleet);
        const { attempts, lives, handovers } = fleet;
        const roleOf = (attempt: number) => lives[attempts.life[attempt]].spec.role;
        for (let a = 0; a < attempts.count; a++) if (attempts.part[a] === Part.whole) took[roleOf(a)]++;
        for (const { prefill, decode } of handovers?.rows ?? [])
          expect([roleOf(prefill), roleOf(decode)]).toEqual(['prefill', 'decode']);
        // Whoever was lent is back.
        for (let i = 0; i < fleet.count; i++) expect(fleet.mixedPool?.isMixed(i)).toBe(false);
      }),
      { numRuns: cases },
    );
    // Either side has helped the other one.
    expect(took.prefill).toBeGreaterThan(0);
    expect(took.decode).toBeGreaterThan(0);
  });

  it('is the same in slices of any size', () => {
    fc.assert(
      fc.property(splitFleetArb, fc.integer({ min: 1, max: 7 }), ({ config, requests }, slice) => {
        const trails = [slice, 1000].map((steps) => {
          const fleet = new Fleet({ ...config, mixedPool: { maxTokensAhead: 40 } }, openSource(requests));
          while (!fleet.advance(steps));
          return fleet.lives.map(({ simulation }) => [simulation.steps, simulation.trail]);
        });
        expect(trails[0]).toEqual(trails[1]);
      }),
      { numRuns: Math.ceil(cases / 2) },
    );
  });
});

describe('a mixed pool', () => {
  const spec = (role: 'prefill' | 'decode', blocks: number): InstanceSpec => ({
    role,
    config: {
      ...defaultEngineConfig(1 + blocks),
      batchesInFlight: 1,
      asyncScheduling: false,
      maxNumBatchedTokens: 256,
      maxNumScheduledTokens: 256,
      maxModelLen: 600,
      enablePrefixCaching: false,
      connector: { role: role === 'prefill' ? 'producer' : 'consumer', transferUs: 0 },
    },
    cost: toyCost,
    peakFlopsPerS: 1,
    peakBytesPerS: 1,
  });
  const ran = (
    requests: readonly RequestSpec[],
    decodeBlocks = 200,
    mixedPool: FleetConfig['mixedPool'] = { maxTokensAhead: 600 },
  ) => {
    const fleet = new Fleet(
      {
        ...plainFleet,
        instances: [spec('prefill', 200), spec('decode', decodeBlocks), spec('decode', decodeBlocks)],
        router: { kind: 'least-requests', seed: 1 },
        split: {
          router: { kind: 'least-requests', seed: 1 },
          link: { outBytesPerS: 1e9, inBytesPerS: 1e9, setupUs: 0 },
          kvBytesPerToken: 100,
          firstToken: 'prefill',
          layers: 0,
        },
        mixedPool,
      },
      openSource(requests),
    );
    while (!fleet.advance(1000));
    checkFleetEnd(fleet);
    expect([...fleet.fates.fate.subarray(0, fleet.arrived)]).toEqual(requests.map(() => Fate.finished));
    const { attempts, lives } = fleet;
    const placesOf = (part: Part) =>
      Array.from({ length: attempts.count }, (_, a) => a)
        .filter((a) => attempts.part[a] === part)
        .map((a) => [attempts.request[a], lives[attempts.life[a]].instance]);
    return { fleet, wholes: placesOf(Part.whole), decodes: placesOf(Part.decode) };
  };
  const prompts = (count: number, everyUs: number, fromUs = 0): readonly RequestSpec[] =>
    Array.from({ length: count }, (_, i) => ({ arrivalUs: fromUs + i * everyUs, promptTokens: 250, outputTokens: 9 }));

  it('takes what would wait for prefill where it decodes, one instance after the other, and gives them back', () => {
    // 3.5 ms a prompt: one runs and two wait (500 of 600 tokens), at the instance that prefills and then at the first one that is lent.
    const { fleet, wholes, decodes } = ran([...prompts(8, 100), ...prompts(2, 50_000, 1_000_000)]);
    expect(wholes).toEqual([
      [3, 1],
      [4, 1],
      [5, 1],
      [6, 2],
      [7, 2],
    ]);
    // Later ones are split again, and both that were lent decode.
    expect(decodes.slice(-2).map(([request]) => request)).toEqual([8, 9]);
    expect(accountOf(fleet).summary.mixed).toBe(5);
  });

  it('is not asked where neither side is short, or where there is none', () => {
    expect(ran(prompts(6, 10_000)).wholes).toEqual([]);
    const { fleet, wholes } = ran(prompts(6, 100), 200, null);
    expect([wholes, accountOf(fleet).summary.mixed]).toEqual([[], null]);
  });

  it('lets those that prefill decode too where no pool of the others has room', () => {
    // Room for 480 tokens each: two prompts do not fit together.
    const long = prompts(4, 20_000).map((request) => ({ ...request, outputTokens: 200 }));
    const { wholes } = ran(long, 30);
    expect(wholes).toEqual([
      [2, 0],
      [3, 0],
    ]);
  });
});
