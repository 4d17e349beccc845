import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createBatchShape } from '../gpu/cost.ts';
import { readVidurTimes, runLikeVidur, type VidurResult, vidurStatistics } from './vidur.ts';
import { createVidurCost } from './vidur-cost.ts';

/** Folder with Vidur's requests, cost model and results in peers/vidur. */
const data = process.env.TOKENYARD_DATA;
const read = (name: string) => readFileSync(join(data ?? '', 'peers', 'vidur', name), 'utf8');

it('adds a layer up as Vidur does', () => {
  const times = {
    layers: 10,
    tokensMs: [1, 2, 3],
    decode: [0.1, 0.01, 0.001],
    prefill: [0.2, 0.01, 0, 0.001, 0],
  } as const;
  const cost = createVidurCost(times);
  const shape = createBatchShape(2);
  // 9 tokens count as 16; a mean context of 65 as 128.
  Object.assign(shape, { tokens: 9, decodes: 2, decodeContextSum: 130 });
  expect(cost.stepUs(shape)).toBe(Math.round(10_000 * (2 + 0.1 + 0.02 + 0.256)));
  // Chunks of 3 and 4 are one of 5; 1 cached token counts as 64.
  Object.assign(shape, { tokens: 7, decodes: 0, chunkCount: 2 });
  shape.chunkNew.set([3, 4]);
  shape.chunkCached.set([1, 0]);
  expect(cost.stepUs(shape)).toBe(Math.round(10_000 * (1 + 0.2 + 0.05 + 0.32)));
});

describe.skipIf(data === undefined)('the same requests, policy and cost model', () => {
  it.each(['vllm', 'sarathi'] as const)('give what Vidur gives: %s', (policy) => {
    const results = JSON.parse(read('results.json')) as Record<string, { iterations: number; out: VidurResult }>;
    const theirs = results[`w2_${policy}`];
    const ours = runLikeVidur(read('conv2000.csv'), readVidurTimes(read('cost.json')), policy, 3);
    expect(Math.abs(ours.iterations / theirs.iterations - 1)).toBeLessThan(0.002);
    for (const metric of ['ttft_s', 'e2e_s'] as const) {
      for (const name of vidurStatistics) {
        expect(Math.abs(ours[metric][name] / theirs.out[metric][name] - 1), `${metric} ${name}`).toBeLessThan(0.01);
      }
    }
  });
});
