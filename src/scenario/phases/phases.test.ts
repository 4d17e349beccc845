import { describe, expect, it } from 'vitest';
import { devices } from '../../sim/gpu/device.ts';
import { drafterWeightBytes, eagleHead } from '../../sim/gpu/drafting.ts';
import { encoderWeightBytes, imageEncoder } from '../../sim/gpu/encoder-model.ts';
import { models, weightBytes } from '../../sim/gpu/model.ts';
import { createCost } from '../../sim/gpu/operator-cost.ts';
import { quantised } from '../../sim/gpu/precision.ts';
import { decodesOf, prefillOf } from '../../sim/gpu/testing.ts';
import { build } from '../build.ts';
import { engineOf, engines } from '../engines/engines.ts';
import type { Knobs, KnobValue } from '../knobs.ts';
import { decode, encode } from '../link.ts';
import { presetOf } from '../presets.ts';
import { isRead, knobEntry } from '../registry.ts';
import { simulateScenario } from '../simulate.ts';
import { withChoice } from '../value.ts';
import { phaseKnobs } from './knobs.ts';

type Change = Readonly<Record<string, KnobValue>>;

const chat = presetOf('azure-chat').knobs;
const images = presetOf('images').knobs;

function built(change: Change, from: Knobs = chat) {
  const result = build({ ...from, ...change });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

function problemOf(change: Change, from: Knobs = chat) {
  const result = build({ ...from, ...change });
  return result.ok ? null : result.problems[0];
}

const blocksOf = (change: Change, from: Knobs = chat): number => built(change, from).facts.blocks;

describe('knobs of phases', () => {
  const isReadIn = (name: string, change: Change = {}, from: Knobs = chat) =>
    isRead(knobEntry(name), { ...from, ...change });

  it('are read where they have a meaning', () => {
    for (const name of ['weight-precision', 'kv-precision', 'flash-attention', 'dynamic-quantisation'])
      for (const { id } of engines()) expect(isRead(knobEntry(name), withChoice(chat, 'engine', id)), name).toBe(true);
    expect(isReadIn('speculative-method')).toBe(true);
    expect(isRead(knobEntry('speculative-method'), withChoice(chat, 'engine', 'static'))).toBe(true);
    // Its padded rows cannot grow apart.
    expect(isRead(knobEntry('speculative-method'), withChoice(chat, 'engine', 'tgi-2023'))).toBe(false);
    expect(isReadIn('speculative-method', { memory: 'contiguous-oracle' })).toBe(false);
    expect(isReadIn('acceptance-rate')).toBe(false);
    expect(isReadIn('acceptance-rate', { 'speculative-method': 'ngram' })).toBe(true);
    expect(isReadIn('draft-model', { 'speculative-method': 'eagle' })).toBe(false);
    expect(isReadIn('draft-model', { 'speculative-method': 'draft_model' })).toBe(true);
    expect(isReadIn('dynamic-precision')).toBe(false);
    expect(isReadIn('dynamic-precision', { 'dynamic-quantisation': 'reload' })).toBe(true);
    expect(isReadIn('image-tokens')).toBe(false);
    expect(isReadIn('image-tokens', {}, images)).toBe(true);
    expect(isReadIn('audio-seconds', {}, images)).toBe(false);
    expect(isReadIn('audio-seconds', { 'audio-share': 0.5 }, images)).toBe(true);
    expect(isRead(knobEntry('encoder-budget'), withChoice(images, 'engine', 'orca'))).toBe(false);
  });

  it('travel in links like all others', () => {
    const knobs: Knobs = { ...chat, 'kv-precision': 'fp8', 'speculative-method': 'eagle', 'acceptance-rate': 0.55 };
    const { knobs: read, problems } = decode(encode(knobs));
    expect(problems).toEqual([]);
    expect(read).toEqual(knobs);
    for (const entry of phaseKnobs) expect(entry.since).toBe(1);
  });

  it('change nothing at their defaults: costs, configuration and evidence are those of the engine alone', () => {
    const plain = built({});
    const cost = createCost(models['llama-3.1-8b'], devices.h200, { maxTokens: 8192, maxSequences: 1024 });
    for (const shape of [decodesOf([700, 90]), prefillOf([[3000, 40]])])
      expect(plain.cost.stepUs(shape)).toBe(cost.stepUs(shape));
    expect([plain.config.speculation, plain.config.encoder, plain.config.quantisation]).toEqual([null, null, null]);
    expect(plain.facts.evidence).toBe('measured');
    expect(plain.facts.stepErrorMedian).not.toBeNull();
  });

  it.each(engines().map(({ id }) => id))(
    'change nothing in %s either, which is told of drafts and images only if it can have them',
    (id) => {
      const knobs = withChoice(chat, 'engine', id);
      expect([built({}, knobs).config.speculation, built({}, knobs).config.encoder]).toEqual([null, null]);
      const { phases = [] } = engineOf(id) ?? {};
      const drafting = built({ 'speculative-method': 'draft_model' }, knobs).config.speculation;
      expect(drafting === null).toBe(!phases.includes('speculation'));
      const { encoder } = built({}, withChoice(images, 'engine', id)).config;
      const hasItems = phases.includes('media-items');
      expect(encoder === null).toBe(!phases.includes('multimodal') && !hasItems);
      expect((encoder?.budget ?? 0) > 0).toBe(phases.includes('encoder-cache') || hasItems);
    },
  );
});

describe('precision', () => {
  it('makes room in the pool: twice the tokens with keys and values in fp8, and what the weights give back', () => {
    expect(blocksOf({ 'kv-precision': 'fp8' })).toBeCloseTo(2 * blocksOf({}), -1);
    const saved = weightBytes(models['llama-3.1-8b']) - weightBytes(quantised(models['llama-3.1-8b'], 'int4', 'bf16'));
    expect(blocksOf({ 'weight-precision': 'int4' }) - blocksOf({})).toBeCloseTo(saved / (16 * 131_072), -1);
  });

  it('is estimated: nothing was measured with it', () => {
    for (const change of [
      { 'weight-precision': 'fp8' },
      { 'kv-precision': 'int8' },
      { 'flash-attention': false },
    ] as Change[]) {
      const { evidence, stepErrorMedian } = built(change).facts;
      expect([evidence, stepErrorMedian]).toEqual(['estimated', null]);
    }
  });

  it('lets a model run where it did not fit, on one device and on several', () => {
    expect(problemOf({ model: 'llama-3.1-70b', device: 'h100' })?.code).toBe('model-does-not-fit');
    expect(blocksOf({ model: 'llama-3.1-70b', device: 'h100', 'weight-precision': 'int4' })).toBeGreaterThan(1000);
    const two = { model: 'llama-3.1-70b', device: 'h100', 'tensor-parallel-size': 2 };
    expect(blocksOf({ ...two, 'weight-precision': 'int4' })).toBeGreaterThan(
      5 * blocksOf({ ...two, 'weight-precision': 'bf16' }),
    );
  });
});

describe('dynamic quantisation', () => {
  it('keeps two copies, or pays for each change by the link to the host', () => {
    const small = weightBytes(quantised(models['llama-3.1-8b'], 'fp8', 'bf16'));
    expect(blocksOf({}) - blocksOf({ 'dynamic-quantisation': 'resident' })).toBeCloseTo(small / (16 * 131_072), -1);
    expect(built({ 'dynamic-quantisation': 'resident' }).config.quantisation).toMatchObject({
      toSmallUs: 0,
      toUsualUs: 0,
    });
    const { config } = built({ 'dynamic-quantisation': 'reload' });
    // 16.06 GB and 9.08 GB at 55.2 GB/s.
    expect(config.quantisation?.toUsualUs).toBe(Math.ceil((weightBytes(models['llama-3.1-8b']) / 55.2e9) * 1e6));
    expect(config.quantisation?.toSmallUs).toBe(Math.ceil((small / 55.2e9) * 1e6));
  });

  it('reads each copy at its own cost', () => {
    const { cost } = built({ 'dynamic-quantisation': 'resident' });
    const shape = prefillOf([[2048, 0]]);
    const usualUs = cost.stepUs(shape);
    shape.copy = 1;
    expect(cost.stepUs(shape)).toBeLessThan(0.65 * usualUs);
    expect(cost.bytes?.(shape)).toBeLessThan(built({}).cost.bytes?.(shape) ?? 0);
  });

  it('refuses what cannot be', () => {
    const on = { 'dynamic-quantisation': 'resident' };
    expect(problemOf({ ...on, 'weight-precision': 'fp8' })).toMatchObject({ field: 'dynamic-precision' });
    expect(problemOf({ ...on, 'weight-precision': 'fp8', 'dynamic-precision': 'int4' })).toBeNull();
    expect(problemOf({ ...on, 'dynamic-waiting-low': 8 })).toMatchObject({
      field: 'dynamic-waiting-low',
      expected: '0..7',
    });
    const phone = { ...presetOf('phone').knobs, 'weight-precision': 'int8' };
    expect(problemOf({ 'dynamic-quantisation': 'reload', 'dynamic-precision': 'int4' }, phone)?.code).toBe(
      'host-link-unknown',
    );
  });
});

describe('FlashAttention off', () => {
  it('leaves the pool as much as the scores, if nobody says how long a sequence may be', () => {
    const { facts } = built({ 'flash-attention': false });
    expect(facts.maxModelLen).toBeLessThan(131_072);
    expect(facts.maxModelLen).toBeGreaterThan(8192);
    expect(2 * 2 * 32 * 8192 * facts.maxModelLen).toBeLessThan(facts.kvPoolBytes);
  });

  it('says so where nothing is left', () => {
    const change = { 'flash-attention': false, 'max-model-len': 131_072 };
    expect(problemOf(change)?.code).toBe('no-memory-for-kv');
  });
});

describe('speculation', () => {
  it('takes memory for the drafter, and room in every block for its keys and values', () => {
    const eagle = drafterWeightBytes(eagleHead(models['llama-3.1-8b'], 3));
    const tokens = (change: Change) => blocksOf(change) * 16;
    const pool = tokens({}) * 131_072;
    expect(tokens({ 'speculative-method': 'eagle' })).toBeCloseTo((pool - eagle) / (131_072 * (33 / 32)), -2);
    expect(built({ 'speculative-method': 'eagle' }).facts.kvBytesPerToken).toBe(131_072 * (33 / 32));
    expect(blocksOf({ 'speculative-method': 'ngram' })).toBe(blocksOf({}));
  });

  it('is told to the scheduler, which does not run ahead of n-grams', () => {
    const ngram = built({ 'speculative-method': 'ngram', 'num-speculative-tokens': 5, 'acceptance-rate': 0.4 }).config;
    expect(ngram.speculation).toMatchObject({ method: 'ngram', tokens: 5, acceptanceRate: 0.4, seed: chat.seed });
    expect([ngram.asyncScheduling, ngram.batchesInFlight]).toEqual([false, 1]);
    const eagle = built({ 'speculative-method': 'eagle' }).config;
    expect([eagle.asyncScheduling, eagle.batchesInFlight]).toEqual([true, 2]);
  });

  it('refuses a drafter of another vocabulary, or one that cannot be divided among the GPUs', () => {
    const draft = { 'speculative-method': 'draft_model' };
    expect(problemOf({ ...draft, 'draft-model': 'qwen2.5-0.5b' })).toMatchObject({
      field: 'draft-model',
      expected: 'llama-3.2-1b|llama-3.2-3b',
    });
    expect(problemOf({ ...draft, model: 'llama-2-7b' })?.expected).toBe('vocabulary = 32000 (Llama-2-7B)');
    expect(problemOf({ ...draft, model: 'qwen2.5-1.5b', 'draft-model': 'qwen2.5-0.5b' })).toBeNull();
  });

  it('is left alone by engines that have none', () => {
    const knobs = withChoice({ ...chat, 'speculative-method': 'eagle', requests: 50 }, 'engine', 'tgi-2023');
    expect(built({}, knobs).config.speculation).toBeNull();
    expect(built({}, knobs).facts.blocks).toBe(built({ 'speculative-method': 'off' }, knobs).facts.blocks);
  });
});

describe('images', () => {
  it('take memory for the encoder and its cache', () => {
    const text = blocksOf({ workload: 'azure-chat' }, images);
    const bytes = encoderWeightBytes(imageEncoder, 4096) + 8192 * 4096 * 2;
    expect(text - blocksOf({}, images)).toBeCloseTo(bytes / (16 * 524_288), -1);
  });

  it('have the engine’s budget where none is set, and never less than the largest item', () => {
    expect(built({ 'encoder-budget': 0 }, images).config.encoder).toMatchObject({ budget: 8192, cacheSize: 8192 });
    expect(built({ 'image-tokens': 2880 }, images).config.encoder).toMatchObject({ budget: 2880 });
    expect(built({ 'encoder-cache-size': 100 }, images).config.encoder).toMatchObject({ cacheSize: 576 });
  });

  it('must fit into a step, if they may not be cut', () => {
    const whole = { 'disable-chunked-mm-input': true, 'max-num-batched-tokens': 512 };
    expect(problemOf(whole, images)).toMatchObject({ field: 'disable-chunked-mm-input' });
    expect(problemOf({ ...whole, 'max-num-batched-tokens': 1024 }, images)).toBeNull();
  });
});

it.each(engines().map(({ id }) => id))('%s serves everybody with every phase that it has, and those of all', (id) => {
  const base = { ...withChoice(chat, 'engine', id), requests: 60, 'max-model-len': 4096 };
  const { phases = [] } = engineOf(id) ?? {};
  const served = (knobs: Knobs, requests: number) => {
    const simulated = simulateScenario(knobs, {});
    if (!simulated.ok) throw new Error(`${id}: ${JSON.stringify(simulated.problems)}`);
    const { finished, rejected } = simulated.value.account.summary;
    expect(finished + rejected, JSON.stringify(knobs)).toBe(requests);
    expect(finished).toBeGreaterThan(requests / 3);
    return simulated.value.account;
  };
  for (const change of [
    { 'weight-precision': 'int4', 'kv-precision': 'int8' },
    { 'flash-attention': false },
    { 'dynamic-quantisation': 'reload', 'dynamic-waiting-high': 1 },
  ] as Change[])
    served({ ...base, ...change }, 60);
  if (phases.includes('speculation')) {
    const alone = { ...base, clients: 1, requests: 12, 'num-speculative-tokens': 3, 'max-out-tokens': 4096 };
    const plain = served(alone, 12);
    const drafted = served({ ...alone, 'speculative-method': 'eagle' }, 12);
    // One client waits for memory: three drafts at 0.7, with a head, are worth it in every engine.
    expect(plain.summary.durationUs / drafted.summary.durationUs).toBeGreaterThan(1.3);
  }
  if (phases.includes('multimodal')) {
    const pictures = {
      ...withChoice(images, 'engine', id),
      requests: 20,
      'images-per-request': 1,
      'max-out-tokens': 2048,
      'ctx-size': 16_384,
    };
    served(pictures, 20);
  }
});
