import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultEngineConfig } from '../engine-config.ts';
import type { RequestSpec } from '../request.ts';
import { Run } from '../run.ts';
import { cases, openSource, toyCost } from '../testing.ts';
import { Fleet } from './fleet.ts';
import { accountOf } from './fleet-account.ts';
import { type FleetConfig, type InstanceSpec, plainFleet, type Role } from './fleet-config.ts';
import { SideBySideRun } from './fleet-run.ts';
import { Fill, type KvStoreConfig } from './kv-store.ts';
import { lifeSource } from './life-source.ts';
import { Pool } from './pool.ts';
import { checkFleetEnd, checkSnapshots, FleetChecker, storeFleetArb } from './testing.ts';

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
        const run = new SideBySideRun(config, openSource(requests));
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

it('is looked at from any snapshot of an engine that waits for it', () => {
  fc.assert(
    fc.property(storeFleetArb, fc.nat(40), ({ config, requests }, at) => {
      const run = new SideBySideRun(config, openSource(requests));
      while (!run.advance(1000));
      checkSnapshots(run, at);
    }),
    { numRuns: Math.ceil(cases / 3) },
  );
});

/** A block of 16 tokens takes 1 ms in either direction, and 500 us before that. */
const store: KvStoreConfig = {
  capacityBlocks: 100,
  blockSize: 16,
  blockBytes: 1000,
  link: { outBytesPerS: 1e6, inBytesPerS: 1e6, setupUs: 500 },
};

const spec = (role: Role): InstanceSpec => ({
  role,
  config: {
    ...defaultEngineConfig(60),
    batchesInFlight: 1,
    asyncScheduling: false,
    maxNumBatchedTokens: 512,
    maxNumScheduledTokens: 512,
    maxModelLen: 400,
    connector: { role: role === 'serve' ? 'both' : role === 'prefill' ? 'producer' : 'consumer', transferUs: 0 },
  },
  cost: toyCost,
  peakFlopsPerS: 1,
  peakBytesPerS: 1,
});

function ran(roles: readonly Role[], requests: readonly RequestSpec[], more: Partial<FleetConfig> = {}): Fleet {
  const split = {
    router: { kind: 'round-robin', seed: 1 },
    link: { outBytesPerS: 1e9, inBytesPerS: 1e9, setupUs: 0 },
    kvBytesPerToken: 1,
    firstToken: 'prefill' as const,
    layers: 0,
  };
  const config: FleetConfig = {
    ...plainFleet,
    instances: roles.map(spec),
    router: { kind: 'round-robin', seed: 1 },
    split: roles.includes('decode') ? split : null,
    store,
    ...more,
  };
  const fleet = new Fleet(config, openSource(requests));
  while (!fleet.advance(1000));
  checkFleetEnd(fleet);
  return fleet;
}

/** A question of 64 tokens with an answer of 17, and long after it one that goes on with both. */
const first: RequestSpec = {
  arrivalUs: 0,
  promptTokens: 64,
  outputTokens: 17,
  segments: [{ segment: 1, offset: 0, length: 64 }],
  outputSegment: 2,
};
const second: RequestSpec = {
  arrivalUs: 1_000_000,
  promptTokens: 101,
  outputTokens: 3,
  segments: [
    { segment: 1, offset: 0, length: 64 },
    { segment: 2, offset: 0, length: 17 },
    { segment: 3, offset: 0, length: 20 },
  ],
};

