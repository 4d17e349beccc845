/**
 * A recorded run of vLLM as LLMServingSim's authors write them: `requests.jsonl` (one request a line, times of the engine's
 * clock), `meta.json` (arguments and hardware) and, if it is there, `timeseries.csv` (load once a second).
 *
 * A request arrives when the scheduler sees it (`queued_ts`), so what lies before (HTTP, tokenization) counts on neither side.
 */

import * as v from 'valibot';
import { lineOfJsonMistake } from '../../scenario/json-line.ts';
import { captureSizes } from '../../sim/gpu/graph-padding.ts';
import type { RunAccount } from '../../sim/metrics/recorder.ts';
import { listSource } from '../../workload/list.ts';
import { Failure, quote } from '../failure.ts';
import type { Compared, InputFile, ValidateOptions, Validation, ValidationFormat } from './format.ts';
import { compareTimes, queueingShare, type RequestTimes, simulatedTimes } from './latencies.ts';
import { namedDevice, namedModel, type Setting, scenarioOf } from './scenario.ts';
import { hardwareWords, simulateRequests } from './simulated.ts';

const whole = v.pipe(v.number(), v.integer());
const positive = v.pipe(whole, v.minValue(1));

const requestLine = v.looseObject({
  input_toks: positive,
  output_toks: positive,
  queued_ts: v.number(),
  first_token_ts: v.number(),
  last_token_ts: v.number(),
});
type RequestLine = v.InferOutput<typeof requestLine>;

/** What of the settings decides about the run. */
const metaFile = v.looseObject({
  model: v.string(),
  vllm_version: v.string(),
  engine_kwargs: v.looseObject({
    tensor_parallel_size: v.optional(positive, 1),
    data_parallel_size: v.optional(positive, 1),
  }),
  kv_cache: v.looseObject({ num_gpu_blocks: positive, block_size: positive, enable_prefix_caching: v.boolean() }),
  hardware: v.looseObject({ device_name: v.string() }),
  resolved_config: v.looseObject({
    cache_config: v.looseObject({ cache_dtype: v.string() }),
    compilation_config: v.looseObject({ cudagraph_capture_sizes: v.array(positive) }),
    model_config: v.looseObject({
      dtype: v.string(),
      enforce_eager: v.boolean(),
      max_model_len: positive,
      quantization: v.nullable(v.string()),
    }),
    parallel_config: v.looseObject({ pipeline_parallel_size: positive }),
    scheduler_config: v.looseObject({
      async_scheduling: v.boolean(),
      enable_chunked_prefill: v.boolean(),
      long_prefill_token_threshold: whole,
      max_num_batched_tokens: positive,
      max_num_seqs: positive,
      policy: v.picklist(['fcfs']),
      /** Not there before vLLM had it. */
      scheduler_reserve_full_isl: v.optional(v.boolean(), false),
    }),
    speculative_config: v.null(),
  }),
});
type Meta = v.InferOutput<typeof metaFile>;

export const recordedRun: ValidationFormat = {
  name: 'folder of a recorded run of vLLM (requests.jsonl, meta.json, timeseries.csv)',
  recognise: (files) => files.some(isRequests) || files.some(isMeta),
  validate(files, options) {
    const requestsFile = files.find(isRequests);
    const metaSource = files.find(isMeta);
    const folder = files[0].path.slice(0, -files[0].name.length);
    if (requestsFile === undefined) throw new Failure(`${folder}requests.jsonl: not found, expected a request a line`);
    if (metaSource === undefined) throw new Failure(`${folder}meta.json: not found, expected the settings of the run`);
    const requests = readRequests(requestsFile);
    const series = files.find(({ name }) => name === 'timeseries.csv');
    return simulated(
      requests,
      readMeta(metaSource),
      metaSource.path,
      series === undefined ? null : readLoad(series),
      options,
    );
  },
};

const isRequests = (file: InputFile) => file.name === 'requests.jsonl';
const isMeta = (file: InputFile) => file.name === 'meta.json';

