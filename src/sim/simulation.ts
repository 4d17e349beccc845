import { Batch, EntryFlag } from './batch.ts';
import { Because, DecisionKind } from './decision.ts';
import { createEngine, type Engine, resolveLimits } from './engine.ts';
import type { EngineConfig } from './engine-config.ts';
import type { CostModel } from './gpu/cost.ts';
import { graphTokens } from './gpu/graph-padding.ts';
import type { LimitChange, Limits } from './limits.ts';
import type { TokenClockState } from './metrics/latency.ts';
import { Quantisation, type QuantisationState } from './phase/quantisation.ts';
import { Status } from './request.ts';
import type { Source } from './source.ts';

/** Requests wait or run, nothing is scheduled, and nothing that could help them will ever happen. */
export class Deadlock extends Error {
  constructor(nowUs: number) {
    super(`deadlock at ${nowUs} us: requests wait and nothing can help them`);
  }
}

/** Told of what happens, for accounts over a whole run. */
export interface Observer {
  /** A batch was launched; it runs from `batch.startUs` to `batch.endUs`. */
  launched(simulation: Simulation, batch: Batch): void;
  /** Nothing runs in this time, although requests may wait (for a static batch to fill). */
  idle(fromUs: number, toUs: number, simulation: Simulation): void;
  rejected(simulation: Simulation, request: number): void;
  /** The scheduler was asked and had nothing to launch; `decisions` says why. */
  stalled?(simulation: Simulation): void;
  /** The tokens of a batch are there and processed. */
  completed?(simulation: Simulation, batch: Batch): void;
}

/**
 * S: one run of an engine on traffic. Batches in flight form a queue: a batch is scheduled as soon as there is room in
 * it, starts when the GPU is free, and its tokens are stamped when it completes. Deterministic: the same configuration,
 * source and cost model give the same run.
 */
export class Simulation {
  readonly engine: Engine;
  readonly source: Source;
  readonly cost: CostModel;
  private readonly observer: Observer | null;
  /** Which copy of the weights the steps read; null where there is one. */
  private readonly quantisation: Quantisation | null;
  /** Tokens of a step's graph by tokens that the step has. */
  private graphTokens: Int32Array;
  private readonly change: LimitChange | null;
  /** Simulated time, whole microseconds. */
  nowUs = 0;
  /** Steps launched so far. */
  steps = 0;
  /** Requests that have arrived: rows below this number. */
  arrived = 0;
  /** Of the source's withdrawals, those that have come. */
  private withdrawn = 0;
  finished = 0;
  rejected = 0;
  /** Requests that the engine ended with an error. */
  failed = 0;
  preemptions = 0;
  /** Stands for the times and shapes of all steps launched so far: equal for equal runs, and hardly ever for others. */
  trail = 0;
  /** When each stage of the pipeline is done with what was launched; a GPU that does everything is the only one. */
  private readonly stageFreeUs: Float64Array;
  /** When the last token of each request is there that is on its way; null where a step never begins before it is. */
  private tokenUs: Float64Array | null;
  private nextSourceUs = 0;
  /** Launched batches, oldest first; batches behind `inFlight` are spare. */
  private readonly batches: Batch[];
  private inFlight = 0;
  private mayLaunch = true;
  /** Preemptions of calls of the scheduler that led to no step. */
  private preemptionsSinceLaunch = 0;
  private transferUsSinceLaunch = 0;

  /**
   * With an observer latencies are collected. `isWholeRun`: steady decodes are advanced together, which is much faster,
   * but what single requests did in a step cannot be seen, and rows are up to date only after `settle`.
   */
  constructor(
    config: EngineConfig,
    source: Source,
    cost: CostModel,
    observer: Observer | null = null,
    isWholeRun = false,
  ) {
    this.source = source;
    this.cost = cost;
    this.observer = observer;
    this.change = config.change;
    this.quantisation = config.quantisation === null ? null : new Quantisation(config.quantisation);
    this.engine = createEngine(
      config,
      source.requests,
      (request, nowUs) => this.onEnd(request, nowUs),
      observer !== null,
      isWholeRun,
    );
    this.graphTokens = graphTokens(this.engine.limits.graphSizes);
    const stages = cost.stages?.count ?? 1;
    this.stageFreeUs = new Float64Array(stages);
    // Alone a GPU has the tokens of a step when it begins the next.
    this.tokenUs = stages > 1 && config.asyncScheduling ? new Float64Array(0) : null;
    this.batches = Array.from({ length: config.batchesInFlight + 1 }, () => new Batch(stages));
  }