describe('a conversation whose turns go to different replicas', () => {
  it('finds in the store what another replica has computed, question and answer, and computes the rest', () => {
    const { outcomes, store: account } = accountOf(ran(['serve', 'serve'], [first, second]));
    // The last token of the answer has no KV: five blocks of 80 tokens, which come in 5.5 ms; a step of 21 tokens follows.
    expect(account?.fetches).toMatchObject([
      { instance: 1, tokens: 80, blocks: 5, askedUs: 1_000_000, endUs: 1_005_500 },
    ]);
    expect(outcomes.firstTokenUs[1]).toBe(1_005_500 + 1_210);
    // Of the second turn its own 21 tokens and two of its answer fill one more block.
    expect(account).toMatchObject({
      ownTokens: 0,
      fetchedTokens: 80,
      computedTokens: 64 + 21,
      blocks: 6,
      evictions: 0,
    });
  });

  it('has nothing to find where there is no room in the store', () => {
    const { outcomes, store: account } = accountOf(
      ran(['serve', 'serve'], [first, second], { store: { ...store, capacityBlocks: 0 } }),
    );
    expect(outcomes.firstTokenUs[1]).toBe(1_000_000 + 1_000 + 1_010);
    // Four blocks of the first prompt and six of the second, which are on their way at the end; what follows a block that is not there is not even sent.
    expect(account).toMatchObject({ fetchedTokens: 0, sentBlocks: 10, refusedBlocks: 4, onTheWayBlocks: 6, blocks: 0 });
  });

  it('finds what the replica that decoded has put there, where prefill and decode are apart', () => {
    const { store: account } = accountOf(ran(['prefill', 'prefill', 'decode'], [first, second]));
    expect(account?.fetches).toMatchObject([{ instance: 1, tokens: 80, blocks: 5 }]);
  });
});

