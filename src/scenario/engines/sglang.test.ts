import { describe, expect, it } from 'vitest';
import type { SglangSettings } from '../../sim/policy/sglang/settings.ts';
import { build } from '../build.ts';
import type { Knobs, KnobValue } from '../knobs.ts';
import { presetOf } from '../presets.ts';
import { simulateScenario } from '../simulate.ts';
import { withChoice, withValue } from '../value.ts';
import { sglangKnobs } from './sglang-knobs.ts';
import { gpuDefaults, maxRunningRequests, memFractionStatic } from './sglang-server-args.ts';

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
    expect(memFractionStatic(81_559 * 2 ** 20, gpuDefaults(80 * 2 ** 30, 1), 1)).toBe(0.835);
    // Small GPUs have no floor; on large ones at least 10 GiB stay.
    expect(memFractionStatic(24 * 2 ** 30, gpuDefaults(24 * 2 ** 30, 1), 1)).toBe(0.847);
    expect(memFractionStatic(61_441 * 2 ** 20, { chunkedPrefillSize: 2048, cudaGraphMaxBs: 8 }, 1)).toBe(0.833);
  });

  it('the number of running requests', () => {
    expect(maxRunningRequests(100_000, 131_072)).toBe(2048);
    expect(maxRunningRequests(912_004, 131_072)).toBe(3562);
    expect(maxRunningRequests(912_004, 4096)).toBe(4096);
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
      // The share of the memory means something only where the pool is not given in tokens.
      const base = name === 'mem-fraction-static' ? set(few, { 'kv-tokens': 0, rate: 60 }) : few;
      const prints = [base, set(base, { [name]: otherValues[name] ?? true })].map((knobs) => {
        const simulated = simulateScenario(knobs, {});
        if (!simulated.ok) throw new Error(JSON.stringify(simulated.problems));
        return simulated.value.account.fingerprint;
      });
      expect(prints[0]).not.toBe(prints[1]);
    },
  );
});
