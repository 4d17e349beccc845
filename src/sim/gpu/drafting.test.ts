import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RandomDraftModel } from '../phase/speculation.ts';
import { type BatchShape, createBatchShape } from './cost.ts';
import { type DeviceId, devices } from './device.ts';
import {
  type Drafter,
  drafterKvBytesPerToken,
  drafterWeightBytes,
  draftingPart,
  draftModelOf,
  eagleHead,
  expectedTokens,
} from './drafting.ts';
import { causalPairs, kvBytesPerToken, models, weightBytes } from './model.ts';
import { createCost } from './operator-cost.ts';
import { decodesOf } from './testing.ts';

const limits = { maxTokens: 0, maxSequences: 0 };
const target = models['llama-3.1-8b'];
const small = models['llama-3.2-1b'];

/** A step in which `batch` sequences with `context` tokens each verify `drafts` drafts. */
function verifying(batch: number, context: number, drafts: number): BatchShape {
  const shape = createBatchShape(0);
  const after = context + 1 + drafts;
  shape.tokens = batch * (1 + drafts);
  shape.samples = shape.tokens;
  shape.decodes = batch;
  shape.decodeContextSum = batch * after;
  shape.decodeContextMax = after;
  shape.drafts = batch * drafts;
  shape.draftPairs = batch * (causalPairs(1 + drafts, context) - after);
  shape.drafters = batch;
  shape.drafterContextSum = batch * after;
  shape.drafterContextMax = after;
  return shape;
}

function costWith(drafter: Drafter | null, device: DeviceId = 'h200') {
  const parts = drafter === null ? [] : [draftingPart(drafter, devices[device], limits)];
  return createCost(target, devices[device], limits, 0, { parts });
}

/** Times as many tokens a second with drafts as without. */
function speedUp(drafter: Drafter | null, drafts: number, batch: number, acceptance: number, context = 1000): number {
  const plainUs = costWith(null).stepUs(decodesOf(Array(batch).fill(context + 1)));
  const tokens = expectedTokens(acceptance, drafts);
  return (tokens * plainUs) / costWith(drafter).stepUs(verifying(batch, context, drafts));
}

describe('expected tokens', () => {
  it('are (1 - a^(k+1)) / (1 - a), as drawn', () => {
    for (const [acceptance, tokens] of [
      [0, 3],
      [0.5, 1],
      [0.7, 3],
      [0.9, 7],
    ] as const) {
      expect(expectedTokens(acceptance, tokens)).toBeCloseTo((1 - acceptance ** (tokens + 1)) / (1 - acceptance), 12);
      const config = { method: 'eagle', tokens, parallelDrafting: false, acceptanceRate: acceptance, seed: 3 } as const;
      const model = new RandomDraftModel(config);
      const requests = 20_000;
      let drawn = 0;
      for (let r = 0; r < requests; r++) drawn += 1 + model.accepted(r, tokens, 0);
      expect(Math.abs(drawn / requests - expectedTokens(acceptance, tokens))).toBeLessThan(0.05);
    }
  });

  it('are all of them if every draft is right', () => {
    expect(expectedTokens(1, 5)).toBe(6);
  });
});

describe('a step that verifies drafts', () => {
  it('costs one sequence hardly more than a step without: the weights are read once', () => {
    const plain = costWith(null).stepUs(decodesOf([1001]));
    expect(costWith(null).stepUs(verifying(1, 1000, 4)) / plain).toBeLessThan(1.05);
  });

  it('reads the context of a sequence once, however many drafts it verifies', () => {
    const bytes = (drafts: number) => costWith(null).bytes?.(verifying(8, 5000, drafts)) ?? 0;
    expect(bytes(4) - bytes(0)).toBe(8 * 4 * kvBytesPerToken(target));
  });

  it('computes what the same tokens of a prompt would compute', () => {
    const chunk = createBatchShape(1);
    chunk.chunkNew[0] = 5;
    chunk.chunkCached[0] = 3000;
    Object.assign(chunk, { tokens: 5, samples: 5, chunkCount: 1 });
    expect(costWith(null).flops(verifying(1, 3000, 4))).toBe(costWith(null).flops(chunk));
  });

  it('pays with one sequence and does not with many, and a small model that drafts stops paying first', () => {
    const draft = draftModelOf(small, 3);
    const eagle = eagleHead(target, 3);
    expect(speedUp(draft, 3, 1, 0.7)).toBeGreaterThan(1.35);
    expect(speedUp(eagle, 3, 1, 0.7)).toBeGreaterThan(1.8);
    expect(speedUp(null, 3, 1, 0.7)).toBeGreaterThan(2.3);
    expect(speedUp(draft, 3, 256, 0.7)).toBeLessThan(1);
    expect(speedUp(eagle, 3, 256, 0.7)).toBeLessThan(speedUp(eagle, 3, 1, 0.7) / 1.4);
    const batches = [1, 8, 32, 64, 128, 256].map((batch) => speedUp(draft, 3, batch, 0.7));
    expect(batches[0]).toBe(Math.max(...batches));
    // Wrong drafts only cost.
    expect(speedUp(eagle, 3, 1, 0)).toBeLessThan(0.9);
  });
});

