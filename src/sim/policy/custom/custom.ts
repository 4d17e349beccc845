import { type Batch, EntryFlag } from '../../batch.ts';
import { Because, Bound, DecisionKind } from '../../decision.ts';
import type { CostModel } from '../../gpu/cost.ts';
import { PagedMemory } from '../../memory/paged.ts';
import { Status } from '../../request.ts';
import { finish, hasAllOutput } from '../finish.ts';
import type { Policy, PolicyContext } from '../policy.ts';
import type { View } from './contract.ts';
import { type IllegalNumbers, type IllegalRule, IllegalSchedule, PolicyThrew } from './illegal.ts';
import { type ReadPlan, readPlan } from './plan.ts';
import { RequestView, type Row, type Sight } from './requests.ts';
import { addWork, GpuView, isChunk, type Shown, StepView } from './view.ts';

/** What a policy of a visitor's own is made of. */
export interface CustomProgram {
  /** The visitor's function: whatever it answers is checked. */
  readonly decide: (view: View) => unknown;
  readonly cost: CostModel;
  /** Names of the request classes, by number. */
  readonly classes: readonly string[];
}

/**
 * A visitor's function as sigma, on paged memory and without steps that overlap: the function is asked when the tokens of
 * the step before are there.
 *
 * A step is taken in this order. The whole answer is checked, but for blocks. Those to preempt give up their blocks. Then
 * each entry gets its blocks in turn: one that waits takes a seat and what the prefix cache has of it (which may be more
 * than it was when the policy was asked, if an entry before has the same beginning; then it computes fewer tokens), one that runs gets what it lacks. If they are not
 * there, the schedule is illegal: nobody is preempted but by the policy.
 */
export class CustomPolicy implements Policy {
  readonly running: number[] = [];
  wakeUs = Number.POSITIVE_INFINITY;
  private readonly context: PolicyContext;
  private readonly decide: CustomProgram['decide'];
  private readonly sight: Sight;
  private readonly shown: Shown = { step: 0, queue: [], running: [] };
  private readonly view: StepView;
  private readonly rows = new Map<number, Row>();
  private readonly views = new Map<number, RequestView>();
  /** Ids in ascending order, which is the order of arrival; and beside them, and beside `running`, what the policy sees of them. */
  private readonly queue: number[] = [];
  private readonly queueViews: RequestView[] = [];
  private readonly runningViews: RequestView[] = [];
  private isQueueChanged = true;
  private isRunningChanged = true;

  constructor(context: PolicyContext, { decide, cost, classes }: CustomProgram) {
    const { memory, sequences, config, limits } = context;
    if (!(memory instanceof PagedMemory)) throw new Error('a policy of one’s own works on paged memory');
    this.context = context;
    this.decide = decide;
    this.sight = { sequences, memory, classes, call: 0, nowUs: 0 };
    const { running, sight } = this;
    const viewOf = (request: number) => this.views.get(request);
    const gpu = new GpuView({ sight, cost, limits, seats: config.maxNumSeqs, running, viewOf });
    this.view = new StepView(sight, gpu, this.shown);
  }

  get hasWork(): boolean {
    return this.running.length > 0 || this.queue.length > 0;
  }

  get waitingCount(): number {
    return this.queue.length;
  }

  waiting(): number[] {
    return this.queue.slice();
  }

  arrive(request: number): void {
    this.enqueue(request, this.show(request));
  }

  schedule(nowUs: number, batch: Batch): void {
    const plan = this.ask(nowUs, batch.step);
    this.check(plan);
    this.wakeUs = plan.wakeUs;
    for (const request of plan.preempt) this.preempt(request, nowUs, batch);
    for (let at = 0; at < plan.requests.length; at++) this.give(plan.requests[at], plan.tokens[at], nowUs, batch);
    this.explain(batch);
  }

  complete(batch: Batch, nowUs: number): void {
    const { sequences, clock, memory } = this.context;
    clock.begin(nowUs);
    for (let at = 0; at < batch.count; at++) {
      const request = batch.request[at];
      sequences.inFlight[request] -= batch.tokens[at];
      if (sequences.status[request] !== Status.running || (batch.flags[at] & EntryFlag.samples) === 0) continue;
      clock.token(request);
      if (!hasAllOutput(sequences, request)) continue;
      memory.release(request, true);
      this.leave(request);
      finish(this.context, request, nowUs);
    }
    clock.end();
  }

