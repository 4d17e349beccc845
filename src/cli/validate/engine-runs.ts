/**
 * Recorded runs of transformers' continuous batching: one file of many cases, each with its settings, the times of every
 * request and the columns of every iteration (`llm-sim-engine-runs/1`, as in `fixtures/recorded/transformers`).
 */

import * as v from 'valibot';
import { lineOfJsonMistake } from '../../scenario/json-line.ts';
import type { DeviceProfile } from '../../sim/gpu/device.ts';
import { replayRun } from '../../sim/replay/transformers-replay.ts';
import {
  type EngineRun,
  type EngineRuns,
  engineRunsSchema,
  modelOfRun,
  submissionOf,
} from '../../sim/replay/transformers-runs.ts';
import { simulateEngineRun } from '../../sim/replay/transformers-simulation.ts';
import { Failure } from '../failure.ts';
import { int, positive } from '../recording-format.ts';
import { pairsOf } from './engine-run-pairs.ts';
import type { Compared, InputFile, Quantity, RunComparison, ValidationFormat } from './format.ts';
import { compareTimes, type RequestTimes } from './latencies.ts';
import { namedDevice, profileOf } from './scenario.ts';

const engineSettings = v.looseObject({
  block_size: positive,
  num_blocks: positive,
  max_batch_tokens: positive,
  max_requests_per_batch: positive,
  max_blocks_per_request: int,
  use_async_batching: v.boolean(),
  use_cuda_graph: v.tuple([v.boolean(), v.boolean()]),
  q_padding_interval_size: positive,
  kv_padding_interval_size: positive,
  scheduler_type: v.picklist(['fifo', 'prefill_first']),
  allow_block_sharing: v.optional(v.literal(false)),
});

/** `model.generate` has no engine: nobody reads these. */
const noEngine: v.InferOutput<typeof engineSettings> = {
  block_size: 1,
  num_blocks: 1,
  max_batch_tokens: 1,
  max_requests_per_batch: 1,
  max_blocks_per_request: 0,
  use_async_batching: false,
  use_cuda_graph: [false, false],
  q_padding_interval_size: 1,
  kv_padding_interval_size: 1,
  scheduler_type: 'fifo',
};

const caseOf = (engine: v.GenericSchema) =>
  v.looseObject({
    note: v.optional(v.string(), ''),
    engine,
    requests: v.pipe(
      v.array(v.looseTuple([int, positive, positive, v.number(), v.number(), v.number(), int])),
      v.minLength(1),
    ),
    iterations: v.optional(v.array(v.looseTuple([v.number()])), []),
  });
const engineCase = caseOf(engineSettings);
const generateCase = caseOf(
  v.pipe(
    v.unknown(),
    v.transform(() => noEngine),
  ),
);

const header = { schema: v.literal(engineRunsSchema), device: v.looseObject({ name: v.string() }) };

/** Whether content is of this format, in whatever state. */
export function isEngineRuns(content: unknown): boolean {
  return v.is(v.looseObject({ schema: v.literal(engineRunsSchema) }), content);
}

/** What is read before anything is simulated; what a replay compares need not have the right form. */
export function engineRunsFile(content: unknown): v.GenericSchema {
  const named = v.safeParse(v.looseObject({ cases: v.record(v.string(), v.unknown()) }), content);
  const names = named.success ? Object.keys(named.output.cases) : [];
  const cases = names.map((name) => [name, isOfGenerate(name) ? generateCase : engineCase]);
  return v.looseObject({ ...header, cases: v.looseObject(Object.fromEntries(cases)) });
}

function isOfGenerate(name: string): boolean {
  const submission = submissionOf(name);
  return submission.kind === 'barrier' && submission.by === 'generate';
}