describe('the drafter', () => {
  it('of a whole model takes its weights, and its keys and values in every block', () => {
    expect(drafterWeightBytes(draftModelOf(small, 3))).toBe(weightBytes(small));
    expect(drafterKvBytesPerToken(draftModelOf(small, 3))).toBe(16 * 2 * 8 * 64 * 2);
  });

  it('as a head is one layer and the matrix that joins two widths, and shares the rest', () => {
    const bytes = drafterWeightBytes(eagleHead(target, 3));
    expect(bytes).toBe(2 * (4096 * (6144 + 4096) + 3 * 4096 * 14336 + 2 * 4096 * 4096));
    expect(drafterKvBytesPerToken(eagleHead(target, 3))).toBe(kvBytesPerToken(target) / 32);
  });

  it('is divided among devices as the model is', () => {
    expect(drafterKvBytesPerToken(draftModelOf(small, 3), 4)).toBe(drafterKvBytesPerToken(draftModelOf(small, 3)) / 4);
    expect(drafterWeightBytes(draftModelOf(small, 3), 4)).toBeLessThan(weightBytes(small) / 3.9);
  });

  it('never gets cheaper with more drafts, more sequences or longer contexts, and every step is explained', () => {
    const anyDevice = fc.constantFrom(...(Object.keys(devices) as DeviceId[]));
    const sizes = fc.record({
      batch: fc.integer({ min: 1, max: 300 }),
      context: fc.integer({ min: 1, max: 9000 }),
      drafts: fc.integer({ min: 1, max: 8 }),
    });
    const grow = fc.constantFrom<'batch' | 'context' | 'drafts'>('batch', 'context', 'drafts');
    fc.assert(
      fc.property(anyDevice, fc.boolean(), sizes, grow, fc.integer({ min: 1, max: 50 }), (d, isHead, s, what, by) => {
        const cost = (drafts: number) =>
          costWith(isHead ? eagleHead(target, drafts) : draftModelOf(small, drafts), d as DeviceId);
        const shape = verifying(s.batch, s.context, s.drafts);
        const more = { ...s, [what]: s[what] + by };
        const larger = cost(more.drafts).stepUs(verifying(more.batch, more.context, more.drafts));
        expect(larger).toBeGreaterThanOrEqual(cost(s.drafts).stepUs(shape));
        const parts = cost(s.drafts).explain(shape);
        expect(Math.abs(parts.reduce((us, part) => us + part.us, 0) - cost(s.drafts).stepUs(shape))).toBeLessThan(0.51);
      }),
    );
  });

  it('computes prompts too, and drafts nothing for those that are not finished', () => {
    const part = draftingPart(draftModelOf(small, 3), devices.h200, limits);
    const chunk = createBatchShape(1);
    chunk.chunkNew[0] = 512;
    Object.assign(chunk, { tokens: 512, chunkCount: 1 });
    const unfinished = part.us(chunk);
    expect(unfinished).toBe(createCost(small, devices.h200, limits, 0).stepUs(chunk));
    Object.assign(chunk, { samples: 1, drafters: 1, drafterContextSum: 512, drafterContextMax: 512 });
    expect(part.us(chunk)).toBeGreaterThan(unfinished + 2 * 500);
    expect(part.us(createBatchShape(0))).toBe(0);
  });
});
