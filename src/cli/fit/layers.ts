/** Fits operators to tables of single layers' kernels. Only rows that are not held out take part. */

import type { OperatorCoefficients } from '../../sim/gpu/device.ts';
import type { ModelSpec } from '../../sim/gpu/model.ts';
import {
  decodeAttentionUs,
  type ElementwiseCoefficients,
  type ElementwiseRates,
  elementwiseUs,
  type GemmCoefficients,
  gemmUs,
  type JoinedAttentionCoefficients,
  type PrefillAttentionCoefficients,
  prefillAttentionUs,
  samplingUs,
} from '../../sim/gpu/operators.ts';
import { isHeldOut } from '../measured/held-out.ts';
import type { AttentionRow, LayerTables } from '../measured/layer-tables.ts';
import { attentionUs, elementwiseKernels, kindOf, layerUs, matrixOf, trafficOf } from '../measured/layer-times.ts';
import { lossOf, type NumberName, rounded, search } from './search.ts';

/** Tables, and the model (one rank of it) whose layer they time. */
export interface ModelTables {
  readonly tables: LayerTables;
  readonly model: ModelSpec;
}

/** What a datasheet says; where a search starts. */
export interface Sheet {
  readonly flopsPerS: number;
  readonly bytesPerS: number;
  readonly processors: number;
  /** Second-level cache. */
  readonly cacheBytes: number;
}

/** Decodes and their lm-head run in small batches, so small products count more than the many large rows of a table. */
const SMALL_ROWS = 256;
const SMALL_WEIGHT = 3;

interface GemmRow {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly us: number;
  readonly weight: number;
}

/** Coefficients of products as a flat list, so that all of them can be searched. */
interface FlatGemm {
  readonly fixedUs: number;
  readonly bytesPerS: number;
  readonly rampUs: number;
  readonly rampBytes: number;
  readonly flopsPerS: number;
  readonly waveShare: number;
  readonly edge: number;
  readonly startDepth: number;
  readonly rowBytesPerS: number;
}

function gemmOf(flat: FlatGemm, sheet: Sheet): GemmCoefficients {
  const { fixedUs, bytesPerS, rampUs, rampBytes, waveShare, edge, startDepth, rowBytesPerS } = flat;
  // A card may run faster than its datasheet's clock, but what such a rate would give in the long run was not measured.
  const flopsPerS = Math.min(flat.flopsPerS, sheet.flopsPerS);
  return {
    fixedUs,
    bytesPerS,
    rampUs,
    rampBytes,
    flopsPerS,
    wastedRows: 0,
    tileRows: 128,
    tileShare: 0,
    tiles: { processors: sheet.processors, waveShare: Math.min(1, waveShare), edge, startDepth, rowBytesPerS },
  };
}

function gemmStart(sheet: Sheet): FlatGemm {
  return {
    fixedUs: 4,
    bytesPerS: 0.93 * sheet.bytesPerS,
    rampUs: 0,
    rampBytes: 15e6,
    flopsPerS: 0.9 * sheet.flopsPerS,
    waveShare: 0.5,
    edge: 10,
    startDepth: 200,
    rowBytesPerS: 9 * sheet.bytesPerS,
  };
}

export function fitLayers(sets: readonly ModelTables[], sheet: Sheet): OperatorCoefficients {
  const gemm = fitGemm(sets, sheet);
  const elementwise = fitElementwise(sets, sheet);
  const prefillAttention = fitPrefill(sets, sheet);
  const decodes = fitDecode(sets, sheet);
  const sampled = sets.flatMap(({ tables }) =>
    tables.perSequence.filter((row) => row.layer === 'sampler' && !isHeldOut(row.key)),
  );
  const sampling = rounded(
    search(
      sampled,
      (c, row) => samplingUs(c, row.size),
      { fixedUs: 25, perRowUs: 0.4, cachedRows: 80, uncachedRowUs: 1 },
      ['fixedUs', 'perRowUs', 'cachedRows', 'uncachedRowUs'],
    ),
  );
  const rest = { gemm, elementwise, prefillAttention, decodeAttention: decodes, sampling };
  const joinedAttention = fitJoined(sets, sheet, { ...rest, joinedAttention: null });
  // The same kernel: a block goes through a key and its value, of 128 elements in 2 bytes each, in that time.
  const blockBytesPerS = (4 * 128) / (joinedAttention.usPerKey * 1e-6);
  return { ...rest, decodeAttention: rounded({ ...decodes, blockBytesPerS }), joinedAttention };
}

