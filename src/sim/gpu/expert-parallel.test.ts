import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Purpose, uniform } from '../random.ts';
import { type BatchShape, createBatchShape } from './cost.ts';
import { devices } from './device.ts';
import { busiestRows, createExpertParallelCost, fullestGroup } from './expert-parallel.ts';
import { canLayOut, type ParallelLayout, rankModels } from './layout.ts';
import { models, parameters } from './model.ts';
import { createCost } from './operator-cost.ts';
import { createParallelCost } from './tensor-parallel.ts';
import { decodesOf, prefillOf, shapeOf } from './testing.ts';
import { networkOf, singleHost, type Topology } from './topology.ts';

const qwen = models['qwen3-30b-a3b'];
const { experts } = qwen;
if (experts === undefined) throw new Error('it has experts');
const device = devices.h100;
if (device.peerLink === null) throw new Error('it has a link');
const host = singleHost(device.peerLink);
const limits = { maxTokens: 64, maxSequences: 8 };
const of = (tensor: number, dataParallel: number): ParallelLayout => ({
  tensor,
  pipeline: 1,
  dataParallel,
  expertParallel: true,
  context: 1,
});
const costOf = (layout: ParallelLayout, skew = 1, topology: Topology | null = host) =>
  createExpertParallelCost({ ...qwen, experts }, device, layout, skew, limits, {}, topology);

describe('busiestRows', () => {
  /** The mean, over draws, of the largest number of rows a rank gets when every token chooses so many different experts. */
  function drawn(tokens: number, count: number, perToken: number, ranks: number): number {
    let at = 0;
    let sum = 0;
    const draws = 200;
    for (let draw = 0; draw < draws; draw++) {
      const loads = new Array<number>(ranks).fill(0);
      for (let token = 0; token < tokens; token++) {
        const chosen = new Set<number>();
        while (chosen.size < perToken) chosen.add(Math.floor(uniform(7, Purpose.arrival, at++, 0) * count));
        for (const expert of chosen) loads[Math.floor((expert * ranks) / count)]++;
      }
      sum += Math.max(...loads);
    }
    return sum / draws;
  }

  it.each([
    [16, 128, 8, 8],
    [64, 128, 8, 8],
    [512, 128, 8, 4],
    [256, 256, 8, 32],
    [64, 8, 2, 2],
  ])(
    'is what drawing comes to, within 6 %%: %i tokens, %i experts, %i each, %i ranks',
    (tokens, count, perToken, ranks) => {
      const ratio = busiestRows(tokens * perToken, ranks, 1) / drawn(tokens, count, perToken, ranks);
      expect(Math.abs(ratio - 1)).toBeLessThan(0.06);
    },
  );

  it('lies between the mean and all rows, and grows with the skew', () => {
    const rows = fc.integer({ min: 1, max: 1e5 });
    fc.assert(
      fc.property(
        rows,
        fc.integer({ min: 1, max: 64 }),
        fc.double({ min: 1, max: 8, noNaN: true }),
        (n, ranks, skew) => {
          const most = busiestRows(n, ranks, skew);
          expect(most).toBeGreaterThanOrEqual(n / ranks - 1e-9);
          expect(most).toBeLessThanOrEqual(n);
          expect(busiestRows(n, ranks, 1)).toBeLessThanOrEqual(most + 0.05 * n);
        },
      ),
    );
    expect(busiestRows(100, 1, 4)).toBe(100);
    expect(busiestRows(80_000, 8, 2) / busiestRows(80_000, 8, 1)).toBeCloseTo(2, 1);
  });
});

describe('fullestGroup', () => {
  const into = createBatchShape(1);
  it('is the whole step where there is one group', () => {
    const shape = shapeOf({
      contexts: [100, 2000, 7],
      chunks: [
        [300, 50],
        [20, 0],
      ],
    });
    fullestGroup(shape, 1, into, new Float64Array(1));
    const { chunkNew, chunkCached, ...rest } = into;
    const { chunkNew: fresh, chunkCached: cached, ...numbers } = shape;
    expect(rest).toEqual(numbers);
    expect([...chunkNew.slice(0, 2), ...chunkCached.slice(0, 2)]).toEqual([...fresh, ...cached]);
  });

  it('has its share of decodes, and the chunks that fall to it', () => {
    const shape = shapeOf({
      contexts: new Array(10).fill(100),
      chunks: [
        [300, 0],
        [200, 5],
        [150, 0],
        [10, 0],
      ],
    });
    fullestGroup(shape, 4, into, new Float64Array(4));
    expect([into.decodes, into.decodeContextSum, into.chunkCount, into.chunkNew[0]]).toEqual([3, 300, 1, 300]);
    expect([into.tokens, into.samples]).toEqual([303, 4]);
  });
});

