/** The reader of config.json, on the published values of models that are built in. */

import { describe, expect, it } from 'vitest';
import { type ModelId, models } from '../../sim/gpu/model.ts';
import { readDeviceFile } from './device-file.ts';
import { modelOfOwn } from './model.ts';
import { architectureNames, readModelFile } from './model-config.ts';

const llama = {
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 128256,
  max_position_embeddings: 131072,
  tie_word_embeddings: false,
  torch_dtype: 'bfloat16',
};

/** Values of published files; what no shape follows from is left out. */
const published: Readonly<Partial<Record<ModelId, Readonly<Record<string, unknown>>>>> = {
  'llama-3.1-8b': llama,
  'llama-3.2-1b': {
    ...llama,
    hidden_size: 2048,
    intermediate_size: 8192,
    num_hidden_layers: 16,
    head_dim: 64,
    tie_word_embeddings: true,
  },
  'mistral-7b': {
    ...llama,
    model_type: 'mistral',
    vocab_size: 32000,
    max_position_embeddings: 32768,
    sliding_window: null,
  },
  'qwen2.5-0.5b': {
    model_type: 'qwen2',
    hidden_size: 896,
    intermediate_size: 4864,
    num_hidden_layers: 24,
    num_attention_heads: 14,
    num_key_value_heads: 2,
    vocab_size: 151936,
    max_position_embeddings: 32768,
    tie_word_embeddings: true,
    sliding_window: 32768,
    use_sliding_window: false,
  },
  'qwen3-32b': {
    model_type: 'qwen3',
    hidden_size: 5120,
    intermediate_size: 25600,
    num_hidden_layers: 64,
    num_attention_heads: 64,
    num_key_value_heads: 8,
    head_dim: 128,
    vocab_size: 151936,
    max_position_embeddings: 40960,
    tie_word_embeddings: false,
    attention_bias: false,
  },
  'qwen3-30b-a3b': {
    model_type: 'qwen3_moe',
    hidden_size: 2048,
    intermediate_size: 6144,
    moe_intermediate_size: 768,
    num_hidden_layers: 48,
    num_attention_heads: 32,
    num_key_value_heads: 4,
    head_dim: 128,
    num_experts: 128,
    num_experts_per_tok: 8,
    decoder_sparse_step: 1,
    mlp_only_layers: [],
    vocab_size: 151936,
    max_position_embeddings: 40960,
    tie_word_embeddings: false,
  },
  'mixtral-8x7b': {
    ...llama,
    model_type: 'mixtral',
    num_local_experts: 8,
    num_experts_per_tok: 2,
    vocab_size: 32000,
    max_position_embeddings: 32768,
  },
  'deepseek-v3': {
    model_type: 'deepseek_v3',
    hidden_size: 7168,
    intermediate_size: 18432,
    moe_intermediate_size: 2048,
    num_hidden_layers: 61,
    num_attention_heads: 128,
    num_key_value_heads: 128,
    n_routed_experts: 256,
    n_shared_experts: 1,
    num_experts_per_tok: 8,
    first_k_dense_replace: 3,
    moe_layer_freq: 1,
    kv_lora_rank: 512,
    q_lora_rank: 1536,
    qk_rope_head_dim: 64,
    qk_nope_head_dim: 128,
    v_head_dim: 128,
    vocab_size: 129280,
    max_position_embeddings: 163840,
    tie_word_embeddings: false,
    quantization_config: { quant_method: 'fp8', weight_block_size: [128, 128] },
  },
  'opt-13b': {
    model_type: 'opt',
    hidden_size: 5120,
    ffn_dim: 20480,
    num_hidden_layers: 40,
    num_attention_heads: 40,
    vocab_size: 50272,
    max_position_embeddings: 2048,
    word_embed_proj_dim: 5120,
  },
  'gpt-j-6b': {
    model_type: 'gptj',
    n_embd: 4096,
    n_layer: 28,
    n_head: 16,
    n_inner: null,
    n_positions: 2048,
    vocab_size: 50400,
    tie_word_embeddings: false,
  },
};

const read = (config: unknown) => readModelFile(JSON.stringify(config), 'config.json', 'Mine');
const mistakes = (config: unknown) => {
  const result = read(config);
  return result.ok ? [] : result.problems.map(({ code, field }) => `${code} ${field ?? ''}`.trim());
};
const notesOf = (config: unknown) => {
  const result = read(config);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value.notes.map(({ code, field, used }) => [code, field, used].filter(Boolean).join(' '));
};

describe('a published config.json', () => {
  it.each(Object.entries(published))('of %s gives the built-in model, with nothing assumed', (id, config) => {
    const result = read(config);
    expect(result.ok && result.value.notes).toEqual([]);
    expect(result.ok && modelOfOwn(result.value.own)).toEqual({ ...models[id as ModelId], id: 'own', name: 'Mine' });
  });

  it('names the model where it does', () => {
    const result = read({ ...llama, _name_or_path: 'someone/Some-Model-8B' });
    expect(result.ok && result.value.own.name).toBe('Some-Model-8B');
  });

  it('of DeepSeek-V2-Lite’s kind makes queries from the hidden state', () => {
    const { q_lora_rank: _, ...config } = published['deepseek-v3'] ?? {};
    const result = read({ ...config, model_type: 'deepseek_v2', q_lora_rank: null });
    expect(result.ok && modelOfOwn(result.value.own).latent?.queryRank).toBe(0);
  });

  it('of a model that sees images is read where the decoder is', () => {
    const result = read({ model_type: 'gemma3', text_config: { ...llama, model_type: 'gemma3_text', head_dim: 256 } });
    expect(result.ok && modelOfOwn(result.value.own)).toMatchObject({ headDim: 256, queryKeyNorm: true });
  });

  it('in fewer bits keeps them', () => {
    const result = read({ ...llama, quantization_config: { quant_method: 'awq', bits: 4 } });
    expect(result.ok && modelOfOwn(result.value.own).publishedIn).toBe('int4');
  });
});

