import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { lineOfJsonMistake } from '../scenario/json-line.ts';
import { type BaselineSuite, replayBaselines } from '../sim/replay/baseline-replay.ts';
import { type FastGenSuite, replayFastGen } from '../sim/replay/fastgen-replay.ts';
import { replayTgiRadix, type TgiRadixRecording } from '../sim/replay/radix-tgi.ts';
import { replayTransformers } from '../sim/replay/transformers-replay.ts';
import type { EngineRuns } from '../sim/replay/transformers-runs.ts';
import { type ReplayReport, replayVllm } from '../sim/replay/vllm-replay.ts';
import type { VllmTrace } from '../sim/replay/vllm-trace.ts';
import type { Command, Terminal } from './command.ts';
import { Failure, quote } from './failure.ts';
import { readText } from './load.ts';
import { int, positive, type RecordingFormat, tokens } from './recording-format.ts';
import { sglangSuites } from './sglang-formats.ts';
import { engineRunsFile, isEngineRuns } from './validate/engine-runs.ts';

const help = `Usage: replay FILE... [--json]

Replays recordings of real engines, step by step, and compares every field of every step. One line a file or case:
'identical', the first difference, or which of its features are not modelled. Exit code 1 if any differs.

Formats, recognised by content: vLLM scheduler run; suite of a scheduler of sarathi-serve; SGLang radix cache, queue orders,
admission and scheduler loop; TGI radix allocator; DeepSpeed-FastGen's scheduler, format 1 of each;
runs of transformers' continuous batching (llm-sim-engine-runs/1).
`;

export const replayCommand: Command = {
  name: 'replay',
  summary: 'replays recordings of real engines and compares each decision',
  help,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args,
      options: { json: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    if (positionals.length === 0) throw new Failure('FILE: missing, expected one or more recorded runs');
    const reports: (ReplayReport & { readonly file: string })[] = [];
    for (const path of positionals) {
      for (const report of await replayFile(path)) {
        const named = { file: path, ...report };
        reports.push(named);
        if (!values.json) io.out(`${lineOf(named)}\n`);
      }
    }
    const identical = reports.filter((r) => r.verdict === 'identical').length;
    if (values.json) printJson(io, reports, identical);
    else io.out(`${identical} of ${reports.length} identical\n`);
    return reports.some((r) => r.verdict === 'different') ? 1 : 0;
  },
};

function printJson(io: Terminal, reports: readonly unknown[], identical: number): void {
  io.out(`${JSON.stringify({ identical, cases: reports.length, reports })}\n`);
}

function lineOf(report: ReplayReport & { readonly file: string }): string {
  const file = basename(report.file);
  // A case of a suite has a name of its own.
  const name = report.name.includes(' ') ? `${file}: ${report.name}` : file;
  switch (report.verdict) {
    case 'identical':
      return `${name}: identical (${report.steps} steps)`;
    case 'unsupported':
      return `${name}: not modelled: ${report.features.join(', ')}`;
    case 'different': {
      const { step, field, recorded, ours } = report.first;
      return `${name}: step ${step}: ${field}: recorded ${quote(recorded)}, ours ${quote(ours)}`;
    }
  }
}

/** What the replay reads before the first step. The steps themselves are compared, so a wrong field there is a difference. */
const vllmRun = v.looseObject({
  engine: v.literal('vllm'),
  format: v.literal(1),
  name: v.string(),
  scenario: v.looseObject({
    config: v.looseObject({
      max_num_seqs: int,
      max_num_batched_tokens: int,
      max_num_scheduled_tokens: v.nullable(int),
      max_model_len: int,
      enable_chunked_prefill: v.boolean(),
      long_prefill_token_threshold: int,
      policy: v.picklist(['fcfs', 'priority']),
      block_size: int,
      num_blocks: int,
      enable_prefix_caching: v.boolean(),
      scheduler_reserve_full_isl: v.boolean(),
      watermark: v.number(),
      async_scheduling: v.boolean(),
      pipeline_parallel_size: int,
      prefill_schedule_interval: int,
    }),
    loop: v.looseObject({ mode: v.picklist(['sync', 'batch_queue']), queue_size: int }),
    events: v.array(v.looseObject({ t: int, type: v.string() })),
    requests: v.array(
      v.looseObject({ id: int, at: int, prompt: v.array(v.tuple([int, int, int])), max_tokens: int, out: int }),
    ),
  }),
  steps: v.array(v.looseObject({ t: int })),
  snaps: v.array(
    v.looseObject({ t: int, fq: v.string(), bt: v.looseObject({}), nc: v.looseObject({}), ref: v.string() }),
  ),
});

