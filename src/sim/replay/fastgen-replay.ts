import { Batch, EntryFlag } from '../batch.ts';
import { createEngine, type Engine, resolveLimits } from '../engine.ts';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { FastGenPolicy } from '../policy/fastgen.ts';
import { RequestTable } from '../request.ts';
import type { Difference, ReplayReport } from './vllm-replay.ts';

/** Recorded runs of DeepSpeed-FastGen's scheduler, format 1. No model and no clock. */
export interface FastGenSuite {
  readonly format: 1;
  readonly suite: 'fastgen';
  readonly cases: readonly FastGenCase[];
}

export interface FastGenCase extends FastGenTraffic {
  readonly seed: number;
  readonly steps: readonly FastGenStep[];
}

/** What a recording was made of. */
export interface FastGenTraffic {
  readonly config: {
    readonly block_size: number;
    readonly num_blocks: number;
    readonly max_ragged_batch_size: number;
    readonly max_ragged_sequence_count: number;
    readonly max_tracked_sequences: number;
  };
  /** In order of arrival; `at` is an iteration. */
  readonly requests: readonly { readonly at: number; readonly prompt: number; readonly output: number }[];
}

/** What an iteration executes, and what it leaves in the buffer once it has scheduled the next. */
export interface FastGenStep {
  readonly i: number;
  /** Requests whose blocks are given back, before anything runs. One that has not ended is evicted. */
  readonly flush?: readonly number[];
  /** Request, tokens, and 1 if they yield a token. */
  readonly run?: readonly (readonly [number, number, number])[];
  readonly finished?: readonly number[];
  readonly free: number;
  /** Request and tokens that wait; only where it changed. */
  readonly buffer?: readonly (readonly [number, number])[];
}

/** Replays every case of a suite and compares every field of every iteration. */
export function replayFastGen(suite: FastGenSuite): ReplayReport[] {
  return suite.cases.map(replayCase);
}

function replayCase(recorded: FastGenCase): ReplayReport {
  const name = `fastgen ${recorded.seed}`;
  const { steps } = recorded;
  const replay = new FastGenReplay(recorded);
  // What is not recorded has not changed.
  let buffer: FullStep['buffer'] = [];
  for (const step of steps) {
    buffer = step.buffer ?? buffer;
    const first = firstDifference({ ...step, buffer }, replay.step(step.i));
    if (first !== null) return { verdict: 'different', name, steps: steps.length, first };
  }
  return { verdict: 'identical', name, steps: steps.length };
}

function configOf({ config, requests }: FastGenTraffic): EngineConfig {
  return {
    ...defaultEngineConfig(config.num_blocks + 1),
    policy: 'fastgen',
    settings: { maxRaggedSequenceCount: config.max_ragged_sequence_count },
    batchesInFlight: 1,
    asyncScheduling: false,
    maxNumSeqs: config.max_tracked_sequences,
    maxNumBatchedTokens: config.max_ragged_batch_size,
    maxNumScheduledTokens: config.max_ragged_batch_size,
    // The recorded scheduler knew no longest sequence.
    maxModelLen: 1 + Math.max(...requests.map(({ prompt, output }) => prompt + output)),
    blockSize: config.block_size,
    enablePrefixCaching: false,
  };
}

type FullStep = Required<Omit<FastGenStep, 'i'>>;

/** The recording's loop: what arrived is queued, the batch that was scheduled is executed, the next one is scheduled. */
export class FastGenReplay {
  private readonly engine: Engine;
  private readonly policy: FastGenPolicy;
  private readonly recorded: FastGenTraffic;
  private readonly finished: number[] = [];
  private batch = new Batch();
  private flushed: readonly number[] = [];
  private arrived = 0;

  constructor(recorded: FastGenTraffic) {
    this.recorded = recorded;
    const requests = new RequestTable(recorded.requests.length);
    for (const { at, prompt, output } of recorded.requests) {
      requests.push({ arrivalUs: at, promptTokens: prompt, outputTokens: output });
    }
    this.engine = createEngine(configOf(recorded), requests, (request) => this.finished.push(request), false, false);
    const { policy } = this.engine;
    if (!(policy instanceof FastGenPolicy)) throw new Error('the engine has another policy');
    this.policy = policy;
  }

  /** Whether anything is left to do or to come. */
  get isOver(): boolean {
    return this.arrived === this.recorded.requests.length && this.batch.count === 0 && !this.policy.hasWork;
  }

  step(i: number): FullStep {
    const { policy, batch, flushed: flush } = this;
    const { memory, sequences, decisions } = this.engine;
    const { requests } = this.recorded;
    for (; this.arrived < requests.length && requests[this.arrived].at <= i; this.arrived++) {
      sequences.arrive(this.arrived, resolveLimits(this.engine, this.arrived).outputLimit);
      memory.arrive(this.arrived);
      policy.arrive(this.arrived);
    }
    this.finished.length = 0;
    decisions.clear();
    // A batch takes its blocks when it is scheduled; it is recorded, with them, when it runs.
    const { freeBlocks: free } = memory;
    policy.complete(batch, i);
    this.batch = new Batch();
    policy.schedule(i, this.batch);
    this.flushed = policy.flushed.slice();
    const run = Array.from({ length: batch.count }, (_, n): [number, number, number] => [
      batch.request[n],
      batch.tokens[n],
      (batch.flags[n] & EntryFlag.samples) === 0 ? 0 : 1,
    ]);
    return { flush, run, finished: this.finished.slice(), free, buffer: policy.buffered() };
  }
}

function firstDifference(recorded: FastGenStep, ours: FullStep): Difference | null {
  const expected: FullStep = { flush: [], run: [], finished: [], buffer: [], ...recorded };
  for (const field of ['flush', 'run', 'finished', 'free', 'buffer'] as const) {
    const [theirs, mine] = [JSON.stringify(expected[field]), JSON.stringify(ours[field])];
    if (theirs !== mine) return { step: recorded.i, field, recorded: theirs, ours: mine };
  }
  return null;
}
