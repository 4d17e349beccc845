// Fits the operator coefficients of src/sim/gpu/device.ts to a folder of profiles and prints them with their errors.
//
//   node tools/fit-profile.mjs FOLDER [h200 | a100-80 | h100 | rtx-4090]
//
// FOLDER holds h200.json and h200_steps.json (operators and whole steps of one H200), gpu_fits.json (fits of published
// tables: Vidur, aiconfigurator) and rtx4090-llama-3.1-8b/*.csv (LLMServingSim's tables). Same input, same output.
// A long file, because it is one script a reader follows from tables to coefficients; nothing else uses its parts.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const [folder, only] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('usage: node tools/fit-profile.mjs FOLDER [DEVICE]\n');
  process.exit(2);
}

/** Loads a TypeScript module of the simulator, so that the fit and the product use the same formulas. */
async function load(path) {
  const { module } = await runnerImport(join(root, path), { root, configFile: false, logLevel: 'error' });
  return module;
}

const operators = await load('src/sim/gpu/operators.ts');
const { models, qkvWidth, causalPairs } = await load('src/sim/gpu/model.ts');
const { createCost } = await load('src/sim/gpu/operator-cost.ts');
const { createBatchShape } = await load('src/sim/gpu/cost.ts');
const { devices } = await load('src/sim/gpu/device.ts');
const { roughDevice } = await load('src/sim/gpu/rough-device.ts');

const readJson = (...path) => JSON.parse(readFileSync(join(folder, ...path), 'utf8'));
const readCsv = (...path) =>
  readFileSync(join(folder, ...path), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));

/** Names of models in the profiles. */
const modelOf = {
  'llama3-8b': models['llama-3-8b'],
  'llama2-7b': models['llama-2-7b'],
  'qwen2.5-1.5b': models['qwen2.5-1.5b'],
  'qwen2.5-0.5b': models['qwen2.5-0.5b'],
};

// --- least absolute relative error by simplex search in the logarithms of the coefficients ---------------------------

/** Mean relative error; squares near zero so that the search sees a smooth bottom, and large errors count linearly. */
function loss(rows, predict, c) {
  let sum = 0;
  let weights = 0;
  for (const row of rows) {
    const error = predict(c, row) / row.us - 1;
    const weight = row.weight ?? 1;
    sum += weight * (Math.sqrt(error * error + 4e-4) - 0.02);
    weights += weight;
  }
  return sum / weights;
}

/**
 * Coefficients near `start` with the least loss. Names in `free` are searched over positive numbers (Nelder and Mead's
 * simplex in logarithms, restarted until it no longer improves); the others are kept.
 */
function search(rows, predict, start, free) {
  const at = (x) => ({ ...start, ...Object.fromEntries(free.map((name, i) => [name, Math.exp(x[i])])) });
  const f = (x) => loss(rows, predict, at(x));
  let best = free.map((name) => Math.log(start[name]));
  let bestLoss = f(best);
  for (let restart = 0; restart < 12; restart++) {
    const size = restart % 2 === 0 ? 0.5 : 0.1;
    const simplex = [best, ...free.map((_, i) => best.map((v, j) => (i === j ? v + size : v)))].map((x) => ({
      x,
      y: f(x),
    }));
    for (let step = 0; step < 400 * free.length; step++) {
      simplex.sort((a, b) => a.y - b.y);
      const worst = simplex[free.length];
      const centre = free.map((_, j) => simplex.slice(0, -1).reduce((sum, p) => sum + p.x[j], 0) / free.length);
      const move = (t) => {
        const x = centre.map((v, j) => v + t * (worst.x[j] - v));
        return { x, y: f(x) };
      };
      const reflected = move(-1);
      if (reflected.y < simplex[0].y) {
        const expanded = move(-2);
        simplex[free.length] = expanded.y < reflected.y ? expanded : reflected;
      } else if (reflected.y < simplex[free.length - 1].y) {
        simplex[free.length] = reflected;
      } else {
        const contracted = move(0.5);
        if (contracted.y < worst.y) simplex[free.length] = contracted;
        else
          for (let i = 1; i <= free.length; i++) {
            const x = simplex[i].x.map((v, j) => (v + simplex[0].x[j]) / 2);
            simplex[i] = { x, y: f(x) };
          }
      }
    }
    simplex.sort((a, b) => a.y - b.y);
    if (simplex[0].y > bestLoss - 1e-6 && restart > 3) break;
    if (simplex[0].y < bestLoss) ({ x: best, y: bestLoss } = simplex[0]);
  }
  return at(best);
}

