import { type Batch, EntryFlag } from '../batch.ts';
import { Recorder } from '../metrics/recorder.ts';
import type { Connector } from '../phase/connector.ts';
import { VllmPolicy } from '../policy/vllm.ts';
import { RequestTable } from '../request.ts';
import { type Observer, Simulation } from '../simulation.ts';
import type { Source } from '../source.ts';
import { AttemptEnd, type Attempts } from './attempts.ts';
import type { InstanceSpec } from './fleet-config.ts';
import type { KvStore, StoreView } from './kv-store.ts';
import { Part, pushDecode, pushPrefill, type SplitConfig } from './split.ts';

/** What a life tells its fleet. */
export interface LifeListener {
  /** A try has ended by itself at `nowUs`: finished, refused by the engine, or ended with an error. */
  attemptEnded(attempt: number, nowUs: number): void;
  /** Requests that come by `nowUs` may be sent now: a step is about to be scheduled. */
  arrivals(nowUs: number): void;
  /** A try has blocks for `tokens` tokens whose KV is elsewhere, and asks for it. */
  loadBegins(attempt: number, tokens: number, nowUs: number): void;
}

/**
 * An instance from its start to its death: one simulation of its engine on the requests that the router sends. Another
 * life of the same instance begins with an empty memory.
 */
export class Life implements Source, Observer {
  readonly instance: number;
  /** What its instance was in this life. */
  readonly spec: InstanceSpec;
  /** Longest sequence of its engine. */
  readonly maxModelLen: number;
  readonly startUs: number;
  /** When it died; Infinity while it lives. */
  endUs = Number.POSITIVE_INFINITY;
  readonly requests = new RequestTable();
  readonly classes: readonly string[];
  readonly simulation: Simulation;
  readonly recorder: Recorder;
  /** The fleet's store of KV as this life sees it; null = there is none. */
  readonly store: StoreView | null;
  /** The try that each row of `requests` is. */
  private attempts = new Int32Array(1024);
  private readonly listener: LifeListener;
  /** Tries that have not ended, what their prompts are long, and what they have generated when they were counted off. */
  inFlight = 0;
  private promptTokens = 0;
  private endedOutput = 0;
  /** By row: tokens of its prompt that have been computed or found at some time; and what is missing of all prompts in flight. */
  private reached = new Int32Array(1024);
  private ahead = 0;

  /** `number`: of the life, among all of the fleet. */
  constructor(
    number: number,
    instance: number,
    startUs: number,
    spec: InstanceSpec,
    store: KvStore | null,
    classes: readonly string[],
    listener: LifeListener,
    isWholeRun: boolean,
  ) {
    this.instance = instance;
    this.spec = spec;
    this.maxModelLen = spec.config.maxModelLen;
    this.startUs = startUs;
    this.classes = classes;
    this.listener = listener;
    this.store = store?.join(number, instance, this.requests) ?? null;
    this.requests.store = this.store;
    this.recorder = new Recorder(spec.cost, spec.peakFlopsPerS, spec.peakBytesPerS);
    this.simulation = new Simulation(spec.config, this, spec.cost, this, isWholeRun);
    this.simulation.nowUs = startUs;
    if (this.connector !== null) {
      this.connector.onLoad = (local, tokens, nowUs) => listener.loadBegins(this.attempts[local], tokens, nowUs);
    }
    if (this.store === null) return;
    this.store.onFetch = (local, to) => this.reach(local, to);
    this.store.onFetched = (local, nowUs) => this.connector?.endTransfer(local, nowUs);
  }

  /** What holds KV that comes from or goes to other instances; null = none does. */
  get connector(): Connector | null {
    const { policy } = this.simulation.engine;
    return policy instanceof VllmPolicy ? policy.connector : null;
  }