function fitGemm(sets: readonly ModelTables[], sheet: Sheet): GemmCoefficients {
  const rows: GemmRow[] = [];
  for (const { tables, model } of sets) {
    for (const { layer, size, us, key } of [...tables.dense, ...tables.perSequence]) {
      const matrix = matrixOf(model, layer);
      if (matrix === undefined || isHeldOut(key)) continue;
      const weight = size <= SMALL_ROWS ? SMALL_WEIGHT : 1;
      rows.push({ m: size, k: matrix[0], n: matrix[1], us, weight });
    }
  }
  const free = ['fixedUs', 'bytesPerS', 'flopsPerS', 'waveShare', 'edge', 'startDepth', 'rowBytesPerS'] as const;
  // A search asks for the same list row after row.
  let last: FlatGemm | undefined;
  let gemm = gemmOf(gemmStart(sheet), sheet);
  const predict = (flat: FlatGemm, { m, k, n }: GemmRow) => {
    if (last !== flat) gemm = gemmOf(flat, sheet);
    last = flat;
    return gemmUs(gemm, m, k, n, 2);
  };
  return rounded(gemmOf(search(rows, predict, gemmStart(sheet), free), sheet));
}

interface ElementwiseRow {
  readonly layer: string;
  readonly bytes: number;
  readonly touched: number;
  readonly rows: number;
  readonly us: number;
}

/** Rates of a kernel as a flat list, so that all of them can be searched. */
interface FlatElementwise extends Omit<ElementwiseRates, 'alone' | 'few'> {
  readonly aloneUs?: number;
  readonly aloneBytesPerS?: number;
}

/** A line more must bring the error down to this share of what it was. */
const WORTH = 0.9;
/** And have so many rows on it. */
const LINE_ROWS = 10;

/** Up to so many rows PyTorch looks them up one by one (`indexSelectSmallIndex`, ATen/native/cuda/Indexing.cu). */
const FEW_ROWS = 16;

/** What stands for the kernels of a layer that no table times: those of every layer, but for norms of single heads, whose rows are short. */
const typical = new Set(['layernorm', 'rotary_emb', 'act_fn']);

function fitElementwise(sets: readonly ModelTables[], sheet: Sheet): ElementwiseCoefficients {
  const rows: ElementwiseRow[] = sets.flatMap(({ tables, model }) =>
    tables.dense.flatMap(({ layer, size, us, key }) => {
      const traffic = trafficOf(model, layer, size);
      if (traffic === undefined || isHeldOut(key)) return [];
      return [{ ...traffic, layer, us }];
    }),
  );
  const start = {
    fixedUs: 2,
    cacheBytesPerS: 5 * sheet.bytesPerS,
    memoryBytesPerS: sheet.bytesPerS,
    cacheBytes: sheet.cacheBytes,
  };
  const free = ['fixedUs', 'cacheBytesPerS', 'memoryBytesPerS', 'cacheBytes'] as const;
  const predict = (c: ElementwiseCoefficients, row: ElementwiseRow) => elementwiseUs(c, row.bytes, row.touched);
  const all = search(
    rows.filter(({ layer }) => typical.has(layer)),
    predict,
    start,
    free,
  );
  const kernels = [...new Set(Object.values(elementwiseKernels))].flatMap((kernel) => {
    const own = rows.filter(({ layer }) => elementwiseKernels[layer] === kernel);
    return own.length === 0 ? [] : [[kernel, fitKernel(own, kernel === 'embedding' ? FEW_ROWS : 0, sheet)]];
  });
  return rounded({ ...all, kernels: Object.fromEntries(kernels) });
}

