import { Batch, EntryFlag } from '../batch.ts';
import { Because, DecisionKind } from '../decision.ts';
import { createEngine, resolveLimits } from '../engine.ts';
import { defaultEngineConfig, type EngineConfig } from '../engine-config.ts';
import { PagedMemory } from '../memory/paged.ts';
import type { EncoderConfig } from '../phase/encoder.ts';
import type { DraftModel, SpeculationConfig } from '../phase/speculation.ts';
import { VllmPolicy } from '../policy/vllm.ts';
import { RequestTable, Status } from '../request.ts';
import { crc32 } from './crc32.ts';
import {
  unsupported,
  type VllmTrace,
  type VllmTraceConfig,
  type VllmTraceEntry,
  type VllmTraceEvent,
  type VllmTraceSnapshot,
  type VllmTraceSpeculation,
  type VllmTraceStep,
  writeBlocks,
} from './vllm-trace.ts';

/** Where a replay first differs from its recording. */
export interface Difference {
  readonly step: number;
  readonly field: string;
  readonly recorded: string;
  readonly ours: string;
}

export type ReplayReport =
  | { readonly verdict: 'identical'; readonly name: string; readonly steps: number }
  | { readonly verdict: 'different'; readonly name: string; readonly steps: number; readonly first: Difference }
  | { readonly verdict: 'unsupported'; readonly name: string; readonly features: readonly string[] };

/** Replays a recorded run of vLLM's scheduler and compares every field of every step. */
export function replayVllm(trace: VllmTrace): ReplayReport {
  const features = unsupported(trace);
  if (features.length > 0) return { verdict: 'unsupported', name: trace.name, features };
  const replay = new VllmReplay(trace);
  const snapshots = new Map(trace.snaps.map((s) => [s.t, s]));
  for (const step of trace.steps) {
    const ours = replay.step(step.t);
    const first = firstDifference(step, ours) ?? differenceOfSnapshot(snapshots.get(step.t), replay);
    if (first !== null) return { verdict: 'different', name: trace.name, steps: trace.steps.length, first };
  }
  return { verdict: 'identical', name: trace.name, steps: trace.steps.length };
}

/** A batch on its way, with what the recording says about it. */
interface InFlight {
  readonly t: number;
  readonly batch: Batch;
}

/** The recording's loop around our scheduler: steps are numbers, the model is a rule, and nothing takes time. */
class VllmReplay {
  private readonly trace: VllmTrace;
  private readonly policy: VllmPolicy;
  private readonly memory: PagedMemory;
  private readonly engine: ReturnType<typeof createEngine>;
  private readonly queue: InFlight[] = [];
  private arrived = 0;
  /** Ended requests are reported to the workers by the next batch, which is scheduled for that alone if need be. */
  private hasUnreported = false;
  private last = { W: '[]', K: '[]', R: '[]' };
  private shared = new Map<number, number>();
  private readonly imageNames: readonly string[];

  constructor(trace: VllmTrace) {
    this.trace = trace;
    const config = toConfig(trace.scenario.config, trace.scenario.loop.queue_size);
    const { requests, imageNames } = toRequests(trace);
    this.imageNames = imageNames;
    this.engine = createEngine(
      config,
      requests,
      () => {
        this.hasUnreported = true;
      },
      false,
      false,
      trace.scenario.config.spec === null ? null : patternModel(trace.scenario.config.spec),
    );
    const { policy, memory } = this.engine;
    if (!(policy instanceof VllmPolicy && memory instanceof PagedMemory)) throw new Error('not a vLLM engine');
    this.policy = policy;
    this.memory = memory;
  }

  step(t: number): VllmTraceStep {
    const { decisions } = this.engine;
    const record: Record<string, unknown> = { t };
    decisions.clear();
    this.arrive(t);
    this.events(t, 'pre', record);
    const scheduled = this.schedule(t, record);
    const free = [this.memory.freeBlocks];
    const lists = [this.freeListHash()];
    const processed = this.choose(scheduled);
    this.events(t, 'mid', record);
    if (processed !== null) this.process(processed, record);
    free.push(this.memory.freeBlocks);
    lists.push(this.freeListHash());
    record.f = free;
    record.q = lists[0] === lists[1] ? [lists[0]] : lists;
    if (this.engine.config.enablePrefixCaching) record.nh = this.memory.cachedKeys;
    const { encoder, connector } = this.policy;
    if (encoder !== null) record.ec = [encoder.free, encoder.freeable];
    if (connector !== null) {
      if (scheduled !== null) given(record, 'ld', connector.started);
      if (processed !== null) {
        given(record, 'rv', connector.received);
        given(record, 'sd', connector.sent);
      }
    }
    this.changed(record);
    return record as unknown as VllmTraceStep;
  }