  abort(request: number, nowUs: number): boolean {
    const { sequences, memory } = this.context;
    if (!this.views.has(request)) return false;
    memory.release(request, true);
    this.leave(request);
    sequences.status[request] = Status.aborted;
    sequences.finishUs[request] = nowUs;
    return true;
  }

  settle(): void {}

  watch(): void {}

  /** What the visitor's function remembers is its own, and not in here. */
  save(): { readonly running: readonly number[]; readonly queue: readonly number[] } {
    return { running: this.running.slice(), queue: this.queue.slice() };
  }

  restore(saved: unknown): void {
    const { running, queue } = saved as ReturnType<CustomPolicy['save']>;
    this.running.splice(0, this.running.length, ...running);
    this.queue.splice(0, this.queue.length, ...queue);
    this.views.clear();
    this.runningViews.splice(0, this.runningViews.length, ...running.map((request) => this.show(request)));
    this.queueViews.splice(0, this.queueViews.length, ...queue.map((request) => this.show(request)));
    this.isQueueChanged = true;
    this.isRunningChanged = true;
  }

  private ask(nowUs: number, step: number): ReadPlan {
    const { sight, shown, view } = this;
    sight.nowUs = nowUs;
    sight.call++;
    shown.step = step;
    if (this.isQueueChanged) shown.queue = Object.freeze(this.queueViews.slice());
    if (this.isRunningChanged) shown.running = Object.freeze(this.runningViews.slice());
    this.isQueueChanged = false;
    this.isRunningChanged = false;
    try {
      const { decide } = this;
      return readPlan(decide(view), nowUs);
    } catch (thrown) {
      throw thrown instanceof IllegalSchedule ? thrown : new PolicyThrew(thrown);
    }
  }

  /** Everything that can be wrong with an answer but a lack of blocks. Changes nothing. */
  private check({ requests, tokens, preempt }: ReadPlan): void {
    const { config, limits, sequences } = this.context;
    const preempted = new Set<number>();
    for (const request of preempt) {
      const runs = sequences.status[request] === Status.running && this.views.has(request);
      if (!runs || preempted.has(request)) illegal('not-running', request < 0 ? {} : { request });
      preempted.add(request);
    }
    const given = new Set<number>();
    let total = 0;
    let seats = this.running.length - preempted.size;
    for (let at = 0; at < requests.length; at++) {
      const request = requests[at];
      const view = this.views.get(request);
      if (view === undefined) illegal('unknown-request', { request });
      if (given.has(request)) illegal('twice', { request });
      if (preempted.has(request)) illegal('preempted-and-run', { request });
      given.add(request);
      const { left, isWaiting } = view;
      if (tokens[at] > left) illegal('more-than-left', { request, need: tokens[at], have: left });
      total += tokens[at];
      if (isWaiting) seats++;
      if (seats > config.maxNumSeqs) illegal('over-seats', { request, need: seats, have: config.maxNumSeqs });
    }
    const budget = limits.maxNumBatchedTokens;
    if (total > budget) illegal('over-budget', { need: total, have: budget });
  }

  private preempt(request: number, nowUs: number, batch: Batch): void {
    const { sequences, memory, decisions } = this.context;
    decisions.add(DecisionKind.preempt, request, Because.none, 0, memory.freeBlocks);
    memory.release(request, false);
    const at = this.running.indexOf(request);
    this.running.splice(at, 1);
    const [view] = this.runningViews.splice(at, 1);
    sequences.status[request] = Status.preempted;
    sequences.computed[request] = 0;
    sequences.preemptions[request]++;
    batch.preemptions++;
    const row = this.rows.get(request);
    if (row !== undefined) row.queuedUs = nowUs;
    this.enqueue(request, view);
    this.isRunningChanged = true;
  }