describe('a store', () => {
  it('has at the end what had come by then, and tells apart what was on its way', () => {
    const { store: account } = accountOf(ran(['serve'], [{ ...first, outputTokens: 1 }]));
    expect(account).toMatchObject({ sentBlocks: 4, blocks: 0, onTheWayBlocks: 4, fillUs: [] });
  });

  const again = { ...first, arrivalUs: 1_000_000 };

  it('leaves one token of a whole prompt to compute, though its block comes whole', () => {
    const { store: account, outcomes } = accountOf(ran(['serve', 'serve'], [first, again]));
    expect(account?.fetches).toMatchObject([{ tokens: 63, blocks: 4 }]);
    expect(outcomes.firstTokenUs[1]).toBe(1_000_000 + 4_500 + 1_010);
  });

  it('is not asked for what the own cache has', () => {
    const longer = {
      ...again,
      promptTokens: 70,
      segments: [...(again.segments ?? []), { segment: 9, offset: 0, length: 6 }],
    };
    const { store: account, outcomes } = accountOf(ran(['serve'], [first, longer]));
    expect(account).toMatchObject({ fetches: [], ownTokens: 64 });
    expect(outcomes.firstTokenUs[1]).toBe(1_000_000 + 1_060);
  });

  it('is asked for a last full block that the own cache has too, as the connectors ask: of that one the cache gives nothing', () => {
    const { store: account } = accountOf(ran(['serve'], [first, again]));
    expect(account?.fetches).toMatchObject([{ tokens: 15, blocks: 1 }]);
    expect(account?.ownTokens).toBe(48);
  });

  it('is told of what is there, not of what is still to come', () => {
    // The first prompt is computed at 1,640; its four blocks are on their way until 1,640 + 500 + 4,000.
    const at = (arrivalUs: number) =>
      accountOf(ran(['serve', 'serve'], [first, { ...again, arrivalUs }])).store?.fetchedTokens;
    expect(at(6_140)).toBe(0);
    expect(at(6_141)).toBe(63);
  });

  it('shares the link of an instance among all that it fetches', () => {
    const other: RequestSpec = { ...first, segments: [{ segment: 11, offset: 0, length: 64 }], outputSegment: 12 };
    const [asked, too] = [first, other].map((each) => ({ ...each, arrivalUs: 1_000_000 }));
    // To the first of two go both questions, to the second one nothing of interest and then both of them again.
    const filler: RequestSpec = { arrivalUs: 0, promptTokens: 5, outputTokens: 1 };
    const turns = [first, filler, other, asked, { ...filler, arrivalUs: 1_000_000 }, too];
    const fetches = ran(['serve', 'serve'], turns).store?.fetches ?? [];
    expect(fetches.map(({ instance, tokens, endUs }) => [instance, tokens, endUs])).toEqual([
      [1, 63, 1_008_500],
      [1, 63, 1_008_500],
    ]);
  });

  it('tells a router what could be fetched, and how long that takes behind what is on its way', () => {
    const filler: RequestSpec = { arrivalUs: 0, promptTokens: 5, outputTokens: 1 };
    const fleet = new Fleet(
      { ...plainFleet, instances: [spec('serve'), spec('serve')], router: { kind: 'round-robin', seed: 1 }, store },
      openSource([first, filler, { ...filler, arrivalUs: 1_000_000 }, { ...again, arrivalUs: 1_000_000 }, second]),
    );
    while (fleet.nowUs < 1_000_000) fleet.advance(1);
    // All of a prompt but its last token; of the next turn the answer too.
    expect([fleet.view.storedTokens(3), fleet.view.storedTokens(4)]).toEqual([63, 80]);
    // Whoever decodes what another one prefilled fetches nothing.
    expect([new Pool(fleet, 'prefill'), new Pool(fleet, 'decode')].map((pool) => pool.storedTokens(4))).toEqual([
      80, 0,
    ]);
    expect(fleet.view.fetchUs(1, 0, 80)).toBe(5_500);
    while (fleet.store?.fetches.length === 0) fleet.advance(1);
    const askedUs = fleet.store?.fetches[0].askedUs ?? Number.NaN;
    while (fleet.nowUs < askedUs + 500) fleet.advance(1);
    // Its four blocks begin to flow.
    expect(fleet.view.fetchUs(1, 0, 80)).toBe(4_000 + 5_500);
    expect(fleet.view.fetchUs(0, 0, 80)).toBe(5_500);
  });

  it('loses with an instance what had not come, and keeps what had', () => {
    const failures = [{ instance: 0, atUs: 5_000, forUs: Number.POSITIVE_INFINITY }];
    const { store: early } = accountOf(ran(['serve', 'serve'], [first], { failures }));
    expect(early).toMatchObject({ sentBlocks: 4, lostBlocks: 4, blocks: 0 });
    const late = [{ ...failures[0], atUs: 6_200 }];
    const { store: kept } = accountOf(ran(['serve', 'serve'], [first], { failures: late }));
    expect(kept).toMatchObject({ sentBlocks: 4, lostBlocks: 0, blocks: 4 });
  });

  it('is sent by another instance what one that died had not sent in full', () => {
    // The first prompt is computed at 1,640, its instance dies, and the second instance has computed the same at 2,640.
    const failures = [{ instance: 0, atUs: 2_000, forUs: Number.POSITIVE_INFINITY }];
    const once = { ...first, outputTokens: 1 };
    const { store: account } = accountOf(
      ran(['serve', 'serve'], [first, { ...once, arrivalUs: 1_000 }, { ...once, arrivalUs: 50_000 }], { failures }),
    );
    expect(account).toMatchObject({ sentBlocks: 8, lostBlocks: 4, blocks: 4 });
    expect(account?.fillUs).toEqual([7_140]);
  });

  it('is sent to at once by the next life of an instance that died while it sent', () => {
    const failures = [{ instance: 0, atUs: 2_000, forUs: 100 }];
    const other = { ...first, arrivalUs: 2_200, outputTokens: 1, segments: [{ segment: 11, offset: 0, length: 64 }] };
    const { store: account } = accountOf(ran(['serve'], [first, other, { ...other, arrivalUs: 50_000 }], { failures }));
    // Computed at 3,840; what the first life would have sent until 5,640 does not hold it up.
    expect(account?.fillUs).toEqual([8_340]);
  });
});

it('has some points of its level over time, and always the last one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40_000 }), (points) => {
      const fill = new Fill();
      for (let i = 0; i < points; i++) fill.add(10 * i, i);
      expect(fill.blocks.at(-1)).toBe(points - 1);
      expect(fill.us).toEqual(fill.blocks.map((blocks) => 10 * blocks));
      expect(fill.blocks).toEqual([...new Set(fill.blocks)].sort((a, b) => a - b));
      expect(fill.blocks.length).toBeGreaterThanOrEqual(Math.min(points, 2048));
      expect(fill.blocks.length).toBeLessThanOrEqual(4097);
    }),
    { numRuns: Math.ceil(cases / 3) },
  );
});