/** One kernel: of what may be its form, the one that is nearest. The first `fewRows` rows have a line of their own. */
function fitKernel(own: readonly ElementwiseRow[], fewRows: number, sheet: Sheet): ElementwiseRates {
  const start = { fixedUs: 2, cacheBytesPerS: 5 * sheet.bytesPerS, memoryBytesPerS: sheet.bytesPerS, floorUs: 2 };
  const starts: readonly FlatElementwise[] = [
    { ...start, cacheBytes: sheet.cacheBytes },
    { ...start, keptBytes: sheet.cacheBytes / 4 },
  ];
  const alone = { aloneUs: 2, aloneBytesPerS: sheet.bytesPerS };
  const unflat = ({ aloneUs, aloneBytesPerS, ...rates }: FlatElementwise): ElementwiseRates =>
    aloneUs === undefined || aloneBytesPerS === undefined
      ? rates
      : { ...rates, alone: { rows: sheet.processors, fixedUs: aloneUs, bytesPerS: aloneBytesPerS } };
  // All rows are predicted with the same rates, one after the other.
  let last: FlatElementwise | undefined;
  let lastRates: ElementwiseRates | undefined;
  const predict = (flat: FlatElementwise, row: ElementwiseRow) => {
    if (lastRates === undefined || last !== flat) lastRates = unflat(flat);
    last = flat;
    return elementwiseUs(lastRates, row.bytes, row.touched, undefined, row.rows);
  };
  const many = own.filter((row) => row.rows > fewRows);
  const nearest = (forms: readonly FlatElementwise[]) =>
    forms
      .map((form) => search(many, predict, form, Object.keys(form) as NumberName<FlatElementwise>[]))
      .map((found) => ({ found, loss: lossOf(many, predict, found) }))
      .reduce((a, b) => (b.loss < a.loss ? b : a));
  const plain = nearest(starts);
  const withAlone = nearest(starts.map((from) => ({ ...from, ...alone })));
  const isSeen = many.filter((row) => row.rows <= sheet.processors).length >= LINE_ROWS;
  const best = isSeen && withAlone.loss < WORTH * plain.loss ? withAlone.found : plain.found;
  // Where no row of a table comes from memory, the search says nothing of it.
  const rates = unflat({ ...best, memoryBytesPerS: Math.min(best.memoryBytesPerS, best.cacheBytesPerS) });
  if (fewRows === 0) return rates;
  const line = (c: { fixedUs: number; perRowUs: number }, row: ElementwiseRow) => c.fixedUs + c.perRowUs * row.rows;
  const first = own.filter((row) => row.rows <= fewRows);
  const few = search(first, line, { fixedUs: 2, perRowUs: 0.1 }, ['fixedUs', 'perRowUs']);
  return { ...rates, few: { rows: fewRows, ...few } };
}

/** What drafts that are verified compute; attention of steps with chunks is `joinedAttention`. */
function fitPrefill(sets: readonly ModelTables[], sheet: Sheet): PrefillAttentionCoefficients {
  const rows = attentionRows(sets, 'prefill');
  const start: PrefillAttentionCoefficients = {
    fixedUs: 8,
    flopsPerS: 0.6 * sheet.flopsPerS,
    extraDims: 0,
    extraKeysPerQuery: 150,
    serialUsPerKey: 0.03,
    blocksWanted: 1,
    unhidden: 0.2,
  };
  const predict = (c: PrefillAttentionCoefficients, { fresh, cached, model }: (typeof rows)[number]) => {
    const pairs = fresh * cached + (fresh * (fresh + 1)) / 2;
    return prefillAttentionUs(c, { pairs, queries: fresh, longest: fresh + cached }, model.heads, model.headDim);
  };
  const free = ['fixedUs', 'flopsPerS', 'extraKeysPerQuery', 'serialUsPerKey', 'unhidden'] as const;
  return rounded(search(rows, predict, start, free));
}

function attentionRows(sets: readonly ModelTables[], kind: ReturnType<typeof kindOf>) {
  return sets.flatMap(({ tables, model }) =>
    tables.attention
      .filter((row) => kindOf(row) === kind && !isHeldOut(row.key))
      .map((row): AttentionRow & { readonly model: ModelSpec } => ({ ...row, model })),
  );
}

