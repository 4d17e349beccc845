import type { EngineConfig } from '../engine-config.ts';
import type { PagedMemory } from '../memory/paged.ts';
import type { RequestTable } from '../request.ts';
import type { PrefixStore } from './prefix-store.ts';

/** KV from and to other instances (`--kv-transfer-config`), as one of them is told. */
export interface ConnectorConfig {
  /**
   * `consumer`: prompts may come with KV computed elsewhere. `producer`: KV is sent away when a request ends. `both`: neither of the
   * two; KV comes and goes by way of a store. All three use a store, where the requests have one.
   */
  readonly role: 'consumer' | 'producer' | 'both';
  /** Duration of a transfer, in the simulation's unit of time, unless the request says its own. */
  readonly transferUs: number;
}

/**
 * Transfers of KV in flight, and what they hold back, after vLLM's scheduler with a connector that loads asynchronously
 * (V1, main of 2026-08-17).
 *
 * A load holds its blocks for the whole transfer and cannot be preempted; to avoid a deadlock it starts only if it fits
 * beside what all prefills in flight still need. Blocks that a step in flight may still write, while a transfer might be
 * given them, are freed only when that step is done.
 */
export class Connector {
  /** Loads started by the last `schedule`, and transfers reported by the last `complete`: what a recorded run lists. */
  readonly started: number[] = [];
  readonly received: number[] = [];
  readonly sent: number[] = [];
  /** Told when a load begins, and of how many tokens: for transfers whose end is known to others. */
  onLoad: ((request: number, tokens: number, nowUs: number) => void) | null = null;
  private readonly config: ConnectorConfig;
  private readonly requests: RequestTable;
  private readonly memory: PagedMemory;
  /** Prefixes that any engine has computed; null = there is no store of them. */
  private readonly store: PrefixStore | null;
  private readonly defersFrees: boolean;
  /** Transfers in flight and when they are done, in the order they began. */
  private readonly loads = new Map<number, number>();
  private readonly sends = new Map<number, number>();
  /** Loads that are complete, before the scheduler has seen it. */
  private readonly arrived = new Set<number>();
  /** Requests whose KV was offered by the instance that computed it; it is offered once. */
  private readonly offered = new Set<number>();
  /** Tokens that loads found in the engine's own cache, until the request has its seat. */
  private readonly hits = new Map<number, number>();
  /** Requests that hold blocks and will need more for their prompt: chunked prefills and loads. */
  private readonly prefills = new Set<number>();
  /** Steps with work scheduled and processed so far, and the last one of each request. */
  private scheduledSteps = 0;
  private processedSteps = 0;
  private readonly lastStep = new Map<number, number>();
  /** Blocks to free once `step` steps are processed. */
  private deferred: { readonly step: number; readonly blocks: readonly number[] }[] = [];

  constructor(config: ConnectorConfig, engine: EngineConfig, requests: RequestTable, memory: PagedMemory) {
    this.config = config;
    this.requests = requests;
    this.memory = memory;
    this.store = requests.store;
    // Nothing is loaded by one that only produces.
    this.defersFrees = (config.role !== 'producer' || this.store !== null) && engine.batchesInFlight > 1;
  }

  /** Whether anything is on its way. */
  get isBusy(): boolean {
    return this.loads.size > 0 || this.sends.size > 0 || this.deferred.length > 0;
  }

  /** When the next transfer is done; Infinity if there is none. */
  get nextUs(): number {
    let nextUs = Number.POSITIVE_INFINITY;
    for (const dueUs of this.loads.values()) if (dueUs < nextUs) nextUs = dueUs;
    for (const dueUs of this.sends.values()) if (dueUs < nextUs) nextUs = dueUs;
    return nextUs;
  }

  /** Blocks that wait for steps in flight. */
  deferredBlocks(): number[] {
    return this.deferred.flatMap(({ blocks }) => blocks);
  }

  /**
   * Tokens that can be loaded from elsewhere, beyond those found here, for a request of which `known` tokens are known: the prompt from the
   * instance that has computed it, else what a store has. Whatever a store has more is fetched, however long that takes
   * (`get_num_new_matched_tokens` of LMCache and of the Mooncake Store connector), but for the last token: something must be computed.
   */
  offer(request: number, hitTokens: number, known: number, nowUs: number): number {
    if (this.isHandedOver(request)) return Math.max(0, this.requests.promptTokens[request] - hitTokens);
    if (this.store === null) return 0;
    return Math.max(0, Math.min(this.store.find(request, known, nowUs), known - 1) - hitTokens);
  }

  /** Whether the instance that computed the request's prompt waits for it to be fetched. */
  private isHandedOver(request: number): boolean {
    return this.config.role === 'consumer' && this.requests.remote.has(request) && !this.offered.has(request);
  }

  /** Blocks that prefills in flight, loads included, still need. */
  reservedBlocks(): number {
    let blocks = 0;
    for (const request of this.prefills) blocks += this.memory.missingBlocks(request);
    return blocks;
  }

  /** Begins to load the `tokens` tokens behind the `hitTokens` found here. */
  startLoad(request: number, hitTokens: number, tokens: number, nowUs: number): void {
    const isHandedOver = this.isHandedOver(request);
    this.prefills.add(request);
    this.hits.set(request, hitTokens);
    this.started.push(request);
    if (isHandedOver || this.store === null) {
      this.offered.add(request);
      this.loads.set(request, nowUs + this.durationOf(request));
      this.onLoad?.(request, tokens, nowUs);
    } else this.loads.set(request, nowUs + this.store.fetch(request, hitTokens, hitTokens + tokens, nowUs));
  }

