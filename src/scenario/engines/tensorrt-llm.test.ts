import { describe, expect, it } from 'vitest';
import { expectedTokens } from '../../sim/gpu/drafting.ts';
import { encoderWeightBytes, imageEncoder } from '../../sim/gpu/encoder-model.ts';
import type { TensorRtSettings } from '../../sim/policy/tensorrt-llm/settings.ts';
import { tensorRtDefaults } from '../../sim/policy/tensorrt-llm/settings.ts';
import { type Built, build } from '../build.ts';
import type { Knobs, KnobValue } from '../knobs.ts';
import { decode, encode } from '../link.ts';
import { presetOf } from '../presets.ts';
import { flagOf, isRead, knobEntry } from '../registry.ts';
import { simulateScenario } from '../simulate.ts';
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
    const encoder = ['encoder_max_num_items', 'encoder_max_num_tokens', 'encoder_cache_max_bytes'];
    expect(idle({})).toEqual(['context_chunking_policy', ...encoder, 'secondary_offload_min_priority']);
    expect(idle({ enable_chunked_prefill: true, host_cache_size: 4 })).toEqual(encoder);
    expect(idle({ enable_chunked_prefill: true, host_cache_size: 4, workload: 'multimodal' })).toEqual([]);
    expect(idle({ enable_chunked_prefill: true, enable_block_reuse: false })).toHaveLength(10);
  });
});

describe('TensorRT-LLM with drafts', () => {
  const eagle = { 'speculative-method': 'eagle', 'num-speculative-tokens': 4, 'acceptance-rate': 0.6 };

  it('is told how many, and keeps its overlap scheduler with a drafter on the device only', () => {
    const { config } = builtWith(eagle);
    expect(config.speculation).toMatchObject({ method: 'eagle', tokens: 4, acceptanceRate: 0.6 });
    expect([config.asyncScheduling, config.batchesInFlight]).toEqual([true, 2]);
    const ngram = builtWith({ ...eagle, 'speculative-method': 'ngram' }).config;
    expect([ngram.asyncScheduling, ngram.batchesInFlight]).toEqual([false, 1]);
  });

  it('is told nothing by default', () => {
    expect([builtWith().config.speculation, builtWith().config.encoder]).toEqual([null, null]);
    expect(builtWith().facts.evidence).toBe('measured');
    expect(builtWith(eagle).facts.evidence).toBe('estimated');
  });

  it('has its own names for common knobs', () => {
    const names = ['speculative-method', 'num-speculative-tokens', 'draft-model', 'acceptance-rate'].map((name) =>
      flagOf(knobEntry(name), 'tensorrt-llm'),
    );
    const of = (key: string) => `speculative_config.${key}`;
    expect(names).toEqual([of('decoding_type'), of('max_draft_len'), of('speculative_model'), undefined]);
    expect(flagOf(knobEntry('num-speculative-tokens'), 'vllm')).toBe('--spec-tokens');
  });

  it('gives one client more tokens a second, as many as the rate allows, and the same answers', () => {
    const one = { ...plain, clients: 1, requests: 20 };
    const summary = (knobs: Knobs) => {
      const simulated = simulateScenario(knobs, {});
      if (!simulated.ok) throw new Error(JSON.stringify(simulated.problems));
      return simulated.value.account.summary;
    };
    const [without, with4] = [summary(one), summary({ ...one, ...eagle })];
    expect(with4.finished).toBe(without.finished);
    const gain = with4.outputTokensPerS / without.outputTokensPerS;
    // Four drafts of 0.6 deliver 2.3 tokens a step; the head and the last steps of an answer take some of that.
    expect(gain).toBeGreaterThan(1.4);
    expect(gain).toBeLessThan(expectedTokens(0.6, 4));
  });
});

describe('TensorRT-LLM with images', () => {
  const images = withChoice(presetOf('images').knobs, 'engine', 'tensorrt-llm');
  const builtImages = (values: Readonly<Record<string, KnobValue>> = {}): Built => {
    const built = build({ ...images, ...values });
    if (!built.ok) throw new Error(JSON.stringify(built.problems));
    return built.value;
  };

  it('counts rows of the encoder: 14 passes of 577 in a step of 8,192, and room for what they give', () => {
    const { encoder } = builtImages().config;
    // 128 MiB of embeddings of 4,096 numbers of 2 bytes.
    expect(encoder).toMatchObject({
      budget: 8192,
      cacheSize: 16_384,
      items: { maxItems: 2048, outputTokens: 14 * 576 },
    });
    const small = { encoder_max_num_tokens: 600, encoder_max_num_items: 3, encoder_cache_max_bytes: 0 };
    expect(builtImages(small).config.encoder).toMatchObject({
      budget: 600,
      cacheSize: 0,
      items: { maxItems: 3, outputTokens: 576 },
    });
  });

  it('has room for the largest item, whatever it is told', () => {
    const large = { encoder_max_num_tokens: 600, 'image-tokens': 2000 };
    expect(builtImages(large).config.encoder).toMatchObject({ budget: 4 * 577, items: { outputTokens: 4 * 576 } });
  });

  it('takes memory for encoder, outputs and cache, and reads none of the knobs of others', () => {
    const text = builtImages({ workload: 'azure-chat' }).facts;
    const withImages = builtImages().facts;
    const bytes = encoderWeightBytes(imageEncoder, 4096) + 14 * 576 * 8192 + 2 ** 27;
    expect((text.blocks - withImages.blocks) * 32 * text.kvBytesPerToken).toBeCloseTo(0.9 * bytes, -8);
    for (const name of ['encoder-budget', 'encoder-cache-size', 'disable-chunked-mm-input'])
      expect(isRead(knobEntry(name), images), name).toBe(false);
  });

  it('serves everybody, with drafts too, and encodes popular images once', () => {
    const few = { ...images, requests: 60 };
    const changes: Readonly<Record<string, KnobValue>>[] = [
      {},
      { 'speculative-method': 'ngram' },
      { encoder_cache_max_bytes: 0 },
    ];
    for (const change of changes) {
      const simulated = simulateScenario({ ...few, ...change }, {});
      if (!simulated.ok) throw new Error(JSON.stringify(simulated.problems));
      expect(simulated.value.account.summary.finished).toBe(60);
    }
  });
});