describe('clear answers', () => {
  it('name every missing field at once', () => {
    const { hidden_size: _, vocab_size: __, ...rest } = llama;
    expect(mistakes(rest)).toEqual(['missing-field hidden_size', 'missing-field vocab_size']);
  });

  it('name what is wrong with a field, and the file', () => {
    const result = read({ ...llama, num_hidden_layers: '32', vocab_size: 1.5 });
    expect(!result.ok && result.problems).toEqual([
      { where: 'config.json', code: 'invalid-value', field: 'num_hidden_layers', found: '32', expected: 'number' },
      { where: 'config.json', code: 'invalid-value', field: 'vocab_size', found: '1.5', expected: 'integer 0 or more' },
    ]);
    expect(mistakes({ ...llama, num_hidden_layers: 5000 })).toEqual(['out-of-range layers']);
    expect(mistakes({ ...llama, num_key_value_heads: 7 })).toEqual(['invalid-value kv-heads']);
  });

  it('name the architectures that are known', () => {
    const result = read({ ...llama, model_type: 'mamba' });
    expect(!result.ok && result.problems[0]).toMatchObject({ field: 'model_type', found: 'mamba' });
    for (const name of architectureNames) expect(!result.ok && result.problems[0].expected).toContain(name);
    expect(mistakes({ hidden_size: 4 })).toEqual(['missing-field model_type']);
  });

  it('refuse shapes that would come out wrong', () => {
    const moe = published['qwen3-30b-a3b'];
    expect(mistakes({ ...moe, decoder_sparse_step: 2 })).toEqual(['invalid-value decoder_sparse_step']);
    expect(mistakes({ ...moe, mlp_only_layers: [3] })).toEqual(['invalid-value mlp_only_layers']);
    expect(mistakes({ ...moe, mlp_only_layers: [0, 1] })).toEqual([]);
    expect(mistakes({ ...published['opt-13b'], word_embed_proj_dim: 512 })).toEqual([
      'invalid-value word_embed_proj_dim',
    ]);
  });

  it('say what was assumed and what has no effect', () => {
    const { num_key_value_heads: _, tie_word_embeddings: __, ...rest } = llama;
    expect(notesOf(rest)).toEqual(['assumed num_key_value_heads 32', 'assumed tie_word_embeddings false']);
    expect(notesOf({ ...llama, sliding_window: 4096, torch_dtype: 'float32' })).toEqual([
      'not-modelled sliding_window',
      'not-modelled torch_dtype',
    ]);
    expect(notesOf({ ...llama, quantization_config: { quant_method: 'bitsandbytes' } })).toEqual([
      'not-modelled quantization_config',
    ]);
    expect(notesOf({ ...published['deepseek-v3'], num_nextn_predict_layers: 1 })).toEqual([
      'not-modelled num_nextn_predict_layers',
    ]);
  });

  it('point at the line of a mistake in the JSON', () => {
    const result = readModelFile('{\n  "a": 1,\n  oops\n}', 'x.json', 'Mine');
    expect(!result.ok && result.problems[0]).toMatchObject({ code: 'unknown-format', where: 'x.json', line: 3 });
    expect(readModelFile(' ', 'x.json', 'Mine')).toMatchObject({ problems: [{ code: 'empty-file' }] });
    expect(mistakes([1])).toEqual(['unknown-format']);
  });
});

describe('files of our own fields', () => {
  it('are read too', () => {
    const own = {
      name: 'Small',
      layers: 2,
      hidden: 64,
      intermediate: 128,
      heads: 4,
      vocabulary: 100,
      'max-position': 64,
    };
    const result = read({ ...own, tied: true });
    expect(result.ok && modelOfOwn(result.value.own)).toMatchObject({ name: 'Small', layers: 2, tiedEmbeddings: true });
    expect(mistakes({ ...own, colour: 3 })).toEqual(['unknown-key colour']);
    expect(mistakes({ ...own, layers: 'two' })).toEqual(['invalid-value layers']);
  });

  it('of a device', () => {
    const file = (content: unknown) => readDeviceFile(JSON.stringify(content), 'card.json', 'card');
    const good = file({ name: 'My card', memory: 24, bandwidth: 1008, bf16: 165 });
    expect(good.ok && good.value).toMatchObject({ name: 'My card', values: { memory: 24, launch: 5 } });
    expect(file({ memory: 24 })).toMatchObject({
      problems: [
        { where: 'card.json', code: 'missing-field', field: 'bandwidth' },
        { where: 'card.json', code: 'missing-field', field: 'bf16' },
      ],
    });
  });
});
