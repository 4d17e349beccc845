import { Batch, EntryFlag } from '../batch.ts';
import { DecisionKind } from '../decision.ts';
import { createEngine, type Engine, resolveLimits } from '../engine.ts';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { RadixMemory } from '../memory/radix-memory.ts';
import type { RadixEviction } from '../memory/radix-sglang.ts';
import type { SchedulePolicyName } from '../policy/sglang/settings.ts';
import { type SglangSettings, sglangDefaults } from '../policy/sglang/settings.ts';
import { SglangPolicy } from '../policy/sglang.ts';
import { RequestTable, type Segment } from '../request.ts';
import { type RecordedOp, type RecordedTokens, readTokens } from './radix-recording.ts';
import {
  dumpTree,
  firstDifferentField,
  isNear,
  type Numbering,
  promptNumbers,
  replaySuite,
  type SglangCase,
  type SglangSuite,
} from './sglang-recording.ts';
import type { Difference, ReplayReport } from './vllm-replay.ts';

/** Format 1 of recorded runs of SGLang's scheduler loop. No model and no clock: a step is an iteration. */
export type SglangLoopRecording = SglangSuite<SglangLoopCase>;

export interface SglangLoopCase extends SglangCase {
  readonly config: {
    readonly page_size: number;
    readonly overlap: boolean;
    readonly radix_disabled: boolean;
    readonly pool_size: number;
    readonly chunked_prefill_size: number | null;
    readonly enable_mixed_chunk: boolean;
    readonly max_prefill_tokens: number;
    readonly max_running_requests: number;
    readonly schedule_policy: SchedulePolicyName;
    readonly schedule_conservativeness: number;
    readonly radix_eviction_policy: RadixEviction;
  };
  /** Number of a request = its place in the list; `at` is an iteration. */
  readonly requests: readonly {
    readonly rid: string;
    readonly at: number;
    readonly segs: RecordedTokens;
    readonly max_new_tokens: number;
    /** The output token that is the end token, from 1; null = it ends by length. */
    readonly eos_at: number | null;
  }[];
  readonly steps: readonly RecordedStep[];
  readonly final_tree?: unknown;
}

interface RecordedStep extends RecordedOp {
  readonly i: number;
  readonly kind: 'prefill' | 'mixed' | 'decode' | 'idle';
  readonly finished?: readonly (readonly [string, number])[];
  readonly retracted?: readonly string[];
}

/** Stream of the output of request 0; the others' follow. */
const OUTPUT_STREAMS = 50_000;
/** Stream of the end token, and its number in the recordings. */
const END_STREAM = -1;
const END_TOKEN = 7;

/** Replays recorded runs of the scheduler's loop and compares every field of every iteration, and the tree at the end. */
export function replaySglangLoop(recording: SglangLoopRecording): ReplayReport[] {
  return replaySuite(recording, (one) => ({ steps: one.steps.length, first: replayCase(one) }));
}

function replayCase(one: SglangLoopCase): Difference | null {
  const replay = new LoopReplay(one);
  for (const recorded of one.steps) {
    const ours = replay.step(recorded.i);
    const first = firstDifferentField(recorded.i, inOrder(recorded), inOrder(ours), isNearRatio);
    if (first !== null) return first;
  }
  const tree = replay.tree();
  return firstDifferentField(one.steps.length, { final_tree: one.final_tree }, { final_tree: tree });
}

/** The recording's loop around the real policy and its memory. */
class LoopReplay {
  private readonly engine: Engine;
  private readonly policy: SglangPolicy;
  private readonly memory: RadixMemory;
  private readonly recorded: SglangLoopCase;
  private readonly finished: (readonly [string, number])[] = [];
  /** The batch whose results are not processed yet, with overlap. */
  private pending: Batch | null = null;
  /** What was written last of the fields that are written where they changed. */
  private last: RecordedOp = {};

  constructor(recorded: SglangLoopCase) {
    this.recorded = recorded;
    const requests = new RequestTable(recorded.requests.length);
    for (const [i, { segs, max_new_tokens, eos_at }] of recorded.requests.entries()) {
      const segments = readTokens(segs);
      const promptTokens = segments.reduce((sum, { length }) => sum + length, 0);
      requests.push({
        arrivalUs: 0,
        promptTokens,
        outputTokens: eos_at === null ? max_new_tokens : Math.max(1, eos_at),
        endsBy: eos_at === null ? 'length' : 'stop',
        maxTokens: max_new_tokens,
        segments,
        outputSegment: OUTPUT_STREAMS + i,
      });
    }
    const ended = (request: number) =>
      this.finished.push([this.rid(request), this.engine.sequences.generated[request]]);
    this.engine = createEngine(configOf(recorded), requests, ended, false, false);
    const { policy, memory } = this.engine;
    if (!(policy instanceof SglangPolicy && memory instanceof RadixMemory)) throw new Error('not the engine asked for');
    this.policy = policy;
    this.memory = memory;
  }

