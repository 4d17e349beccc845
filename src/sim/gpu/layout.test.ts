import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectiveUs, sentBytes } from './collectives.ts';
import { devices } from './device.ts';
import { kvCapacity, leastCapacity, type MemorySettings } from './kv-capacity.ts';
import { canLayOut, leavesHost, logitsOf, type ParallelLayout, rankModels, stageLayers, stageModel } from './layout.ts';
import { kvBytesPerToken, lmHeadFlopsPerSample, type ModelId, models, parameters } from './model.ts';
import { stageSend } from './pipeline.ts';
import { networkOf, singleHost, type Topology } from './topology.ts';

const every = fc.constantFrom(...(Object.keys(models) as ModelId[]).map((id) => models[id]));
const { peerLink } = devices['a100-80'];
if (peerLink === null) throw new Error('the A100 has a link');
const host = singleHost(peerLink);
const twoHosts: Topology = { id: 'two', devicesPerHost: 4, peer: peerLink, network: networkOf(100) };

const of = (tensor: number, pipeline: number): ParallelLayout => ({
  tensor,
  pipeline,
  dataParallel: 1,
  expertParallel: false,
  context: 1,
});

describe('stageLayers', () => {
  it('gives what is left to the stages before the last, from the back', () => {
    expect(stageLayers(32, 4)).toEqual([8, 8, 8, 8]);
    expect(stageLayers(61, 4)).toEqual([15, 15, 16, 15]);
    expect(stageLayers(62, 4)).toEqual([15, 16, 16, 15]);
    expect(stageLayers(63, 4)).toEqual([16, 16, 16, 15]);
    expect(stageLayers(33, 2)).toEqual([17, 16]);
  });

  it('leaves none out, and no stage has two more than another', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 130 }), fc.integer({ min: 1, max: 16 }), (layers, stages) => {
        const counts = stageLayers(layers, stages);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(layers);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('stages of a model', () => {
  it('have all of its parameters between them, a tied embedding twice', () => {
    fc.assert(
      fc.property(every, fc.integer({ min: 2, max: 8 }), (model, stages) => {
        const parts = Array.from({ length: stages }, (_, stage) => stageModel(model, stages, stage));
        const sum = parts.reduce((all, part) => all + parameters(part), 0);
        const copy = model.tiedEmbeddings ? model.vocabulary * model.hidden : 0;
        expect(sum).toBe(parameters(model) + copy);
        expect(parts.reduce((all, part) => all + kvBytesPerToken(part), 0)).toBe(kvBytesPerToken(model));
        expect(parts.map(lmHeadFlopsPerSample).filter((flops) => flops > 0)).toHaveLength(1);
        expect(parts.map((part) => logitsOf(part, model)).filter((rows) => rows > 0)).toHaveLength(1);
      }),
    );
  });

  it('have the first dense layers of a model with experts at the front', () => {
    const dense = [0, 1, 2, 3].map((stage) => stageModel(models['deepseek-v3'], 4, stage).experts?.denseLayers);
    expect(dense).toEqual([3, 0, 0, 0]);
  });

  it('are refused where there are more of them than layers, or heads do not divide', () => {
    expect(canLayOut(models['qwen2.5-0.5b'], of(2, 24))).toBe(true);
    expect(canLayOut(models['qwen2.5-0.5b'], of(2, 25))).toBe(false);
    expect(canLayOut(models['qwen2.5-0.5b'], of(4, 1))).toBe(false);
  });
});

describe('memory of stages', () => {
  const settings: MemorySettings = {
    blockSize: 16,
    kvShare: { of: 'total', share: 0.9 },
    maxTokens: 2048,
    maxSequences: 128,
  };

  it('is that of the stage with the fewest blocks', () => {
    const stages = rankModels(models['llama-3.1-70b'], of(1, 3));
    const all = stages.map((stage) => kvCapacity(stage, devices['a100-80'], settings).blocks);
    const least = leastCapacity(stages, devices['a100-80'], () => settings);
    expect(least.blocks).toBe(Math.min(...all));
    expect(new Set(all).size).toBeGreaterThan(1);
  });

  it('of four stages holds more tokens than that of four ranks which each copy a head', () => {
    // Two key-value heads: four ranks hold twice the bytes.
    const blocks = (tensor: number, pipeline: number) =>
      leastCapacity(rankModels(models['qwen2.5-1.5b'], of(tensor, pipeline)), devices['a100-80'], () => settings)
        .blocks;
    expect(blocks(1, 4)).toBeGreaterThan(1.5 * blocks(4, 1));
  });
});

describe('collectives', () => {
  it('send 2 (n - 1) / n of the data to add it up, and half of that to gather it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 16 }), fc.integer({ min: 1, max: 1e9 }), (ranks, bytes) => {
        expect(sentBytes('all-reduce', ranks, bytes)).toBeCloseTo((2 * (ranks - 1) * bytes) / ranks, 3);
        for (const kind of ['all-gather', 'reduce-scatter', 'all-to-all'] as const)
          expect(sentBytes(kind, ranks, bytes)).toBeCloseTo(((ranks - 1) * bytes) / ranks, 3);
        expect(sentBytes('send', ranks, bytes)).toBe(bytes);
      }),
    );
  });

  it('take longer over a network, and never less for more bytes', () => {
    const kinds = ['all-reduce', 'all-gather', 'reduce-scatter', 'all-to-all'] as const;
    const size = fc.integer({ min: 0, max: 1e8 });
    fc.assert(
      fc.property(size, size, fc.constantFrom(...kinds), (a, b, kind) => {
        const us = (bytes: number) => collectiveUs(twoHosts, kind, 8, 4, bytes);
        expect(us(Math.min(a, b))).toBeLessThanOrEqual(us(Math.max(a, b)));
        expect(us(a)).toBeGreaterThan(collectiveUs(host, kind, 8, 8, a));
      }),
    );
  });

  it('of a stage go to the next one over what lies between them', () => {
    const { 'llama-2-70b': llama, 'falcon-180b': falcon } = models;
    const far = stageSend(llama, twoHosts, of(4, 2));
    // Hidden state and residual, 8192 elements of 2 bytes each, over 11.25 GB/s; then put together by four ranks.
    const gather = collectiveUs(twoHosts, 'all-gather', 4, 4, 1000 * 32768);
    expect(far(0, 1000)).toBeCloseTo(12 + (1000 * 32768) / 11_250 + gather, 6);
    const layout = of(2, 4);
    expect([0, 1, 2].map((stage) => leavesHost(twoHosts, layout, stage))).toEqual([false, true, false]);
    const mixed = stageSend(llama, twoHosts, layout);
    expect(mixed(1, 1000)).toBeGreaterThan(5 * mixed(0, 1000));
    // No residual beside the hidden state.
    const single = stageSend(falcon, host, of(1, 2));
    expect(single(0, 10)).toBeCloseTo(collectiveUs(host, 'send', 2, 2, 10 * 14848 * 2), 9);
  });
});
