/** The products of a layer: the matrices that rows are multiplied with. Sizes, work and time of a model follow from this list. */

import type { ModelSpec } from './model.ts';

/** Product, in the order in which a layer computes them. */
export type ProductName =
  | 'qkv'
  | 'query-up'
  | 'kv-up'
  | 'o-proj'
  | 'gate-up'
  | 'down'
  | 'router'
  | 'expert-gate-up'
  | 'expert-down'
  | 'shared-gate-up'
  | 'shared-down';

export interface LayerProduct {
  readonly name: ProductName;
  /** Elements of a row that goes in, and of one that comes out. */
  readonly inputs: number;
  readonly outputs: number;
  /** Layers that have it. */
  readonly layers: number;
  /** Matrices of this shape in a layer (one an expert), and how many of them a token meets. */
  readonly matrices: number;
  readonly perToken: number;
  /** Whether it is among the matrices that a lower precision concerns. */
  readonly isQuantised: boolean;
}

/** Matrices that the input of the feed-forward layer is multiplied with: gate and up, or up alone. */
export function upProjections(model: ModelSpec): number {
  return model.feedForward === 'plain' ? 1 : 2;
}

/** Columns of the fused query, key and value projection of a model that caches keys and values themselves. */
export function qkvWidth(model: ModelSpec): number {
  return (model.heads + 2 * model.kvHeads) * model.headDim;
}

/** Layers whose feed-forward part is made of experts; they follow the dense ones. */
export function expertLayers({ layers, experts }: ModelSpec): number {
  return experts === undefined ? 0 : Math.max(0, layers - experts.denseLayers);
}

/** All products of the layers; those that no layer has are left out. */
export function layerProducts(model: ModelSpec): readonly LayerProduct[] {
  const all = [...attentionProducts(model), ...feedForwardProducts(model)];
  return all.filter(({ layers, matrices }) => layers > 0 && matrices > 0);
}

/** `inputs` x `outputs`, once in each of `layers` layers. */
function single(name: ProductName, layers: number, inputs: number, outputs: number): LayerProduct {
  return { name, inputs, outputs, layers, matrices: 1, perToken: 1, isQuantised: true };
}

function attentionProducts(model: ModelSpec): LayerProduct[] {
  const { layers, hidden, heads, headDim, latent } = model;
  if (latent === undefined)
    return [single('qkv', layers, hidden, qkvWidth(model)), single('o-proj', layers, heads * headDim, hidden)];
  const { kvRank, queryRank, ropeDim, nopeDim, valueDim } = latent;
  const queries = heads * (nopeDim + ropeDim);
  const cached = kvRank + ropeDim;
  const down =
    queryRank === 0
      ? [single('qkv', layers, hidden, queries + cached)]
      : [single('qkv', layers, hidden, queryRank + cached), single('query-up', layers, queryRank, queries)];
  return [
    ...down,
    single('kv-up', layers, kvRank, heads * (nopeDim + valueDim)),
    single('o-proj', layers, heads * valueDim, hidden),
  ];
}

function feedForwardProducts(model: ModelSpec): LayerProduct[] {
  const { hidden, intermediate, experts } = model;
  const ups = upProjections(model);
  const sparse = expertLayers(model);
  const dense = model.layers - sparse;
  const products = [single('gate-up', dense, hidden, ups * intermediate), single('down', dense, intermediate, hidden)];
  if (experts === undefined) return products;
  const { count, perToken, shared, held = count } = experts;
  const routed = { matrices: held, perToken };
  products.push(
    // Its few columns decide who computes, so engines leave it in 16 bits or more.
    { ...single('router', sparse, hidden, count), isQuantised: false },
    { ...single('expert-gate-up', sparse, hidden, ups * experts.intermediate), ...routed },
    { ...single('expert-down', sparse, experts.intermediate, hidden), ...routed },
  );
  if (shared > 0) {
    const width = shared * experts.intermediate;
    products.push(single('shared-gate-up', sparse, hidden, ups * width), single('shared-down', sparse, width, hidden));
  }
  return products;
}

/** Elements of all matrices of the layers. */
export function matrixElements(model: ModelSpec): number {
  let elements = 0;
  for (const { layers, matrices, inputs, outputs } of layerProducts(model))
    elements += layers * matrices * inputs * outputs;
  return elements;
}
