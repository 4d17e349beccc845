import { describe, expect, it } from 'vitest';
import { policyKind } from '../../sim/policy/kinds.ts';
import { type Built, build } from '../build.ts';
import type { KnobValue } from '../knobs.ts';
import { presetOf } from '../presets.ts';
import { isRead, knobEntry } from '../registry.ts';
import { simulateScenario } from '../simulate.ts';
import { withChoice } from '../value.ts';

const chat = { ...presetOf('azure-chat').knobs, requests: 300 };
const knobsOf = (engine: string, own: Readonly<Record<string, KnobValue>> = {}) => ({
  ...withChoice(chat, 'engine', engine),
  ...own,
});

function built(engine: string, own: Readonly<Record<string, KnobValue>> = {}): Built {
  const result = build(knobsOf(engine, own));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

function run(engine: string, own: Readonly<Record<string, KnobValue>> = {}) {
  const result = simulateScenario(knobsOf(engine, own), {});
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value.account.summary;
}

describe('tgi', () => {
  it('has without any flag what the launcher chooses: places of one token, a cache, the card’s budget', () => {
    const { config, facts } = built('tgi');
    expect(config).toMatchObject({
      policy: 'tgi',
      memory: 'own',
      blockSize: 1,
      enablePrefixCaching: true,
      maxNumBatchedTokens: 65_791,
      speculation: null,
    });
    expect(config.settings).toEqual(policyKind('tgi').defaults);
    expect(facts.seats).toBe(128);
  });

  it('leaves a tenth of what it may use alone', () => {
    const of = (own = {}) => built('tgi', own).facts.kvPoolBytes;
    const { memoryBytes } = built('tgi').device;
    // Half of the memory less: nine tenths of a half.
    const difference = of() - of({ 'cuda-memory-fraction': 0.5 });
    expect(difference / memoryBytes).toBeCloseTo(0.45, 5);
  });

  it('is told by its flags', () => {
    const { config } = built('tgi', {
      'max-batch-prefill-tokens': 2000,
      'waiting-served-ratio': 1.5,
      'max-waiting-tokens': 7,
      'tgi-max-batch-size': 9,
      'max-concurrent-requests': 50,
      'max-total-tokens': 3000,
      'max-input-tokens': 1200,
      'prefill-chunking': false,
    });
    expect(config.settings).toEqual({
      prefillChunking: false,
      maxInputTokens: 1200,
      waitingServedRatio: 1.5,
      maxWaitingTokens: 7,
      maxBatchSize: 9,
      maxConcurrentRequests: 50,
    });
    expect([config.maxNumBatchedTokens, config.maxModelLen, config.maxNumSeqs]).toEqual([2000, 3000, 50]);
  });

  it('has the blocks of its attention, and no cache with the oldest', () => {
    const of = (attention: string) => built('tgi', { attention }).config;
    expect([of('flashdecoding').blockSize, of('flashdecoding').enablePrefixCaching]).toEqual([256, true]);
    expect([of('paged').blockSize, of('paged').enablePrefixCaching]).toEqual([16, false]);
    expect(built('tgi', { 'prefix-caching': false }).config.enablePrefixCaching).toBe(false);
  });

  it('refuses prompts longer than it is told, and no others', () => {
    const { config, source } = built('tgi');
    source.next(Number.POSITIVE_INFINITY);
    const prompts = source.requests.promptTokens.slice(0, source.requests.count);
    const longer = prompts.filter((tokens) => tokens > 1200).length;
    expect(longer).toBeGreaterThan(10);
    expect(run('tgi', { 'max-input-tokens': 1200 })).toMatchObject({ rejected: longer, finished: 300 - longer });
    // More than a request may have is no limit.
    expect(run('tgi', { 'max-input-tokens': config.maxModelLen }).rejected).toBe(run('tgi').rejected);
  });

  it('has drafts when it is told to speculate, and the knobs that matter then', () => {
    const { config } = built('tgi', { speculate: 3, 'speculate-acceptance': 0.5 });
    expect(config.speculation).toEqual({
      method: 'ngram',
      tokens: 3,
      parallelDrafting: false,
      acceptanceRate: 0.5,
      seed: chat.seed,
    });
    const reads = (name: string, own = {}) => isRead(knobEntry(name), knobsOf('tgi', own));
    expect([reads('speculate-acceptance'), reads('speculate-acceptance', { speculate: 3 })]).toEqual([false, true]);
    expect([reads('waiting-served-ratio'), reads('waiting-served-ratio', { speculate: 3 })]).toEqual([false, true]);
    expect(reads('max-waiting-tokens', { 'prefill-chunking': false })).toBe(true);
  });

  it('runs an hour’s beginning with every switch the other way', () => {
    const others: readonly Readonly<Record<string, KnobValue>>[] = [
      { 'prefill-chunking': false },
      { 'prefix-caching': false },
      { speculate: 2 },
      { attention: 'flashdecoding' },
      { 'max-batch-prefill-tokens': 512 },
    ];
    for (const own of others) {
      const summary = run('tgi', own);
      expect(summary.finished, JSON.stringify(own)).toBe(300);
      expect(summary.preemptions).toBe(0);
    }
  });
});

describe('tgi-2023', () => {
  it('has the limits of v0.9 and places of one token', () => {
    const { config } = built('tgi-2023');
    expect(config).toMatchObject({ policy: 'tgi-2023', memory: 'own', blockSize: 1, enablePrefixCaching: false });
    expect([config.maxNumBatchedTokens, config.maxModelLen]).toEqual([4096, 2048]);
    expect(config.settings).toEqual(policyKind('tgi-2023').defaults);
  });

  it('is told by its flags', () => {
    const { config } = built('tgi-2023', {
      'tgi-2023-max-batch-prefill-tokens': 1000,
      'max-batch-total-tokens': 9000,
      'tgi-2023-waiting-served-ratio': 0.5,
      'tgi-2023-max-waiting-tokens': 3,
      'tgi-2023-max-concurrent-requests': 30,
      'tgi-2023-max-total-tokens': 1500,
    });
    expect(config.settings).toEqual({
      waitingServedRatio: 0.5,
      maxWaitingTokens: 3,
      maxBatchSize: 0,
      maxConcurrentRequests: 30,
      maxBatchTotalTokens: 9000,
    });
    expect([config.maxNumBatchedTokens, config.maxModelLen, config.maxNumSeqs]).toEqual([1000, 1500, 30]);
  });

  it('computes padding and preempts nobody', () => {
    const summary = run('tgi-2023', { 'tgi-2023-max-total-tokens': 4096 });
    expect(summary.paddingTokens).toBeGreaterThan(0);
    expect(summary.preemptions).toBe(0);
  });
});

describe('dynamic', () => {
  it('is told by the fields of a model configuration', () => {
    const own = { 'max-batch-size': 12, 'max-queue-delay-microseconds': 500, 'preferred-batch-size': 4 };
    expect(built('dynamic', own).config).toMatchObject({
      policy: 'dynamic',
      settings: { maxBatchSize: 12, maxQueueDelayUs: 500, preferredBatchSizes: [4] },
    });
    expect(built('dynamic').config.settings).toEqual(policyKind('dynamic').defaults);
    expect(built('dynamic', own).facts.staticBatch).toBe(12);
  });
});
