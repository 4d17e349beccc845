/**
 * A table of servers under a closed loop: TTFT and TPOT of TensorRT-LLM, vLLM and SGLang by model, GPUs, precision, lengths and
 * clients, as aiconfigurator publishes them (ai-dynamo/aiconfigurator, Apache-2.0).
 *
 * The table does not tell how it was made. Assumed is what its source's own tools do: every client asks its next question
 * when it has its answer, ten rounds, all begin at once, lengths are exact, means (`eval/benchmarks/genai_perf_runner.py`);
 * vLLM and TensorRT-LLM get a token budget of clients + prompt + 1,500 and as many seats as there are clients
 * (`generator/rule_plugin/benchmark/`); with fp8 weights the KV cache is fp8 too (`fp8_default`); TensorRT-LLM may use 0.7 of the
 * free memory (`tools/automation/launch_eval.sh`). SGLang has its own defaults: with the mixed chunks of those rules it
 * would behave quite otherwise than the table says.
 */

import type { KnobValue } from '../../scenario/knobs.ts';
import { Status } from '../../sim/request.ts';
import { closedLoopSource } from '../../workload/closed-loop.ts';
import { Failure } from '../failure.ts';
import type {
  InputFile,
  NotSimulated,
  RunComparison,
  ValidateOptions,
  Validation,
  ValidationFormat,
} from './format.ts';
import { queueingShare } from './latencies.ts';
import { findDevice, findModel, namedDevice, namedModel, type Setting, scenarioOf } from './scenario.ts';
import { hardwareWords, simulateRequests } from './simulated.ts';

/** Requests of each client. */
const ROUNDS = 10;
/**
 * Mean time from a client's last token to its next request's arrival at the scheduler: answer, HTTP, templates, tokenization. An
 * assumption. What matters is that it is not nought and not always the same: requests that were computed together drift apart.
 */
const CLIENT_S = 0.01;
const SEED = 7;

const columns = [
  'id',
  'backend',
  'backend_version',
  'model_path',
  'system',
  'precision',
  'mode',
  'isl',
  'osl',
  'batch_size',
  'tp_size',
  'pp_size',
  'attention_dp_size',
  'silicon_ttft_ms',
  'silicon_tpot_ms',
] as const;
type Column = (typeof columns)[number];

/** A row of text, and where it stands. */
interface Line {
  readonly where: string;
  readonly cell: (column: Column) => string;
}

/** A server that can be simulated. */
interface Row {
  readonly id: string;
  readonly engine: string;
  readonly version: string;
  readonly device: string;
  readonly model: string;
  readonly precision: 'bf16' | 'fp8';
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly clients: number;
  readonly ranks: number;
  readonly ttftS: number;
  readonly tpotS: number;
}

export const servingTable: ValidationFormat = {
  name: 'table of servers under a closed loop (columns backend, batch_size, silicon_ttft_ms, silicon_tpot_ms, ...)',
  recognise: (files) => files.some(isTable),
  validate(files, options) {
    const file = files.find(isTable);
    if (file === undefined) throw new Error('recognised, but not there');
    const lines = readLines(file);
    const runs: RunComparison[] = [];
    const notSimulated: NotSimulated[] = [];
    let hardware = '';
    for (const [i, line] of lines.entries()) {
      const reason = reasonNot(line, options);
      if (reason !== null) {
        notSimulated.push({ name: line.cell('id'), reason });
        continue;
      }
      const row = readRow(line, options);
      const { run, words } = simulated(row, line.where, options);
      runs.push(run);
      hardware = words;
      if ((i + 1) % 50 === 0) options.note(`${i + 1} of ${lines.length} rows`);
    }
    return {
      facts: [
        ['recorded', `${lines.length} servers`],
        [
          'simulated',
          `${runs.length}: ${ROUNDS} rounds of each client, ${CLIENT_S * 1000} ms between them; the last on ${hardware}`,
        ],
      ],
      runs,
      notSimulated,
    } satisfies Validation;
  },
};

const isTable = ({ text }: InputFile) => /^[^\n]*\bsilicon_ttft_ms\b[^\n]*/.test(text);

