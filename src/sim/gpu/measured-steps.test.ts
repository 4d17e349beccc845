import { describe, expect, it } from 'vitest';
import { devices } from './device.ts';
import { models } from './model.ts';
import { createCost } from './operator-cost.ts';
import { decodesOf, prefillOf } from './testing.ts';

/** All measured steps are held against the model in `cli/predict.test.ts`. */
describe('figures of the H200 that people know', () => {
  const cost = createCost(models['llama-3-8b'], devices.h200, { maxTokens: 8192, maxSequences: 256 });
  const within = (us: number, expected: number, share: number) =>
    expect(Math.abs(us / expected - 1)).toBeLessThan(share);

  it('one prompt of 8,192 tokens takes 236 ms', () => within(cost.stepUs(prefillOf([[8192, 0]])), 236_276, 0.03));
  it('one decode takes 4.48 ms', () => within(cost.stepUs(decodesOf([256])), 4483, 0.03));
  it('32 decodes take 4.99 ms', () => within(cost.stepUs(decodesOf(Array(32).fill(256))), 4985, 0.03));
});
