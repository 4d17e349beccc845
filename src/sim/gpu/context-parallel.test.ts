import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectiveUs, withinHostUs } from './collectives.ts';
import { contextParallel, contextPart } from './context-parallel.ts';
import { type BatchShape, createBatchShape } from './cost.ts';
import { devices } from './device.ts';
import type { ParallelLayout } from './layout.ts';
import { causalPairs, models } from './model.ts';
import { createCost } from './operator-cost.ts';
import { rankModel } from './tensor-parallel.ts';
import { decodesOf, prefillOf, shapeOf } from './testing.ts';
import { networkOf, singleHost, type Topology } from './topology.ts';

const model = models['llama-3.1-8b'];
const device = devices.h100;
if (device.peerLink === null) throw new Error('it has a link');
const host = singleHost(device.peerLink);
const limits = { maxTokens: 64, maxSequences: 8 };
const inner = createCost(model, device, limits);
const costOf = (context: number) => {
  const layout: ParallelLayout = { tensor: 1, pipeline: 1, dataParallel: 1, expertParallel: false, context };
  return contextParallel(inner, model, layout, host);
};

describe('contextPart', () => {
  it('has its share of rows, and of query-key pairs within a row of each token', () => {
    const into = createBatchShape(1);
    const count = fc.integer({ min: 1, max: 100_000 });
    fc.assert(
      fc.property(count, fc.nat(100_000), fc.integer({ min: 1, max: 16 }), (fresh, cached, ranks) => {
        contextPart(prefillOf([[fresh, cached]]), ranks, into);
        expect(into.tokens).toBe(Math.ceil(fresh / ranks));
        const pairs = causalPairs(into.chunkNew[0], into.chunkCached[0]);
        const share = causalPairs(fresh, cached) / ranks;
        expect(Math.abs(pairs - share)).toBeLessThanOrEqual(cached + 2 * fresh + 1);
      }),
    );
  });

  it('has all decodes, each over its part of the context', () => {
    const into = createBatchShape(1);
    contextPart(shapeOf({ contexts: [800, 400], chunks: [[100, 0]] }), 4, into);
    expect([into.decodes, into.decodeContextSum, into.decodeContextMax, into.tokens]).toEqual([2, 300, 200, 27]);
  });
});

describe('context parallelism', () => {
  it('is nothing at one', () => {
    expect(costOf(1)).toBe(inner);
  });

  it('makes a long prompt several times as fast, a short one hardly, and gathers keys and values', () => {
    const ratio = (tokens: number) =>
      inner.stepUs(prefillOf([[tokens, 0]])) / costOf(4).stepUs(prefillOf([[tokens, 0]]));
    expect(ratio(65_536)).toBeGreaterThan(3.3);
    expect(ratio(65_536)).toBeLessThanOrEqual(4);
    expect(ratio(256)).toBeLessThan(1.6);
    const gather = costOf(4)
      .explain(prefillOf([[65_536, 0]]))
      .find(({ operator }) => operator === 'all-gather');
    // 4 KiB a token and layer: a key and a value of eight heads.
    expect(gather?.us).toBeCloseTo(32 * collectiveUs(host, 'all-gather', 4, 4, 65_536 * 4096), 6);
  });

  it('over two hosts sends what all four tensor ranks of a host have through its one card', () => {
    const two: Topology = { ...host, id: 'two', devicesPerHost: 4, network: networkOf(200) };
    const layout: ParallelLayout = { tensor: 4, pipeline: 1, dataParallel: 1, expertParallel: false, context: 2 };
    const rank = rankModel(model, 4);
    const shape = prefillOf([[65_536, 0]]);
    const us = contextParallel(createCost(rank, device, limits), rank, layout, two).communicationUs?.(shape) ?? 0;
    // Of 4 KiB a token and layer each host has half, which the other one gets; two hosts are two latencies.
    const cardUs = (65_536 * 4096) / 2 / ((0.9 * 200e3) / 8);
    expect(us).toBeCloseTo(32 * (2 * 12 + cardUs), 6);
    // A host that has all of them has a link a pair.
    const within = contextParallel(createCost(rank, device, limits), rank, layout, host).communicationUs?.(shape);
    expect(within).toBeCloseTo(32 * collectiveUs(host, 'all-gather', 2, 2, 65_536 * 1024), 6);
  });

  it('over hosts that have several of its ranks sends within them what one group has, whatever the others do', () => {
    // Two tensor groups of four context ranks, two of them a host; the network is so fast that the links within hosts count.
    const fast: Topology = {
      ...host,
      id: 'fast',
      devicesPerHost: 4,
      network: { ...networkOf(200), latencyUs: 0, bytesPerS: 1e15 },
    };
    const layout: ParallelLayout = { tensor: 2, pipeline: 1, dataParallel: 1, expertParallel: false, context: 4 };
    const rank = rankModel(model, 2);
    const shape = prefillOf([[65_536, 0]]);
    const us = contextParallel(createCost(rank, device, limits), rank, layout, fast).communicationUs?.(shape) ?? 0;
    const within = withinHostUs(host.peer, 'all-gather', 2, 65_536 * 2048);
    expect(us).toBeCloseTo(32 * within, 6);
  });

  it('waits for messages to start where they are short, for the link where they are long', () => {
    const limitOf = (shape: BatchShape) =>
      costOf(4)
        .explain(shape)
        .find(({ operator }) => operator === 'all-gather')?.limit;
    expect(limitOf(decodesOf([700, 90]))).toBe('latency');
    expect(limitOf(prefillOf([[65_536, 0]]))).toBe('link');
  });

  it('explains all of the time', () => {
    for (const shape of [decodesOf([700, 900, 30]), shapeOf({ contexts: [90], chunks: [[3000, 50]] })]) {
      const sum = costOf(4)
        .explain(shape)
        .reduce((us, part) => us + part.us, 0);
      expect(Math.abs(sum - costOf(4).stepUs(shape))).toBeLessThanOrEqual(2);
    }
  });
});