function simulated(row: Row, where: string, options: ValidateOptions): { run: RunComparison; words: string } {
  const { clients, promptTokens, outputTokens, ranks, precision, engine, version } = row;
  const device = namedDevice(row.device, `${where}: system`, options);
  const model = namedModel(row.model, `${where}: model_path`, options);
  const settings: Setting[] = Object.entries({
    'tensor-parallel-size': ranks,
    'weight-precision': precision,
    'kv-precision': precision,
    ...serverOf(row),
  }).map(([knob, value]) => ({ knob, value, where }));
  const source = closedLoopSource({
    clients,
    requests: clients * ROUNDS,
    thinkS: CLIENT_S,
    seed: SEED,
    bodies(_, into) {
      into.promptTokens = promptTokens;
      into.outputTokens = outputTokens;
    },
  });
  const { account, facts } = simulateRequests(scenarioOf(engine, device, model, settings, options.set), source);
  const { outcomes, summary } = account;
  let ttftUs = 0;
  let tpotUs = 0;
  let finished = 0;
  for (let r = 0; r < outcomes.count; r++) {
    if (outcomes.status[r] !== Status.finished) continue;
    finished++;
    ttftUs += outcomes.firstTokenUs[r] - outcomes.arrivalUs[r];
    tpotUs += (outcomes.finishUs[r] - outcomes.firstTokenUs[r]) / Math.max(1, outputTokens - 1);
  }
  if (finished === 0)
    throw new Failure(`${where}: no request of ${promptTokens} + ${outputTokens} tokens can be served`);
  return {
    words: hardwareWords(facts),
    run: {
      name: row.id,
      settings: {
        engine: `${engine} ${version}`,
        model,
        device,
        precision,
        'prompt-tokens': promptTokens,
        'output-tokens': outputTokens,
        clients,
        'tensor-parallel-size': ranks,
      },
      quantities: [
        { quantity: 'ttft', unit: 's', measured: row.ttftS, simulated: ttftUs / finished / 1e6 },
        { quantity: 'tpot', unit: 's', measured: row.tpotS, simulated: tpotUs / finished / 1e6 },
      ],
      queueingShare: queueingShare(outcomes),
      preemptions: summary.preemptions,
    },
  };
}

/** How the source's tools start a server for a row. */
function serverOf({ engine, version, clients, promptTokens, outputTokens }: Row): Record<string, KnobValue> {
  const budget = clients + promptTokens + 1500;
  switch (engine) {
    case 'vllm':
      return {
        'max-num-batched-tokens': budget,
        'max-num-seqs': clients,
        'max-model-len': promptTokens + outputTokens + 1500,
        'async-scheduling': isAsynchronous(version),
      };
    case 'tensorrt-llm':
      return { max_batch_size: clients, max_num_tokens: budget, free_gpu_memory_fraction: 0.7 };
    default:
      return {};
  }
}

/** Release notes of vLLM 0.14.0: asynchronous scheduling is on by default from then on. */
function isAsynchronous(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 0 || minor >= 14;
}

const engines: Readonly<Record<string, string>> = { vllm: 'vllm', sglang: 'sglang', trtllm: 'tensorrt-llm' };

/** Why a row cannot be simulated; null = it can. */
function reasonNot(line: Line, options: ValidateOptions): string | null {
  const { cell } = line;
  const more = (column: Column) => cell(column) !== '' && cell(column) !== '1';
  if (cell('mode') === 'disagg')
    return 'prefill and decode on different GPUs, whose number and shares only its own columns tell';
  if (cell('mode') !== 'agg') return `mode ${cell('mode')}`;
  if (more('pp_size')) return 'a pipeline of GPUs has no cost model';
  if (more('attention_dp_size')) return 'attention divided by requests has no cost model';
  if (!Object.hasOwn(engines, cell('backend'))) return `no engine ${cell('backend')}`;
  if (!/^(|bf16|float16|bfloat16|fp8)$/.test(cell('precision'))) return `precision ${cell('precision')}`;
  if (options.device === undefined && findDevice(cell('system')) === undefined)
    return `no profile of ${cell('system')}`;
  if (options.model === undefined && findModel(cell('model_path')) === undefined)
    return `no model ${cell('model_path')}`;
  return null;
}

function readRow(line: Line, options: ValidateOptions): Row {
  const { cell, where } = line;
  const whole = (column: Column): number => {
    const value = Number(cell(column));
    if (cell(column) === '' || !Number.isInteger(value) || value < 1)
      throw new Failure(`${where}: ${column}: found ${JSON.stringify(cell(column))}, expected a whole number from 1`);
    return value;
  };
  const seconds = (column: Column): number => {
    const value = Number(cell(column));
    if (!(value > 0) || !Number.isFinite(value))
      throw new Failure(`${where}: ${column}: found ${JSON.stringify(cell(column))}, expected milliseconds above 0`);
    return value / 1000;
  };
  return {
    id: cell('id'),
    engine: engines[cell('backend')],
    version: cell('backend_version'),
    device: cell('system'),
    model: cell('model_path'),
    precision: cell('precision') === 'fp8' ? 'fp8' : 'bf16',
    promptTokens: whole('isl'),
    outputTokens: whole('osl'),
    clients: whole('batch_size'),
    ranks: options.tensorParallel ?? whole('tp_size'),
    ttftS: seconds('silicon_ttft_ms'),
    tpotS: seconds('silicon_tpot_ms'),
  };
}

function readLines({ path, text }: InputFile): Line[] {
  const [head, ...rest] = text.split(/\r?\n/);
  const names = head.split(',');
  const missing = columns.filter((column) => !names.includes(column));
  if (missing.length > 0)
    throw new Failure(`${path}:1: ${missing.join(', ')}: no such column, expected ${columns.join(',')}`);
  const lines = rest.flatMap((line, i): Line[] => {
    if (line.trim() === '') return [];
    const where = `${path}:${i + 2}`;
    const cells = line.split(',');
    if (cells.length !== names.length)
      throw new Failure(`${where}: found ${cells.length} fields, expected ${names.length}`);
    return [{ where, cell: (column) => cells[names.indexOf(column)].trim() }];
  });
  if (lines.length === 0) throw new Failure(`${path}:2: nothing, expected a row a server`);
  return lines;
}