  /** The batch launched last; only after `next` has returned true. */
  get lastBatch(): Batch {
    return this.batches[this.inFlight - 1];
  }

  /**
   * Goes on until one more step is launched. False when there is none: every request has ended. With `untilUs` also when
   * nothing more happens before that time; what happens at it comes later, so that requests which arrive then are seen.
   */
  next(untilUs = Number.POSITIVE_INFINITY): boolean {
    this.engine.decisions.clear();
    for (;;) {
      const withdrawal = this.source.withdrawals?.[this.withdrawn];
      if (withdrawal === undefined || withdrawal.atUs >= untilUs) return this.goOn(untilUs);
      if (this.goOn(withdrawal.atUs)) return true;
      this.withdrawn++;
      this.abort(withdrawal.request, withdrawal.atUs);
    }
  }

  private goOn(untilUs: number): boolean {
    const { policy, config } = this.engine;
    for (;;) {
      if (this.mayLaunch && this.inFlight < config.batchesInFlight && this.nowUs < untilUs) {
        this.admitArrivals();
        if (policy.hasWork && this.launch()) return true;
      }
      if (this.inFlight > 0) {
        if (this.batches[0].endUs >= untilUs) return false;
        this.completeOldest();
      } else if (!this.wait(untilUs)) return false;
    }
  }

  /** When something happens next, if nobody else arrives; Infinity = nothing does. Perhaps now. */
  get nextUs(): number {
    const { policy, config } = this.engine;
    if (this.mayLaunch && this.inFlight < config.batchesInFlight) {
      if (policy.hasWork || this.nextArrivalUs <= this.nowUs) return this.nowUs;
    }
    return this.inFlight > 0 ? Math.max(this.nowUs, this.batches[0].endUs) : this.wakesUs;
  }

  /** The client gives a request up now. What it held is free for the next step. False = it has ended already. */
  abort(request: number, nowUs: number): boolean {
    // Who came while a step runs has not been seen yet.
    while (this.arrived <= request) this.arrive(this.arrived++);
    if (!this.engine.policy.abort(request, nowUs)) return false;
    if (this.inFlight === 0) {
      if (this.observer !== null && nowUs > this.nowUs) this.observer.idle(this.nowUs, nowUs, this);
      this.nowUs = Math.max(this.nowUs, nowUs);
      this.mayLaunch = true;
    }
    return true;
  }

  save(): Snapshot {
    const { sequences, memory, orders, tuner, policy, clock } = this.engine;
    policy.settle();
    const live: number[] = [];
    for (let r = 0; r < this.arrived; r++)
      if (isLive(sequences.status[r]) || sequences.tableLength[r] > 0) live.push(r);
    const columns = liveColumns(this.engine);
    return {
      nowUs: this.nowUs,
      steps: this.steps,
      arrived: this.arrived,
      withdrawn: this.withdrawn,
      finished: this.finished,
      rejected: this.rejected,
      failed: this.failed,
      preemptions: this.preemptions,
      trail: this.trail,
      stageFreeUs: this.stageFreeUs.slice(),
      nextSourceUs: this.nextSourceUs,
      mayLaunch: this.mayLaunch,
      batches: this.batches.slice(0, this.inFlight).map((batch) => {
        const copy = new Batch(this.stageFreeUs.length);
        copy.copyFrom(batch);
        return copy;
      }),
      live: Int32Array.from(live),
      values: columns.map((column) => valuesOf(column, live)),
      tables: live.map((r) =>
        sequences.tableLength[r] > 0 ? sequences.tables[r].slice(0, sequences.tableLength[r]) : null,
      ),
      memory: memory.save(),
      orders: orders.save(),
      tuner: tuner?.save() ?? null,
      policy: policy.save(),
      quantisation: this.quantisation?.save() ?? null,
      transferUsSinceLaunch: this.transferUsSinceLaunch,
      clock: clock.save(),
      source: this.source.save(),
    };
  }

