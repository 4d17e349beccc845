/** What the cost model says of the rows of layer tables, and of steps put together from them. */

import { type BatchShape, createBatchShape } from '../../sim/gpu/cost.ts';
import type { OperatorCoefficients } from '../../sim/gpu/device.ts';
import { qkvWidth, upProjections } from '../../sim/gpu/layer-products.ts';
import type { ModelSpec } from '../../sim/gpu/model.ts';
import {
  addChunk,
  clearChunkSums,
  createChunkSums,
  decodeAttentionUs,
  type ElementwiseKernel,
  elementwiseUs,
  gemmUs,
  joinedAttentionUs,
  prefillAttentionUs,
  samplingUs,
} from '../../sim/gpu/operators.ts';
import { type AttentionRow, type LayerTables, lookUp } from './layer-tables.ts';

/** Columns and rows of the matrix of a layer; `undefined` = the layer multiplies with none. */
export function matrixOf(model: ModelSpec, layer: string): readonly [inputs: number, outputs: number] | undefined {
  const { hidden, intermediate, heads, headDim, vocabulary } = model;
  switch (layer) {
    case 'qkv_proj':
      return [hidden, qkvWidth(model)];
    case 'o_proj':
      return [heads * headDim, hidden];
    case 'gate_up_proj':
      return [hidden, upProjections(model) * intermediate];
    case 'down_proj':
      return [intermediate, hidden];
    case 'lm_head':
      return [hidden, vocabulary];
    default:
      return undefined;
  }
}

/** Bytes that an elementwise layer reads and writes for `size` tokens, at how many addresses, and rows, as `operator-cost.ts` counts them. */
export function trafficOf(
  model: ModelSpec,
  layer: string,
  size: number,
): { readonly bytes: number; readonly touched: number; readonly rows: number } | undefined {
  const { hidden, intermediate, heads, kvHeads, headDim } = model;
  const row = size * model.weightElementBytes;
  const inPlace = (elements: number, rows = size) => ({ bytes: elements * row, touched: (elements * row) / 2, rows });
  const moved = (elements: number) => ({ bytes: elements * row, touched: elements * row, rows: size });
  switch (layer) {
    case 'layernorm':
    case 'final_layernorm':
      return inPlace(4 * hidden);
    case 'rotary_emb':
      return inPlace(2 * qkvWidth(model));
    case 'qk_norm':
      return inPlace(2 * (heads + kvHeads) * headDim, (heads + kvHeads) * size);
    case 'embedding':
      return moved(2 * hidden);
    case 'act_fn':
      return moved((upProjections(model) + 1) * intermediate);
    default:
      return undefined;
  }
}

/** Names of the cost model for the tables' elementwise layers. */
export const elementwiseKernels: Readonly<Record<string, ElementwiseKernel | undefined>> = {
  layernorm: 'norm',
  final_layernorm: 'final-norm',
  qk_norm: 'head-norm',
  rotary_emb: 'rotation',
  act_fn: 'activation',
  embedding: 'embedding',
};

/** Time of one kernel of a layer for `size` rows; `undefined` = a layer that the model does not know. */
export function layerUs(
  operators: OperatorCoefficients,
  model: ModelSpec,
  layer: string,
  size: number,
): number | undefined {
  if (layer === 'sampler') return samplingUs(operators.sampling, size);
  const matrix = matrixOf(model, layer);
  if (matrix !== undefined) return gemmUs(operators.gemm, size, matrix[0], matrix[1], model.weightElementBytes);
  const traffic = trafficOf(model, layer, size);
  if (traffic === undefined) return undefined;
  const { bytes, touched, rows } = traffic;
  return elementwiseUs(operators.elementwise, bytes, touched, elementwiseKernels[layer], rows);
}

/** Keys that each decode of a row meets: its context, and its own. */
function keysOf({ decodes, context }: AttentionRow): number {
  return decodes > 0 ? context + 1 : 0;
}

/** One object for all calls: a fit makes millions of them. */
const chunks = createChunkSums();

