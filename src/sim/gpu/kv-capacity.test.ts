import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { devices } from './device.ts';
import { kvCapacity } from './kv-capacity.ts';
import { kvBytesPerToken, models, parameters, weightBytes } from './model.ts';

const settings = { blockSize: 16, kvShare: { of: 'total', share: 0.9 } as const, maxTokens: 2048, maxSequences: 256 };

describe('kvCapacity', () => {
  // The reserve was set by this run, so this guards the calibration and is no prediction.
  it('keeps to the 2,588 blocks that vLLM 0.19 found for Llama-3.1-8B on an RTX 4090, within 0.1 %', () => {
    const { blocks } = kvCapacity(models['llama-3-8b'], devices['rtx-4090'], settings);
    expect(Math.abs(blocks / 2588 - 1)).toBeLessThan(0.001);
  });

  it('finds 55,000 blocks or more for Llama-3-8B on an H200', () => {
    const h200 = { ...settings, maxTokens: 8192 };
    expect(kvCapacity(models['llama-3-8b'], devices.h200, h200).blocks).toBeGreaterThanOrEqual(55_000);
  });

  it('says how much is missing when the weights do not fit', () => {
    const small = { ...devices['rtx-4090'], memoryBytes: 8e9 };
    const capacity = kvCapacity(models['llama-3-8b'], small, settings);
    expect(capacity.blocks).toBe(0);
    expect(capacity.poolBytes).toBe(Math.floor(8e9 * 0.9) - capacity.weightBytes - capacity.reservedBytes);
    expect(capacity.poolBytes).toBeLessThan(-1e10);
  });

  it('fills the pool with whole blocks and leaves less than one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256 }), fc.integer({ min: 1, max: 1024 }), (blockSize, maxSequences) => {
        const { blocks, blockBytes, poolBytes } = kvCapacity(models['qwen2.5-0.5b'], devices['a100-80'], {
          ...settings,
          blockSize,
          maxSequences,
        });
        const rest = poolBytes - blocks * blockBytes;
        expect(rest).toBeGreaterThanOrEqual(0);
        expect(rest).toBeLessThan(blockBytes);
      }),
    );
  });
});

describe('model sizes', () => {
  it('are the published parameter counts', () => {
    expect(parameters(models['llama-3-8b'])).toBe(8_030_261_248);
    expect(parameters(models['llama-2-7b'])).toBe(6_738_415_616);
    expect(parameters(models['qwen2.5-1.5b'])).toBe(1_543_714_304);
    expect(parameters(models['qwen2.5-0.5b'])).toBe(494_032_768);
  });

  it('give 128 KiB of keys and values a token for Llama-3-8B, and four times that without grouped queries', () => {
    expect(kvBytesPerToken(models['llama-3-8b'])).toBe(131_072);
    expect(kvBytesPerToken(models['llama-2-7b'])).toBe(524_288);
    expect(weightBytes(models['llama-3-8b'])).toBe(16_060_522_496);
  });
});