function simulated(
  requests: readonly RequestLine[],
  meta: Meta,
  path: string,
  load: Load | null,
  options: ValidateOptions,
): Validation {
  const device = namedDevice(meta.hardware.device_name, `${path}: hardware.device_name`, options);
  const model = namedModel(meta.model, `${path}: model`, options);
  const ranks = options.tensorParallel ?? meta.engine_kwargs.tensor_parallel_size;
  const knobs = scenarioOf('vllm', device, model, settingsOf(meta, path, ranks, options), options.set);
  const startS = requests[0].queued_ts;
  const source = listSource(
    requests.map((r) => ({
      arrivalUs: Math.round((r.queued_ts - startS) * 1e6),
      promptTokens: r.input_toks,
      outputTokens: r.output_toks,
    })),
  );
  const { account, facts } = simulateRequests(knobs, source);
  const { outcomes, summary } = account;
  const measured = requests.map(
    (r): RequestTimes => ({
      arrivalS: r.queued_ts - startS,
      firstTokenS: r.first_token_ts - startS,
      lastTokenS: r.last_token_ts - startS,
      outputTokens: r.output_toks,
    }),
  );
  return {
    facts: [
      ['recorded', `vLLM ${meta.vllm_version} on ${meta.hardware.device_name}, ${requests.length} requests`],
      ['simulated', `${facts.engine}, ${hardwareWords(facts)}, ${facts.blocks} KV blocks of ${facts.blockSize} tokens`],
      ['finished', `${summary.finished} of ${summary.requests} requests in ${summary.steps} steps`],
    ],
    runs: [
      {
        name: path.split(/[\\/]/).at(-2) ?? path,
        settings: { engine: 'vllm', model, device, 'tensor-parallel-size': ranks },
        quantities: [
          ...compareTimes(measured, simulatedTimes(outcomes)),
          ...(load === null ? [] : compareLoad(load, account)),
        ],
        queueingShare: queueingShare(outcomes),
        preemptions: summary.preemptions,
      },
    ],
    notSimulated: [],
  };
}

/** Means over the time of a run: requests that run and that wait, share of the KV blocks in use. */
interface Load {
  readonly running: number;
  readonly waiting: number;
  readonly kvUse: number;
}

function compareLoad(measured: Load, { summary, series }: RunAccount): Compared[] {
  const waiting = series.waitingUs.reduce((sum, us) => sum + us, 0) / summary.durationUs;
  return [
    { quantity: 'running', unit: 'requests', measured: measured.running, simulated: summary.runningMean },
    { quantity: 'waiting', unit: 'requests', measured: measured.waiting, simulated: waiting },
    { quantity: 'KV use', unit: 'share', measured: measured.kvUse, simulated: summary.kvUseMean },
  ];
}

/** The knobs that a recording sets, and what it has that is not there. */
function settingsOf(meta: Meta, path: string, ranks: number, options: ValidateOptions): Setting[] {
  const { cache_config, compilation_config, model_config, parallel_config, scheduler_config } = meta.resolved_config;
  const refuse = (field: string, found: string | number, expected: string) => {
    throw new Failure(`${path}: ${field}: found ${found}, expected ${expected}: no other is simulated`);
  };
  if (meta.engine_kwargs.data_parallel_size !== 1)
    refuse('engine_kwargs.data_parallel_size', meta.engine_kwargs.data_parallel_size, '1');
  if (parallel_config.pipeline_parallel_size !== 1)
    refuse('resolved_config.parallel_config.pipeline_parallel_size', parallel_config.pipeline_parallel_size, '1');
  if (!/float16/.test(model_config.dtype))
    refuse('resolved_config.model_config.dtype', model_config.dtype, 'torch.bfloat16|torch.float16');
  const sizes = compilation_config.cudagraph_capture_sizes;
  const largest = sizes.at(-1) ?? 0;
  if (captureSizes(largest).join() !== sizes.join())
    options.note(`${path}: cudagraph_capture_sizes: not vLLM's usual ones, which are used up to ${largest}`);
  const at = (knob: string, value: Setting['value'], field: string): Setting => ({
    knob,
    value,
    where: `${path}: ${field}`,
  });
  const scheduler = (knob: string, field: keyof Meta['resolved_config']['scheduler_config'] & string) =>
    at(knob, scheduler_config[field] as Setting['value'], `resolved_config.scheduler_config.${field}`);
  return [
    at('tensor-parallel-size', ranks, 'engine_kwargs.tensor_parallel_size'),
    at('block-size', meta.kv_cache.block_size, 'kv_cache.block_size'),
    at('num-gpu-blocks-override', meta.kv_cache.num_gpu_blocks, 'kv_cache.num_gpu_blocks'),
    at('enable-prefix-caching', meta.kv_cache.enable_prefix_caching, 'kv_cache.enable_prefix_caching'),
    at('max-model-len', model_config.max_model_len, 'resolved_config.model_config.max_model_len'),
    at('enforce-eager', model_config.enforce_eager || largest === 0, 'resolved_config.model_config.enforce_eager'),
    at('max-cudagraph-capture-size', largest, 'resolved_config.compilation_config.cudagraph_capture_sizes'),
    at(
      'weight-precision',
      precisionOf(model_config.quantization ?? 'auto', `${path}: resolved_config.model_config.quantization`),
      'resolved_config.model_config.quantization',
    ),
    at(
      'kv-precision',
      precisionOf(cache_config.cache_dtype, `${path}: resolved_config.cache_config.cache_dtype`),
      'resolved_config.cache_config.cache_dtype',
    ),
    scheduler('async-scheduling', 'async_scheduling'),
    scheduler('enable-chunked-prefill', 'enable_chunked_prefill'),
    scheduler('long-prefill-token-threshold', 'long_prefill_token_threshold'),
    scheduler('max-num-batched-tokens', 'max_num_batched_tokens'),
    scheduler('max-num-seqs', 'max_num_seqs'),
    scheduler('scheduler-reserve-full-isl', 'scheduler_reserve_full_isl'),
  ];
}