/** Time of one attention call, as `operator-cost.ts` puts it together. */
export function attentionUs(operators: OperatorCoefficients, model: ModelSpec, row: AttentionRow): number {
  const { heads, kvHeads, headDim, kvElementBytes } = model;
  const { joinedAttention } = operators;
  const { fresh, cached, decodes } = row;
  const kvHeadBytes = 2 * headDim * kvElementBytes;
  const keys = keysOf(row);
  const decodeUs = decodeAttentionUs(operators.decodeAttention, decodes, decodes * keys, keys, kvHeads, kvHeadBytes);
  if (fresh === 0) return decodeUs;
  clearChunkSums(chunks);
  addChunk(chunks, fresh, cached, joinedAttention);
  if (joinedAttention === null)
    return decodeUs + prefillAttentionUs(operators.prefillAttention, chunks, heads, headDim);
  return joinedAttentionUs(
    joinedAttention,
    chunks,
    heads,
    headDim,
    kvHeads,
    kvHeadBytes,
    decodes,
    decodes * keys,
    keys,
  );
}

export function kindOf(row: AttentionRow): 'decode' | 'prefill' | 'mixed' {
  if (row.fresh === 0) return 'decode';
  return row.decodes === 0 ? 'prefill' : 'mixed';
}

/** Kernels of a layer, each as often as it runs. */
const inEveryLayer: readonly (readonly [layer: string, times: number])[] = [
  ['layernorm', 2],
  ['qkv_proj', 1],
  ['qk_norm', 1],
  ['rotary_emb', 1],
  ['o_proj', 1],
  ['gate_up_proj', 1],
  ['act_fn', 1],
  ['down_proj', 1],
];

/** Kernels that a step of the model has and the tables do not time. */
export function missingLayers(tables: LayerTables, model: ModelSpec): readonly string[] {
  const timed = new Set([...tables.dense, ...tables.perSequence].map(({ layer }) => layer));
  const needed = [...layersOf(model).map(([layer]) => layer), 'embedding', 'final_layernorm', 'lm_head', 'sampler'];
  return needed.filter((layer) => !timed.has(layer));
}

function layersOf(model: ModelSpec): typeof inEveryLayer {
  return inEveryLayer.filter(([layer]) => layer !== 'qk_norm' || model.queryKeyNorm === true);
}

/** A step put together from rows of the tables: its shape and its time. */
export interface ComposedStep {
  readonly shape: BatchShape;
  readonly us: number;
}

/**
 * The step whose attention is `row`; `undefined` where the tables do not reach. Tokens and sequences are padded to the
 * next size that the tables hold, as vLLM pads them to the sizes of its graphs; prediction and measurement alike.
 */
export function composer(tables: LayerTables, model: ModelSpec): (row: AttentionRow) => ComposedStep | undefined {
  const dense = lookUp(tables.dense);
  const sampled = lookUp(tables.perSequence);
  const layers = layersOf(model);
  return (row) => {
    const tokens = dense('qkv_proj', row.fresh + row.decodes)?.size ?? Number.NaN;
    const samples = sampled('lm_head', row.decodes + (row.fresh > 0 ? 1 : 0))?.size ?? Number.NaN;
    const denseUs = (layer: string) => dense(layer, tokens)?.us ?? Number.NaN;
    const sampledUs = (layer: string) => sampled(layer, samples)?.us ?? Number.NaN;
    let us = model.layers * row.us;
    for (const [layer, times] of layers) us += times * model.layers * denseUs(layer);
    us += denseUs('embedding') + denseUs('final_layernorm') + sampledUs('lm_head') + sampledUs('sampler');
    return Number.isNaN(us) ? undefined : { shape: shapeOf(row, tokens, samples), us };
  };
}

function shapeOf(row: AttentionRow, tokens: number, samples: number): BatchShape {
  const shape = createBatchShape(1);
  shape.tokens = tokens;
  shape.samples = samples;
  shape.decodes = row.decodes;
  shape.decodeContextSum = row.decodes * keysOf(row);
  shape.decodeContextMax = keysOf(row);
  shape.chunkCount = row.fresh > 0 ? 1 : 0;
  shape.chunkNew[0] = row.fresh;
  shape.chunkCached[0] = row.cached;
  return shape;
}