/** Likewise of a suite. */
const baselineSuite = v.looseObject({
  format: v.literal(1),
  suite: v.picklist(['vllm', 'sarathi', 'simple_chunking', 'orca', 'faster_transformer']),
  cases: v.array(
    v.looseObject({
      seed: int,
      config: v.looseObject({
        block_size: positive,
        num_blocks: positive,
        max_model_len: positive,
        max_num_seqs: positive,
        pipeline_stages: positive,
        chunk_size: v.optional(positive),
        max_num_batched_tokens: v.optional(positive),
        dynamic: v.optional(v.tuple([int, int, positive, positive])),
      }),
      requests: v.array(v.looseObject({ at: int, prompt: positive, output: positive })),
      steps: v.array(v.looseObject({ i: int })),
    }),
  ),
});

const tgiRadix = v.looseObject({
  suite: v.literal('tgi_radix'),
  format: v.literal(1),
  cases: v.array(
    v.looseObject({
      seed: int,
      block_size: int,
      n_blocks: int,
      ops: v.array(
        v.variant('op', [
          v.looseObject({ op: v.literal('alloc'), segs: tokens, tokens: int, cacheable: v.boolean() }),
          v.looseObject({ op: v.literal('free'), id: int }),
        ]),
      ),
    }),
  ),
});

const fastGenSuite = v.looseObject({
  suite: v.literal('fastgen'),
  format: v.literal(1),
  cases: v.array(
    v.looseObject({
      seed: int,
      config: v.looseObject({
        block_size: positive,
        num_blocks: positive,
        max_ragged_batch_size: positive,
        max_ragged_sequence_count: positive,
        max_tracked_sequences: positive,
      }),
      requests: v.array(v.looseObject({ at: int, prompt: positive, output: positive })),
      steps: v.array(v.looseObject({ i: int })),
    }),
  ),
});

/** Formats by what names them: the field `suite`, or else an engine's run. Checked is all that a replay reads without comparing it. */
const suites: Readonly<Record<string, RecordingFormat>> = {
  ...sglangSuites,
  fastgen: { schema: fastGenSuite, replay: (content) => replayFastGen(content as FastGenSuite) },
  tgi_radix: { schema: tgiRadix, replay: (content) => [replayTgiRadix(content as TgiRadixRecording)] },
};
const baseline: RecordingFormat = {
  schema: baselineSuite,
  replay: (content) => replayBaselines(content as BaselineSuite),
};
const run: RecordingFormat = { schema: vllmRun, replay: (content) => [replayVllm(content as VllmTrace)] };

async function replayFile(path: string): Promise<readonly ReplayReport[]> {
  const expected = 'a recording of an engine';
  const text = await readText(path, expected);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Failure(`${path}:${lineOfJsonMistake(text)}: not JSON, expected ${expected}`);
  }
  const { schema, replay } = formatOf(content);
  const parsed = v.safeParse(schema, content);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const field = v.getDotPath(issue) ?? 'file';
    throw new Failure(`${path}: ${field}: found ${issue.received}, expected ${issue.expected ?? expected}`);
  }
  return replay(content);
}

function formatOf(content: unknown): RecordingFormat {
  if (isEngineRuns(content)) {
    const schema = engineRunsFile(content);
    return { schema, replay: (runs) => replayTransformers(runs as EngineRuns) };
  }
  const named = v.safeParse(v.looseObject({ suite: v.string() }), content);
  if (!named.success) return run;
  return Object.hasOwn(suites, named.output.suite) ? suites[named.output.suite] : baseline;
}
