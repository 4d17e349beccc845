import { describe, expect, it } from 'vitest';
import { listSource } from '../../workload/list.ts';
import { defaultEngineConfig } from '../engine-config.ts';
import type { RequestSpec } from '../request.ts';
import { toyCost } from '../testing.ts';
import { Fleet } from './fleet.ts';
import { accountOf } from './fleet-account.ts';
import { type InstanceSpec, plainFleet } from './fleet-config.ts';
import { bytesLeft, type SplitConfig } from './split.ts';

const split: SplitConfig = {
  router: { kind: 'least-requests', seed: 1 },
  // 16 tokens of 1,000 bytes in 16 ms.
  link: { outBytesPerS: 1e6, inBytesPerS: 1e6, setupUs: 500 },
  kvBytesPerToken: 1000,
  firstToken: 'prefill',
  layers: 0,
};

function pair(blocks: { readonly prefill: number; readonly decode: number }): readonly InstanceSpec[] {
  const spec = (role: 'prefill' | 'decode'): InstanceSpec => ({
    role,
    config: {
      ...defaultEngineConfig(1 + blocks[role]),
      batchesInFlight: 1,
      asyncScheduling: false,
      maxNumBatchedTokens: 512,
      maxNumScheduledTokens: 512,
      maxModelLen: 400,
      enablePrefixCaching: false,
      connector: { role: role === 'prefill' ? 'producer' : 'consumer', transferUs: 0 },
    },
    cost: toyCost,
    peakFlopsPerS: 1,
    peakBytesPerS: 1,
  });
  return [spec('prefill'), spec('decode')];
}

function ran(instances: readonly InstanceSpec[], requests: readonly RequestSpec[], how = split): Fleet {
  const config = { ...plainFleet, instances, router: { kind: 'round-robin', seed: 1 }, split: how };
  const fleet = new Fleet(config, listSource(requests));
  while (!fleet.advance(1000));
  return fleet;
}

const one: RequestSpec = { arrivalUs: 0, promptTokens: 64, outputTokens: 5 };

describe('a request whose prefill and decode are split', () => {
  it('has its first token where the prompt was computed, and the second once the KV has come', () => {
    const fleet = ran(pair({ prefill: 20, decode: 20 }), [one]);
    const { outcomes, handover, handovers } = accountOf(fleet);
    const [row] = handovers;
    // The prompt: 1 ms and 10 us a token.
    expect(outcomes.firstTokenUs[0]).toBe(1640);
    expect(row.readyUs).toBe(1640);
    // 500 us to find each other, 64 ms for 64,000 bytes.
    expect([row.askedUs, row.bytes, row.endUs]).toEqual([1640, 64_000, 1640 + 500 + 64_000]);
    // A step of one token, in a context of 65.
    expect(handover.maxUs).toBe(500 + 64_000 + 1010);
    expect(outcomes.outputTokens[0]).toBe(5);
    expect(outcomes.finishUs[0]).toBe(row.endUs + 4 * 1010);
  });

  it('holds its blocks where the prompt was computed until the KV has gone, though nothing runs there', () => {
    const { handovers, lives } = accountOf(ran(pair({ prefill: 20, decode: 20 }), [one]));
    // 64 tokens in four blocks.
    const heldUs = lives[0].account.series.usedBlocksUs.reduce((sum, us) => sum + us, 0);
    expect(heldUs).toBeCloseTo(4 * handovers[0].endUs);
  });

  it('has its first token from the other instance behind vLLM’s proxy', () => {
    const fleet = ran(pair({ prefill: 20, decode: 20 }), [one], { ...split, firstToken: 'decode' });
    const { outcomes, handover, handovers } = accountOf(fleet);
    expect(outcomes.firstTokenUs[0]).toBe(handovers[0].endUs + 1010);
    expect(outcomes.outputTokens[0]).toBe(5);
    expect(handover.count).toBe(0);
  });

  it('needs no second instance for a single token', () => {
    const fleet = ran(pair({ prefill: 20, decode: 20 }), [{ ...one, outputTokens: 1 }]);
    const { outcomes } = accountOf(fleet);
    expect(fleet.handovers?.rows).toEqual([]);
    expect(outcomes.finishUs[0]).toBe(1640);
  });

  it('waits with its blocks held on the prefilling side while the decoding pool is full, until nothing can be prefilled any more', () => {
    // The decoding side has room for one request of 128 + 17 tokens at a time, the prefilling side for three prompts.
    const requests = Array.from(
      { length: 6 },
      (): RequestSpec => ({ arrivalUs: 0, promptTokens: 128, outputTokens: 17 }),
    );
    const fleet = ran(pair({ prefill: 24, decode: 11 }), requests, {
      ...split,
      link: { ...split.link, outBytesPerS: 1e9, inBytesPerS: 1e9 },
    });
    const { outcomes, handovers } = accountOf(fleet);
    expect(handovers.map(({ request }) => request)).toEqual([0, 1, 2, 3, 4, 5]);
    // The second asks when the first has ended.
    expect(handovers[1].askedUs).toBeGreaterThanOrEqual(outcomes.finishUs[0]);
    // The fourth prompt is not even begun before the first one's blocks are fetched, nor the fifth before the second's.
    expect(outcomes.firstScheduledUs[2]).toBe(0);
    expect(outcomes.firstScheduledUs[3]).toBeGreaterThanOrEqual(handovers[0].endUs);
    expect(outcomes.firstScheduledUs[4]).toBeGreaterThanOrEqual(handovers[1].endUs);
    expect(outcomes.firstScheduledUs[5]).toBeGreaterThanOrEqual(handovers[2].endUs);
  });
});

describe('bytes that are left when a prompt is done', () => {
  it('are all of them at the end, and a layer of them where there was time for the others', () => {
    expect(bytesLeft(split, 64, 1e6)).toBe(64_000);
    expect(bytesLeft({ ...split, layers: 4 }, 64, 1e6)).toBe(16_000);
    // 20 ms of prefill, three quarters of which overlap: 15,000 bytes have left.
    expect(bytesLeft({ ...split, layers: 4 }, 64, 20_000)).toBe(49_000);
  });
});
