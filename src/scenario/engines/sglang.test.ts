import { describe, expect, it } from 'vitest';
import { encoderWeightBytes, imageEncoder } from '../../sim/gpu/encoder-model.ts';
import type { SglangSettings } from '../../sim/policy/sglang/settings.ts';
import { build } from '../build.ts';
import type { Knobs, KnobValue } from '../knobs.ts';
import { presetOf } from '../presets.ts';
import { flagOf, isRead, knobEntry } from '../registry.ts';
import { simulateScenario } from '../simulate.ts';
import { withChoice, withValue } from '../value.ts';
import { sglangKnobs } from './sglang-knobs.ts';
import { drafterReserveMib, gpuDefaults, maxRunningRequests, memFractionStatic } from './sglang-server-args.ts';

const chat = withChoice(presetOf('azure-chat').knobs, 'engine', 'sglang');
const set = (knobs: Knobs, values: Readonly<Record<string, KnobValue>>) =>
  Object.entries(values).reduce((all, [name, value]) => withValue(all, name, value), knobs);

function built(values: Readonly<Record<string, KnobValue>> = {}) {
  const result = build(set(chat, values));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  const { config, facts } = result.value;
  return { config, facts, settings: config.settings as SglangSettings };
}

describe('what SGLang works out for itself', () => {
  it('sizes by the memory of a GPU', () => {
    const gib = (n: number) => n * 2 ** 30;
    expect(gpuDefaults(gib(16), 1)).toEqual({ chunkedPrefillSize: 2048, cudaGraphMaxBs: 8 });
    expect(gpuDefaults(gib(24), 4)).toEqual({ chunkedPrefillSize: 2048, cudaGraphMaxBs: 80 });
    expect(gpuDefaults(gib(40), 1)).toEqual({ chunkedPrefillSize: 4096, cudaGraphMaxBs: 32 });
    expect(gpuDefaults(gib(80), 8)).toEqual({ chunkedPrefillSize: 8192, cudaGraphMaxBs: 512 });
    expect(gpuDefaults(gib(140), 1)).toEqual({ chunkedPrefillSize: 8192, cudaGraphMaxBs: 256 });
    expect(gpuDefaults(gib(180), 1)).toEqual({ chunkedPrefillSize: 16_384, cudaGraphMaxBs: 512 });
    expect(gpuDefaults(undefined, 1)).toEqual({ chunkedPrefillSize: 4096, cudaGraphMaxBs: 160 });
  });

  it('the share of the memory: 0.835 of 81,559 MiB', () => {
    expect(memFractionStatic(81_559 * 2 ** 20, gpuDefaults(80 * 2 ** 30, 1), 1, 0)).toBe(0.835);
    // Small GPUs have no floor; on large ones at least 10 GiB stay.
    expect(memFractionStatic(24 * 2 ** 30, gpuDefaults(24 * 2 ** 30, 1), 1, 0)).toBe(0.847);
    expect(memFractionStatic(61_441 * 2 ** 20, { chunkedPrefillSize: 2048, cudaGraphMaxBs: 8 }, 1, 0)).toBe(0.833);
  });

  it('the number of running requests', () => {
    expect(maxRunningRequests(100_000, 131_072)).toBe(2048);
    expect(maxRunningRequests(912_004, 131_072)).toBe(3562);
    expect(maxRunningRequests(912_004, 4096)).toBe(4096);
  });
});

