import { describe, expect, it } from 'vitest';
import { models, weightBytes } from '../../sim/gpu/model.ts';
import { defaultPrefillTokens, launcherFlopsPerToken, resolveAttention } from './tgi-launcher.ts';

const llama = models['llama-3.1-8b'];
const plenty = 80e9;

describe('the prefill budget that the launcher computes', () => {
  it('counts projections, attention and feed-forward layers', () => {
    // A layer: 2 x 4096 x 128 x (3 x 32 + 2 x 8) and 6 x 4096 x 14336.
    expect(launcherFlopsPerToken(llama)).toBe(32 * (117_440_512 + 352_321_536));
  });

  it.each([
    ['h200', 65_791],
    ['h100', 59_870],
    ['a100-80', 20_755],
    ['l4', 8049],
    ['rtx-4090', 5454],
  ])('is what a %s computes in a second: %i tokens', (device, tokens) => {
    expect(defaultPrefillTokens(llama, device, 1, plenty)).toBe(tokens);
  });

  it('grows with the shards', () => {
    expect(defaultPrefillTokens(llama, 'l4', 4, plenty)).toBe(32_197);
  });

  it('is 4096 on a card that is not in its table', () => {
    expect(defaultPrefillTokens(llama, 'v100', 1, plenty)).toBe(4096);
    expect(defaultPrefillTokens(llama, 'constructor', 1, plenty)).toBe(4096);
  });

  it('is 4096 too where the estimate is too small to be true', () => {
    const huge = { ...llama, layers: 32 * 60 };
    expect(defaultPrefillTokens(huge, 'rtx-4090', 1, 1e15)).toBe(4096);
  });

  it('never exceeds the positions of the model', () => {
    expect(defaultPrefillTokens(models['llama-3-8b'], 'h100', 1, plenty)).toBe(8192);
  });

  it('never exceeds what fits beside the weights', () => {
    // A token: 131,072 bytes of keys and values, and (3 x 14336 + 4 x 4096) x 2 of activations.
    const token = 131_072 + 118_784;
    expect(defaultPrefillTokens(llama, 'h100', 1, weightBytes(llama) + 1000 * token)).toBe(1000);
    expect(defaultPrefillTokens(llama, 'h100', 1, 0)).toBe(1);
  });
});

describe('the attention that the launcher chooses', () => {
  it('is flashinfer with a prefix cache where card and model allow', () => {
    expect(resolveAttention(llama, 'h100', 'auto')).toEqual({ attention: 'flashinfer', caches: true });
  });

  it('is flashdecoding without a cache for heads of another size', () => {
    expect(resolveAttention(models['turing-nlg-17b'], 'h100', 'auto')).toEqual({
      attention: 'flashdecoding',
      caches: false,
    });
  });

  it('is paged without a cache on old cards', () => {
    expect(resolveAttention(llama, 'v100', 'auto')).toEqual({ attention: 'paged', caches: false });
  });

  it('is what was asked for', () => {
    expect(resolveAttention(llama, 'h100', 'flashdecoding')).toEqual({ attention: 'flashdecoding', caches: true });
    expect(resolveAttention(llama, 'h100', 'paged')).toEqual({ attention: 'paged', caches: false });
  });
});