function summary(errors) {
  const sorted = errors.map(Math.abs).sort((a, b) => a - b);
  const at = (q) => `${(100 * sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]).toFixed(1)} %`;
  const mean = errors.reduce((a, b) => a + b, 0) / errors.length;
  return `n ${sorted.length}, median ${at(0.5)}, p95 ${at(0.95)}, max ${at(1)}, signed mean ${(100 * mean).toFixed(1)} %`;
}

const print = (text) => process.stdout.write(`${text}\n`);

function report(name, rows, predict, c) {
  const rounded = Object.fromEntries(Object.entries(c).map(([key, v]) => [key, Number(v.toPrecision(4))]));
  print(`${name}: ${JSON.stringify(rounded)}`);
  print(`  ${summary(rows.map((row) => predict(c, row) / row.us - 1))}`);
  return rounded;
}

// --- one row of a table -> prediction --------------------------------------------------------------------------------

const predictGemm = (c, r) => operators.gemmUs(c, r.m, r.k, r.n, 2);
/** All elementwise operators of one layer: two norms with their residual sums, rotary embedding and KV write, activation. */
const predictElementwise = (c, { model, tokens }) =>
  2 * operators.elementwiseUs(c, 8 * model.hidden * tokens) +
  operators.elementwiseUs(c, 4 * qkvWidth(model) * tokens) +
  operators.elementwiseUs(c, 6 * model.intermediate * tokens);
const chunkSums = (r) => ({
  pairs: r.sequences * causalPairs(r.fresh, r.cached),
  queries: r.sequences * r.fresh,
  longestNew: r.fresh,
  longest: r.fresh + r.cached,
});
const predictPrefill = (c, r) => operators.prefillAttentionUs(c, chunkSums(r), r.heads, r.headDim);
const predictDecode = (c, r) =>
  operators.decodeAttentionUs(c, r.batch, r.batch * r.context, r.context, r.kvHeads, 4 * r.headDim);

const start = {
  gemm: {
    fixedUs: 3,
    bytesPerS: 1,
    rampUs: 3,
    rampBytes: 15e6,
    flopsPerS: 1,
    wastedRows: 15,
    tileRows: 128,
    tileShare: 0.3,
  },
  elementwise: { fixedUs: 1.8, cacheBytesPerS: 1, memoryBytesPerS: 1 },
  prefill: {
    fixedUs: 5,
    flopsPerS: 1,
    extraDims: 0,
    extraKeysPerQuery: 150,
    serialUsPerKey: 0.025,
    blocksWanted: 1,
    unhidden: 0.3,
  },
  decode: {
    fixedUs: 5,
    bytesPerS: 1,
    rampUs: 8,
    rampBytes: 3e7,
    perSequenceUs: 0.01,
    blockBytesPerS: 1,
    blocksWanted: 512,
    unhidden: 0.57,
  },
};

/** Starting values scaled to a device's datasheet. */
function startFor({ flops, bytes, processors }) {
  const perBlock = (19e9 * (bytes / 4.8e12) * 132) / processors;
  return {
    gemm: { ...start.gemm, bytesPerS: 0.9 * bytes, flopsPerS: 0.75 * flops },
    elementwise: { ...start.elementwise, cacheBytesPerS: 2 * bytes, memoryBytesPerS: 0.85 * bytes },
    prefill: { ...start.prefill, flopsPerS: 0.5 * flops },
    decode: {
      ...start.decode,
      bytesPerS: 0.9 * bytes,
      blockBytesPerS: perBlock,
      blocksWanted: Math.round((512 / 132) * processors),
    },
  };
}

const gemmNames = ['fixedUs', 'bytesPerS', 'rampUs', 'rampBytes', 'flopsPerS', 'wastedRows', 'tileShare'];
const decodeNames = ['fixedUs', 'bytesPerS', 'rampUs', 'rampBytes'];
const prefillNames = ['fixedUs', 'flopsPerS', 'extraKeysPerQuery', 'serialUsPerKey', 'unhidden'];