  snapshot(t: number): VllmTraceSnapshot {
    const { sequences } = this.engine;
    const bt: Record<string, string> = {};
    const nc: Record<string, number> = {};
    for (let r = 0; r < this.arrived; r++) {
      const status = sequences.status[r];
      const hasEnded = status === Status.finished || status === Status.aborted;
      if (hasEnded && sequences.tableLength[r] === 0) continue;
      nc[r] = sequences.computed[r];
      if (sequences.tableLength[r] > 0) bt[r] = writeBlocks(this.tableOf(r));
    }
    const held: number[] = [];
    const { references } = this.memory.pool;
    for (let block = 1; block < references.length; block++) if (references[block] > 0) held.push(block);
    return { t, fq: writeBlocks(this.memory.pool.freeList()), bt, nc, ref: writeBlocks(held) };
  }

  private arrive(t: number): void {
    const { requests } = this.trace.scenario;
    const { sequences } = this.engine;
    while (this.arrived < requests.length && requests[this.arrived].at === t) {
      sequences.arrive(this.arrived, resolveLimits(this.engine, this.arrived).outputLimit);
      this.memory.arrive(this.arrived);
      this.policy.arrive(this.arrived);
      this.arrived++;
    }
  }

  private events(t: number, phase: VllmTraceEvent['phase'], record: Record<string, unknown>): void {
    for (const event of this.trace.scenario.events) {
      if (event.t !== t || event.phase !== phase) continue;
      if (event.type === 'abort' && event.id !== undefined) {
        if (!this.policy.abort(event.id, t)) continue;
        this.hasUnreported = true;
        record.abt = [...((record.abt as number[]) ?? []), event.id];
      } else if (event.type === 'reset_prefix_cache') {
        const { done, preempted } = this.policy.resetCache(event.preempt === true);
        record.rst = done ? 1 : 0;
        if (preempted.length > 0) record.pre = preempted;
      }
    }
  }

  private schedule(t: number, record: Record<string, unknown>): InFlight | null {
    if (!this.policy.hasWork && !this.hasUnreported) return null;
    const { decisions, sequences } = this.engine;
    const batch = new Batch();
    batch.step = t;
    this.policy.schedule(t, batch);
    this.hasUnreported = false;
    const inFlight = { t, batch };
    this.queue.push(inFlight);
    if (batch.count > 0) {
      record.S = Array.from({ length: batch.count }, (_, i) => this.entry(batch, i));
      record.n = batch.tokens.subarray(0, batch.count).reduce((sum, n) => sum + n, 0);
    }
    const { encoder } = this.policy;
    if (encoder !== null) {
      given(
        record,
        'E',
        encoder.scheduled.map(({ request, images }) => [request, images]),
      );
      given(
        record,
        'ef',
        encoder.evicted.map((hash) => this.imageNames[hash]),
      );
    }
    const preempted: number[] = (record.pre as number[]) ?? [];
    for (let i = 0; i < decisions.count; i++) {
      if (decisions.kind[i] === DecisionKind.preempt) preempted.push(decisions.request[i]);
    }
    if (preempted.length > 0) record.pre = preempted;
    if (sequences.requests.count < this.arrived) throw new Error('request table shrank');
    return inFlight;
  }

  private entry(batch: Batch, i: number): VllmTraceEntry {
    const request = batch.request[i];
    const flags = batch.flags[i];
    const samples = flags & EntryFlag.samples ? 1 : 0;
    const isAdmitted = (flags & EntryFlag.admitted) !== 0;
    const drafts = batch.drafts[i];
    const isPlain = !isAdmitted && batch.tokens[i] === 1 && batch.newBlocks[i] === 0 && samples === 1 && drafts === 0;
    if (isPlain) return request;
    const kind = isAdmitted ? (batch.epoch[i] > 0 ? 'P' : 'N') : 'R';
    const table = this.tableOf(request);
    const blocks = writeBlocks(table.subarray(table.length - batch.newBlocks[i]));
    return [request, kind, batch.tokens[i], batch.computed[i], blocks, drafts, samples];
  }

