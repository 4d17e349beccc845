import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { captureSizes } from '../sim/gpu/graph-padding.ts';
import { runCommandLine } from './main.ts';
import type { Compared, RunComparison } from './validate/format.ts';

const folder = mkdtempSync(join(tmpdir(), 'tokenyard-validate-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Folder with recorded real runs in real-runs/. */
const recorded = process.env.TOKENYARD_DATA;

async function cli(...args: string[]) {
  let out = '';
  const notes: string[] = [];
  const code = await runCommandLine(args, { out: (text) => (out += text), note: (line) => notes.push(line) });
  return { code, out, notes };
}

const json = async (...args: string[]) => JSON.parse((await cli('validate', ...args, '--json')).out);

let made = 0;
/** A folder of these files; its path. */
function files(contents: Readonly<Record<string, string>>): string {
  const path = join(folder, `run-${made++}`);
  mkdirSync(path);
  for (const [name, text] of Object.entries(contents)) writeFileSync(join(path, name), text);
  return path;
}

/** A run of two requests, one after the other, on a GPU that both fit. */
const request = { input_toks: 100, output_toks: 11, queued_ts: 50, first_token_ts: 50.02, last_token_ts: 50.22 };
const requests = [request, { ...request, queued_ts: 51, first_token_ts: 51.02, last_token_ts: 51.22 }];

const meta = {
  model: 'meta-llama/Llama-3.1-8B-Instruct',
  vllm_version: '0.19.0',
  engine_kwargs: { tensor_parallel_size: 1 },
  kv_cache: { num_gpu_blocks: 2588, block_size: 16, enable_prefix_caching: true },
  hardware: { device_name: 'NVIDIA GeForce RTX 4090' },
  resolved_config: {
    cache_config: { cache_dtype: 'auto' },
    compilation_config: { cudagraph_capture_sizes: captureSizes(512) },
    model_config: { dtype: 'torch.bfloat16', enforce_eager: false, max_model_len: 32768, quantization: null },
    parallel_config: { pipeline_parallel_size: 1 },
    scheduler_config: {
      async_scheduling: true,
      enable_chunked_prefill: true,
      long_prefill_token_threshold: 0,
      max_num_batched_tokens: 2048,
      max_num_seqs: 256,
      policy: 'fcfs',
      scheduler_reserve_full_isl: true,
    },
    speculative_config: null,
  },
};

const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const series = 't,running,waiting,kv_cache_pct\n1,1,0,0.5\n2,0,0,0\n';

const runFolder = (changed: Partial<Record<string, string>> = {}) => {
  const contents = { 'meta.json': JSON.stringify(meta), 'requests.jsonl': lines(requests), ...changed };
  return files(
    Object.fromEntries(Object.entries(contents).filter(([, text]) => text !== undefined)) as Record<string, string>,
  );
};

/** The settings of the run with something changed within `resolved_config`. */
function metaWith(part: keyof typeof meta.resolved_config, field: string, value: unknown): string {
  const { resolved_config } = meta;
  return JSON.stringify({
    ...meta,
    resolved_config: { ...resolved_config, [part]: { ...(resolved_config[part] as object), [field]: value } },
  });
}

describe('a recorded run', () => {
  it('is simulated with the settings it was recorded with', async () => {
    const { code, out, notes } = await cli('validate', runFolder({ 'timeseries.csv': series }));
    expect(notes).toEqual([]);
    expect(code).toBe(0);
    expect(out).toMatch(/recorded +vLLM 0.19.0 on NVIDIA GeForce RTX 4090, 2 requests/);
    expect(out).toMatch(/Llama-3.1-8B on NVIDIA GeForce RTX 4090.*2587 KV blocks of 16/);
    expect(out).toMatch(/TTFT mean +20.00 ms +[\d.]+ ms +[+-][\d.]+ %/);
    expect(out).toMatch(/makespan +1.220 s/);
    expect(out).toMatch(/KV use +0.250 %/);
    expect(out).toMatch(/queueing .*hardly any waiting: proves latency/);
  });
  it('gives times that a step of the device explains', async () => {
    const { runs } = await json(runFolder());
    const [run] = runs as RunComparison[];
    const of = (quantity: string) => run.quantities.find((q) => q.quantity === quantity) as Compared;
    // One sequence reads all 16 GB of weights a token, at most at the datasheet's 1,008 GB/s.
    expect(of('tpot.mean').measured).toBeCloseTo(0.02);
    expect(of('tpot.mean').simulated).toBeGreaterThan(0.0149);
    expect(of('tpot.mean').simulated).toBeLessThan(0.02);
    expect(run.queueingShare).toBe(0);
    expect(run.preemptions).toBe(0);
  });
  it('can be simulated otherwise', async () => {
    const path = runFolder();
    const tpot = async (...args: string[]) =>
      (await json(path, ...args)).runs[0].quantities.find((q: Compared) => q.quantity === 'tpot.mean').simulated;
    expect(await tpot('--device', 'h200')).toBeLessThan((await tpot()) / 2);
    expect(await tpot('--model', 'qwen2.5-1.5b')).toBeLessThan((await tpot()) / 2);
    expect(await tpot('--set', 'host-us-per-step=5000')).toBeCloseTo((await tpot()) + 0.005, 3);
    expect(await tpot('--device', 'h200', '--tp', '2')).toBeLessThan(await tpot('--device', 'h200'));
  });
  it('beside another that differs in one setting shows what the setting does', async () => {
    const other = lines(requests.map((r) => ({ ...r, last_token_ts: r.last_token_ts + 0.1 })));
    const slower = runFolder({
      'requests.jsonl': other,
      'meta.json': JSON.stringify({ ...meta, hardware: { device_name: 'NVIDIA H100 80GB HBM3' } }),
    });
    const { out } = await cli('validate', runFolder(), slower);
    expect(out).toMatch(/changes device/);
    // The H100 was recorded as the slower one, and is simulated as the faster one.
    expect(out).toMatch(/TPOT mean +[-+][\d.]+ % +[-+][\d.]+ % +wrong/);
    expect(out).toMatch(/all +TTFT mean +2 /);
  });
  it.each([
    ['no requests', { 'requests.jsonl': undefined }, /requests\.jsonl: not found, expected a request a line/],
    ['no settings', { 'meta.json': undefined }, /meta\.json: not found, expected the settings of the run/],
    ['an empty file', { 'requests.jsonl': '\n' }, /requests\.jsonl: empty, expected a request a line/],
    [
      'a line that is no JSON',
      { 'requests.jsonl': `${lines([request])}{"input_toks": }\n` },
      /requests\.jsonl:2: not JSON/,
    ],
    [
      'a field that is missing',
      { 'requests.jsonl': lines([request, { ...request, output_toks: undefined }]) },
      /requests\.jsonl:2: output_toks: found undefined/,
    ],
    [
      'a token before the request',
      { 'requests.jsonl': lines([{ ...request, first_token_ts: 49 }]) },
      /requests\.jsonl:1: first_token_ts: found 49, expected queued_ts or later/,
    ],
    [
      'an end before the first token',
      { 'requests.jsonl': lines([{ ...request, last_token_ts: 50.01 }]) },
      /requests\.jsonl:1: last_token_ts: found 50.01, expected first_token_ts or later/,
    ],
    ['settings that are no JSON', { 'meta.json': '{\n"model": ,\n' }, /meta\.json:2: not JSON/],
    [
      'no number of blocks',
      { 'meta.json': JSON.stringify({ ...meta, kv_cache: { ...meta.kv_cache, num_gpu_blocks: null } }) },
      /meta\.json: kv_cache\.num_gpu_blocks: found null/,
    ],
    [
      'an unknown device',
      { 'meta.json': JSON.stringify({ ...meta, hardware: { device_name: 'Abacus' } }) },
      /meta\.json: hardware\.device_name: "Abacus": not known, 'glossary device' lists all/,
    ],
    [
      'an unknown model',
      { 'meta.json': JSON.stringify({ ...meta, model: 'nobody/nothing-1b' }) },
      /meta\.json: model: "nobody\/nothing-1b": not known/,
    ],
    [
      'a pipeline',
      { 'meta.json': metaWith('parallel_config', 'pipeline_parallel_size', 2) },
      /pipeline_parallel_size: found 2, expected 1: no other is simulated/,
    ],
    [
      'another precision',
      { 'meta.json': metaWith('model_config', 'quantization', 'awq') },
      /model_config\.quantization: found awq, expected auto/,
    ],
    [
      'a budget outside the range',
      { 'meta.json': metaWith('scheduler_config', 'max_num_batched_tokens', 1) },
      /scheduler_config\.max_num_batched_tokens: found "1", expected integer 16\.\./,
    ],
    [
      'a series without a column',
      { 'timeseries.csv': 't,running\n1,2\n' },
      /timeseries\.csv:1: waiting: no such column/,
    ],
    [
      'a series with a hole',
      { 'timeseries.csv': 't,running,waiting,kv_cache_pct\n1,2,3,4\n2,,3,4\n' },
      /timeseries\.csv:3: running: found "2,,3,4", expected a number from 0/,
    ],
  ])('is refused with file, line and field: %s', async (_, changed, message) => {
    const { code, out, notes } = await cli('validate', runFolder(changed));
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(message);
  });
  it('may have captured other graphs than usual, which is said', async () => {
    const { code, notes } = await cli(
      'validate',
      runFolder({ 'meta.json': metaWith('compilation_config', 'cudagraph_capture_sizes', [1, 7, 32]) }),
    );
    expect(code).toBe(0);
    expect(notes[0]).toMatch(/cudagraph_capture_sizes: not vLLM's usual ones/);
  });
});

const head =
  'id,backend,backend_version,model_path,system,precision,mode,isl,osl,batch_size,tp_size,pp_size,attention_dp_size,silicon_ttft_ms,silicon_tpot_ms';
const row = (id: string, backend: string, clients: number | string, rest = '', mode = 'agg', pp = '1') =>
  `${id},${backend},0.12.0,Qwen/Qwen3-32B,h100_sxm,,${mode},256,32,${clients},4,${pp},,${rest === '' ? '100,10' : rest}`;
const tableFile = (...rows: string[]) => join(files({ 'table.csv': [head, ...rows, ''].join('\n') }), 'table.csv');

describe('a table of servers', () => {
  const path = tableFile(
    row('v4', 'vllm', 4),
    row('v8', 'vllm', 8, '120,12'),
    row('s4', 'sglang', 4, '90,9'),
    row('t4', 'trtllm', 4, '80,8'),
    row('split', 'vllm', '', '50,5', 'disagg'),
    row('piped', 'vllm', 4, '50,5', 'agg', '2'),
    row('other', 'lightllm', 4),
  );
  it('is simulated row by row, and what cannot be is listed with the reason', async () => {
    const { runs, notSimulated, errors, settings } = await json(path);
    expect(runs.map((run: RunComparison) => run.name)).toEqual(['v4', 'v8', 's4', 't4']);
    for (const run of runs as RunComparison[]) {
      expect(run.quantities.map((q) => q.quantity)).toEqual(['ttft', 'tpot']);
      // A quarter of 65 GB of weights a step, at most at the datasheet's 3.35 TB/s.
      const [ttft, tpot] = run.quantities;
      expect(tpot.simulated).toBeGreaterThan(0.0048);
      expect(tpot.simulated).toBeLessThan(0.02);
      expect(ttft.simulated).toBeGreaterThan(tpot.simulated);
    }
    expect(notSimulated.map((n: { name: string }) => n.name)).toEqual(['split', 'piped', 'other']);
    expect(notSimulated[0].reason).toMatch(/different GPUs/);
    expect(errors[0]).toMatchObject({ of: 'all', quantity: 'ttft', runs: 4 });
    expect(settings.map((s: { setting: string }) => s.setting)).toContain('clients');
  });
  it('is drawn', async () => {
    const plot = join(folder, 'plot.svg');
    const { code, out } = await cli('validate', path, '--plot', plot);
    expect(code).toBe(0);
    expect(out).toMatch(/not simulated: 3/);
    const svg = readFileSync(plot, 'utf8');
    expect(svg).toMatch(/^<svg /);
    expect(svg).toMatch(/vllm \(2\).*sglang|sglang \(1\)/s);
    expect(svg).toMatch(/prefers-color-scheme:dark/);
    // A mark a server and quantity: circles, triangles and squares.
    expect(svg.match(/<path class="mark/g)).toHaveLength(6);
  });
  it.each([
    [
      'no such column',
      () => join(files({ 't.csv': `${head.replace('osl,', '')}\n` }), 't.csv'),
      /t\.csv:1: osl: no such column/,
    ],
    ['no row', () => tableFile(), /table\.csv:2: nothing, expected a row a server/],
    ['a row that is cut', () => tableFile(row('a', 'vllm', 4), 'b,vllm'), /table\.csv:3: found 2 fields, expected 15/],
    [
      'no clients',
      () => tableFile(row('a', 'vllm', 0)),
      /table\.csv:2: batch_size: found "0", expected a whole number from 1/,
    ],
    [
      'no time',
      () => tableFile(row('a', 'vllm', 4, ',10')),
      /table\.csv:2: silicon_ttft_ms: found "", expected milliseconds/,
    ],
  ])('is refused with file, line and field: %s', async (_, made, message) => {
    const { code, notes } = await cli('validate', made());
    expect(code).toBe(2);
    expect(notes.at(-1)).toMatch(message);
  });
});

describe('validate', () => {
  it.each([
    [[], /FOLDER: missing/],
    [['/nowhere'], /"\/nowhere": not found, expected a folder or file/],
    [[folder, '--tp', 'x'], /--tp/],
  ])('%j is refused', async (args, message) => {
    const { code, notes } = await cli('validate', ...args);
    expect(code).toBe(2);
    expect(notes[0]).toMatch(message);
  });
  it('says what it knows where it recognises nothing', async () => {
    const { notes } = await cli('validate', files({ 'notes.txt': 'hello' }));
    expect(notes[0]).toMatch(/not a recording that is known, expected a folder of a recorded run of vLLM/);
  });
  it('draws nothing but tables', async () => {
    const plot = join(folder, 'none.svg');
    const { code, notes } = await cli('validate', runFolder(), '--plot', plot);
    expect(code).toBe(2);
    expect(notes[0]).toMatch(/--plot: no table of TTFT and TPOT/);
    expect(existsSync(plot)).toBe(false);
  });
});

describe('the recorded runs', () => {
  it.skipIf(!recorded)(
    'of vLLM on an RTX 4090 is simulated as closely as is promised',
    { timeout: 120_000 },
    async () => {
      const { runs } = await json(`${recorded}/real-runs/vllm-0.19-rtx4090-llama-3.1-8b`);
      const [run] = runs as RunComparison[];
      for (const metric of ['ttft', 'tpot', 'e2e']) {
        for (const [statistic, most] of [
          ['mean', 0.03],
          ['p50', 0.03],
          ['p99', 0.05],
        ] as const) {
          const compared = run.quantities.find((q) => q.quantity === `${metric}.${statistic}`) as Compared;
          expect(Math.abs(compared.simulated / compared.measured - 1), `${metric} ${statistic}`).toBeLessThan(most);
        }
      }
      expect(run.queueingShare).toBeGreaterThan(0.5);
    },
  );
  // Every eighth row: the whole table takes a minute.
  it.skipIf(!recorded)('of the H100 are met by the median server', { timeout: 120_000 }, async () => {
    const [first, ...rows] = readFileSync(`${recorded}/real-runs/measured_qwen3-32b_h100.csv`, 'utf8')
      .trim()
      .split('\n');
    const some = rows.filter((line, i) => i % 8 === 0 && !line.includes('disagg'));
    const { errors } = await json(join(files({ 'h100.csv': `${[first, ...some].join('\n')}\n` }), 'h100.csv'));
    const of = (quantity: string) =>
      errors.find((e: { of: string; quantity: string }) => e.of === 'all' && e.quantity === quantity);
    expect(of('tpot').runs).toBeGreaterThan(40);
    expect(of('tpot').medianAbsolute).toBeLessThan(0.15);
    expect(of('ttft').medianAbsolute).toBeLessThan(0.3);
  });
});