  /** Goes to a saved state, of this or of an equal simulation. Decisions of the step are gone until the next one. */
  restore(snapshot: Snapshot): void {
    const { sequences, memory, orders, tuner, policy, clock, decisions } = this.engine;
    policy.settle();
    this.source.restore(snapshot.source);
    this.source.next(snapshot.nowUs);
    for (let r = 0; r < this.arrived; r++) sequences.dropTable(r);
    sequences.reserve(snapshot.arrived);
    sequences.status.fill(Status.finished, 0, snapshot.arrived);
    sequences.status.fill(Status.future, snapshot.arrived);
    this.nowUs = snapshot.nowUs;
    this.steps = snapshot.steps;
    this.arrived = snapshot.arrived;
    this.withdrawn = snapshot.withdrawn;
    this.finished = snapshot.finished;
    this.rejected = snapshot.rejected;
    this.failed = snapshot.failed;
    this.preemptions = snapshot.preemptions;
    this.trail = snapshot.trail;
    this.stageFreeUs.set(snapshot.stageFreeUs);
    this.nextSourceUs = snapshot.nextSourceUs;
    this.mayLaunch = snapshot.mayLaunch;
    this.preemptionsSinceLaunch = 0;
    this.transferUsSinceLaunch = snapshot.transferUsSinceLaunch;
    this.inFlight = snapshot.batches.length;
    this.tokenUs?.fill(0);
    snapshot.batches.forEach((batch, i) => {
      this.batches[i].copyFrom(batch);
      this.noteTokens(batch);
    });
    const columns = liveColumns(this.engine);
    snapshot.live.forEach((request, i) => {
      columns.forEach((column, c) => {
        column[request] = snapshot.values[c][i];
      });
      const table = snapshot.tables[i];
      if (table !== null) sequences.reserveTable(request, table.length).set(table);
    });
    memory.restore(snapshot.memory);
    // The step of the change makes it itself.
    if (this.change !== null) this.setLimits(this.steps > this.change.atStep ? this.change.after : this.change.before);
    orders.restore(snapshot.orders);
    policy.restore(snapshot.policy);
    if (snapshot.quantisation !== null) this.quantisation?.restore(snapshot.quantisation);
    tuner?.restore(snapshot.tuner);
    clock.restore(snapshot.clock);
    decisions.clear();
  }

  private launch(): boolean {
    const { policy, orders, tuner, override } = this.engine;
    const batch = this.batches[this.inFlight];
    batch.step = this.steps;
    if (this.steps === this.change?.atStep) this.setLimits(this.change.after);
    tuner?.beginCall(this.nowUs, policy.waitingCount);
    orders.beginCall();
    for (;;) {
      batch.clear();
      if (override.asks('hold') < 0) policy.schedule(this.nowUs, batch);
      else this.scheduleWithout(override.asks('hold'), batch);
      if (!batch.isEmpty || batch.preemptions === 0) break;
      // Whoever was next gave up its own blocks: those behind it had no turn.
      this.preemptionsSinceLaunch += batch.preemptions;
      this.transferUsSinceLaunch += batch.transferUs;
    }
    if (batch.isEmpty) {
      this.mayLaunch = false;
      this.observer?.stalled?.(this);
      return false;
    }
    orders.launched(batch);
    this.pad(batch);
    this.steps++;
    batch.transferUs += this.transferUsSinceLaunch;
    this.transferUsSinceLaunch = 0;
    if (this.quantisation !== null) this.chooseWeights(batch, this.quantisation);
    this.place(batch);
    batch.preemptions += this.preemptionsSinceLaunch;
    this.preemptionsSinceLaunch = 0;
    this.preemptions += batch.preemptions;
    this.trail = trailOf(this.trail, batch);
    this.inFlight++;
    if (this.observer !== null) this.observer.launched(this, batch);
    return true;
  }

  /** Says when the batch is in each stage: as soon as it is there, and the batch before it is gone. */
  private place(batch: Batch): void {
    const { shape, stageStartUs, stageEndUs } = batch;
    const { stageFreeUs } = this;
    const { stages } = this.cost;
    const last = stageFreeUs.length - 1;
    let readyUs = this.tokensUs(batch);
    for (let stage = 0; stage <= last; stage++) {
      stageStartUs[stage] = Math.max(readyUs, stageFreeUs[stage]);
      stageEndUs[stage] = stageStartUs[stage] + (stages?.stageUs(stage, shape) ?? this.cost.stepUs(shape));
      // Blocks and weights are waited for where the step begins.
      if (stage === 0) stageEndUs[stage] += batch.transferUs;
      stageFreeUs[stage] = stageEndUs[stage];
      readyUs = stageEndUs[stage] + (stages?.sendUs(stage, shape) ?? 0);
    }
    batch.startUs = stageStartUs[0];
    batch.endUs = stageEndUs[last];
    this.noteTokens(batch);
  }