describe('experts on different ranks', () => {
  it('are whole ones, as many on each, and all parameters are there', () => {
    const [rank] = rankModels(qwen, of(1, 8));
    expect(rank.experts?.held).toBe(16);
    const routed = 48 * 128 * 3 * 2048 * 768;
    expect(parameters(rank)).toBe(parameters(qwen) - routed + routed / 8);
    expect(canLayOut(qwen, of(1, 3))).toBe(false);
    expect(canLayOut(models['llama-3.1-8b'], of(1, 2))).toBe(false);
    expect(canLayOut(qwen, { ...of(1, 2), expertParallel: false })).toBe(false);
  });

  it('cost on one device what the model costs there', () => {
    const alone = createCost(qwen, device, limits);
    for (const shape of [decodesOf([700, 900]), prefillOf([[1024, 0]])]) {
      const ratio = costOf(of(1, 1), 1, null).stepUs(shape) / alone.stepUs(shape);
      expect(Math.abs(ratio - 1)).toBeLessThan(0.002);
      expect(costOf(of(1, 1), 1, null).flops(shape)).toBeCloseTo(alone.flops(shape), -3);
      expect(costOf(of(1, 1), 1, null).bytes?.(shape)).toBeCloseTo(alone.bytes?.(shape) ?? 0, -1);
    }
  });

  it('are read by the ranks that have them, each its share of those that are met', () => {
    const shape = prefillOf([[4096, 0]]);
    const bytes = (layout: ParallelLayout) => costOf(layout).bytes?.(shape) ?? 0;
    // So many tokens meet all experts: three matrices each, in 48 layers.
    const all = 48 * 128 * 3 * 2048 * 768 * 2;
    expect(bytes(of(1, 1)) - bytes(of(1, 8))).toBeCloseTo((7 / 8) * all, -3);
  });

  it('cost as much as their columns do where all tokens are everywhere, but for unevenness', () => {
    const columns = createParallelCost(qwen, device, 4, limits, {}, host);
    const whole = costOf(of(4, 1));
    const ratio = whole.stepUs(prefillOf([[4096, 0]])) / columns.stepUs(prefillOf([[4096, 0]]));
    expect(ratio).toBeGreaterThan(0.8);
    expect(ratio).toBeLessThan(1.2);
    expect(whole.explain(prefillOf([[512, 0]])).some(({ operator }) => operator === 'all-to-all')).toBe(false);
  });

  it('send rows to their experts and back: (n - 1) / n of tokens x experts a token x width, twice a layer', () => {
    const shape = prefillOf(new Array(8).fill([512, 0]));
    const cost = costOf(of(1, 8));
    const sent = cost.explain(shape).find(({ operator }) => operator === 'all-to-all');
    const bytes = ((7 / 8) * (4096 * 8 * 2048 * 2)) / 8;
    const floor = (2 * 48 * bytes) / ((device.peerLink?.pairs.bytesPerS ?? 0) * 1e-6);
    expect(sent?.us).toBeGreaterThan(floor);
    expect(sent?.us).toBeLessThan(2 * floor);
    expect(cost.communicationUs?.(shape)).toBe(sent?.us);
  });

  it('make a step longer the more uneven they are, and over a network', () => {
    const shape = decodesOf(new Array(256).fill(1000));
    const times = [1, 1.5, 2, 4].map((skew) => costOf(of(1, 8), skew).stepUs(shape));
    expect(times.toSorted((a, b) => a - b)).toEqual(times);
    const two: Topology = { ...host, id: 'two', devicesPerHost: 4, network: networkOf(200) };
    expect(costOf(of(1, 8), 1, two).stepUs(shape)).toBeGreaterThan(times[0]);
  });

  it('wait for messages to start where they are short, for the link where they are long', () => {
    const limitOf = (shape: BatchShape) =>
      costOf(of(2, 4))
        .explain(shape)
        .find(({ operator }) => operator === 'all-to-all')?.limit;
    expect(limitOf(decodesOf([700, 90]))).toBe('latency');
    expect(limitOf(prefillOf(new Array(8).fill([8192, 0])))).toBe('link');
  });

  it('explain all of the time', () => {
    for (const shape of [decodesOf([700, 900, 30]), shapeOf({ contexts: [90], chunks: [[300, 50]] })]) {
      const cost = costOf(of(2, 4));
      const sum = cost.explain(shape).reduce((us, part) => us + part.us, 0);
      expect(Math.abs(sum - cost.stepUs(shape))).toBeLessThanOrEqual(2);
    }
  });
});
