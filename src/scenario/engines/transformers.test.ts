import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { devices } from '../../sim/gpu/device.ts';
import { createCost } from '../../sim/gpu/operator-cost.ts';
import { decodesOf, prefillOf } from '../../sim/gpu/testing.ts';
import { withUnfusedLayers } from '../../sim/gpu/unfused-layers.ts';
import { configOf, type EngineRuns, modelOfRun, unfusedOf } from '../../sim/replay/transformers-runs.ts';
import { type Built, build } from '../build.ts';
import type { Knobs } from '../knobs.ts';
import { presetOf } from '../presets.ts';
import { withChoice } from '../value.ts';

const file = new URL('../../../fixtures/recorded/transformers/h200-engine.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as EngineRuns;

const plain: Knobs = {
  ...withChoice(presetOf('tiny-paged').knobs, 'engine', 'transformers'),
  device: 'h200',
  model: 'llama-3-8b',
};

function built(knobs: Partial<Knobs>): Built {
  const result = build({ ...plain, ...knobs } as Knobs);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

/** The settings of the recorded runs, as a person would set them. */
const recorded: Partial<Knobs> = {
  'cb-block-size': 32,
  'cb-num-blocks': 4096,
  'max-batch-tokens': 2048,
  'max-requests-per-batch': 64,
  'max-blocks-per-request': 96,
  'allow-block-sharing': false,
  'use-async-batching': false,
  'q-padding-interval-size': 128,
  'kv-padding-interval-size': 32_768,
};

const variants: Readonly<Record<string, Partial<Knobs>>> = {
  all_at_once: {},
  all_at_once_memory_limited: { 'cb-num-blocks': 420 },
  all_at_once_prefill_first: { 'scheduler-type': 'prefill_first', 'max-batch-tokens': 512 },
  all_at_once_async: { 'use-async-batching': true },
  all_at_once_eager: { 'use-cuda-graph': false },
};

describe('the engine transformers', () => {
  it.each(Object.keys(variants))('has the configuration and the step times of %s under its settings', (name) => {
    const { engine } = cases[name];
    const { config, cost } = built({ ...recorded, ...variants[name] });
    // What a scenario knows and a recorded run does not: the longest sequence, bytes of a block, a predictor that nobody asks.
    const { maxModelLen, kvBytesPerBlock, prediction } = config;
    expect(config).toEqual({ ...configOf(engine), maxModelLen, kvBytesPerBlock, prediction });
    const model = modelOfRun(name);
    const inner = createCost(model, devices.h200, { maxTokens: 2048, maxSequences: 64 });
    const expected = withUnfusedLayers(inner, model, devices.h200, unfusedOf({ engine, requests: [] }));
    for (const shape of [decodesOf([100, 900]), prefillOf([[300, 64]])])
      expect(cost.stepUs(shape)).toBe(expected.stepUs(shape));
  });

  it('has the defaults of 5.17', () => {
    const { config } = built({});
    expect(config).toMatchObject({
      blockSize: 256,
      maxNumBatchedTokens: 8192,
      maxNumSeqs: 1024,
      enablePrefixCaching: true,
      batchesInFlight: 2,
      settings: { scheduler: 'fifo', safetyMargin: 0.15, maxBlocksPerRequest: 32, padsInputs: true, qPadding: 64 },
    });
    expect(built({ 'scheduler-type': 'prefill_first' }).config.settings).toMatchObject({ safetyMargin: 0 });
    expect(built({ 'safety-margin': '0.3' }).config.settings).toMatchObject({ safetyMargin: 0.3 });
  });

  it('has no more rows than blocks where no block is shared', () => {
    expect(built({ 'cb-num-blocks': 20, 'allow-block-sharing': false }).config.maxNumSeqs).toBe(20);
    expect(built({ 'cb-num-blocks': 20 }).config.maxNumSeqs).toBe(1024);
  });

  it('keeps evicted KV in as many blocks of host memory as fit', () => {
    // A block of 256 tokens of 131,072 bytes: 32 MiB.
    expect(built({ 'cpu-offload-space': 1 }).config.hostBlocks).toBe(32);
    expect(built({}).config.hostBlocks).toBe(0);
  });

  it('calls its times estimated, since they were compared on one device only', () => {
    expect(built({}).facts.evidence).toBe('estimated');
  });
});