  /** The batch whose output is processed in this step. */
  private choose(scheduled: InFlight | null): InFlight | null {
    const { mode, queue_size } = this.trace.scenario.loop;
    if (mode === 'sync') return scheduled === null ? null : (this.queue.shift() ?? null);
    if (scheduled !== null) {
      const hasMore = scheduled.batch.count > 0 || this.policy.hasWork;
      if (this.queue.length < queue_size && hasMore) return null;
    }
    return this.queue.shift() ?? null;
  }

  private process({ t, batch }: InFlight, record: Record<string, unknown>): void {
    const { sequences, decisions } = this.engine;
    record.U = t;
    const before = Array.from(batch.request.subarray(0, batch.count), (r) => sequences.generated[r]);
    decisions.clear();
    this.policy.complete(batch, t);
    const outputs: unknown[] = [];
    for (let i = 0; i < batch.count; i++) {
      const request = batch.request[i];
      const tokens = sequences.generated[request] - before[i];
      if (tokens === 0) continue;
      outputs.push(batch.drafts[i] > 0 ? [request, tokens, sequences.computed[request]] : request);
    }
    given(record, 'O', outputs);
    const finished: [number, string][] = [];
    for (let i = 0; i < decisions.count; i++) {
      if (decisions.kind[i] !== DecisionKind.finish) continue;
      finished.push([decisions.request[i], decisions.because[i] === Because.stop ? 'stop' : 'length']);
    }
    if (finished.length > 0) record.fin = finished;
  }

  private changed(record: Record<string, unknown>): void {
    const { waiting, skipped } = this.policy.waitingQueues();
    const lists = { W: waiting, K: skipped, R: this.policy.running };
    for (const name of ['W', 'K', 'R'] as const) {
      const text = JSON.stringify(lists[name]);
      if (text !== this.last[name]) record[name] = JSON.parse(text);
      this.last[name] = text;
    }
    const { references } = this.memory.pool;
    const now = new Map<number, number>();
    for (let block = 1; block < references.length; block++) {
      if (references[block] > 1) now.set(block, references[block]);
    }
    const changes: [number, number][] = [];
    for (let block = 1; block < references.length; block++) {
      const count = now.get(block) ?? 0;
      if (count !== (this.shared.get(block) ?? 0)) changes.push([block, count]);
    }
    if (changes.length > 0) record.ref = changes;
    this.shared = now;
  }

  private tableOf(request: number): Int32Array {
    const { sequences } = this.engine;
    return sequences.tables[request].subarray(0, sequences.tableLength[request]);
  }

  private freeListHash(): number {
    return crc32(this.memory.pool.freeList().join(','));
  }
}

const stepFields = [
  ...['rst', 'pre', 'S', 'n', 'E', 'ef', 'ld', 'U', 'rv', 'sd', 'abt', 'O', 'fin'],
  ...['W', 'K', 'R', 'f', 'q', 'nh', 'ref', 'ec'],
] as readonly (keyof VllmTraceStep)[];

/** A field that is empty is left out. */
function given(record: Record<string, unknown>, field: keyof VllmTraceStep, list: readonly unknown[]): void {
  if (list.length > 0) record[field] = list.slice();
}

/** The recording's rule in place of a drafter. */
function patternModel(spec: VllmTraceSpeculation): DraftModel {
  const entry = (pattern: readonly number[], request: number, generated: number): number =>
    pattern[(request * 7 + generated) % pattern.length];
  return {
    drafts: (request, generated) => entry(spec.draft_pattern, request, generated),
    accepted: (request, drafts, generated) => Math.min(drafts, entry(spec.accept_pattern, request, generated)),
  };
}

function firstDifference(recorded: VllmTraceStep, ours: VllmTraceStep): Difference | null {
  for (const field of Object.keys(recorded)) {
    if (field !== 't' && !stepFields.some((known) => known === field)) {
      return { step: recorded.t, field, recorded: JSON.stringify(Reflect.get(recorded, field)), ours: 'not modelled' };
    }
  }
  for (const field of stepFields) {
    const a = JSON.stringify(recorded[field]);
    const b = JSON.stringify(ours[field]);
    if (a !== b) return { step: recorded.t, field, recorded: a ?? 'nothing', ours: b ?? 'nothing' };
  }
  return null;
}