  /** Appends a try, or the part of a request that it is, which arrives now. Returns its row. */
  send(attempt: number, from: RequestTable, row: number, nowUs: number, part: Part, split: SplitConfig | null): number {
    const { requests } = this;
    const local =
      split === null || part === Part.whole
        ? requests.pushCopy(from, row, nowUs)
        : part === Part.prefill
          ? pushPrefill(requests, from, row, nowUs, this.maxModelLen)
          : pushDecode(requests, from, row, nowUs, split.firstToken);
    if (local === this.attempts.length) {
      const { attempts, reached } = this;
      this.attempts = new Int32Array(2 * local);
      this.attempts.set(attempts);
      this.reached = new Int32Array(2 * local);
      this.reached.set(reached);
    }
    this.attempts[local] = attempt;
    this.inFlight++;
    this.promptTokens += requests.promptTokens[local];
    // A prompt whose KV comes from elsewhere is computed already.
    this.reached[local] = part === Part.decode ? requests.promptTokens[local] : 0;
    this.ahead += requests.promptTokens[local] - this.reached[local];
    return local;
  }

  /** Tries that have not ended, in the order in which they came. */
  openAttempts({ end }: Attempts): readonly number[] {
    const open: number[] = [];
    for (let local = 0; local < this.requests.count; local++) {
      if (end[this.attempts[local]] === AttemptEnd.open) open.push(this.attempts[local]);
    }
    return open;
  }

  /** Nobody is here, nothing runs, and no block waits to be fetched. */
  get isIdle(): boolean {
    return this.inFlight === 0 && this.simulation.nextUs === Number.POSITIVE_INFINITY && !this.connector?.isBusy;
  }

  /** Requests in the engine's queue, those included that arrive right now. */
  get waiting(): number {
    return this.simulation.engine.policy.waitingCount + this.requests.count - this.simulation.arrived;
  }

  get running(): number {
    return this.simulation.engine.policy.running.length;
  }

  get kvUse(): number {
    const { memory } = this.simulation.engine;
    return 1 - memory.freeBlocks / memory.usableBlocks;
  }

  /** Prompts and outputs so far of the tries in flight. */
  get tokens(): number {
    return this.promptTokens + this.simulation.engine.clock.delivered - this.endedOutput;
  }

  /** Prompt tokens sent here that are neither computed nor found in the cache yet. What is computed again does not count. */
  get tokensAhead(): number {
    return this.ahead;
  }

  /** The client gives a try up. False if it had ended. */
  abort(local: number, nowUs: number): boolean {
    if (!this.simulation.abort(local, nowUs)) return false;
    this.countOff(local);
    return true;
  }

  // Source: rows come from `send` alone.

  next(nowUs: number): number {
    this.listener.arrivals(nowUs);
    return Number.POSITIVE_INFINITY;
  }

  finished(local: number, nowUs: number): void {
    this.countOff(local);
    this.listener.attemptEnded(this.attempts[local], nowUs);
  }

  save(): null {
    return null;
  }

  restore(): void {
    throw new Error('a fleet goes forward only');
  }

  // Observer: the recorder's account, and what is computed.

  launched(simulation: Simulation, batch: Batch): void {
    for (let i = 0; i < batch.count; i++) {
      if ((batch.flags[i] & EntryFlag.prefill) !== 0) this.reach(batch.request[i], batch.computed[i] + batch.tokens[i]);
    }
    this.recorder.launched(simulation, batch);
  }

  idle(fromUs: number, toUs: number, simulation: Simulation): void {
    this.recorder.idle(fromUs, toUs, simulation);
  }

  rejected(simulation: Simulation, request: number): void {
    this.recorder.rejected(simulation, request);
  }

  /** So much of a prompt is computed or found; what a preemption threw away was reached before. */
  private reach(local: number, tokens: number): void {
    const reached = Math.min(this.requests.promptTokens[local], tokens);
    if (reached <= this.reached[local]) return;
    this.ahead -= reached - this.reached[local];
    this.reached[local] = reached;
  }

  private countOff(local: number): void {
    // Of its prompt it needs no more.
    this.reach(local, this.requests.promptTokens[local]);
    this.inFlight--;
    this.promptTokens -= this.requests.promptTokens[local];
    this.endedOutput += this.simulation.engine.sequences.generated[local];
  }
}
