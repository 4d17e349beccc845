import { Batch, EntryFlag } from '../batch.ts';
import { createEngine, type Engine, resolveLimits } from '../engine.ts';
import { padToInterval } from '../gpu/graph-padding.ts';
import { TransformersPolicy } from '../policy/transformers.ts';
import { RequestTable } from '../request.ts';
import { configOf, type EngineRun, type EngineRunSettings, type EngineRuns, settingsOf } from './transformers-runs.ts';
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
  return Object.entries(cases).map(([name, run]) => replayRun(`transformers ${name}`, run));
}

function replayRun(name: string, run: EngineRun): ReplayReport {
  const replay = new TransformersReplay(run);
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
  return { verdict: 'identical', name, steps: iterations.length };
}

/** The engine's loop: what arrived is queued, a batch is prepared, and the oldest one in flight is processed. */
export class TransformersReplay {
  private readonly engine: Engine;
  private readonly policy: TransformersPolicy;
  private readonly run: EngineRun;
  private readonly inFlight: Batch[] = [];
  private arrived = 0;

  constructor(run: EngineRun) {
    this.run = run;
    const requests = new RequestTable(run.requests.length);
    for (const [, promptTokens, outputTokens, arrivalS] of run.requests) {
      requests.push({ arrivalUs: Math.round(arrivalS * 1e6), promptTokens, outputTokens });
    }
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
    for (; this.arrived < requests.length && requests[this.arrived][3] <= startS; this.arrived++) {
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
}

/** Entries of the cache that a step counts as read: in a captured graph a fixed number, of which a decode step reads none by index. */
function paddedKvOf(engine: EngineRunSettings, cached: number, isDecodePath: boolean): number {
  if (!settingsOf(engine).padsInputs) return cached;
  if (isDecodePath) return 0;
  return padToInterval(cached, engine.kv_padding_interval_size, engine.num_blocks * engine.block_size);
}