/** Of what one context is longer than the others, this share is not hidden on the H200; the tables hold equal contexts only. */
const UNHIDDEN = 0.5;
/** FlashAttention-2 splits contexts until there are twice as many blocks as multiprocessors (`num_splits_heuristic`). */
const BLOCKS_WANTED = 2;

function fitDecode(sets: readonly ModelTables[], sheet: Sheet): OperatorCoefficients['decodeAttention'] {
  const rows = attentionRows(sets, 'decode');
  const start = {
    fixedUs: 11,
    bytesPerS: 0.95 * sheet.bytesPerS,
    rampUs: 8,
    rampBytes: 3e7,
    perSequenceUs: 0.15,
    // Set below, from what a block needs for a key in steps with chunks.
    blockBytesPerS: Number.POSITIVE_INFINITY,
    blocksWanted: BLOCKS_WANTED * sheet.processors,
    unhidden: UNHIDDEN,
  };
  const predict = (c: typeof start, { decodes, context, model }: (typeof rows)[number]) =>
    decodeAttentionUs(c, decodes, decodes * context, context, model.kvHeads, 2 * model.headDim * model.kvElementBytes);
  return rounded(search(rows, predict, start, ['fixedUs', 'bytesPerS', 'rampUs', 'rampBytes', 'perSequenceUs']));
}

/** Kernels of one layer beside attention. */
const beside: readonly (readonly [layer: string, times: number])[] = [
  ['layernorm', 2],
  ['qkv_proj', 1],
  ['rotary_emb', 1],
  ['o_proj', 1],
  ['gate_up_proj', 1],
  ['act_fn', 1],
  ['down_proj', 1],
];

/** Rows of steps with chunks that are fitted to, evenly from all: scheduling blocks takes its time, and there are tens of thousands. */
const JOINED_ROWS = 400;

/** Each row counts twice: as a kernel, and within its layer, where what matters little to a step matters little. */
function fitJoined(
  sets: readonly ModelTables[],
  sheet: Sheet,
  operators: OperatorCoefficients,
): JoinedAttentionCoefficients {
  const seen = sets.flatMap(({ tables, model }) =>
    tables.attention.filter((row) => row.fresh > 0 && !isHeldOut(row.key)).map((row) => ({ row, model })),
  );
  const every = Math.ceil(seen.length / JOINED_ROWS);
  const rows = seen
    .filter((_, i) => i % every === 0)
    .flatMap(({ row, model }) => {
      const aroundUs = beside.reduce(
        (us, [layer, times]) => us + times * (layerUs(operators, model, layer, row.fresh + row.decodes) ?? 0),
        0,
      );
      return [
        { row, model, aroundUs: 0, us: row.us },
        { row, model, aroundUs, us: row.us + aroundUs },
      ];
    });
  const start: JoinedAttentionCoefficients = {
    fixedUs: 3,
    processors: sheet.processors,
    usPerKey: (4 * 64 * 128) / ((0.75 * sheet.flopsPerS * 1e-6) / sheet.processors),
    startKeys: 50,
    queryKeys: 0.5,
    emptyKeys: 12,
    unhidden: 0.1,
    unhiddenAgain: 0.1,
    bytesPerS: operators.decodeAttention.bytesPerS,
    cacheBytes: sheet.cacheBytes,
    driftBytes: sheet.cacheBytes / 4,
  };
  // Both follow each other: the kernel is scheduled once.
  let last: JoinedAttentionCoefficients | undefined;
  let lastRow: AttentionRow | undefined;
  let us = 0;
  const predict = (c: JoinedAttentionCoefficients, { row, model, aroundUs }: (typeof rows)[number]) => {
    if (last !== c || lastRow !== row) us = attentionUs({ ...operators, joinedAttention: c }, model, row);
    last = c;
    lastRow = row;
    return aroundUs + us;
  };
  const free = [
    'fixedUs',
    'usPerKey',
    'startKeys',
    'queryKeys',
    'emptyKeys',
    'unhidden',
    'unhiddenAgain',
    'driftBytes',
  ] as const;
  return rounded(search(rows, predict, start, free, 4));
}