  step(i: number): RecordedOp {
    const { engine, policy } = this;
    for (const [request, { at }] of this.recorded.requests.entries()) if (at === i) this.arrive(request);
    engine.decisions.clear();
    this.finished.length = 0;
    const batch = new Batch();
    policy.schedule(i, batch);
    const retracted = this.retracted();
    const launched = batch.count > 0 ? batch : null;
    const due = this.recorded.config.overlap ? this.pending : launched;
    if (due !== null) policy.complete(due, i);
    this.pending = launched;
    if (due === null && launched === null) policy.wake();
    return {
      i,
      ...this.entries(batch),
      ...(retracted.length > 0 ? { retracted } : {}),
      ...(this.finished.length > 0 ? { finished: this.finished.slice() } : {}),
      ...this.changed(),
      ratio: policy.ratio.value,
      avail: this.memory.available,
      ...(this.memory.tree === null ? {} : { evictable: this.memory.evictable, protected: this.memory.protected }),
    };
  }

  tree(): unknown {
    return this.memory.tree === null ? undefined : dumpTree(this.memory.tree.root, loopNumbers);
  }

  private arrive(request: number): void {
    const { sequences, memory, policy } = this.engine;
    const { outputLimit, refusal } = resolveLimits(this.engine, request);
    if (refusal !== null) throw new Error(`${this.rid(request)} is refused: ${refusal.rule}`);
    sequences.arrive(request, outputLimit);
    memory.arrive(request);
    policy.arrive(request);
  }

  private rid(request: number): string {
    return this.recorded.requests[request].rid;
  }

  private retracted(): string[] {
    const { decisions } = this.engine;
    const rids: string[] = [];
    for (let d = 0; d < decisions.count; d++) {
      if (decisions.kind[d] === DecisionKind.preempt) rids.push(this.rid(decisions.request[d]));
    }
    return rids;
  }

  /** Who computes: prompts with what was there and what is computed, decodes by name. */
  private entries(batch: Batch): RecordedOp {
    const prompts: (readonly [string, number, number])[] = [];
    const decodes: string[] = [];
    for (let n = 0; n < batch.count; n++) {
      const rid = this.rid(batch.request[n]);
      if ((batch.flags[n] & EntryFlag.prefill) === 0) decodes.push(rid);
      else prompts.push([rid, batch.computed[n], batch.tokens[n]]);
    }
    if (batch.count === 0) return { kind: 'idle' };
    if (prompts.length === 0) return { kind: 'decode', run: decodes };
    if (decodes.length === 0) return { kind: 'prefill', run: prompts };
    return { kind: 'mixed', run: prompts, dec: decodes };
  }

  /** Those of the fields that are written where they changed. */
  private changed(): RecordedOp {
    const { policy } = this;
    const now: RecordedOp = {
      wait: policy.waiting().map((request) => this.rid(request)),
      chunked: policy.chunkedRequest >= 0 ? this.rid(policy.chunkedRequest) : null,
      full: policy.batch.isFull,
    };
    const before = this.last;
    this.last = now;
    return Object.fromEntries(
      Object.entries(now).filter(([field, value]) => JSON.stringify(value) !== JSON.stringify(before[field])),
    );
  }
}

function configOf({ config }: SglangLoopCase): EngineConfig {
  const settings: SglangSettings = {
    ...sglangDefaults,
    schedulePolicy: config.schedule_policy,
    scheduleConservativeness: config.schedule_conservativeness,
    chunkedPrefillSize: config.chunked_prefill_size ?? -1,
    maxPrefillTokens: config.max_prefill_tokens,
    enableMixedChunk: config.enable_mixed_chunk,
    radixEvictionPolicy: config.radix_eviction_policy,
    endStream: END_STREAM,
  };
  return {
    ...defaultEngineConfig(1 + Math.floor(config.pool_size / config.page_size)),
    policy: 'sglang',
    settings,
    memory: 'own',
    blockSize: config.page_size,
    maxModelLen: config.pool_size,
    maxNumSeqs: config.max_running_requests,
    enablePrefixCaching: !config.radix_disabled,
    asyncScheduling: config.overlap,
    batchesInFlight: config.overlap ? 2 : 1,
  };
}

/** Output tokens are counted from 1, and the end token has a number of its own. */
const loopNumbers: Numbering = (pieces) =>
  pieces.flatMap((piece: Segment) => {
    if (piece.segment === END_STREAM) return [[END_TOKEN, piece.length] as const];
    const isOutput = piece.segment >= OUTPUT_STREAMS;
    return promptNumbers([isOutput ? { ...piece, offset: piece.offset + 1 } : piece]);
  });

/** What is a set in one order, whichever it was written in. */
function inOrder(step: RecordedOp): RecordedOp {
  const { finished, retracted, ...rest } = step;
  const sorted = (list: unknown) => (Array.isArray(list) ? list.map((e) => JSON.stringify(e)).sort() : list);
  return {
    ...rest,
    ...(finished === undefined ? {} : { finished: sorted(finished) }),
    ...(retracted === undefined ? {} : { retracted: sorted(retracted) }),
  };
}

/** The ratio is written with nine decimals. */
function isNearRatio(field: string, recorded: unknown, ours: unknown): boolean {
  return field === 'ratio' && isNear(recorded, ours, 1e-8);
}
