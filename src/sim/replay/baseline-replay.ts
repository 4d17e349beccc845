import { Batch, EntryFlag } from '../batch.ts';
import { DecisionKind } from '../decision.ts';
import { createEngine, type Engine, resolveLimits } from '../engine.ts';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { RequestTable } from '../request.ts';
import type { Difference, ReplayReport } from './vllm-replay.ts';

/** Recorded runs of one of the schedulers that sarathi-serve (osdi branch) implements, format 1. No model and no clock. */
export interface BaselineSuite {
  readonly format: 1;
  readonly suite: 'vllm' | 'sarathi' | 'simple_chunking' | 'orca' | 'faster_transformer';
  readonly cases: readonly BaselineCase[];
}

export interface BaselineCase {
  readonly seed: number;
  readonly config: {
    readonly block_size: number;
    readonly num_blocks: number;
    readonly max_model_len: number;
    readonly max_num_seqs: number;
    readonly pipeline_stages: number;
    readonly chunk_size?: number;
    readonly max_num_batched_tokens?: number;
    /** Chunk sizes from high down to low: low, high, tokens over which they fall, stages. */
    readonly dynamic?: readonly [number, number, number, number];
  };
  /** In order of arrival; `at` is an iteration. */
  readonly requests: readonly { readonly at: number; readonly prompt: number; readonly output: number }[];
  readonly steps: readonly BaselineStep[];
}

export interface BaselineStep {
  readonly i: number;
  /** Request and prompt tokens computed; 0 = one decode token. */
  readonly run?: readonly (readonly [number, number])[];
  readonly preempted?: readonly number[];
  readonly finished?: readonly number[];
  readonly free: number;
  /** Both only where they changed. */
  readonly wait?: readonly number[];
  readonly running?: readonly number[];
}

const policies = {
  vllm: 'vllm-2023',
  sarathi: 'sarathi',
  simple_chunking: 'simple-chunking',
  orca: 'orca',
  faster_transformer: 'faster-transformer',
} as const;

/** Replays every case of a suite and compares every field of every iteration. */
export function replayBaselines(suite: BaselineSuite): ReplayReport[] {
  return suite.cases.map((recorded) => replayCase(suite.suite, recorded));
}

function replayCase(suite: BaselineSuite['suite'], recorded: BaselineCase): ReplayReport {
  const name = `${suite} ${recorded.seed}`;
  const { steps } = recorded;
  const replay = new BaselineReplay(configOf(suite, recorded), recorded);
  // What is not recorded has not changed.
  let last: Pick<FullStep, 'wait' | 'running'> = { wait: [], running: [] };
  for (const step of steps) {
    last = { wait: step.wait ?? last.wait, running: step.running ?? last.running };
    const first = firstDifference({ ...step, ...last }, replay.step(step.i));
    if (first !== null) return { verdict: 'different', name, steps: steps.length, first };
  }
  return { verdict: 'identical', name, steps: steps.length };
}

export function configOf(suite: BaselineSuite['suite'], { config }: BaselineCase): EngineConfig {
  const reserves = suite === 'orca' || suite === 'faster_transformer';
  const budget = config.chunk_size ?? config.max_num_batched_tokens ?? config.max_model_len;
  return {
    ...defaultEngineConfig(config.num_blocks + 1),
    policy: policies[suite],
    memory: reserves ? 'contiguous' : 'paged',
    batchesInFlight: config.pipeline_stages,
    asyncScheduling: false,
    maxNumSeqs: config.max_num_seqs,
    maxNumBatchedTokens: budget,
    maxNumScheduledTokens: budget,
    maxModelLen: config.max_model_len,
    blockSize: config.block_size,
    enablePrefixCaching: false,
    watermark: 0.01,
    // In these implementations the first token comes with the step after the prefill.
    tokenAtPrefillEnd: false,
    chunkSchedule:
      config.dynamic === undefined
        ? null
        : {
            low: config.dynamic[0],
            high: config.dynamic[1],
            maxTokens: config.dynamic[2],
            stages: config.dynamic[3],
          },
  };
}

/** An iteration as it is recorded, with both lists always there. */
type FullStep = Required<Omit<BaselineStep, 'i'>>;

/** The recording's loop: an iteration schedules at most one batch; the oldest completes when the pipeline is full or nothing was scheduled. */
class BaselineReplay {
  private readonly engine: Engine;
  private readonly inFlight: Batch[] = [];
  private readonly recorded: BaselineCase;
  private readonly finished: number[] = [];
  private arrived = 0;

  constructor(config: EngineConfig, recorded: BaselineCase) {
    this.recorded = recorded;
    const requests = new RequestTable(recorded.requests.length);
    for (const { at, prompt, output } of recorded.requests) {
      requests.push({ arrivalUs: at, promptTokens: prompt, outputTokens: output });
    }
    this.engine = createEngine(config, requests, (request) => this.finished.push(request), false, false);
  }

  step(i: number): FullStep {
    const { policy, memory, sequences, decisions, config } = this.engine;
    const { requests } = this.recorded;
    for (; this.arrived < requests.length && requests[this.arrived].at <= i; this.arrived++) {
      sequences.arrive(this.arrived, resolveLimits(this.engine, this.arrived).outputLimit);
      memory.arrive(this.arrived);
      policy.arrive(this.arrived);
    }
    decisions.clear();
    this.finished.length = 0;
    const batch = new Batch();
    if (this.inFlight.length < config.batchesInFlight) policy.schedule(i, batch);
    const preempted: number[] = [];
    for (let d = 0; d < decisions.count; d++) {
      if (decisions.kind[d] === DecisionKind.preempt) preempted.push(decisions.request[d]);
    }
    if (batch.count > 0) this.inFlight.push(batch);
    if (batch.count === 0 || this.inFlight.length === config.batchesInFlight) {
      const oldest = this.inFlight.shift();
      if (oldest !== undefined) policy.complete(oldest, i);
    }
    const run = Array.from({ length: batch.count }, (_, n): [number, number] => [
      batch.request[n],
      (batch.flags[n] & EntryFlag.prefill) === 0 ? 0 : batch.tokens[n],
    ]);
    return {
      run,
      preempted,
      finished: this.finished.slice(),
      free: memory.freeBlocks,
      wait: policy.waiting(),
      running: policy.running.slice(),
    };
  }
}

function firstDifference(recorded: BaselineStep, ours: FullStep): Difference | null {
  const nothing: FullStep = { ...ours, run: [], preempted: [], finished: [] };
  const expected: FullStep = { ...nothing, ...recorded };
  for (const field of ['run', 'preempted', 'finished', 'free', 'wait', 'running'] as const) {
    const [theirs, mine] = [JSON.stringify(expected[field]), JSON.stringify(ours[field])];
    if (theirs !== mine) return { step: recorded.i, field, recorded: theirs, ours: mine };
  }
  return null;
}
