// Measures what the simulation worker does, on plain Node: a whole run, random seeks, frame sizes, an import, memory.
//   node --expose-gc tools/measure-worker.mjs [PRESET] [--seeks N] [--rows N]
// Bundled as the app bundles it, so that the figures are those of the shipped code. Wall times depend on the machine; state it.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'vite';

const { values, positionals } = parseArgs({
  options: { seeks: { type: 'string', default: '200' }, rows: { type: 'string', default: '100000' } },
  allowPositionals: true,
});
const [presetId = 'azure-chat'] = positionals;
/** Steps behind the cursor, as the page asks for. */
const windowSteps = 240;

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, '.cache');
mkdirSync(cache, { recursive: true });
const outDir = mkdtempSync(join(cache, 'measure-'));
const input = {
  simulator: join(root, 'src/worker/simulator.ts'),
  buffers: join(root, 'src/sim/buffers.ts'),
  presets: join(root, 'src/scenario/presets.ts'),
};
await build({
  root,
  configFile: false,
  logLevel: 'error',
  publicDir: false,
  ssr: { noExternal: true },
  build: { ssr: true, outDir, target: 'node20', rollupOptions: { input, output: { entryFileNames: '[name].mjs' } } },
});
const load = (name) => import(pathToFileURL(join(outDir, `${name}.mjs`)).href);
const [{ createSimulator }, { buffersIn }, { presetOf }] = await Promise.all([
  load('simulator'),
  load('buffers'),
  load('presets'),
]);
rmSync(outDir, { recursive: true });

const say = (name, text) => process.stdout.write(`${name.padEnd(12)} ${text}\n`);
const signal = new AbortController().signal;
const nothing = () => {};
const bytesOf = (value) => buffersIn(value).reduce((sum, buffer) => sum + buffer.byteLength, 0);
const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
const spread = (values, digits, unit) => {
  const sorted = values.toSorted((a, b) => a - b);
  const parts = [0.5, 0.95].map((q) => `P${q * 100} ${at(sorted, q).toFixed(digits)}`);
  return `${parts.join(', ')}, max ${sorted.at(-1).toFixed(digits)} ${unit}`;
};

const { knobs } = presetOf(presetId);
const startMs = performance.now();
const simulator = createSimulator();
say('start', `${(performance.now() - startMs).toFixed(1)} ms, warm-up included`);

const runMs = [];
let result;
for (let i = 0; i < 5; i++) {
  const answer = await simulator.run({ knobs, thisGpu: null }, signal, nothing);
  if (!answer.ok) throw new Error(JSON.stringify(answer.problems));
  result = answer.value;
  runMs.push(result.wallMs);
}
const list = runMs.map((ms) => ms.toFixed(1)).join(', ');
say('run', `${list} ms (scenario built, simulated, accounted; ${result.summary.steps} steps)`);
say('run answer', `${(bytesOf(result) / 1e6).toFixed(2)} MB of columns`);

// Steps by a multiplicative generator, so that every run of this script seeks the same ones.
let state = 12345;
const seekMs = [];
const frameKb = [];
for (let i = 0; i < Number(values.seeks); i++) {
  state = (state * 48271) % 2147483647;
  const step = state % result.summary.steps;
  const from = performance.now();
  const frame = await simulator.seek({ seek: { to: 'step', step }, select: -1, windowSteps }, signal, nothing);
  seekMs.push(performance.now() - from);
  frameKb.push(bytesOf(frame) / 1e3);
}
say('seek', `${spread(seekMs, 1, 'ms')} (${seekMs.length} random steps, window of ${windowSteps})`);
say('frame', spread(frameKb, 0, 'kB of columns'));

const forwardMs = [];
for (let i = 0; i < Number(values.seeks); i++) {
  const from = performance.now();
  await simulator.seek({ seek: { to: 'by', steps: 1 }, select: -1, windowSteps }, signal, nothing);
  forwardMs.push(performance.now() - from);
}
say('one step on', spread(forwardMs, 2, 'ms'));

if (globalThis.gc === undefined) say('memory', 'not measured: start with node --expose-gc');
else {
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const mb = (bytes) => (bytes / 1e6).toFixed(1);
  say(
    'memory',
    `${mb(heapUsed + arrayBuffers)} MB: ${mb(heapUsed)} heap, ${mb(arrayBuffers)} buffers (last answer included)`,
  );
}

const rows = Number(values.rows);
const lines = ['TIMESTAMP,ContextTokens,GeneratedTokens'];
for (let i = 0; i < rows; i++) {
  const time = new Date(Date.UTC(2024, 0, 1) + i * 181).toISOString().replace('T', ' ').replace('Z', '0000');
  lines.push(`${time},${1 + ((i * 7919) % 8000)},${1 + ((i * 104729) % 900)}`);
}
const file = new File([`${lines.join('\n')}\n`], 'made-up.csv');
const importMs = [];
for (let i = 0; i < 3; i++) {
  const from = performance.now();
  const answer = await simulator.importFile({ file, name: file.name }, signal, nothing);
  importMs.push(performance.now() - from);
  if (!answer.ok || answer.value.report?.rows !== rows) throw new Error(`import: ${JSON.stringify(answer)}`);
}
const best = Math.min(...importMs);
say(
  'import',
  `${rows} rows of Azure CSV, ${(file.size / 1e6).toFixed(1)} MB: ${best.toFixed(0)} ms, ${Math.round(rows / best)} rows/ms`,
);
// The simulator's message channel would keep the process alive.
process.exit(0);