  /** When the tokens are known that a step begins with: some are still on their way through the stages. */
  private tokensUs(batch: Batch): number {
    let us = this.nowUs;
    if (this.tokenUs === null) return us;
    for (let i = 0; i < batch.count; i++) us = Math.max(us, this.tokenUs[batch.request[i]] ?? 0);
    return us;
  }

  /** A batch on its way: its tokens are there when it ends. */
  private noteTokens(batch: Batch): void {
    if (this.tokenUs === null) return;
    const { length } = this.engine.sequences.status;
    if (this.tokenUs.length < length) {
      const longer = new Float64Array(length);
      longer.set(this.tokenUs);
      this.tokenUs = longer;
    }
    for (let i = 0; i < batch.count; i++)
      if ((batch.flags[i] & EntryFlag.samples) !== 0) this.tokenUs[batch.request[i]] = batch.endUs;
  }

  /** What-if: the request does not wait when this step is scheduled, and does again afterwards. */
  private scheduleWithout(request: number, batch: Batch): void {
    const { policy, override } = this.engine;
    const putBack = policy.withhold?.(request) ?? null;
    policy.schedule(this.nowUs, batch);
    if (putBack === null) return;
    putBack();
    if (!batch.isEmpty) override.take();
  }

  /** Fills a step up to the size of its graph. Rows without a token have no context, and none is sampled. */
  private pad(batch: Batch): void {
    const { shape } = batch;
    if (shape.tokens >= this.graphTokens.length) return;
    const rows = this.graphTokens[shape.tokens] - shape.tokens;
    batch.paddingTokens += rows;
    shape.tokens += rows;
    // In a graph of decodes alone attention has a sequence for each row.
    if (shape.chunkCount === 0 && shape.drafts === 0) shape.decodes += rows;
  }

  private setLimits(limits: Readonly<Limits>): void {
    const { orders } = this.engine;
    if (limits.queue !== this.engine.limits.queue) orders.switchTo(limits.queue);
    Object.assign(this.engine.limits, limits);
    this.graphTokens = graphTokens(limits.graphSizes);
  }

  /** The step reads the copy chosen before; a change now is paid for by the next one. */
  private chooseWeights(batch: Batch, quantisation: Quantisation): void {
    const { policy, decisions } = this.engine;
    batch.shape.copy = quantisation.copy;
    this.transferUsSinceLaunch = quantisation.look(this.nowUs, policy.waitingCount, decisions);
  }

  private completeOldest(): void {
    const batch = this.batches[0];
    if (batch.endUs > this.nowUs) this.nowUs = batch.endUs;
    this.engine.policy.complete(batch, this.nowUs);
    this.observer?.completed?.(this, batch);
    this.inFlight--;
    for (let i = 0; i < this.inFlight; i++) this.batches[i] = this.batches[i + 1];
    this.batches[this.inFlight] = batch;
    this.mayLaunch = true;
  }

  /** Nothing runs: goes to the next arrival, or to when the policy wants to be asked again. False if neither comes before `untilUs`. */
  private wait(untilUs: number): boolean {
    const { policy, override } = this.engine;
    const wakesUs = this.wakesUs;
    if (wakesUs >= untilUs && untilUs < Number.POSITIVE_INFINITY) return false;
    if (wakesUs === Number.POSITIVE_INFINITY) {
      if (override.asks('hold') >= 0) {
        // Without the request there is no other step: it is not held after all.
        override.put(null);
        this.mayLaunch = true;
        return true;
      }
      if (policy.hasWork) throw new Deadlock(this.nowUs);
      return false;
    }
    const toUs = Math.max(this.nowUs, wakesUs);
    if (this.observer !== null) this.observer.idle(this.nowUs, toUs, this);
    this.nowUs = toUs;
    policy.wake?.(toUs);
    this.mayLaunch = true;
    return true;
  }

  /** When the next request arrives, as far as it is known. */
  private get nextArrivalUs(): number {
    const { requests } = this.engine.sequences;
    const knownUs = this.arrived < requests.count ? requests.arrivalUs[this.arrived] : Number.POSITIVE_INFINITY;
    return Math.min(knownUs, this.nextSourceUs);
  }

  /** When an engine that runs nothing has something to do again. */
  private get wakesUs(): number {
    const { policy } = this.engine;
    return Math.min(policy.hasWork ? policy.wakeUs : Number.POSITIVE_INFINITY, this.nextArrivalUs);
  }