  /** Tokens that a request found here before its load; told once, when it has its seat. */
  takeHits(request: number): number {
    const hits = this.hits.get(request) ?? 0;
    this.hits.delete(request);
    return hits;
  }

  /** The KV of a request's first `tokens` tokens exists. */
  computed(request: number, tokens: number, nowUs: number): void {
    this.store?.computed(request, tokens, nowUs);
  }

  /** A transfer of a request that was to take for ever is done at `atUs`, which is not over yet. */
  endTransfer(request: number, atUs: number): void {
    if (this.loads.has(request)) this.loads.set(request, atUs);
    if (this.sends.has(request)) this.sends.set(request, atUs);
  }

  isLoaded(request: number): boolean {
    return this.arrived.has(request);
  }

  /** The scheduler has seen that a load is complete. */
  takeLoaded(request: number): void {
    this.arrived.delete(request);
  }

  /** Whether an ended request's blocks stay until they are sent; if so, the sending begins. */
  startSend(request: number, nowUs: number, isLength: boolean): boolean {
    if (this.config.role !== 'producer' || !isLength) return false;
    this.sends.set(request, nowUs + this.durationOf(request));
    return true;
  }

  /** A prefill that needs further steps holds its blocks meanwhile. */
  prefilling(request: number): void {
    this.prefills.add(request);
  }

  /** The request was scheduled in this step. */
  scheduled(request: number, isChunk: boolean): void {
    if (!isChunk) this.prefills.delete(request);
    if (this.defersFrees) this.lastStep.set(request, this.scheduledSteps);
  }

  /** Frees a request's blocks, now or when no step in flight can write them any more. */
  release(request: number, ended: boolean): void {
    if (!this.defersFrees || (this.lastStep.get(request) ?? 0) <= this.processedSteps) {
      this.memory.release(request, ended);
    } else {
      const blocks = this.memory.withhold(request, ended);
      if (blocks.length > 0) this.deferred.push({ step: this.scheduledSteps, blocks });
    }
  }

  /** The request has lost its place: it was preempted or has ended. */
  forget(request: number, ended: boolean): void {
    this.prefills.delete(request);
    if (ended) {
      this.arrived.delete(request);
      this.lastStep.delete(request);
      this.hits.delete(request);
      this.store?.ended(request);
    }
  }

  beginStep(): void {
    this.started.length = 0;
  }

  /** A batch with work was made. */
  stepScheduled(): void {
    this.scheduledSteps++;
  }

  /** A batch with work is done: blocks held back until now are free. */
  stepDone(): void {
    this.processedSteps++;
    let freed = 0;
    for (; freed < this.deferred.length && this.deferred[freed].step <= this.processedSteps; freed++) {
      this.memory.giveBack(this.deferred[freed].blocks);
    }
    this.deferred.splice(0, freed);
  }

  /** Takes note of the transfers that are done; `isWaiting` says whether a load's request is still there. */
  report(nowUs: number, isWaiting: (request: number) => boolean): void {
    this.received.length = 0;
    this.sent.length = 0;
    for (const [request, dueUs] of this.loads) {
      if (dueUs > nowUs) continue;
      this.loads.delete(request);
      this.received.push(request);
      if (isWaiting(request)) this.arrived.add(request);
      else this.release(request, true);
    }
    for (const [request, dueUs] of this.sends) {
      if (dueUs > nowUs) continue;
      this.sends.delete(request);
      this.sent.push(request);
      this.release(request, true);
    }
  }

  save(): ConnectorState {
    return {
      loads: [...this.loads],
      sends: [...this.sends],
      arrived: [...this.arrived],
      offered: [...this.offered],
      hits: [...this.hits],
      prefills: [...this.prefills],
      scheduledSteps: this.scheduledSteps,
      processedSteps: this.processedSteps,
      lastStep: [...this.lastStep],
      deferred: this.deferred.slice(),
    };
  }

  restore(state: ConnectorState): void {
    refillMap(this.loads, state.loads);
    refillMap(this.sends, state.sends);
    refillSet(this.arrived, state.arrived);
    refillSet(this.offered, state.offered);
    refillMap(this.hits, state.hits);
    refillSet(this.prefills, state.prefills);
    this.scheduledSteps = state.scheduledSteps;
    this.processedSteps = state.processedSteps;
    refillMap(this.lastStep, state.lastStep);
    this.deferred = state.deferred.slice();
  }

  private durationOf(request: number): number {
    return this.requests.remote.get(request) ?? this.config.transferUs;
  }
}

function refillMap(map: Map<number, number>, entries: readonly (readonly [number, number])[]): void {
  map.clear();
  for (const [key, value] of entries) map.set(key, value);
}

function refillSet(set: Set<number>, entries: readonly number[]): void {
  set.clear();
  for (const entry of entries) set.add(entry);
}

export interface ConnectorState {
  readonly loads: readonly (readonly [number, number])[];
  readonly sends: readonly (readonly [number, number])[];
  readonly arrived: readonly number[];
  readonly offered: readonly number[];
  readonly hits: readonly (readonly [number, number])[];
  readonly prefills: readonly number[];
  readonly scheduledSteps: number;
  readonly processedSteps: number;
  readonly lastStep: readonly (readonly [number, number])[];
  readonly deferred: readonly { readonly step: number; readonly blocks: readonly number[] }[];
}
