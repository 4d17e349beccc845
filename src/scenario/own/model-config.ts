/**
 * Reads a model of one's own from a file: the `config.json` that Hugging Face publishes with every model, or our own fields.
 *
 * Keys, defaults and what they mean are those of `transformers` (`configuration_*.py` of each architecture). What a
 * specification cannot express is said and has no effect; a shape that would come out wrong is refused.
 */

import * as v from 'valibot';
import { type Problem, shownText } from '../problem.ts';
import type { Result } from '../result.ts';
import { invalid, jsonObject, numbersOf } from './json.ts';
import { checkOwnModel, type ModelField, type OwnModel } from './model.ts';
import { ownName } from './text.ts';

export interface ReadModel {
  readonly own: OwnModel;
  /** What was assumed because it was not given, and what is given and has no effect. */
  readonly notes: readonly Problem[];
}

/** Numbers of the form, as far as they are known. */
type Given = Partial<Record<ModelField, number>>;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const maybeCount = v.nullish(count);
const maybeFlag = v.nullish(v.boolean());

/** What nearly all architectures call the same. */
const common = {
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  intermediate_size: count,
  vocab_size: count,
  max_position_embeddings: count,
  num_key_value_heads: maybeCount,
  head_dim: maybeCount,
  tie_word_embeddings: maybeFlag,
  attention_bias: maybeFlag,
};

/** Values that `transformers` takes where a file leaves them out. `kvHeads` 0 = as many as heads, `headDim` 0 = hidden / heads. */
interface Defaults {
  readonly kvHeads?: number;
  readonly headDim?: number;
  readonly tied?: boolean;
  readonly bias?: boolean;
}

/** Collects what had to be assumed while a file is read. */
class Notes {
  readonly list: Problem[] = [];

  /** The value, or the default, which is noted. */
  or<T extends number | boolean>(field: string, value: T | null | undefined, fallback: T, used = String(fallback)): T {
    if (value !== null && value !== undefined) return value;
    this.list.push({ code: 'assumed', field, used });
    return fallback;
  }

  ignore(field: string, found: unknown): void {
    this.list.push({ code: 'not-modelled', field, found: shownText(found) });
  }
}

interface Architecture {
  /** Reads the fields, or says what is wrong with them. */
  read(config: Readonly<Record<string, unknown>>, notes: Notes): Result<Given>;
}

/** An architecture whose fields `schema` names and `given` turns into ours. `refuse` says what a specification cannot hold. */
function architecture<S extends v.GenericSchema<Record<string, unknown>, unknown>>(
  schema: S,
  given: (config: v.InferOutput<S>, notes: Notes) => Given,
  refuse: (config: v.InferOutput<S>) => readonly Problem[] = () => [],
): Architecture {
  return {
    read(config, notes) {
      const parsed = v.safeParse(schema, config);
      if (!parsed.success) return { ok: false, problems: parsed.issues.map(problemOf) };
      const problems = refuse(parsed.output);
      return problems.length > 0 ? { ok: false, problems } : { ok: true, value: given(parsed.output, notes) };
    },
  };
}

type Common = v.InferOutput<ReturnType<typeof v.looseObject<typeof common, undefined>>>;

function commonFields(c: Common, notes: Notes, defaults: Defaults): Given {
  const { kvHeads = 0, headDim = 0, tied = false, bias = false } = defaults;
  const heads = notes.or(
    'num_key_value_heads',
    c.num_key_value_heads,
    kvHeads,
    String(kvHeads || c.num_attention_heads),
  );
  // Nearly no file gives the head size where it is the usual one, so nothing is said then.
  const size = c.head_dim ?? headDim;
  return {
    layers: c.num_hidden_layers,
    hidden: c.hidden_size,
    intermediate: c.intermediate_size,
    heads: c.num_attention_heads,
    'kv-heads': heads === c.num_attention_heads ? 0 : heads,
    'head-size': size * c.num_attention_heads === c.hidden_size ? 0 : size,
    vocabulary: c.vocab_size,
    'max-position': c.max_position_embeddings,
    tied: Number(notes.or('tie_word_embeddings', c.tie_word_embeddings, tied)),
    bias: Number(c.attention_bias ?? bias),
  };
}

/** A dense decoder like Llama. */
function llamaLike(defaults: Defaults, more: Given = {}): Architecture {
  return architecture(v.looseObject(common), (c, notes) => {
    noteWindow(c, notes);
    return { ...commonFields(c, notes, defaults), ...more };
  });
}

/** Attention that sees only the last tokens, in some layers or all of them. */
function noteWindow(config: Readonly<Record<string, unknown>>, notes: Notes): void {
  const { sliding_window: window, use_sliding_window: isUsed } = config;
  if (window !== undefined && window !== null && isUsed !== false) notes.ignore('sliding_window', window);
}