/** vLLM's names of precisions: `auto` is the model's own. */
function precisionOf(name: string, where: string): 'bf16' | 'fp8' {
  if (name === 'auto' || /^b?float16$/.test(name)) return 'bf16';
  if (/^fp8/.test(name)) return 'fp8';
  throw new Failure(`${where}: found ${name}, expected auto|bfloat16|float16|fp8: no other is simulated`);
}

function readMeta({ path, text }: InputFile): Meta {
  return parsed(metaFile, jsonOf(text, path, 1), path, 'the settings of a recorded run');
}

function readLoad({ path, text }: InputFile): Load {
  const [head, ...rows] = text.trim().split(/\r?\n/);
  const names = head.split(',');
  const mean = (name: string): number => {
    const at = names.indexOf(name);
    if (at < 0) throw new Failure(`${path}:1: ${name}: no such column, expected running,waiting,kv_cache_pct`);
    let sum = 0;
    rows.forEach((row, i) => {
      const value = Number(row.split(',')[at] || Number.NaN);
      if (!(value >= 0)) throw new Failure(`${path}:${i + 2}: ${name}: found ${quote(row)}, expected a number from 0`);
      sum += value;
    });
    if (rows.length === 0) throw new Failure(`${path}:2: nothing, expected a row a second`);
    return sum / rows.length;
  };
  return { running: mean('running'), waiting: mean('waiting'), kvUse: mean('kv_cache_pct') / 100 };
}

/** In order of arrival. */
function readRequests({ path, text }: InputFile): RequestLine[] {
  const requests: RequestLine[] = [];
  text.split('\n').forEach((line, i) => {
    if (line.trim() === '') return;
    const where = `${path}:${i + 1}`;
    const request = parsed(requestLine, jsonOf(line, path, i + 1), where, 'a recorded request');
    if (request.first_token_ts < request.queued_ts)
      throw new Failure(`${where}: first_token_ts: found ${request.first_token_ts}, expected queued_ts or later`);
    if (request.last_token_ts < request.first_token_ts)
      throw new Failure(`${where}: last_token_ts: found ${request.last_token_ts}, expected first_token_ts or later`);
    requests.push(request);
  });
  if (requests.length === 0) throw new Failure(`${path}: empty, expected a request a line`);
  return requests.sort((a, b) => a.queued_ts - b.queued_ts);
}

/** `line`: of the file, where the text begins. */
function jsonOf(text: string, path: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure(`${path}:${line + lineOfJsonMistake(text) - 1}: not JSON, expected an object`);
  }
}

function parsed<T extends v.GenericSchema>(
  schema: T,
  content: unknown,
  where: string,
  expected: string,
): v.InferOutput<T> {
  const result = v.safeParse(schema, content);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new Failure(
    `${where}: ${v.getDotPath(issue) ?? 'file'}: found ${issue.received}, expected ${issue.expected ?? expected}`,
  );
}
