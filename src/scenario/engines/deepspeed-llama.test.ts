import { describe, expect, it } from 'vitest';
import { devices } from '../../sim/gpu/device.ts';
import { models, weightBytes } from '../../sim/gpu/model.ts';
import type { LlamaCppSettings } from '../../sim/policy/llama-cpp.ts';
import { type Built, build } from '../build.ts';
import type { Knobs } from '../knobs.ts';
import { presetOf } from '../presets.ts';
import { simulateScenario } from '../simulate.ts';
import { withChoice } from '../value.ts';

const chat = { ...presetOf('azure-chat').knobs, requests: 60 };

function knobsOf(engine: string, own: Readonly<Record<string, number | string | boolean>>): Knobs {
  return { ...withChoice(chat, 'engine', engine), ...own } as Knobs;
}

function built(engine: string, own: Readonly<Record<string, number | string | boolean>> = {}): Built {
  const result = build(knobsOf(engine, own));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

describe('DeepSpeed-FastGen', () => {
  it('has the defaults of the state manager', () => {
    const { config } = built('fastgen');
    expect(config).toMatchObject({ policy: 'fastgen', maxNumBatchedTokens: 768, maxNumSeqs: 2048, maxModelLen: 8192 });
    expect(config.settings).toEqual({ maxRaggedSequenceCount: 512 });
  });

  it('gives the pool all memory but the reserve, in blocks of 64 tokens', () => {
    const { config, model, device } = built('fastgen');
    const { config: larger } = built('fastgen', { 'memory-config-reserve': 2000 });
    const blockBytes = 64 * 131_072;
    const free = device.memoryBytes - weightBytes(model) - 400_000_000 - 1_000_000_000;
    expect(config.blockSize).toBe(64);
    expect(config.numBlocks).toBe(Math.floor(free / blockBytes));
    expect(config.numBlocks - larger.numBlocks).toBe(Math.round(1_000_000_000 / blockBytes));
    expect(built('fastgen', { 'memory-config-allocate': 500 }).config.numBlocks).toBe(501);
  });

  it('has blocks of 128 tokens for heads of 64', () => {
    expect(models['qwen2.5-0.5b'].headDim).toBe(64);
    expect(built('fastgen', { model: 'qwen2.5-0.5b' }).config.blockSize).toBe(128);
  });

  it('costs what the profile says, to the last bit', () => {
    const shape = {
      ...emptyStep,
      tokens: 40,
      decodes: 40,
      samples: 40,
      decodeContextSum: 40_000,
      decodeContextMax: 1000,
    };
    expect(built('fastgen').cost.stepUs(shape)).toBe(built('sarathi').cost.stepUs(shape));
    expect(built('fastgen').facts.evidence).toBe(devices.h200.evidence);
  });
});

describe('DeepSpeed-Inference of 2022', () => {
  it('allocates its rows once', () => {
    const { config } = built('deepspeed', { 'batch-size': 6, 'max-out-tokens': 1000 });
    expect(config.numBlocks - 1).toBe(6 * Math.ceil(1000 / config.blockSize));
  });

  it('cannot have rows longer than the model knows', () => {
    const result = build(knobsOf('deepspeed', { model: 'llama-3-8b', 'max-out-tokens': 8193 }));
    expect(result.ok ? [] : result.problems).toMatchObject([{ code: 'out-of-range', field: 'max-out-tokens' }]);
  });

  it('is slower without its kernels, and of a small model also without a graph', () => {
    const shape = { ...emptyStep, tokens: 4, decodes: 4, samples: 4, decodeContextSum: 400, decodeContextMax: 100 };
    const us = (own: Readonly<Record<string, string | boolean>>) => built('deepspeed', own).cost.stepUs(shape);
    expect(us({ 'replace-with-kernel-inject': false })).toBeGreaterThan(1.3 * us({}));
    const small = { model: 'qwen2.5-0.5b' };
    // 24 layers of 17.5 launches of 4 us; with injection 5.
    expect(us({ ...small, 'replace-with-kernel-inject': false })).toBe(24 * 70);
    expect(us(small)).toBeGreaterThanOrEqual(24 * 20);
    expect(us({ ...small, 'deepspeed-enable-cuda-graph': true })).toBeLessThanOrEqual(us(small));
    expect(built('deepspeed').facts.evidence).toBe('estimated');
  });
});

describe("llama.cpp's server", () => {
  it('has four slots over one cache as long as the model’s context', () => {
    const { config, facts } = built('llama-cpp', { model: 'llama-3-8b' });
    expect(config).toMatchObject({ maxNumSeqs: 4, maxNumBatchedTokens: 2048, maxModelLen: 8192, numBlocks: 8193 });
    expect((config.settings as LlamaCppSettings).isUnified).toBe(true);
    expect(facts.evidence).toBe('estimated');
  });

  it('divides the context among slots that are asked for, unless it is unified', () => {
    const own = { 'ctx-size': 8000, parallel: 3 };
    expect(built('llama-cpp', own).config.maxModelLen).toBe(2666);
    expect(built('llama-cpp', { ...own, 'kv-unified': true }).config.maxModelLen).toBe(8000);
    expect(built('llama-cpp', { ...own, 'ctx-size': 0 }).config.maxModelLen).toBe(Math.floor(131_072 / 3));
  });

  it('names the context where it does not fit', () => {
    const result = build(knobsOf('llama-cpp', { device: 'rtx-4090', 'ctx-size': 1_000_000 }));
    expect(result.ok ? [] : result.problems).toMatchObject([{ code: 'no-memory-for-kv', field: 'ctx-size' }]);
  });

  it('has room in host memory for as many tokens as the flag says', () => {
    expect(built('llama-cpp').config.hostBlocks).toBe((8192 * 2 ** 20) / 131_072);
    expect(built('llama-cpp', { 'cache-ram': 0 }).config.hostBlocks).toBe(0);
  });

  it('takes longer for a batch of several micro-batches', () => {
    const shape = { ...emptyStep, tokens: 2048, samples: 1, chunkCount: 1, chunkNew: Int32Array.of(2048) };
    const us = (ubatch: number) => built('llama-cpp', { 'ubatch-size': ubatch }).cost.stepUs(shape);
    expect(us(2048)).toBe(built('sarathi').cost.stepUs(shape));
    expect(us(512)).toBeGreaterThan(us(2048));
    expect(us(64)).toBeGreaterThan(2 * us(512));
  });

  it('keeps what fits, ends with an error what does not, and accounts for everybody', () => {
    const simulated = simulateScenario(knobsOf('llama-cpp', { 'ctx-size': 4096, requests: 200 }), {});
    if (!simulated.ok) throw new Error(JSON.stringify(simulated.problems));
    const { finished, rejected, aborted, requests } = simulated.value.account.summary;
    expect(finished + rejected + aborted).toBe(requests);
    expect(Math.min(finished, rejected, aborted)).toBeGreaterThan(0);
  });

  it('drafts, with a step less for every draft that was right', () => {
    const steps = (own: Readonly<Record<string, number | string>>): number => {
      const simulated = simulateScenario(knobsOf('llama-cpp', { requests: 30, ...own }), {});
      return simulated.ok ? simulated.value.account.summary.steps : Number.NaN;
    };
    const drafting = { 'speculative-method': 'ngram', 'acceptance-rate': 0.9 };
    expect(steps(drafting)).toBeLessThan(0.6 * steps({}));
    // Fewer drafts than are worth it: none.
    expect(steps({ ...drafting, 'num-speculative-tokens': 4, 'draft-min': 5 })).toBe(steps({}));
  });
});

const emptyStep = {
  tokens: 0,
  samples: 0,
  decodes: 0,
  decodeContextSum: 0,
  decodeContextMax: 0,
  drafts: 0,
  draftPairs: 0,
  drafters: 0,
  drafterContextSum: 0,
  drafterContextMax: 0,
  imageWindows: 0,
  audioWindows: 0,
  copy: 0,
  chunkCount: 0,
  chunkNew: new Int32Array(1),
  chunkCached: new Int32Array(1),
};
