/**
 * Fits A100 and H100 to fits of tables that others published (`gpu_fits.json`): linear operators of Vidur, attention of
 * aiconfigurator. Such tables were reduced to lines, so they show no waves, no ramps and no unequal contexts.
 */

import * as v from 'valibot';
import type { OperatorCoefficients } from '../../sim/gpu/device.ts';
import { type ModelSpec, models } from '../../sim/gpu/model.ts';
import {
  type DecodeAttentionCoefficients,
  decodeAttentionUs,
  type ElementwiseCoefficients,
  elementwiseUs,
  type GemmCoefficients,
  gemmUs,
  type PrefillAttentionCoefficients,
  prefillAttentionUs,
} from '../../sim/gpu/operators.ts';
import { relativeError } from '../measured/errors.ts';
import { rounded, search } from './search.ts';

const perDevice = <S extends v.GenericSchema>(schema: S) =>
  v.looseObject({ fits: v.record(v.string(), v.record(v.string(), v.looseObject({ tp1: v.optional(schema) }))) });
const line = v.looseObject({ c0_ms: v.number() });
export const publishedFits = v.looseObject({
  nonattention_per_op: perDevice(v.record(v.string(), v.tuple([v.number(), v.number(), v.number(), v.number()]))),
  nonattention_per_layer: perDevice(v.looseObject({ samples_ms: v.record(v.string(), v.number()) })),
  attention_aiconfigurator_vllm: v.looseObject({
    fits: v.record(
      v.string(),
      v.looseObject({
        'llama3-8b_tp1': v.optional(
          v.looseObject({
            decode: v.looseObject({ ...line.entries, c1_ms_per_seq: v.number(), c2_ms_per_seq_tok: v.number() }),
            prefill: v.looseObject({ ...line.entries, c1_ms_per_tok: v.number(), c2_ms_per_tok2: v.number() }),
          }),
        ),
      }),
    ),
  }),
  attention_vidur_format: v.record(v.string(), v.unknown()),
});
export type PublishedFits = v.InferOutput<typeof publishedFits>;

export interface PublishedDevice {
  /** Its names in the tables. */
  readonly vidur: string;
  readonly aiconfigurator: string;
  readonly flopsPerS: number;
  readonly bytesPerS: number;
  readonly processors: number;
  /** Models whose layers decide, by their names in Vidur's tables. */
  readonly models: Readonly<Record<string, ModelSpec>>;
  /** Where the published attention says something of chunks behind a context; else `serialUsPerKey` and `unhidden` are given. */
  readonly cached: 'llama-2-7b' | { readonly serialUsPerKey: number; readonly unhidden: number };
}

/**
 * For the H100 no row with a cached context is published: the serial time a key is the H200's (the same
 * multiprocessor), halved as FlashAttention-3 halves the rest.
 */
export const publishedDevices: Readonly<Record<'a100-80' | 'h100', PublishedDevice>> = {
  'a100-80': {
    vidur: 'a100',
    aiconfigurator: 'a100_sxm',
    flopsPerS: 312e12,
    bytesPerS: 2.039e12,
    processors: 108,
    models: { 'Meta-Llama-3-8B': models['llama-3-8b'], 'Llama-2-7b-hf': models['llama-2-7b'] },
    cached: 'llama-2-7b',
  },
  h100: {
    vidur: 'h100',
    aiconfigurator: 'h100_sxm',
    flopsPerS: 989e12,
    bytesPerS: 3.35e12,
    processors: 132,
    models: { 'Llama-2-7b-hf': models['llama-2-7b'] },
    cached: { serialUsPerKey: 0.006, unhidden: 0.3 },
  },
};

type Shape = Pick<ModelSpec, 'hidden' | 'intermediate' | 'heads' | 'kvHeads' | 'headDim'>;

/** Shapes of further models in Vidur's tables: they tell arithmetic from bandwidth, but weigh less. */
const others: Readonly<Record<string, Shape>> = {
  'internlm-20b': { hidden: 5120, intermediate: 13824, heads: 40, kvHeads: 40, headDim: 128 },
  'CodeLlama-34b-Instruct-hf': { hidden: 8192, intermediate: 22016, heads: 64, kvHeads: 8, headDim: 128 },
  'Llama-2-70b-hf': { hidden: 8192, intermediate: 28672, heads: 64, kvHeads: 8, headDim: 128 },
};
const OWN_WEIGHT = 3;

const tokenGrid = [1, 8, 16, 32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096];
const smallOperators = ['input_layernorm', 'post_attention_layernorm', 'attn_rope', 'mlp_act', 'add'];
const attentionShape = { heads: 32, kvHeads: 8, headDim: 128 };

/** Elementwise operators of one layer: two norms with their residual sums, rotation and KV write, activation. */
function elementwiseLayerUs(c: ElementwiseCoefficients, model: Shape, tokens: number): number {
  const width = (model.heads + 2 * model.kvHeads) * model.headDim;
  return (
    2 * elementwiseUs(c, 8 * model.hidden * tokens) +
    elementwiseUs(c, 4 * width * tokens) +
    elementwiseUs(c, 6 * model.intermediate * tokens)
  );
}