describe('speculative decoding of SGLang', () => {
  const eagle = { 'speculative-method': 'eagle' };

  it('runs 48 requests at most, without overlap, and sets memory aside for the drafter', () => {
    const { config, settings } = built(eagle);
    expect([config.maxNumSeqs, config.asyncScheduling, config.batchesInFlight]).toEqual([48, false, 1]);
    expect([settings.speculativeEagleTopk, config.speculation?.tokens]).toEqual([1, 3]);
    expect(built({ ...eagle, 'max-running-requests': 100 }).config.maxNumSeqs).toBe(100);
    // 2 GiB more of 81,559 MiB for a head, 6 GiB for a model.
    const share = (method: string) =>
      memFractionStatic(81_559 * 2 ** 20, gpuDefaults(80 * 2 ** 30, 1), 1, drafterReserveMib(method));
    expect(['off', 'ngram', 'eagle', 'draft_model'].map(share)).toEqual([0.835, 0.835, 0.81, 0.76]);
  });

  it('takes the drafter’s weights from what is set aside, and its keys and values from every slot', () => {
    const bytes = (values: Readonly<Record<string, KnobValue>>) => built(values).facts.kvPoolBytes;
    // An H200 of 141 GiB: 0.914 of it without drafts, 0.9 with a head. The head has 0.5 GB of weights.
    const share = { 'mem-fraction-static': 0.9 };
    const head = 2 * (4096 * (4096 + 2 * 1024 + 4096) + 3 * 4096 * 14_336 + 2 * 4096 * 4096);
    expect(bytes(share) - bytes({ ...share, ...eagle })).toBeCloseTo(head, -6);
    expect(built(eagle).facts.kvBytesPerToken).toBe(131_072 * (33 / 32));
    const computed = bytes({}) - bytes(eagle);
    expect(computed / 2 ** 30).toBeGreaterThan(1.8);
    expect(computed / 2 ** 30).toBeLessThan(2.2);
  });

  it('has its own flags, and branches only where something drafts', () => {
    const read = (name: string, values: Readonly<Record<string, KnobValue>>) =>
      isRead(knobEntry(name), set(chat, values));
    expect(flagOf(knobEntry('speculative-method'), 'sglang')).toBe('--speculative-algorithm');
    expect(flagOf(knobEntry('num-speculative-tokens'), 'vllm')).toBe('--spec-tokens');
    expect(flagOf(knobEntry('acceptance-rate'), 'sglang')).toBeUndefined();
    expect(read('speculative-eagle-topk', {})).toBe(false);
    expect(read('speculative-eagle-topk', { 'speculative-method': 'ngram' })).toBe(false);
    expect(read('speculative-eagle-topk', eagle)).toBe(true);
    expect(read('speculative-num-draft-tokens', eagle)).toBe(false);
    expect(read('speculative-num-draft-tokens', { ...eagle, 'speculative-eagle-topk': 4 })).toBe(true);
    expect(read('enable-mixed-chunk', eagle)).toBe(false);
    // It has a memory of its own, whatever manager is set for the others.
    expect(read('speculative-method', { memory: 'contiguous-oracle' })).toBe(true);
  });

  it('drafts along all branches: a step with four takes longer, and is right more often for the same draft', () => {
    const tokensPerS = (values: Readonly<Record<string, KnobValue>>) => {
      const simulated = simulateScenario(set(chat, { clients: 4, requests: 40, ...eagle, ...values }), {});
      if (!simulated.ok) throw new Error(JSON.stringify(simulated.problems));
      expect(simulated.value.account.summary.finished).toBe(40);
      return simulated.value.account.summary.outputTokensPerS;
    };
    const tree = { 'num-speculative-tokens': 5, 'speculative-eagle-topk': 4 };
    const off = tokensPerS({ 'speculative-method': 'off' });
    expect(tokensPerS({}) / off).toBeGreaterThan(1.4);
    expect(tokensPerS({ ...tree, 'acceptance-rate': 0.8 })).toBeGreaterThan(tokensPerS(tree));
    // The same tokens at more cost.
    expect(tokensPerS({ 'num-speculative-tokens': 5 })).toBeGreaterThan(tokensPerS(tree));
  });
});

describe('images in SGLang', () => {
  const images = withChoice(presetOf('images').knobs, 'engine', 'sglang');

  it('take memory for the encoder, and have neither budget nor cache', () => {
    const result = build(images);
    const text = build({ ...images, workload: 'azure-chat' });
    if (!result.ok || !text.ok) throw new Error('not built');
    expect(result.value.config.encoder).toMatchObject({ budget: 0, cacheSize: 0, imageWindow: 576 });
    const taken = text.value.facts.kvPoolBytes - result.value.facts.kvPoolBytes;
    expect(taken).toBeCloseTo(encoderWeightBytes(imageEncoder, 4096), -7);
    expect(isRead(knobEntry('encoder-budget'), images)).toBe(false);
    expect(isRead(knobEntry('image-tokens'), images)).toBe(true);
  });
});

describe('urgent requests', () => {
  const crowded = { 'max-running-requests': 8, requests: 200, rate: 60, 'urgent-share': 0.2, users: 2 };
  /** Mean wait for the first token of urgent and other requests, seconds, and how often one took another's place. */
  function waits(values: Readonly<Record<string, KnobValue>>) {
    const simulated = simulateScenario(set(chat, { ...crowded, ...values }), {});
    if (!simulated.ok) throw new Error(JSON.stringify(simulated.problems));
    const { account, built: run } = simulated.value;
    const { priority } = run.source.requests;
    const sums = [0, 0];
    const counts = [0, 0];
    account.outcomes.firstTokenUs.forEach((at, r) => {
      const kind = priority[r] === 0 ? 1 : 0;
      sums[kind] += (at - account.outcomes.arrivalUs[r]) / 1e6;
      counts[kind]++;
    });
    return { urgent: sums[0] / counts[0], other: sums[1] / counts[1], preemptions: account.summary.preemptions };
  }

  it.each([false, true])('go first and take a place, small values first: %s', (isLow) => {
    const { urgent, other, preemptions } = waits({
      'enable-priority-scheduling': true,
      'schedule-low-priority-values-first': isLow,
    });
    expect(urgent).toBeLessThan(other / 4);
    expect(preemptions).toBeGreaterThan(0);
  });

  it('go first in the common order by priority, and wait like all in the engine’s own without priorities', () => {
    const { urgent, other } = waits({ 'queue-order': 'priority' });
    expect(urgent).toBeLessThan(other / 4);
    const plain = waits({});
    expect(plain.urgent).toBeGreaterThan(plain.other / 2);
  });
});