  /** Blocks for an entry whose turn has come, and its place in the batch. */
  private give(request: number, wanted: number, nowUs: number, batch: Batch): void {
    const { sequences, memory } = this.context;
    const { computed, computedPeak, inFlight, requests } = sequences;
    const isWaiting = sequences.status[request] !== Status.running;
    const known = sequences.known(request);
    const held = sequences.tableLength[request];
    const hit = isWaiting ? memory.findHit(request) : 0;
    const before = computed[request] + hit;
    const tokens = Math.min(wanted, known - before);
    const hasBlocks = isWaiting ? memory.admit(request, hit, tokens, false, 0) : memory.grow(request, tokens);
    if (!hasBlocks) illegal('no-blocks', { request, need: memory.failure.need, have: memory.failure.have });
    if (isWaiting) this.seat(request, hit, nowUs, batch);
    const after = before + tokens;
    memory.cache(request, after);

    const isPrefill = isWaiting || isChunk(tokens, before, requests.promptTokens[request]);
    const samples = after === known;
    let flags = (isPrefill ? EntryFlag.prefill : 0) | (isWaiting ? EntryFlag.admitted : 0);
    if (samples) flags |= EntryFlag.samples;
    const again = Math.min(after, computedPeak[request]) - before;
    if (isPrefill && again > 0) {
      batch.recomputedTokens += again;
      flags |= EntryFlag.recompute;
    }
    const newBlocks = sequences.tableLength[request] - held;
    batch.push(request, tokens, before, newBlocks, sequences.preemptions[request], flags);
    addWork(batch, tokens, before, isPrefill, samples);
    computed[request] = after;
    if (after > computedPeak[request]) computedPeak[request] = after;
    inFlight[request] += tokens;
    memory.filled(tokens);
  }

  /** A request that has just got its first blocks takes its seat. */
  private seat(request: number, hit: number, nowUs: number, batch: Batch): void {
    const { sequences, decisions } = this.context;
    const isBack = sequences.status[request] === Status.preempted;
    if (!isBack) sequences.firstScheduledUs[request] = nowUs;
    sequences.status[request] = Status.running;
    const at = placeOf(this.queue, request);
    this.queue.splice(at, 1);
    this.running.push(request);
    this.runningViews.push(...this.queueViews.splice(at, 1));
    this.isQueueChanged = true;
    this.isRunningChanged = true;
    batch.hitTokens += hit;
    const blocks = sequences.tableLength[request];
    decisions.add(isBack ? DecisionKind.resume : DecisionKind.admit, request, Because.none, blocks, hit);
  }

  /** What kept the step from doing more, and what holds the next in line. */
  private explain(batch: Batch): void {
    const { config, limits, sequences, memory, decisions } = this.context;
    const isAllDone = this.queue.length === 0 && batch.count === this.running.length;
    const budget = limits.maxNumBatchedTokens;
    if (batch.shape.tokens >= budget) batch.bound = Bound.tokenBudget;
    else if (isAllDone) batch.bound = Bound.nothingLeft;
    else if (this.queue.length > 0 && this.running.length >= config.maxNumSeqs) batch.bound = Bound.seats;
    else if (memory.freeBlocks === 0) batch.bound = Bound.blocks;
    else batch.bound = Bound.batch;
    if (this.queue.length === 0) return;
    const [head] = this.queue;
    const hold = (because: Because, need: number, have: number) =>
      decisions.add(DecisionKind.hold, head, because, need, have);
    if (batch.bound === Bound.seats) hold(Because.seats, 1, config.maxNumSeqs);
    else if (batch.bound === Bound.tokenBudget) hold(Because.tokenBudget, sequences.known(head), 0);
    else if (batch.bound === Bound.blocks) hold(Because.noBlocks, 1, 0);
    else hold(Because.notItsTurn, 0, 0);
  }

  /** A request gets the view that it keeps until it ends. */
  private show(request: number): RequestView {
    const { sight } = this;
    const queuedUs = sight.sequences.requests.arrivalUs[request];
    const row: Row = { id: request, sight, queuedUs, hitTokens: 0, hitCall: -1 };
    this.rows.set(request, row);
    const view = new RequestView(row);
    this.views.set(request, view);
    return view;
  }

  private enqueue(request: number, view: RequestView): void {
    const at = placeOf(this.queue, request);
    this.queue.splice(at, 0, request);
    this.queueViews.splice(at, 0, view);
    this.isQueueChanged = true;
  }

  /** A request has ended, wherever it was. */
  private leave(request: number): void {
    const at = this.running.indexOf(request);
    if (at >= 0) {
      this.running.splice(at, 1);
      this.runningViews.splice(at, 1);
    } else {
      const place = placeOf(this.queue, request);
      this.queue.splice(place, 1);
      this.queueViews.splice(place, 1);
    }
    this.views.delete(request);
    this.rows.delete(request);
    this.isQueueChanged = true;
    this.isRunningChanged = true;
  }
}

function illegal(rule: IllegalRule, numbers: IllegalNumbers): never {
  throw new IllegalSchedule(rule, numbers);
}

/** Where a number stands in an ascending list, or would stand. */
function placeOf(list: readonly number[], value: number): number {
  let from = 0;
  let to = list.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (list[middle] < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