function fitOperators(
  tables,
  sheet,
  { gemmFree = gemmNames, decodeFree = decodeNames, prefillFree = prefillNames } = {},
) {
  const s = startFor(sheet);
  const out = {};
  out.gemm = report('gemm', tables.gemm, predictGemm, search(tables.gemm, predictGemm, s.gemm, gemmFree));
  const elementwise = search(tables.elementwise, predictElementwise, s.elementwise, Object.keys(s.elementwise));
  out.elementwise = report('elementwise', tables.elementwise, predictElementwise, elementwise);
  const prefill = search(tables.prefill, predictPrefill, s.prefill, prefillFree);
  out.prefillAttention = report('prefillAttention', tables.prefill, predictPrefill, prefill);
  const decode = search(tables.decode, predictDecode, s.decode, decodeFree);
  out.decodeAttention = report('decodeAttention', tables.decode, predictDecode, decode);
  return out;
}

// --- H200: measured operators, then two constants on half of the whole steps -----------------------------------------

function h200() {
  print('\n== h200');
  const profile = readJson('h200.json');
  const known = (row) => row.model in modelOf;
  // The 8B and 7B shapes weigh more: they are what the profile is used for most.
  const weight = (row) => (row.model.startsWith('llama') ? 3 : 1);
  const elementwise = profile.elementwise
    .filter((r) => known(r) && r.op === 'add_rmsnorm')
    .map((r) => {
      const at = (op) =>
        profile.elementwise.find((s) => s.op === op && s.model === r.model && s.tokens === r.tokens).us;
      const us = 2 * r.us + at('rope_kv_write') + at('silu_mul');
      return { model: modelOf[r.model], tokens: r.tokens, us, weight: weight(r) };
    });
  const tables = {
    gemm: profile.gemm.filter((r) => r.dtype === 'bf16' && known(r)).map((r) => ({ ...r, weight: weight(r) })),
    elementwise,
    prefill: profile.attention_prefill
      .filter((r) => known(r) && r.kind.startsWith('flash2'))
      .map((r) => ({
        us: r.us,
        sequences: r.seqs,
        fresh: r.q,
        cached: r.kv - r.q,
        heads: r.heads,
        headDim: r.dim,
        weight: weight(r),
      })),
    decode: profile.attention_decode
      .filter((r) => known(r) && r.kind === 'paged' && r.block === 16)
      .map((r) => ({
        us: r.us,
        batch: r.batch,
        context: r.ctx,
        kvHeads: r.kv_heads,
        headDim: r.dim,
        weight: weight(r),
      })),
  };
  // The measured sizes are nearly all whole tiles, so rounding to tiles is left to the steps.
  const gemmFree = gemmNames.filter((name) => name !== 'tileShare');
  // Heads of 64 and of 128 elements tell the arithmetic of a pair from what does not grow with the head.
  start.prefill = { ...start.prefill, extraDims: 20, blocksWanted: 132 };
  const prefillFree = [...prefillNames, 'extraDims'];
  const fitted = fitOperators(tables, { flops: 989e12, bytes: 4.8e12, processors: 132 }, { gemmFree, prefillFree });
  const argmax = profile.elementwise.filter((r) => r.op === 'argmax').map((r) => ({ us: r.us, rows: r.tokens }));
  const predictSampling = (c, r) => operators.samplingUs(c, r.rows);
  const sampling = search(argmax, predictSampling, { fixedUs: 26, perRowUs: 0.02 }, ['fixedUs', 'perRowUs']);
  fitted.sampling = report('sampling (argmax)', argmax, predictSampling, sampling);
  tuneOnSteps(fitted);
  fitFp8(profile);
}

/** Products of fp8 by fp8 with bfloat16 results, for `profiles/low-precision.ts`. The fp8 steps take no part in the fit. */
function fitFp8(profile) {
  const rows = profile.gemm.filter((r) => r.dtype === 'fp8' && r.model in modelOf);
  const predict = (c, r) => operators.gemmUs(c, r.m, r.k, r.n, 1, 2);
  const from = { ...start.gemm, bytesPerS: 4.3e12, flopsPerS: 1300e12 };
  const free = gemmNames.filter((name) => name !== 'tileShare');
  report('gemm, fp8', rows, predict, search(rows, predict, { ...from, tileShare: 0.2523 }, free));
}

function stepRows() {
  return readJson('h200_steps.json').points.filter((p) => p.model in modelOf);
}