export const engineRuns: ValidationFormat = {
  name: `file of runs of transformers' continuous batching (${engineRunsSchema})`,
  recognise: (files) => files.length === 1 && files[0].text.includes(engineRunsSchema),
  validate([file], options) {
    const recorded = readRuns(file);
    const device = profileOf(namedDevice(recorded.device.name, `${file.path}: device.name`, options));
    const runs = Object.entries(recorded.cases).map(([name, run]) => compared(name, run, device));
    const replayed = runs.flatMap(({ quantities }) => quantities.filter((q) => q.quantity === 'identical iterations'));
    const identical = replayed.filter(({ measured, simulated }) => measured === simulated).length;
    return {
      facts: [
        ['recorded', `${runs.length} runs of transformers' continuous batching on ${recorded.device.name}`],
        ['simulated', `arrivals and lengths alone, on ${device.name} (${device.evidence})`],
        ['replayed', `${identical} of ${replayed.length} runs with every iteration identical, on the recorded clock`],
      ],
      runs,
      pairs: pairsOf(recorded.cases, runs),
      notSimulated: [],
    };
  },
};

function readRuns(file: InputFile): EngineRuns {
  let content: unknown;
  try {
    content = JSON.parse(file.text);
  } catch {
    throw new Failure(`${file.path}:${lineOfJsonMistake(file.text)}: not JSON, expected runs of an engine`);
  }
  const parsed = v.safeParse(engineRunsFile(content), content);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const field = v.getDotPath(issue) ?? 'file';
    throw new Failure(`${file.path}: ${field}: found ${issue.received}, expected ${issue.expected ?? 'another value'}`);
  }
  // The columns of iterations are compared one by one, so a wrong one there is a difference.
  return parsed.output as unknown as EngineRuns;
}

function compared(name: string, run: EngineRun, device: DeviceProfile): RunComparison {
  const simulated = simulateEngineRun(name, run, device);
  const theirs = run.requests.map(
    ([, , outputTokens, arrivalS, firstTokenS, lastTokenS]): RequestTimes => ({
      arrivalS,
      firstTokenS,
      lastTokenS,
      outputTokens,
    }),
  );
  // Where answers were seen as a whole only, so are ours.
  const isWhole = theirs.every(({ firstTokenS, lastTokenS }) => firstTokenS === lastTokenS);
  const ours = simulated.requests.map(
    ({ arrivalS, firstS, finishS, tokens }): RequestTimes => ({
      arrivalS,
      firstTokenS: isWhole ? finishS : firstS,
      lastTokenS: finishS,
      outputTokens: tokens,
    }),
  );
  const measuredIterations = run.iterations.length;
  const iterations = (quantity: Quantity, ours: number): Compared[] =>
    measuredIterations === 0 ? [] : [{ quantity, unit: 'steps', measured: measuredIterations, simulated: ours }];
  const sum = (of: (times: (typeof simulated.requests)[number]) => number) =>
    simulated.requests.reduce((total, times) => total + of(times), 0);
  return {
    name,
    settings: { model: modelOfRun(name).name, ...settingsText(name, run) },
    quantities: [
      // The scheduler on the recorded clock, then on the simulation's own, where arrivals can fall into other iterations.
      ...(isOfGenerate(name) ? [] : iterations('identical iterations', identicalIterations(name, run))),
      ...iterations('iterations', simulated.iterations),
      ...compareTimes(theirs, ours, ['mean', 'p50', 'p90', 'p95', 'p99']),
    ],
    queueingShare: sum((t) => t.scheduledS - t.arrivalS) / sum((t) => t.finishS - t.arrivalS),
    preemptions: simulated.preemptions,
  };
}

/** How many iterations the scheduler replays before the first that differs. */
function identicalIterations(name: string, run: EngineRun): number {
  const report = replayRun(name, run);
  return report.verdict === 'different' ? report.first.step : run.iterations.length;
}

function settingsText(name: string, { engine }: EngineRun): Record<string, string | number> {
  if (isOfGenerate(name)) return { engine: 'model.generate' };
  return {
    scheduler: engine.scheduler_type,
    'max-batch-tokens': engine.max_batch_tokens,
    blocks: engine.num_blocks,
    async: String(engine.use_async_batching),
    graphs: engine.use_cuda_graph.join(),
  };
}