function differenceOfSnapshot(recorded: VllmTraceSnapshot | undefined, replay: VllmReplay): Difference | null {
  if (recorded === undefined) return null;
  const ours = replay.snapshot(recorded.t);
  for (const field of ['fq', 'bt', 'nc', 'ref'] as const) {
    const a = JSON.stringify(recorded[field]);
    const b = JSON.stringify(ours[field]);
    if (a !== b) return { step: recorded.t, field: `snapshot ${field}`, recorded: a, ours: b };
  }
  return null;
}

function toConfig(config: VllmTraceConfig, queueSize: number): EngineConfig {
  return {
    ...defaultEngineConfig(config.num_blocks),
    batchesInFlight: queueSize,
    asyncScheduling: config.async_scheduling,
    maxNumSeqs: config.max_num_seqs,
    maxNumBatchedTokens: config.max_num_batched_tokens,
    maxNumScheduledTokens: config.max_num_scheduled_tokens ?? config.max_num_batched_tokens,
    maxModelLen: config.max_model_len,
    enableChunkedPrefill: config.enable_chunked_prefill,
    longPrefillTokenThreshold: config.long_prefill_token_threshold,
    queue: config.policy,
    blockSize: config.block_size,
    enablePrefixCaching: config.enable_prefix_caching,
    watermark: config.watermark,
    reserveFullPrompt: config.scheduler_reserve_full_isl,
    speculation: config.spec === null ? null : toSpeculation(config.spec),
    encoder: config.mm ? toEncoder(config.mm) : null,
    connector:
      config.kv_connector === null
        ? null
        : { role: config.kv_connector.role, transferUs: config.kv_connector.xfer_steps },
    slidingWindow: config.sliding_window ?? 0,
    decodeCadence: config.async_scheduling && config.use_v2_model_runner ? config.pipeline_parallel_size : 1,
    prefillScheduleInterval: config.prefill_schedule_interval,
  };
}

function toSpeculation(spec: VllmTraceSpeculation): SpeculationConfig {
  return {
    method: spec.method,
    tokens: spec.num_speculative_tokens,
    parallelDrafting: spec.parallel_drafting ?? false,
    acceptanceRate: 0,
    seed: 0,
  };
}

function toEncoder(mm: NonNullable<VllmTraceConfig['mm']>): EncoderConfig {
  return {
    budget: mm.encoder_compute_budget,
    cacheSize: mm.encoder_cache_size,
    disableChunkedInput: mm.disable_chunked_mm_input,
  };
}

function toRequests(trace: VllmTrace): { requests: RequestTable; imageNames: string[] } {
  const table = new RequestTable(trace.scenario.requests.length);
  const imageNames: string[] = [];
  const imageNumber = (name: string): number => {
    const known = imageNames.indexOf(name);
    return known >= 0 ? known : imageNames.push(name) - 1;
  };
  const salts = new Map<number | string, number>();
  for (const r of trace.scenario.requests) {
    if (r.salt !== undefined && !salts.has(r.salt)) salts.set(r.salt, salts.size + 1);
    table.push({
      arrivalUs: r.at,
      promptTokens: r.prompt.reduce((sum, [, , length]) => sum + length, 0),
      outputTokens: Math.min(r.eos_after ?? r.max_tokens, r.max_tokens),
      endsBy: r.eos_after !== undefined && r.eos_after <= r.max_tokens ? 'stop' : 'length',
      maxTokens: r.max_tokens,
      priority: r.prio ?? 0,
      segments: r.prompt.map(([segment, offset, length]) => ({ segment, offset, length })),
      outputSegment: r.out,
      ...(r.salt === undefined ? {} : { cacheSalt: salts.get(r.salt) ?? 0 }),
      images: (r.mm ?? []).map(([position, tokens, name]) => ({ position, tokens, hash: imageNumber(name) })),
      ...(r.remote === 1 || r.xfer !== undefined ? { remoteKv: { transferUs: r.xfer } } : {}),
    });
  }
  return { requests: table, imageNames };
}