function predictStep(device, p, costs) {
  let cost = costs.get(p.model);
  if (cost === undefined) {
    cost = createCost(modelOf[p.model], device, { maxTokens: 0, maxSequences: 0 });
    costs.set(p.model, cost);
  }
  const shape = createBatchShape(p.prefill.length);
  Object.assign(shape, { tokens: p.tokens, samples: p.seqs, decodes: p.decodes, chunkCount: p.prefill.length });
  Object.assign(shape, { decodeContextSum: p.decode_ctx_sum, decodeContextMax: p.decode_ctx_max });
  p.prefill.forEach(([fresh, cached], i) => {
    shape.chunkNew[i] = fresh;
    shape.chunkCached[i] = cached;
  });
  return cost.stepUs(shape);
}

/**
 * What single operators cannot show: the clock under sustained load (they ran in bursts), rounding to tiles between
 * the measured sizes, and the imbalance of unequal contexts. Fitted on every other row, reported on the others.
 */
function tuneOnSteps(fitted) {
  const rows = stepRows();
  const training = rows.filter((_, i) => i % 2 === 0);
  const deviceAt = (c) => ({
    ...devices.h200,
    operators: {
      ...fitted,
      joinedAttention: null,
      gemm: { ...fitted.gemm, flopsPerS: c.gemmFlopsPerS, tileShare: c.tileShare, bytesPerS: c.gemmBytesPerS },
      decodeAttention: { ...fitted.decodeAttention, blockBytesPerS: c.blockBytesPerS, unhidden: c.unhidden },
    },
  });
  // Every row of a search asks for the same coefficients, so the device and its cost models are made once for them.
  let last;
  const predict = (c, p) => {
    if (last?.c !== c) last = { c, device: deviceAt(c), costs: new Map() };
    return predictStep(last.device, p, last.costs);
  };
  const from = {
    gemmFlopsPerS: fitted.gemm.flopsPerS,
    gemmBytesPerS: fitted.gemm.bytesPerS,
    tileShare: 0.3,
    blockBytesPerS: fitted.decodeAttention.blockBytesPerS,
    unhidden: fitted.decodeAttention.unhidden,
  };
  const tuned = search(training, predict, from, Object.keys(from));
  report('steps, tuning rows', training, predict, tuned);
  const rough = roughDevice({
    name: 'H200 by its ceilings',
    bandwidthBytesPerS: 4203e9,
    f32FlopsPerS: 668.6e12,
    memoryBytes: devices.h200.memoryBytes,
    dispatchUs: 1.131,
  });
  const roughCosts = new Map();
  print(
    `  rough device from three ceilings, all steps: ${summary(rows.map((p) => predictStep(rough, p, roughCosts) / p.us - 1))}`,
  );
  for (const model of Object.keys(modelOf)) {
    for (const kind of ['decode', 'prefill', 'mixed', undefined]) {
      const held = rows.filter((p, i) => i % 2 === 1 && p.model === model && (kind === undefined || p.kind === kind));
      print(`  held out, ${model} ${kind ?? 'all'}: ${summary(held.map((p) => predict(tuned, p) / p.us - 1))}`);
    }
  }
}

// --- devices that others measured: fits of published tables, or the tables themselves --------------------------------

/** Linear operators of one layer as (name, k, n), by the names of Vidur and of vLLM's layers. */
function layerGemms(model) {
  const width = model.heads * model.headDim;
  return {
    qkv: [model.hidden, qkvWidth(model)],
    o: [width, model.hidden],
    gateUp: [model.hidden, 2 * model.intermediate],
    down: [model.intermediate, model.hidden],
  };
}

/** Two lines that meet at `knee`. */
const bentLine = ([intercept, low, knee, high], x) =>
  intercept + low * Math.min(x, knee) + high * Math.max(0, x - knee);

const tokenGrid = [1, 8, 16, 32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096];

/** Shapes of further models in Vidur's tables: they tell arithmetic from bandwidth, but weigh less. */
const others = {
  'internlm-20b': { hidden: 5120, intermediate: 13824, heads: 40, kvHeads: 40, headDim: 128 },
  'CodeLlama-34b-Instruct-hf': { hidden: 8192, intermediate: 22016, heads: 64, kvHeads: 8, headDim: 128 },
  'Llama-2-70b-hf': { hidden: 8192, intermediate: 28672, heads: 64, kvHeads: 8, headDim: 128 },
};