  private admitArrivals(): void {
    const { requests } = this.engine.sequences;
    if (this.nextSourceUs <= this.nowUs) this.nextSourceUs = this.source.next(this.nowUs);
    while (this.arrived < requests.count && requests.arrivalUs[this.arrived] <= this.nowUs) this.arrive(this.arrived++);
  }

  private arrive(request: number): void {
    const { sequences, memory, orders, policy, decisions } = this.engine;
    const { outputLimit, refusal: limit } = resolveLimits(this.engine, request);
    sequences.arrive(request, outputLimit);
    const refusal = limit ?? policy.refuse?.(request) ?? null;
    if (refusal === null) {
      memory.arrive(request);
      orders.arrives(request);
      policy.arrive(request);
      return;
    }
    sequences.status[request] = Status.rejected;
    this.rejected++;
    decisions.add(DecisionKind.reject, request, Because[refusal.rule], refusal.need, refusal.have);
    if (this.observer !== null) this.observer.rejected(this, request);
    this.tellSource(request, Math.max(this.nowUs, sequences.requests.arrivalUs[request]));
  }

  private onEnd(request: number, nowUs: number): void {
    const { sequences, orders, tuner } = this.engine;
    if (sequences.status[request] === Status.finished) {
      this.finished++;
      orders.ended(request);
      tuner?.finished(request);
    } else {
      this.failed++;
      orders.failed(request);
    }
    this.tellSource(request, nowUs);
  }

  /** A closed source may know its next arrival now. */
  private tellSource(request: number, nowUs: number): void {
    this.source.finished(request, nowUs);
    this.nextSourceUs = Math.min(this.nextSourceUs, this.source.next(nowUs));
  }
}

/** A state to come back to: plain data, only requests that are live or still hold blocks. */
export interface Snapshot {
  readonly nowUs: number;
  readonly steps: number;
  readonly arrived: number;
  readonly withdrawn: number;
  readonly finished: number;
  readonly rejected: number;
  readonly failed: number;
  readonly preemptions: number;
  readonly trail: number;
  /** When each stage of the pipeline is done with what was launched. */
  readonly stageFreeUs: Float64Array;
  readonly nextSourceUs: number;
  readonly mayLaunch: boolean;
  readonly batches: readonly Batch[];
  readonly live: Int32Array;
  /** One array a column of `liveColumns`, one entry a live request. */
  readonly values: readonly Float64Array[];
  readonly tables: readonly (Int32Array | null)[];
  readonly memory: unknown;
  readonly orders: unknown;
  readonly tuner: unknown;
  readonly policy: unknown;
  readonly quantisation: QuantisationState | null;
  /** Time that the next step waits for blocks or weights. */
  readonly transferUsSinceLaunch: number;
  readonly clock: TokenClockState;
  readonly source: unknown;
}

/** Mixes a launched step into the trail. */
function trailOf(trail: number, batch: Batch): number {
  const { shape } = batch;
  let hash = Math.imul(trail ^ (batch.endUs | 0), 0x9e3779b1);
  hash = Math.imul(hash ^ shape.tokens ^ (shape.decodeContextSum | 0), 0x85ebca6b);
  hash = Math.imul(hash ^ batch.count ^ (batch.preemptions << 16), 0xc2b2ae35);
  return hash ^ (hash >>> 15);
}

function isLive(status: number): boolean {
  return (
    status === Status.waiting || status === Status.running || status === Status.preempted || status === Status.loading
  );
}

function liveColumns({ sequences: s }: Engine): (Int32Array | Uint8Array | Float64Array)[] {
  return [
    s.status,
    s.computed,
    s.generated,
    s.outputLimit,
    s.placeholders,
    s.inFlight,
    s.preemptions,
    s.computedPeak,
    s.drafts,
    s.isChunk,
    s.predicted,
    s.firstScheduledUs,
    s.firstTokenUs,
    s.lastTokenUs,
    s.finishUs,
    s.tableLength,
  ];
}

/** A loop: `Float64Array.from` with a function walks the list as an iterator, which takes twenty times as long. */
function valuesOf(column: ArrayLike<number>, requests: readonly number[]): Float64Array {
  const values = new Float64Array(requests.length);
  for (let i = 0; i < requests.length; i++) values[i] = column[requests[i]];
  return values;
}