/** One layer without attention. */
function layerUs(gemm: GemmCoefficients, elementwise: ElementwiseCoefficients, model: Shape, tokens: number): number {
  const { hidden, intermediate, heads, kvHeads, headDim } = model;
  return (
    elementwiseLayerUs(elementwise, model, tokens) +
    gemmUs(gemm, tokens, hidden, (heads + 2 * kvHeads) * headDim, 2) +
    gemmUs(gemm, tokens, heads * headDim, hidden, 2) +
    gemmUs(gemm, tokens, hidden, 2 * intermediate, 2) +
    gemmUs(gemm, tokens, intermediate, hidden, 2)
  );
}

interface LayerOfVidur {
  readonly model: Shape;
  readonly name: string;
  readonly tokens: number;
  readonly us: number;
  readonly weight: number;
}

export interface FittedPublished {
  readonly operators: Omit<OperatorCoefficients, 'sampling' | 'joinedAttention'>;
  /** Against layers put together from the same tables: without attention, decodes, prompts. */
  readonly errors: Readonly<Record<'dense' | 'decode' | 'prefill', readonly number[]>>;
}

export function fitPublished(fits: PublishedFits, device: PublishedDevice): FittedPublished {
  const elementwise = fitElementwise(fits, device);
  const layers = layersOf(fits, device);
  const predictLayer = (c: GemmCoefficients, row: LayerOfVidur) => layerUs(c, elementwise, row.model, row.tokens);
  const gemmStart: GemmCoefficients = {
    fixedUs: 3,
    bytesPerS: 0.9 * device.bytesPerS,
    rampUs: 0,
    rampBytes: 15e6,
    flopsPerS: 0.75 * device.flopsPerS,
    wastedRows: 15,
    tileRows: 128,
    tileShare: 0.25,
  };
  const gemm = rounded(search(layers, predictLayer, gemmStart, ['fixedUs', 'bytesPerS', 'flopsPerS', 'wastedRows']));
  const forms = attentionForms(fits, device);
  const prefillAttention = fitPrefill(fits, device, forms);
  const decodeAttention = fitDecode(device, forms);

  const errors = { dense: [] as number[], decode: [] as number[], prefill: [] as number[] };
  for (const row of layers.filter((r) => r.weight === OWN_WEIGHT)) {
    const dense = predictLayer(gemm, row);
    errors.dense.push(relativeError(dense, row.us));
    for (const context of row.tokens <= 128 && row.model.kvHeads === attentionShape.kvHeads ? [256, 1024, 4096] : []) {
      const predicted = dense + decodeUs(decodeAttention, row.tokens, context);
      errors.decode.push(relativeError(predicted, row.us + forms.decodeUs(row.tokens, context)));
    }
    if (row.tokens < 128) continue;
    const predicted = dense + prefillUs(prefillAttention, row.tokens, 0);
    errors.prefill.push(relativeError(predicted, row.us + forms.prefillUs(row.tokens)));
  }
  return { operators: { gemm, elementwise, prefillAttention, decodeAttention }, errors };
}

function fitElementwise(fits: PublishedFits, device: PublishedDevice): ElementwiseCoefficients {
  const perOperator = fits.nonattention_per_op.fits[device.vidur];
  const rows = Object.entries(device.models).flatMap(([name, model]) =>
    tokenGrid.map((tokens) => {
      let ms = 0;
      for (const operator of smallOperators) {
        const [intercept, low, knee, high] = perOperator[name].tp1?.[operator] ?? [Number.NaN, 0, 0, 0];
        ms += intercept + low * Math.min(tokens, knee) + high * Math.max(0, tokens - knee);
      }
      return { model, tokens, us: 1000 * ms };
    }),
  );
  const start = { fixedUs: 1.8, cacheBytesPerS: 2 * device.bytesPerS, memoryBytesPerS: 0.85 * device.bytesPerS };
  const predict = (c: ElementwiseCoefficients, { model, tokens }: (typeof rows)[number]) =>
    elementwiseLayerUs(c, model, tokens);
  return rounded(search(rows, predict, start, ['fixedUs', 'cacheBytesPerS', 'memoryBytesPerS']));
}

function layersOf(fits: PublishedFits, device: PublishedDevice): LayerOfVidur[] {
  const perLayer = fits.nonattention_per_layer.fits[device.vidur];
  const rows = (list: Readonly<Record<string, Shape>>, weight: number): LayerOfVidur[] =>
    Object.entries(list).flatMap(([name, model]) =>
      Object.entries(perLayer[name].tp1?.samples_ms ?? {}).map(([tokens, ms]) => ({
        name,
        model,
        tokens: Number(tokens),
        us: 1000 * ms,
        weight,
      })),
    );
  return [...rows(device.models, OWN_WEIGHT), ...rows(others, 1)];
}