/** Elementwise operators of one layer from Vidur's tables, through their per-operator fits. */
function vidurElementwise(device, names) {
  const perOp = readJson('gpu_fits.json').nonattention_per_op.fits[device];
  const small = ['input_layernorm', 'post_attention_layernorm', 'attn_rope', 'mlp_act', 'add'];
  return Object.entries(names).flatMap(([name, model]) =>
    tokenGrid.map((tokens) => {
      const ms = small.reduce((sum, op) => sum + bentLine(perOp[name].tp1[op], tokens), 0);
      return { model, tokens, us: 1000 * ms };
    }),
  );
}

/** Layers without attention: rows of Vidur's tables. */
function vidurLayers(device, names) {
  const perLayer = readJson('gpu_fits.json').nonattention_per_layer.fits[device];
  const rows = (list, weight) =>
    Object.entries(list).flatMap(([name, model]) =>
      Object.entries(perLayer[name].tp1.samples_ms).map(([tokens, ms]) => ({
        model,
        tokens: Number(tokens),
        us: 1000 * ms,
        weight,
      })),
    );
  return { own: rows(names, 3), all: [...rows(names, 3), ...rows(others, 1)] };
}

/** Attention of Llama-3-8B from aiconfigurator's vLLM tables, through their fits. */
function attentionForms(device) {
  const { decode: d, prefill: p } =
    readJson('gpu_fits.json').attention_aiconfigurator_vllm.fits[device]['llama3-8b_tp1'];
  return {
    decodeUs: (batch, context) => 1000 * (d.c0_ms + d.c1_ms_per_seq * batch + d.c2_ms_per_seq_tok * batch * context),
    prefillUs: (tokens) => 1000 * (p.c0_ms + p.c1_ms_per_tok * tokens + p.c2_ms_per_tok2 * tokens * tokens),
  };
}

const shape8B = { heads: 32, kvHeads: 8, headDim: 128 };

function attentionRows(forms) {
  const decode = [];
  for (const batch of [1, 2, 4, 8, 16, 32, 64, 128, 256])
    for (const context of [128, 256, 512, 1024, 2048, 4096, 8192])
      if (batch * context <= 524288) decode.push({ ...shape8B, batch, context, us: forms.decodeUs(batch, context) });
  const prefill = [128, 256, 512, 1024, 2048, 4096, 8192, 16384].map((fresh) => ({
    ...shape8B,
    sequences: 1,
    fresh,
    cached: 0,
    us: forms.prefillUs(fresh),
  }));
  return { decode, prefill };
}

/** Decode attention whose table was reduced to `c0 + c1 B + c2 B KV`: no ramp, and the imbalance term stays as scaled from the H200. */
/** Tables that were reduced to bent lines show no ramp. */
const straightGemm = ['fixedUs', 'bytesPerS', 'flopsPerS', 'wastedRows'];
const straightDecode = ['fixedUs', 'bytesPerS', 'perSequenceUs'];

function fitted(name, sheet, vidurDevice, names, aiDevice, cachedRows, prefillFree) {
  print(`\n== ${name}`);
  const forms = attentionForms(aiDevice);
  const { decode, prefill } = attentionRows(forms);
  prefill.push(...cachedRows(forms));
  const s = startFor(sheet);
  const elementwiseRows = vidurElementwise(vidurDevice, names);
  const elementwise = search(elementwiseRows, predictElementwise, s.elementwise, Object.keys(s.elementwise));
  report('elementwise', elementwiseRows, predictElementwise, elementwise);
  const layers = vidurLayers(vidurDevice, names);
  const predictLayer = (c, { model, tokens }) => layerUs(c, elementwise, model, tokens);
  const gemm = search(layers.all, predictLayer, { ...s.gemm, rampUs: 0, tileShare: 0.25 }, straightGemm);
  report('gemm', layers.all, predictLayer, gemm);
  const prefillAttention = search(prefill, predictPrefill, s.prefill, prefillFree);
  report('prefillAttention', prefill, predictPrefill, prefillAttention);
  const decodeStart = { ...s.decode, rampUs: 0, perSequenceUs: 0.2 };
  const decodeAttention = search(decode, predictDecode, decodeStart, straightDecode);
  report('decodeAttention', decode, predictDecode, decodeAttention);

  // Whole layers: Vidur's rows for everything but attention, the attention forms of Llama-3-8B added.
  const errors = { decode: [], prefill: [] };
  for (const { model, tokens, us } of layers.own) {
    const dense = predictLayer(gemm, { model, tokens });
    for (const context of tokens <= 128 && model.kvHeads === 8 ? [256, 1024, 4096] : []) {
      const attention = predictDecode(decodeAttention, { ...shape8B, batch: tokens, context });
      errors.decode.push((dense + attention) / (us + forms.decodeUs(tokens, context)) - 1);
    }
    if (tokens < 128) continue;
    const attention = predictPrefill(prefillAttention, { ...shape8B, sequences: 1, fresh: tokens, cached: 0 });
    errors.prefill.push((dense + attention) / (us + forms.prefillUs(tokens)) - 1);
  }
  const bare = layers.own.map((row) => predictLayer(gemm, row) / row.us - 1);
  print(`  own models, layers without attention: ${summary(bare)}`);
  if (errors.decode.length > 0) print(`  own models, whole layers, decode: ${summary(errors.decode)}`);
  print(`  own models, whole layers, prefill: ${summary(errors.prefill)}`);
  print(`  own models, all: ${summary([...bare, ...errors.decode, ...errors.prefill])}`);
}