describe('the entry of SGLang', () => {
  it('has the defaults of a server on one H200', () => {
    const { config, facts, settings } = built();
    expect(settings).toMatchObject({
      schedulePolicy: 'fcfs',
      scheduleConservativeness: 1,
      chunkedPrefillSize: 8192,
      maxPrefillTokens: 16_384,
      enableMixedChunk: false,
      cudaGraphMaxBs: 256,
    });
    expect(config).toMatchObject({
      blockSize: 1,
      enablePrefixCaching: true,
      asyncScheduling: true,
      batchesInFlight: 2,
    });
    expect(facts.seats).toBe(config.maxNumSeqs);
    // 0.906 of the memory less the weights and the runtime, 131,072 bytes a token.
    const bytes = Math.floor(150_109_000_000 * 0.906) - facts.weightBytes - 400_000_000;
    expect(facts.blocks).toBe(Math.floor(bytes / 131_072));
  });

  it('follows each of its knobs', () => {
    expect(built({ 'chunked-prefill-size': 500, 'page-size': 16 }).settings.chunkedPrefillSize).toBe(496);
    expect(built({ 'disable-chunked-prefill': true }).settings.chunkedPrefillSize).toBe(-1);
    expect(built({ 'max-running-requests': 3 }).config.maxNumSeqs).toBe(3);
    expect(built({ 'disable-overlap-schedule': true }).config.batchesInFlight).toBe(1);
    expect(built({ 'disable-radix-cache': true }).config.enablePrefixCaching).toBe(false);
    expect(built({ 'kv-tokens': 1000, 'page-size': 16 }).facts.blocks).toBe(62);
    expect(built({ 'context-length': 4096 }).config.maxModelLen).toBe(4096);
    expect(built({ 'disable-cuda-graph': true }).settings.cudaGraphMaxBs).toBe(0);
    expect(built({ 'mem-fraction-static': 0.5 }).facts.blocks).toBeLessThan(built().facts.blocks);
    // Priorities go with two of the orders only.
    const priorities = { 'enable-priority-scheduling': true };
    expect(built(priorities).settings.enablePriorityScheduling).toBe(true);
    expect(built({ ...priorities, 'schedule-policy': 'lpm' }).settings.enablePriorityScheduling).toBe(false);
  });

  it('names its own knob where a sequence is too long for the model', () => {
    const result = build(set(chat, { 'context-length': 200_000 }));
    expect(result.ok ? [] : result.problems).toMatchObject([{ code: 'out-of-range', field: 'context-length' }]);
  });

  const few = set(chat, { requests: 300, rate: 20, 'kv-tokens': 30_000, 'chunked-prefill-size': 512 });
  const otherValues: Readonly<Record<string, KnobValue>> = {
    'schedule-policy': 'lof',
    'schedule-conservativeness': 0.1,
    'chunked-prefill-size': 256,
    'max-prefill-tokens': 300,
    'prefill-max-requests': 1,
    'max-running-requests': 4,
    'mem-fraction-static': 0.12,
    'cuda-graph-max-bs': 2,
    'context-length': 2000,
    'page-size': 64,
    'speculative-eagle-topk': 4,
    'speculative-num-draft-tokens': 3,
  };
  const tree = { 'speculative-method': 'eagle', 'num-speculative-tokens': 5, 'speculative-eagle-topk': 4 };
  // What some of them are set beside.
  const bases: Readonly<Record<string, Readonly<Record<string, KnobValue>>>> = {
    // The share of the memory means something only where the pool is not given in tokens.
    'mem-fraction-static': { 'kv-tokens': 0, rate: 60 },
    'speculative-eagle-topk': { ...tree, 'speculative-eagle-topk': 1 },
    'speculative-num-draft-tokens': tree,
  };
  // In this traffic nobody shares a prefix, has a priority or is one of several users, and both evictions do the same.
  const without = new Set([
    'disable-radix-cache',
    'radix-eviction-policy',
    'enable-priority-scheduling',
    'schedule-low-priority-values-first',
    'priority-scheduling-preemption-threshold',
    'ignore-eos',
  ]);

  it.each(sglangKnobs.filter(({ name }) => !without.has(name)).map(({ name }) => name))(
    'a run is another with another %s',
    (name) => {
      const base = set(few, bases[name] ?? {});
      const prints = [base, set(base, { [name]: otherValues[name] ?? true })].map((knobs) => {
        const simulated = simulateScenario(knobs, {});
        if (!simulated.ok) throw new Error(JSON.stringify(simulated.problems));
        return simulated.value.account.fingerprint;
      });
      expect(prints[0]).not.toBe(prints[1]);
    },
  );
});