interface AttentionForms {
  readonly decodeUs: (batch: number, context: number) => number;
  readonly prefillUs: (tokens: number) => number;
}

/** Attention of Llama-3-8B from aiconfigurator's vLLM tables, through their fits. */
function attentionForms(fits: PublishedFits, device: PublishedDevice): AttentionForms {
  const found = fits.attention_aiconfigurator_vllm.fits[device.aiconfigurator]['llama3-8b_tp1'];
  if (found === undefined) throw new Error(`no attention of ${device.aiconfigurator}`);
  const { decode: d, prefill: p } = found;
  return {
    decodeUs: (batch, context) => 1000 * (d.c0_ms + d.c1_ms_per_seq * batch + d.c2_ms_per_seq_tok * batch * context),
    prefillUs: (tokens) => 1000 * (p.c0_ms + p.c1_ms_per_tok * tokens + p.c2_ms_per_tok2 * tokens * tokens),
  };
}

function prefillUs(c: PrefillAttentionCoefficients, fresh: number, cached: number): number {
  const { heads, headDim } = attentionShape;
  const pairs = fresh * cached + (fresh * (fresh + 1)) / 2;
  return prefillAttentionUs(c, { pairs, queries: fresh, longest: fresh + cached }, heads, headDim);
}

function decodeUs(c: DecodeAttentionCoefficients, batch: number, context: number): number {
  const { kvHeads, headDim } = attentionShape;
  return decodeAttentionUs(c, batch, batch * context, context, kvHeads, 4 * headDim);
}

function fitPrefill(fits: PublishedFits, device: PublishedDevice, forms: AttentionForms): PrefillAttentionCoefficients {
  const rows = [128, 256, 512, 1024, 2048, 4096, 8192, 16384].map((fresh) => ({
    fresh,
    cached: 0,
    us: forms.prefillUs(fresh),
  }));
  const given = device.cached === 'llama-2-7b' ? { serialUsPerKey: 0.025, unhidden: 0.3 } : device.cached;
  if (device.cached === 'llama-2-7b') rows.push(...cachedRows(fits, device, forms));
  const start: PrefillAttentionCoefficients = {
    fixedUs: 5,
    flopsPerS: 0.5 * device.flopsPerS,
    extraDims: 0,
    extraKeysPerQuery: 150,
    blocksWanted: 1,
    ...given,
  };
  const free: ('fixedUs' | 'flopsPerS' | 'extraKeysPerQuery' | 'serialUsPerKey' | 'unhidden')[] = [
    'fixedUs',
    'flopsPerS',
    'extraKeysPerQuery',
  ];
  if (device.cached === 'llama-2-7b') free.push('serialUsPerKey', 'unhidden');
  const predict = (c: PrefillAttentionCoefficients, row: (typeof rows)[number]) => prefillUs(c, row.fresh, row.cached);
  return rounded(search(rows, predict, start, free));
}

/** Chunks behind a cached context: the two terms that Vidur's Llama-2-7B table (as many query heads) adds for it. */
function cachedRows(fits: PublishedFits, device: PublishedDevice, forms: AttentionForms) {
  const table = Object.entries(fits.attention_vidur_format).find(([key]) =>
    key.startsWith(`${device.vidur}_llama2-7b`),
  );
  const { prefill } = v.parse(v.looseObject({ prefill: v.looseObject({ c: v.array(v.number()) }) }), table?.[1]);
  return [512, 1024, 2048].flatMap((fresh) =>
    [1024, 2048, 4096].map((cached) => ({
      fresh,
      cached,
      us: forms.prefillUs(fresh) + 1000 * (prefill.c[3] * fresh * cached + prefill.c[4] * cached),
    })),
  );
}

/** The imbalance of unequal contexts is the H200's: one block alone is as fast on a like multiprocessor. */
function fitDecode(device: PublishedDevice, forms: AttentionForms): DecodeAttentionCoefficients {
  const rows = [1, 2, 4, 8, 16, 32, 64, 128, 256].flatMap((batch) =>
    [128, 256, 512, 1024, 2048, 4096, 8192]
      .filter((context) => batch * context <= 524288)
      .map((context) => ({ batch, context, us: forms.decodeUs(batch, context) })),
  );
  const start: DecodeAttentionCoefficients = {
    fixedUs: 5,
    bytesPerS: 0.9 * device.bytesPerS,
    rampUs: 0,
    rampBytes: 3e7,
    perSequenceUs: 0.2,
    blockBytesPerS: 19e9,
    blocksWanted: Math.round((512 / 132) * device.processors),
    unhidden: 0.57,
  };
  const predict = (c: DecodeAttentionCoefficients, row: (typeof rows)[number]) => decodeUs(c, row.batch, row.context);
  return rounded(search(rows, predict, start, ['fixedUs', 'bytesPerS', 'perSequenceUs']));
}
