// Fits `transformersStack` of src/sim/gpu/unfused-layers.ts to the recorded iterations of one run and prints it, with the
// errors of every run of the recording.
//
//   node tools/fit-transformers.mjs fixtures/recorded/transformers/h200-engine.json [all_at_once]
//
// Each part has a column of its own in the recording, so each is one linear least-squares fit: kernels of decode steps,
// kernels of steps with prompts, and the host. `eagerLayerUs` is the mean of the decode steps of all_at_once_eager,
// `hostUsBesideClient` that of what the host took beyond these constants in poisson_50pct.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const [file, fitted = 'all_at_once'] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('usage: node tools/fit-transformers.mjs RECORDING [RUN]\n');
  process.exit(2);
}

async function load(path) {
  const { module } = await runnerImport(join(root, path), { root, configFile: false, logLevel: 'error' });
  return module;
}

const { modelOfRun, unfusedOf } = await load('src/sim/replay/transformers-runs.ts');
const { TransformersReplay } = await load('src/sim/replay/transformers-replay.ts');
const { transformersStack, withUnfusedLayers } = await load('src/sim/gpu/unfused-layers.ts');
const { createCost } = await load('src/sim/gpu/operator-cost.ts');
const { devices } = await load('src/sim/gpu/device.ts');
const { cases } = JSON.parse(readFileSync(file, 'utf8'));
const device = devices.h200;

/** Coefficients of the columns of `rows` by which `targets` are met with the least squares: none below nought. */
function leastSquares(rows, targets) {
  let free = rows[0].map((_, i) => i);
  for (;;) {
    const found = solve(
      free.map((a) => free.map((b) => rows.reduce((sum, row) => sum + row[a] * row[b], 0))),
      free.map((a) => rows.reduce((sum, row, i) => sum + row[a] * targets[i], 0)),
    );
    if (found.every((value) => value >= 0)) {
      const all = rows[0].map(() => 0);
      free.forEach((column, i) => {
        all[column] = found[i];
      });
      return all;
    }
    free = free.filter((_, i) => found[i] >= 0);
  }
}

/** Gaussian elimination with pivots. */
function solve(matrix, right) {
  const n = right.length;
  const a = matrix.map((row, i) => [...row, right[i]]);
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++) if (Math.abs(a[row][column]) > Math.abs(a[pivot][column])) pivot = row;
    [a[column], a[pivot]] = [a[pivot], a[column]];
    for (let row = 0; row < n; row++) {
      if (row === column) continue;
      const factor = a[row][column] / a[column][column];
      for (let i = column; i <= n; i++) a[row][i] -= factor * a[column][i];
    }
  }
  return a.map((row, i) => row[n] / row[i]);
}

/** Iterations of a run with the shapes of their batches, which the scheduler's replay knows. */
const rowsOf = (name) => {
  const run = cases[name];
  const model = modelOfRun(name);
  const inner = createCost(model, device, { maxTokens: 4096, maxSequences: 1024 });
  const replay = new TransformersReplay(name, run);
  return run.iterations.map((iteration) => {
    const { shape } = replay.step(iteration[0]).batch;
    return { iteration, shape, model, inner, how: unfusedOf(run) };
  });
};

/** Device time that the constants do not set, microseconds. */
const plainUs = ({ inner, model, how, shape }) => withUnfusedLayers(inner, model, device, how, noStack).stepUs(shape);
const noStack = Object.fromEntries(Object.keys(transformersStack).map((name) => [name, 0]));
const width = (m) => 2 * m.hidden + (m.heads + m.kvHeads) * m.headDim + m.intermediate;
const passUs = ({ model, shape }) =>
  (shape.tokens * width(model) * model.weightElementBytes) / (device.operators.elementwise.memoryBytesPerS * 1e-6);

const rows = rowsOf(fitted);
const decodes = rows.filter(({ iteration }) => iteration[9] === 1);
const mixed = rows.filter(({ iteration }) => iteration[9] === 0);
const perLayer = (row) => (row.iteration[2] - plainUs(row)) / row.model.layers;
const sum = (column) => (total, row) => total + column(row);
const cachedOf = ({ shape }) =>
  shape.decodeContextSum - shape.decodes + shape.chunkCached.slice(0, shape.chunkCount).reduce((a, b) => a + b, 0);
const promptOf = ({ shape }) => shape.chunkNew.slice(0, shape.chunkCount).reduce((a, b) => a + b, 0);
/** What the host's constants are multiplied with. */
const hostOf = (row) => {
  const isMixed = row.iteration[9] === 0 ? 1 : 0;
  return [1, row.shape.decodes + row.shape.chunkCount, isMixed, isMixed * promptOf(row), isMixed * cachedOf(row)];
};

const [decodeLayerUs, decodeRowsUs] = leastSquares(
  decodes.map(({ shape, model }) => [1, ((model.hidden / 4096) * shape.tokens) / (shape.tokens + 4)]),
  decodes.map(perLayer),
);
const [mixedLayerUs, passes, mixedUsPerPrompt, mixedUsPerDecode] = leastSquares(
  mixed.map((row) => [1, passUs(row), row.shape.chunkCount, row.shape.decodes]),
  mixed.map(perLayer),
);
const [hostUs, hostUsPerSequence, hostMixedUs, hostUsPerPromptToken, hostUsPerCachedToken] = leastSquares(
  rows.map(hostOf),
  rows.map(({ iteration }) => iteration[1] + iteration[3]),
);
const eager = rowsOf('all_at_once_eager').filter(({ iteration }) => iteration[9] === 1);
const eagerLayerUs =
  eager.reduce(
    sum(({ iteration }) => iteration[2] / 32),
    0,
  ) / eager.length;
const host = [hostUs, hostUsPerSequence, hostMixedUs, hostUsPerPromptToken, hostUsPerCachedToken];
const beside = rowsOf('poisson_50pct');
const hostUsBesideClient =
  beside.reduce(
    sum((row) => row.iteration[1] + row.iteration[3] - hostOf(row).reduce((us, size, i) => us + size * host[i], 0)),
    0,
  ) / beside.length;
const stack = {
  decodeLayerUs,
  decodeRowsUs,
  mixedLayerUs,
  mixedUsPerPrompt,
  mixedUsPerDecode,
  passes,
  hostUs,
  hostUsPerSequence,
  hostUsBesideClient,
  hostMixedUs,
  hostUsPerPromptToken,
  hostUsPerCachedToken,
  eagerLayerUs,
};
for (const [name, value] of Object.entries(stack)) process.stdout.write(`${name}: ${Number(value.toPrecision(3))},\n`);

process.stdout.write('\nrun                         steps    time of all iterations, simulated over measured\n');
for (const [name, run] of Object.entries(cases)) {
  if (run.engine.use_async_batching) continue;
  const of = rowsOf(name);
  const ours = of.reduce(
    sum(({ inner, model, how, shape }) => withUnfusedLayers(inner, model, device, how, stack).stepUs(shape)),
    0,
  );
  const theirs = of.reduce(
    sum(({ iteration }) => iteration[1] + iteration[2] + iteration[3]),
    0,
  );
  process.stdout.write(`${name.padEnd(27)} ${String(of.length).padStart(5)}    ${(ours / theirs - 1).toFixed(4)}\n`);
}
