import { Batch, EntryFlag } from '../batch.ts';
import { createEngine, type Engine, resolveLimits } from '../engine.ts';
import { padToInterval } from '../gpu/graph-padding.ts';
import { TransformersPolicy } from '../policy/transformers.ts';
import { RequestTable } from '../request.ts';
import {
  configOf,
  type EngineRun,
  type EngineRunSettings,
  type EngineRuns,
  longestOutput,
  settingsOf,
  submissionOf,
} from './transformers-runs.ts';
import type { Difference, ReplayReport } from './vllm-replay.ts';

/** The compared columns of an iteration, in their order there. */
const fields = [
  'decodes',
  'decodeContextSum',
  'prefills',
  'paddedQueries',
  'paddedKv',
  'isDecodePath',
  'waiting',
  'freeBlocks',
] as const;
const FIRST_FIELD = 4;

/** Replays the scheduler of every run on the recording's own clock and compares every field of every iteration. */
export function replayTransformers({ cases }: EngineRuns): ReplayReport[] {
  return Object.entries(cases).map(([name, run]): ReplayReport => {
    const submission = submissionOf(name);
    if (submission.kind === 'open' || submission.by === 'engine') return replayRun(name, run);
    return { verdict: 'unsupported', name: `transformers ${name}`, features: ['model.generate has no scheduler'] };
  });
}

/** Replays one run; `steps` of a difference is the number of the first iteration that differs. */
export function replayRun(caseName: string, run: EngineRun): ReplayReport {
  const name = `transformers ${caseName}`;
  const replay = new TransformersReplay(caseName, run);
  const { iterations } = run;
  for (let i = 0; i < iterations.length; i++) {
    const { row: ours } = replay.step(iterations[i][0]);
    const at = ours.findIndex((value, f) => JSON.stringify(value) !== JSON.stringify(iterations[i][FIRST_FIELD + f]));
    if (at < 0) continue;
    const first: Difference = {
      step: i,
      field: fields[at],
      recorded: JSON.stringify(iterations[i][FIRST_FIELD + at]),
      ours: JSON.stringify(ours[at]),
    };
    return { verdict: 'different', name, steps: iterations.length, first };
  }
  const left = replay.finish();
  if (left > 0) {
    const first: Difference = { step: iterations.length, field: 'requests left', recorded: '0', ours: String(left) };
    return { verdict: 'different', name, steps: iterations.length, first };
  }
  return { verdict: 'identical', name, steps: iterations.length };
}

/**
 * The engine's loop: what arrived is queued, a batch is prepared, and the oldest one in flight is processed. Of static batches
 * the next one arrives when nobody is left.
 */
export class TransformersReplay {
  private readonly engine: Engine;
  private readonly policy: TransformersPolicy;
  private readonly run: EngineRun;
  private readonly inFlight: Batch[] = [];
  private readonly batchSize: number;
  private arrived = 0;

  constructor(name: string, run: EngineRun) {
    const submission = submissionOf(name);
    this.run = run;
    this.batchSize = submission.kind === 'open' ? 0 : submission.size;
    const requests = new RequestTable(run.requests.length);
    run.requests.forEach(([, promptTokens, output, arrivalS], r) => {
      const batch = r - (r % this.batchSize);
      const outputTokens =
        this.batchSize > 0 ? longestOutput(run.requests.slice(batch, batch + this.batchSize)) : output;
      requests.push({ arrivalUs: Math.round(arrivalS * 1e6), promptTokens, outputTokens });
    });
    this.engine = createEngine(configOf(run.engine), requests, () => {}, false, false);
    const { policy } = this.engine;
    if (!(policy instanceof TransformersPolicy)) throw new Error('the engine has another policy');
    this.policy = policy;
  }

  /** The next iteration: its batch, and its columns as the recording has them. */
  step(startS: number): { readonly batch: Batch; readonly row: readonly unknown[] } {
    const { policy, inFlight } = this;
    const { memory, sequences, config, decisions } = this.engine;
    const { requests, engine } = this.run;
    const last = this.batchSize === 0 ? requests.length : this.arrived + (policy.hasWork ? 0 : this.batchSize);
    for (; this.arrived < Math.min(last, requests.length) && requests[this.arrived][3] <= startS; this.arrived++) {
      sequences.arrive(this.arrived, resolveLimits(this.engine, this.arrived).outputLimit);
      memory.arrive(this.arrived);
      policy.arrive(this.arrived);
    }
    decisions.clear();
    const batch = new Batch();
    policy.schedule(startS, batch);
    inFlight.push(batch);
    const { shape } = batch;
    const prefills: number[][] = [];
    let cached = 0;
    let isDecodePath = engine.max_blocks_per_request > 0;
    for (let i = 0; i < batch.count; i++) {
      cached += batch.computed[i];
      isDecodePath &&= batch.tokens[i] === 1;
      if ((batch.flags[i] & EntryFlag.prefill) !== 0)
        prefills.push([batch.tokens[i], batch.computed[i], requests[batch.request[i]][0]]);
    }
    const paddedKv = paddedKvOf(engine, cached, isDecodePath);
    const row = [
      shape.decodes,
      shape.decodeContextSum,
      prefills,
      shape.tokens,
      paddedKv,
      isDecodePath ? 1 : 0,
      policy.waitingCount,
      memory.freeBlocks,
    ];
    if (inFlight.length === config.batchesInFlight) policy.complete(inFlight.shift() as Batch, startS);
    return { batch, row };
  }

  /** Processes what is in flight; how many requests have not ended then. */
  finish(): number {
    const { policy, inFlight } = this;
    for (const batch of inFlight.splice(0)) policy.complete(batch, Number.POSITIVE_INFINITY);
    return this.run.requests.length - this.arrived + policy.running.length + policy.waitingCount;
  }
}

/** Entries of the cache that a step counts as read: in a captured graph a fixed number, of which a decode step reads none by index. */
function paddedKvOf(engine: EngineRunSettings, cached: number, isDecodePath: boolean): number {
  if (!settingsOf(engine).padsInputs) return cached;
  if (isDecodePath) return 0;
  return padToInterval(cached, engine.kv_padding_interval_size, engine.num_blocks * engine.block_size);
}