const mixtral = architecture(
  v.looseObject({ ...common, num_local_experts: count, num_experts_per_tok: count }),
  (c, notes) => {
    noteWindow(c, notes);
    return {
      ...commonFields(c, notes, { kvHeads: 8 }),
      experts: c.num_local_experts,
      'experts-per-token': c.num_experts_per_tok,
      'expert-intermediate': c.intermediate_size,
    };
  },
);

const qwen3Moe = architecture(
  v.looseObject({
    ...common,
    num_experts: count,
    num_experts_per_tok: count,
    moe_intermediate_size: count,
    decoder_sparse_step: maybeCount,
    mlp_only_layers: v.nullish(v.array(count)),
  }),
  (c, notes) => {
    noteWindow(c, notes);
    return {
      ...commonFields(c, notes, { kvHeads: 4 }),
      'qk-norm': 1,
      experts: c.num_experts,
      'experts-per-token': c.num_experts_per_tok,
      'expert-intermediate': c.moe_intermediate_size,
      'dense-layers': c.mlp_only_layers?.length ?? 0,
    };
  },
  (c) => [
    ...onlyOne('decoder_sparse_step', c.decoder_sparse_step),
    ...((c.mlp_only_layers ?? []).every((layer, i) => layer === i)
      ? []
      : [invalid('mlp_only_layers', c.mlp_only_layers, '[0, 1, ...]: only the first layers may be dense')]),
  ],
);

const deepseek = (denseLayers: number): Architecture =>
  architecture(
    v.looseObject({
      ...common,
      kv_lora_rank: count,
      q_lora_rank: maybeCount,
      qk_rope_head_dim: count,
      qk_nope_head_dim: count,
      v_head_dim: count,
      n_routed_experts: maybeCount,
      n_shared_experts: maybeCount,
      num_experts_per_tok: maybeCount,
      moe_intermediate_size: maybeCount,
      first_k_dense_replace: maybeCount,
      moe_layer_freq: maybeCount,
      num_nextn_predict_layers: maybeCount,
    }),
    (c, notes) => {
      if ((c.num_nextn_predict_layers ?? 0) > 0) notes.ignore('num_nextn_predict_layers', c.num_nextn_predict_layers);
      const experts = c.n_routed_experts ?? 0;
      const routed: Given =
        experts === 0
          ? {}
          : {
              experts,
              'experts-per-token': c.num_experts_per_tok ?? 0,
              'expert-intermediate': c.moe_intermediate_size ?? 0,
              'shared-experts': c.n_shared_experts ?? 0,
              'dense-layers': notes.or('first_k_dense_replace', c.first_k_dense_replace, denseLayers),
            };
      return {
        ...commonFields(c, notes, {}),
        // All heads share the latent, and the two parts make up a head.
        'kv-heads': 0,
        'head-size': 0,
        ...routed,
        'kv-rank': c.kv_lora_rank,
        'query-rank': c.q_lora_rank ?? 0,
        'rope-dim': c.qk_rope_head_dim,
        'nope-dim': c.qk_nope_head_dim,
        'value-dim': c.v_head_dim,
      };
    },
    (c) => onlyOne('moe_layer_freq', c.moe_layer_freq),
  );

const opt = architecture(
  v.looseObject({
    hidden_size: count,
    num_hidden_layers: count,
    num_attention_heads: count,
    ffn_dim: count,
    vocab_size: count,
    max_position_embeddings: count,
    word_embed_proj_dim: maybeCount,
    tie_word_embeddings: maybeFlag,
    enable_bias: maybeFlag,
  }),
  (c) => ({
    layers: c.num_hidden_layers,
    hidden: c.hidden_size,
    intermediate: c.ffn_dim,
    heads: c.num_attention_heads,
    vocabulary: c.vocab_size,
    'max-position': c.max_position_embeddings,
    tied: Number(c.tie_word_embeddings ?? true),
    bias: Number(c.enable_bias ?? true),
    plain: 1,
    // Its table of positions starts with two that padding uses.
    positions: c.max_position_embeddings + 2,
  }),
  (c) =>
    (c.word_embed_proj_dim ?? c.hidden_size) === c.hidden_size
      ? []
      : [invalid('word_embed_proj_dim', c.word_embed_proj_dim, `${c.hidden_size}, as hidden_size`)],
);