/** One layer without attention. */
function layerUs(gemm, elementwise, model, tokens) {
  let us = predictElementwise(elementwise, { model, tokens });
  for (const [k, n] of Object.values(layerGemms(model))) us += operators.gemmUs(gemm, tokens, k, n, 2);
  return us;
}

function a100() {
  // A chunk behind a cached context: the two terms that Vidur's Llama-2-7B table (as many query heads) adds for it.
  const vidur = readJson('gpu_fits.json').attention_vidur_format;
  const c = vidur[Object.keys(vidur).find((key) => key.startsWith('a100_llama2-7b'))].prefill.c;
  const cachedRows = (forms) =>
    [512, 1024, 2048].flatMap((fresh) =>
      [1024, 2048, 4096].map((cached) => ({
        ...shape8B,
        sequences: 1,
        fresh,
        cached,
        us: forms.prefillUs(fresh) + 1000 * (c[3] * fresh * cached + c[4] * cached),
      })),
    );
  const names = { 'Meta-Llama-3-8B': models['llama-3-8b'], 'Llama-2-7b-hf': models['llama-2-7b'] };
  fitted(
    'a100-80',
    { flops: 312e12, bytes: 2.039e12, processors: 108 },
    'a100',
    names,
    'a100_sxm',
    cachedRows,
    prefillNames,
  );
}

function h100() {
  // No row with a cached context is published: the serial time a key is the H200's (the same multiprocessor), halved
  // as FlashAttention-3 halves the rest.
  start.prefill = { ...start.prefill, serialUsPerKey: 0.006, unhidden: 0.3 };
  const names = { 'Llama-2-7b-hf': models['llama-2-7b'] };
  const free = ['fixedUs', 'flopsPerS', 'extraKeysPerQuery'];
  fitted('h100', { flops: 989e12, bytes: 3.35e12, processors: 132 }, 'h100', names, 'h100_sxm', () => [], free);
}

