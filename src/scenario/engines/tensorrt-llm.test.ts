import { describe, expect, it } from 'vitest';
import type { TensorRtSettings } from '../../sim/policy/tensorrt-llm/settings.ts';
import { tensorRtDefaults } from '../../sim/policy/tensorrt-llm/settings.ts';
import { type Built, build } from '../build.ts';
import type { Knobs, KnobValue } from '../knobs.ts';
import { decode, encode } from '../link.ts';
import { presetOf } from '../presets.ts';
import { isRead, knobEntry } from '../registry.ts';
import { withChoice, withValue } from '../value.ts';
import { withEngine } from '../with-engine.ts';
import { tensorRtKnobs } from './tensorrt-llm-knobs.ts';

const plain = withChoice(presetOf('azure-chat').knobs, 'engine', 'tensorrt-llm');

function having(values: Readonly<Record<string, KnobValue>>): Knobs {
  return Object.entries(values).reduce((knobs, [name, value]) => withValue(knobs, name, value), plain);
}

function builtWith(values: Readonly<Record<string, KnobValue>> = {}): Built {
  const built = build(having(values));
  if (!built.ok) throw new Error(JSON.stringify(built.problems));
  return built.value;
}

describe('TensorRT-LLM in a scenario', () => {
  it('starts as it does without any flag', () => {
    const { config } = builtWith();
    expect(config).toMatchObject({
      policy: 'tensorrt-llm',
      memory: 'own',
      maxNumSeqs: 2048,
      maxNumBatchedTokens: 8192,
      blockSize: 32,
      enableChunkedPrefill: false,
      enablePrefixCaching: true,
      asyncScheduling: true,
      batchesInFlight: 2,
      hostBlocks: 0,
    });
    expect(config.settings).toEqual(tensorRtDefaults);
  });

  it('gives the KV cache a share of what weights and activations leave free', () => {
    const bytes = (share: number): number => builtWith({ free_gpu_memory_fraction: share }).facts.kvPoolBytes;
    // Half the share is half the memory; with a share of the whole device it would be far less than half.
    expect(bytes(0.45) / bytes(0.9)).toBeCloseTo(0.5, 3);
  });

  it('caps it by a number of tokens, but never gives it more than fits', () => {
    const blocks = (tokens: number): number => builtWith({ 'kv_cache_config.max_tokens': tokens }).facts.blocks;
    expect(blocks(3201)).toBe(101);
    expect(blocks(100_000_000)).toBe(blocks(0));
  });

  it('has host blocks for the bytes that are set aside', () => {
    // 32 tokens of 131,072 bytes are 4 MiB.
    expect(builtWith({ host_cache_size: 1 }).config.hostBlocks).toBe(256);
    expect(builtWith({ host_cache_size: 1, enable_block_reuse: false }).config.hostBlocks).toBe(0);
  });

  it.each<[string, KnobValue, Partial<TensorRtSettings>]>([
    ['capacity_scheduler_policy', 'MAX_UTILIZATION', { capacitySchedulerPolicy: 'max_utilization' }],
    ['capacity_scheduler_policy', 'STATIC_BATCH', { capacitySchedulerPolicy: 'static_batch' }],
    ['context_chunking_policy', 'EQUAL_PROGRESS', { contextChunkingPolicy: 'equal_progress' }],
    ['enable_prefix_aware_scheduling', false, { enablePrefixAwareScheduling: false }],
    ['enable_partial_reuse', false, { enablePartialReuse: false }],
    ['copy_on_partial_reuse', false, { copyOnPartialReuse: false }],
    ['secondary_offload_min_priority', 50, { secondaryOffloadMinPriority: 50 }],
    ['retention_priority', 0, { promptPriority: 0 }],
    ['decode_retention_priority', 90, { decodePriority: 90 }],
  ])('%s = %s reaches the engine, and comes back from a link', (name, value, settings) => {
    expect(builtWith({ [name]: value }).config.settings).toEqual({ ...tensorRtDefaults, ...settings });
    expect(decode(encode(having({ [name]: value }))).knobs).toEqual(having({ [name]: value }));
  });

  it('schedules one step at a time without the overlap scheduler, and splits prompts if asked to', () => {
    expect(builtWith({ disable_overlap_scheduler: true }).config).toMatchObject({
      asyncScheduling: false,
      batchesInFlight: 1,
    });
    expect(builtWith({ enable_chunked_prefill: true, tokens_per_block: '64' }).config).toMatchObject({
      enableChunkedPrefill: true,
      blockSize: 64,
    });
  });

  it('has the longest sequence under its own name', () => {
    expect(builtWith({ max_seq_len: 2048 }).config.maxModelLen).toBe(2048);
    expect(withEngine({ ...presetOf('azure-chat').knobs, 'max-model-len': 2048 }, 'tensorrt-llm').max_seq_len).toBe(
      2048,
    );
    const built = build(having({ max_seq_len: 1_000_000 }));
    expect(built.ok ? [] : built.problems).toMatchObject([{ code: 'out-of-range', field: 'max_seq_len' }]);
  });

  it('knows which of its knobs others make idle', () => {
    const idle = (values: Readonly<Record<string, KnobValue>>): string[] =>
      tensorRtKnobs.map((knob) => knob.name).filter((name) => !isRead(knobEntry(name), having(values)));
    expect(idle({})).toEqual(['context_chunking_policy', 'secondary_offload_min_priority']);
    expect(idle({ enable_chunked_prefill: true, host_cache_size: 4 })).toEqual([]);
    expect(idle({ enable_chunked_prefill: true, enable_block_reuse: false })).toHaveLength(7);
  });
});