const gptj = architecture(
  v.looseObject({
    n_embd: count,
    n_layer: count,
    n_head: count,
    n_inner: maybeCount,
    n_positions: count,
    vocab_size: count,
    tie_word_embeddings: maybeFlag,
  }),
  (c) => ({
    layers: c.n_layer,
    hidden: c.n_embd,
    intermediate: c.n_inner ?? 4 * c.n_embd,
    heads: c.n_head,
    vocabulary: c.vocab_size,
    'max-position': c.n_positions,
    tied: Number(c.tie_word_embeddings ?? false),
    plain: 1,
  }),
);

/** By `model_type`. */
const architectures: Readonly<Record<string, Architecture>> = {
  llama: llamaLike({}),
  mistral: llamaLike({ kvHeads: 8 }),
  qwen2: llamaLike({ kvHeads: 32 }, { bias: 1 }),
  qwen3: llamaLike({ kvHeads: 32, headDim: 128 }, { 'qk-norm': 1 }),
  qwen3_moe: qwen3Moe,
  mixtral,
  deepseek_v2: deepseek(0),
  deepseek_v3: deepseek(3),
  opt,
  gptj,
  gpt_neox: llamaLike({ bias: true }, { plain: 1 }),
  gemma: llamaLike({ kvHeads: 16, headDim: 256, tied: true }),
  gemma2: llamaLike({ kvHeads: 4, headDim: 256, tied: true }),
  gemma3_text: llamaLike({ kvHeads: 4, headDim: 256, tied: true }, { 'qk-norm': 1 }),
};

/** Names of the architectures that can be read. */
export const architectureNames: readonly string[] = Object.keys(architectures);

/** Reads the text of a file. `where` names it in problems; `name` is the model's, where the file has none. */
export function readModelFile(text: string, where: string, name: string): Result<ReadModel> {
  const content = jsonObject(text, where, 'config.json of a model');
  if (!content.ok) return content;
  const read = 'layers' in content.value ? readOwnFields(content.value, name) : readConfig(content.value, name);
  return read.ok ? read : { ok: false, problems: read.problems.map((problem) => ({ where, ...problem })) };
}

function readOwnFields(content: Readonly<Record<string, unknown>>, name: string): Result<ReadModel> {
  const numbers = numbersOf(content);
  if (!numbers.ok) return numbers;
  const own = checkOwnModel(typeof content.name === 'string' ? ownName(content.name) || name : name, numbers.value);
  return own.ok ? { ok: true, value: { own: own.value, notes: [] } } : own;
}

function readConfig(content: Readonly<Record<string, unknown>>, name: string): Result<ReadModel> {
  // Models that also see images keep the decoder's configuration inside.
  const inside = content.text_config;
  const config = isObject(inside) ? { ...content, ...inside } : content;
  const type = config.model_type;
  const found = typeof type === 'string' && Object.hasOwn(architectures, type) ? architectures[type] : undefined;
  if (found === undefined) {
    const expected = architectureNames.join('|');
    const problem: Problem =
      type === undefined
        ? { code: 'missing-field', field: 'model_type', expected }
        : { code: 'invalid-value', field: 'model_type', found: shownText(type), expected };
    return { ok: false, problems: [problem] };
  }
  const notes = new Notes();
  const given = found.read(config, notes);
  if (!given.ok) return given;
  const path = config._name_or_path;
  const ownerless = typeof path === 'string' ? ownName(path.replace(/^.*[\\/]/, '')) : '';
  const own = checkOwnModel(ownerless || name, { ...given.value, bits: bitsOf(config, notes) });
  return own.ok ? { ok: true, value: { own: own.value, notes: notes.list } } : own;
}

/** Bits of the matrices as published. */
function bitsOf(config: Readonly<Record<string, unknown>>, notes: Notes): number {
  const type = config.torch_dtype ?? config.dtype;
  if (type === 'float32') notes.ignore('torch_dtype', type);
  const quantised = config.quantization_config;
  if (!isObject(quantised)) return 16;
  const { quant_method: method, bits } = quantised;
  if (method === 'fp8') return 8;
  if ((method === 'awq' || method === 'gptq') && bits === 4) return 4;
  notes.ignore('quantization_config', method);
  return 16;
}

/** A period of layers, which has to be one. */
function onlyOne(field: string, value: number | null | undefined): readonly Problem[] {
  return (value ?? 1) === 1 ? [] : [invalid(field, value, '1: experts in every layer but the first ones')];
}

function problemOf(issue: v.BaseIssue<unknown>): Problem {
  const field = v.getDotPath(issue) ?? 'config.json';
  const expected = issue.kind === 'schema' ? (issue.expected ?? 'another value') : 'integer 0 or more';
  const isMissing = issue.input === undefined;
  return isMissing ? { code: 'missing-field', field, expected } : invalid(field, issue.input, expected);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