function rtx4090() {
  print('\n== rtx-4090');
  const table = 'rtx4090-llama-3.1-8b';
  const model = models['llama-3-8b'];
  const dense = readCsv(table, 'dense.csv').map(([op, tokens, us]) => ({ op, tokens: Number(tokens), us: Number(us) }));
  const samples = readCsv(table, 'per_sequence.csv').map(([op, rows, us]) => ({
    op,
    rows: Number(rows),
    us: Number(us),
  }));
  const { qkv, o, gateUp, down } = layerGemms(model);
  const shapes = { qkv_proj: qkv, o_proj: o, gate_up_proj: gateUp, down_proj: down };
  const gemm = dense
    .filter((r) => r.op in shapes)
    .map((r) => ({ m: r.tokens, k: shapes[r.op][0], n: shapes[r.op][1], us: r.us }));
  for (const r of samples.filter((s) => s.op === 'lm_head'))
    gemm.push({ m: r.rows, k: model.hidden, n: model.vocabulary, us: r.us });
  const denseAt = tableLookup(dense, 'tokens');
  const elementwise = dense
    .filter((r) => r.op === 'layernorm')
    .map(({ tokens, us }) => ({
      model,
      tokens,
      us: 2 * us + denseAt('rotary_emb', tokens) + denseAt('act_fn', tokens),
    }));
  const attention = readCsv(table, 'attention.csv').map((cells) => {
    const [fresh, cached, batch, context, us] = cells.map(Number);
    return { ...shape8B, sequences: 1, fresh, cached, batch, context, us };
  });
  const prefill = attention.filter((r) => r.batch === 0);
  const decode = attention.filter((r) => r.fresh === 0);
  const out = fitOperators(
    { gemm, elementwise, prefill, decode },
    { flops: 165.2e12, bytes: 1.008e12, processors: 128 },
    { decodeFree: [...decodeNames, 'perSequenceUs'] },
  );
  const rows = samples.filter((s) => s.op === 'sampler');
  const predictSampling = (c, r) => operators.samplingUs(c, r.rows);
  out.sampling = report(
    'sampling',
    rows,
    predictSampling,
    search(rows, predictSampling, { fixedUs: 25, perRowUs: 0.4 }, ['fixedUs', 'perRowUs']),
  );
  const mixed = attention.filter((r) => r.batch > 0 && r.fresh > 0);
  const predictMixed = (c, r) =>
    operators.joinedAttentionUs(
      out.prefillAttention,
      out.decodeAttention,
      c,
      chunkSums(r),
      r.heads,
      r.headDim,
      r.batch,
      r.batch * r.context * r.kvHeads * 4 * r.headDim,
      r.context,
    );
  const joinedStart = { perSequenceUs: 1.3, perSequenceQueryUs: 0.0013, reads: 1.9 };
  const joined = search(mixed, predictMixed, joinedStart, Object.keys(joinedStart));
  out.joinedAttention = report('joinedAttention', mixed, predictMixed, joined);

  // Whole steps put together from rows of the tables.
  const device = { ...devices.h200, operators: out, stepOverheadUs: 0 };
  const cost = createCost(model, device, { maxTokens: 4096, maxSequences: 256 });
  const samplesAt = tableLookup(samples, 'rows');
  const shape = createBatchShape(1);
  const errors = { decode: [], prefill: [], mixed: [] };
  for (const r of attention) {
    const kind = r.batch === 0 ? 'prefill' : r.fresh === 0 ? 'decode' : 'mixed';
    const tokens = r.fresh + r.batch;
    const sequences = r.batch + (r.fresh > 0 ? 1 : 0);
    // Steps that the GPU could run: vLLM had 2,588 blocks of 16 tokens on it.
    if (tokens > 2048 || r.fresh + r.cached + r.batch * r.context > 41_408) continue;
    const at = (op) => denseAt(op, tokens);
    const layer =
      at('qkv_proj') +
      at('o_proj') +
      at('gate_up_proj') +
      at('down_proj') +
      at('act_fn') +
      at('rotary_emb') +
      2 * at('layernorm');
    const us =
      model.layers * (layer + r.us) +
      at('embedding') +
      at('final_layernorm') +
      samplesAt('lm_head', sequences) +
      samplesAt('sampler', sequences);
    Object.assign(shape, { tokens, samples: sequences, decodes: r.batch, chunkCount: r.fresh > 0 ? 1 : 0 });
    Object.assign(shape, { decodeContextSum: r.batch * r.context, decodeContextMax: r.batch > 0 ? r.context : 0 });
    shape.chunkNew[0] = r.fresh;
    shape.chunkCached[0] = r.cached;
    errors[kind].push(cost.stepUs(shape) / us - 1);
  }
  for (const [kind, list] of Object.entries(errors))
    print(`  steps put together from the tables, ${kind}: ${summary(list)}`);
  print(`  steps put together from the tables, all: ${summary(Object.values(errors).flat())}`);
}

/** Reads a table at any size, along straight lines between its rows. */
function tableLookup(rows, size) {
  const columns = new Map();
  for (const row of rows) {
    if (!columns.has(row.op)) columns.set(row.op, []);
    columns.get(row.op).push([row[size], row.us]);
  }
  for (const column of columns.values()) column.sort((a, b) => a[0] - b[0]);
  return (op, x) => {
    const column = columns.get(op);
    const after = column.findIndex(([at]) => at >= x);
    if (after === -1) return column[column.length - 1][1];
    if (after === 0 || column[after][0] === x) return column[after][1];
    const [[x0, y0], [x1, y1]] = [column[after - 1], column[after]];
    return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
  };
}

const fits = { h200, 'a100-80': a100, h100, 'rtx-4090': rtx4090 };
for (const [name, run] of Object.entries(fits)) {
  const before = structuredClone(start);
  if (only === undefined || only === name) run();
  Object.assign(start, before);
}
