import { type Batch, EntryFlag } from '../../batch.ts';
import { Because, Bound, DecisionKind } from '../../decision.ts';
import { causalPairs } from '../../gpu/model.ts';
import { TensorRtMemory } from '../../memory/tensorrt-llm.ts';
import type { WaitingQueue } from '../../queue/queue.ts';
import { withhold, withholdFrom } from '../../queue/withhold.ts';
import { Status } from '../../request.ts';
import { finish, hasAllOutput } from '../finish.ts';
import type { PolicyKind } from '../kind.ts';
import type { Fixed, Flips, Policy, PolicyContext, Refusal } from '../policy.ts';
import { ActiveRequests } from './active-requests.ts';
import { CapacityScheduler, type Pause } from './capacity-scheduler.ts';
import { createMediaItems, type MediaItems, type MediaItemsState } from './media-items.ts';
import { MicroBatchScheduler } from './micro-batch-scheduler.ts';
import { type TensorRtSettings, tensorRtDefaults } from './settings.ts';

/**
 * TensorRT-LLM, PyTorch backend (main of 2026, between 1.3 and 1.4): in-flight batching by two schedulers, one after the other. The first
 * says who fits into the KV memory, the second who takes part in the step; decodes and prompts share a step.
 *
 * Requests are fetched from the queue while there are places for active ones (`max_batch_size` for each micro-batch); who is
 * done gives its place back, who is paused keeps it. With the overlap scheduler a step is scheduled while the one before it runs: a request
 * whose last possible token is on its way takes no part any more, one that ends earlier takes part once for nothing.
 *
 * Drafts are counted before it is known how many of them are right: as places for KV, and as tokens of the step. What was wrong is
 * taken back when the step is done, blocks too. Images are encoded in whole, before the second scheduler looks (`MediaItems`).
 *
 * Not modelled: beams, trees of drafts, LoRA, attention data parallelism, disaggregated serving, the chunking policy FORCE_CHUNK,
 * sliding windows.
 */
export class TensorRtPolicy implements Policy {
  /** In the order in which they started. */
  readonly running: number[] = [];
  readonly wakeUs = Number.POSITIVE_INFINITY;
  private readonly context: PolicyContext;
  private readonly settings: TensorRtSettings;
  private readonly memory: TensorRtMemory;
  /** Requests without a place. */
  private readonly queue: WaitingQueue;
  /** Requests with a place, as they were fetched; some have started. */
  private readonly active: number[] = [];
  /** Requests that the batch which has just completed ends. */
  private readonly ended = new Set<number>();
  private readonly view: ActiveRequests;
  private readonly capacity: CapacityScheduler;
  private readonly microBatch: MicroBatchScheduler;
  /** Images on their way through the encoder; null without multimodal inputs. */
  readonly media: MediaItems | null;
  /** Most drafts a step, 0 without speculation. */
  private readonly drafts: number;
  /** Places for active requests. */
  private readonly places: number;
  private readonly isInOrderOfArrival: boolean;
  private readonly hasMicroBatches: boolean;
  /** Tokens that may be computed as one prompt. */
  private readonly longestPrompt: number;

  constructor(context: PolicyContext, settings: TensorRtSettings) {
    const { config, sequences, memory } = context;
    if (!(memory instanceof TensorRtMemory)) throw new Error('TensorRT-LLM needs its own memory manager');
    const { asyncScheduling: isOverlapping, batchesInFlight, blockSize, enableChunkedPrefill } = config;
    if (isOverlapping && batchesInFlight !== 2) throw new Error('the overlap scheduler has two batches in flight');
    const microBatches = isOverlapping ? 1 : batchesInFlight;
    const isPrefixAware = settings.enablePrefixAwareScheduling && config.enablePrefixCaching;
    const hasMicroBatches = microBatches > 1;
    this.context = context;
    this.settings = settings;
    this.memory = memory;
    this.queue = context.createQueue();
    this.isInOrderOfArrival = config.queue === 'fcfs' && config.tuning?.what !== 'queue-order';
    this.places = config.maxNumSeqs * microBatches;
    this.hasMicroBatches = hasMicroBatches;
    this.longestPrompt = enableChunkedPrefill ? config.maxModelLen : config.maxNumBatchedTokens;
    this.drafts = config.speculation?.tokens ?? 0;
    this.media = createMediaItems(config.encoder, sequences.requests);
    const { longestPrompt, drafts, media } = this;
    const options = { isPrefixAware, hasMicroBatches, isOverlapping, longestPrompt, drafts };
    this.view = new ActiveRequests(sequences, memory, options, media);
    this.capacity = new CapacityScheduler(this.view, settings.capacitySchedulerPolicy, isPrefixAware);
    const chunking = enableChunkedPrefill ? settings.contextChunkingPolicy : null;
    this.microBatch = new MicroBatchScheduler(this.view, chunking, blockSize);
  }

  get hasWork(): boolean {
    return this.active.length > 0 || this.queue.size > 0;
  }

  get waitingCount(): number {
    return this.active.length - this.running.length + this.queue.size;
  }

  waiting(): number[] {
    const { tableLength } = this.context.sequences;
    return [...this.active.filter((request) => tableLength[request] === 0), ...this.queue.list()];
  }

  get flips(): Flips {
    const { enableChunkedPrefill, blockSize } = this.context.config;
    const preempts = this.settings.capacitySchedulerPolicy === 'max_utilization';
    return { chunkUnit: enableChunkedPrefill ? blockSize : 0, preempts, fixed: (because) => this.fixed(because) };
  }

  withhold(request: number): (() => void) | null {
    const putBack = withholdFrom(this.active, request);
    return putBack === null ? withhold(this.queue, request) : () => putBack(this.active);
  }

  arrive(request: number): void {
    this.queue.add(request);
  }

  /** Without chunks a prompt is computed in one step; and whoever starts must have room to its end, as far as the policy looks. */
  refuse(request: number): Refusal | null {
    const { sequences } = this.context;
    const promptTokens = sequences.requests.promptTokens[request];
    const outputLimit = sequences.outputLimit[request];
    if (promptTokens > this.longestPrompt) {
      return { rule: 'promptOverBudget', need: promptTokens, have: this.longestPrompt };
    }
    const isSure = this.settings.capacitySchedulerPolicy !== 'max_utilization';
    // Two steps may have drafts before it is known how many of the first one's are right.
    const ahead = (this.hasMicroBatches ? 2 : 1) + 2 * this.drafts;
    const output = Math.min(outputLimit, sequences.requests.outputTokens[request] + ahead);
    const need = this.memory.blocksFor(promptTokens, isSure ? outputLimit : output);
    const have = this.memory.usableBlocks;
    if (need > have) return { rule: 'largerThanPool', need, have };
    return this.media?.refuse(request) ?? null;
  }

  schedule(nowUs: number, batch: Batch): void {
    const { config, override } = this.context;
    const { active, capacity, microBatch, memory, media } = this;
    const held = this.enlist();
    const forced = override.asks('admit');
    const isForced = forced >= 0 && this.waiting().includes(forced);
    const first = isForced ? this.putFirst(forced, held) : null;
    // Beside everybody else's seats and tokens.
    const seats = isForced ? 1 : 0;
    const tokens = isForced ? Math.min(this.view.promptOf(forced), this.budget) : 0;
    capacity.spared = override.asks('spare');
    media?.letIn(active, this.isGenerating);
    capacity.select(active, this.places + seats);
    if (override.asks('spare') >= 0) this.noteSpared();
    media?.select(capacity.fitting, capacity.reusable, batch.shape);
    const fitting = media?.ready ?? capacity.fitting;
    microBatch.select(fitting, media?.reusable ?? capacity.reusable, this.budget + tokens, config.maxNumSeqs + seats);
    if (override.asks('chunk') >= 0) this.cutChunk(override.asks('chunk'));
    for (const pause of capacity.paused) this.pause(pause, batch);
    const { contexts, chunks, contextDrafts, generations } = microBatch;
    for (let i = 0; i < contexts.length; i++) this.addContext(contexts[i], chunks[i], contextDrafts[i], nowUs, batch);
    for (const request of generations) this.addGeneration(request, batch);
    this.dismiss(first === null ? held : first());
    memory.filled(batch.shape.tokens);
    batch.transferUs = memory.takeTransferUs();
    this.explain(batch);
  }

  /** Requests that are offered a place: all that have one, and those that may get one, next first. */
  private enlist(): number {
    const { active, queue } = this;
    const held = active.length;
    if (this.isInOrderOfArrival) while (active.length < this.places && queue.size > 0) active.push(queue.takeHead());
    // A request that was let in against the rule may hold one place more than there are.
    else active.push(...queue.list().slice(0, Math.max(0, this.places - held)));
    return held;
  }

  /** What-if: a request that waits is looked at before all others. What is returned gives it its place back, and says how many hold one. */
  private putFirst(request: number, held: number): () => number {
    const { active, queue, capacity, microBatch } = this;
    const { sequences, override } = this.context;
    const place = active.indexOf(request);
    if (place >= 0) active.splice(place, 1);
    active.unshift(request);
    return () => {
      active.shift();
      const hasJoined = sequences.status[request] === Status.running;
      if (hasJoined) override.take();
      else {
        const stop = [microBatch.stop, capacity.stop].find((each) => each.request === request);
        override.refuse(stop ?? { because: Because.awaitsReuse, need: 0, have: 0 });
      }
      if (place >= 0) active.splice(place, 0, request);
      else if (hasJoined) {
        queue.remove(request);
        active.splice(held, 0, request);
        return held + 1;
      }
      return held;
    };
  }

  private noteSpared(): void {
    const { capacity } = this;
    const { override } = this.context;
    if (capacity.hasSpared) override.heed();
    else if (capacity.spared < 0) override.refuse({ because: Because.noBlocks, need: 1, have: this.view.freeBlocks });
    capacity.hasSpared = false;
  }

  /** What-if: a smaller chunk, of whole blocks. */
  private cutChunk(request: number): void {
    const { contexts, chunks, contextDrafts } = this.microBatch;
    const at = contexts.indexOf(request);
    if (at < 0) return;
    const tokens = this.context.override.cap(request, chunks[at], this.context.config.blockSize);
    if (tokens < chunks[at]) contextDrafts[at] = 0;
    chunks[at] = tokens;
  }

  private fixed(because: Because): Fixed | null {
    switch (because) {
      case Because.batchRunning:
        return 'batchRuns';
      case Because.wholeOutput:
        return 'neverTakesBack';
      case Because.awaitsReuse:
        return 'onItsWay';
      default:
        return null;
    }
  }

  private readonly isGenerating = (request: number): boolean => this.view.isGenerating(request);

  /**
   * The engine lets everybody into its active list at once and keeps them there in order of arrival. Under another order
   * only who has started stays, or has images encoded: so it is the order that says before every step who is tried first.
   */
  private dismiss(held: number): void {
    if (this.isInOrderOfArrival) return;
    const { active, queue, media } = this;
    const { status } = this.context.sequences;
    let kept = held;
    for (let i = held; i < active.length; i++) {
      const request = active[i];
      if (status[request] === Status.waiting && media?.hasBegun(request) !== true) {
        media?.forget(request);
        continue;
      }
      if (queue.head() === request) queue.takeHead();
      else queue.remove(request);
      active[kept++] = request;
    }
    active.length = kept;
  }

  complete(batch: Batch, nowUs: number): void {
    const { sequences, clock } = this.context;
    const { status, placeholders, inFlight, computed, preemptions } = sequences;
    const { ended, drafts } = this;
    clock.begin(nowUs);
    for (let i = 0; i < batch.count; i++) {
      const request = batch.request[i];
      inFlight[request] -= batch.tokens[i];
      const isLive = status[request] === Status.running || status[request] === Status.preempted;
      if (!isLive || (batch.flags[i] & EntryFlag.samples) === 0) continue;
      // A token that was on its way when its request was paused still counts.
      const isStale = batch.epoch[i] !== preemptions[request];
      if (!isStale) placeholders[request]--;
      const accepted = drafts === 0 ? 0 : this.verify(request, batch.drafts[i], isStale);
      clock.token(request);
      for (let k = 0; k < accepted && !hasAllOutput(sequences, request); k++) clock.token(request);
      if (hasAllOutput(sequences, request)) ended.add(request);
    }
    clock.end();
    if (ended.size > 0) this.end(nowUs);
    for (let i = 0; i < batch.count; i++) {
      const request = batch.request[i];
      if ((batch.flags[i] & EntryFlag.prefill) === 0) continue;
      if (status[request] !== Status.running || batch.epoch[i] !== preemptions[request]) continue;
      // With overlapping steps the next chunk counts already: it is computed before anybody can read it.
      this.memory.cache(request, Math.min(computed[request], sequences.known(request) - 1));
    }
  }

  abort(request: number, nowUs: number): boolean {
    const { sequences } = this.context;
    const status = sequences.status[request];
    if (status !== Status.running && status !== Status.waiting && status !== Status.preempted) return false;
    if (!this.queue.remove(request)) this.active.splice(this.active.indexOf(request), 1);
    if (status === Status.running) this.running.splice(this.running.indexOf(request), 1);
    this.memory.release(request);
    this.forget(request);
    sequences.status[request] = Status.aborted;
    sequences.finishUs[request] = nowUs;
    return true;
  }

  settle(): void {}

  watch(): void {}

  save(): TensorRtState {
    return {
      running: this.running.slice(),
      active: this.active.slice(),
      queue: this.queue.save(),
      resumed: this.view.save(),
      media: this.media?.save() ?? null,
    };
  }

  restore(saved: unknown): void {
    const state = saved as TensorRtState;
    this.running.length = 0;
    this.running.push(...state.running);
    this.active.length = 0;
    this.active.push(...state.active);
    this.queue.restore(state.queue);
    this.view.restore(state.resumed);
    if (state.media !== null) this.media?.restore(state.media);
  }

  /** Tokens of a step. What was refused at arrival follows from the configuration, and so does a step that splits nothing. */
  private get budget(): number {
    const { config, limits } = this.context;
    if (!config.enableChunkedPrefill) return config.maxNumBatchedTokens;
    // A chunk that is not the last is a block at least.
    return Math.max(limits.maxNumBatchedTokens, config.blockSize);
  }

  /** A chunk of a prompt. `drafts` are verified with the one that ends it. */
  private addContext(request: number, wanted: number, drafts: number, nowUs: number, batch: Batch): void {
    const { sequences } = this.context;
    const { computed, computedPeak, inFlight } = sequences;
    const prompt = this.view.promptOf(request);
    const isFirst = sequences.tableLength[request] === 0;
    const chunk = isFirst ? this.start(request, wanted, nowUs, batch) : wanted;
    const before = computed[request];
    const end = before + chunk;
    const after = end + drafts;
    const tokens = chunk + drafts;
    let flags: number = EntryFlag.prefill;
    if (isFirst) flags |= EntryFlag.admitted;
    const again = Math.min(end, computedPeak[request]) - before;
    if (again > 0) {
      batch.recomputedTokens += again;
      flags |= EntryFlag.recompute;
    }
    // A prompt that had to be cut after a pause ends before what is known already.
    if (end === prompt && end === sequences.known(request)) {
      flags |= EntryFlag.samples;
      this.expectToken(request, drafts, after, batch);
    }
    const blocks = isFirst ? sequences.tableLength[request] : 0;
    batch.push(request, tokens, before, blocks, sequences.preemptions[request], flags);
    if (this.drafts > 0) batch.drafts[batch.count - 1] = drafts;
    batch.addChunk(tokens, before);
    batch.prefillTokens += tokens;
    batch.shape.tokens += tokens;
    computed[request] = after;
    if (end > computedPeak[request]) computedPeak[request] = end;
    inFlight[request] += tokens;
  }

  /** A row from which a token is sampled, and the same for each of its drafts; `after`: tokens computed with all of them. */
  private expectToken(request: number, drafts: number, after: number, batch: Batch): void {
    const { shape } = batch;
    this.context.sequences.placeholders[request]++;
    shape.samples += 1 + drafts;
    if (this.drafts === 0) return;
    shape.drafters++;
    shape.drafterContextSum += after;
    if (after > shape.drafterContextMax) shape.drafterContextMax = after;
  }

  /** A request takes its first blocks. Returns the tokens of its first chunk: it begins behind what was found, and ends at the end of a block. */
  private start(request: number, wanted: number, nowUs: number, batch: Batch): number {
    const { sequences, decisions, config } = this.context;
    const prompt = this.view.promptOf(request);
    const hit = this.memory.start(request, prompt, this.view.drafts(request));
    const isBack = sequences.status[request] === Status.preempted;
    if (isBack) this.view.resume(request);
    else sequences.firstScheduledUs[request] = nowUs;
    sequences.status[request] = Status.running;
    sequences.computed[request] = hit;
    this.running.push(request);
    batch.hitTokens += hit;
    const kind = isBack ? DecisionKind.resume : DecisionKind.admit;
    decisions.add(kind, request, Because.none, sequences.tableLength[request], hit);
    if (hit === 0) return wanted;
    const end = hit + wanted;
    return end < prompt ? end - (end % config.blockSize) - hit : prompt - hit;
  }

  private addGeneration(request: number, batch: Batch): void {
    const { sequences } = this.context;
    const { computed, computedPeak, tableLength } = sequences;
    const before = computed[request];
    const drafts = this.view.drafts(request);
    const tokens = 1 + drafts;
    const after = before + tokens;
    const held = tableLength[request];
    if (!this.memory.grow(request, tokens)) throw new Error(`no block for request ${request}, although it was counted`);
    // What was cut off after a pause is computed again, a token a step.
    const isKnown = this.view.isKnown(request);
    const newBlocks = tableLength[request] - held;
    const { shape } = batch;
    batch.push(
      request,
      tokens,
      before,
      newBlocks,
      sequences.preemptions[request],
      isKnown ? EntryFlag.recompute : EntryFlag.samples,
    );
    if (this.drafts > 0) batch.drafts[batch.count - 1] = drafts;
    if (isKnown) {
      batch.recomputedTokens++;
      shape.samples++;
    } else this.expectToken(request, drafts, after, batch);
    computed[request] = after;
    if (before + 1 > computedPeak[request]) computedPeak[request] = before + 1;
    sequences.inFlight[request] += tokens;
    batch.decodeTokens += tokens;
    shape.tokens += tokens;
    shape.decodes++;
    shape.decodeContextSum += after;
    if (after > shape.decodeContextMax) shape.decodeContextMax = after;
    if (drafts > 0) {
      // More tokens of the same sequence, which share the context that is read for it.
      shape.drafts += drafts;
      shape.draftPairs += causalPairs(tokens, before) - after;
    }
  }

  /** How many of a row's drafts are right. The others count as never computed, unless the request has lost everything meanwhile. */
  private verify(request: number, drafts: number, isStale: boolean): number {
    const { sequences, draftModel } = this.context;
    if (drafts === 0 || draftModel === null) return 0;
    const accepted = Math.min(drafts, draftModel.accepted(request, drafts, sequences.generated[request]));
    if (isStale || accepted === drafts) return accepted;
    const { computed, computedPeak } = sequences;
    computed[request] -= drafts - accepted;
    computedPeak[request] = Math.min(computedPeak[request], computed[request]);
    this.memory.filled(accepted - drafts);
    this.memory.rewind(request);
    return accepted;
  }

  /** An ended request is of no interest any more. */
  private forget(request: number): void {
    this.view.forget(request);
    this.media?.forget(request);
  }

  /** A started request loses its blocks and computes everything again. It keeps its place among the active ones. */
  private pause({ request, forRequest, need, have }: Pause, batch: Batch): void {
    const { sequences, decisions } = this.context;
    decisions.add(DecisionKind.preempt, request, Because.noBlocks, need, have, forRequest);
    this.memory.release(request);
    this.running.splice(this.running.indexOf(request), 1);
    sequences.status[request] = Status.preempted;
    sequences.computed[request] = 0;
    sequences.placeholders[request] = 0;
    sequences.preemptions[request]++;
    batch.preemptions++;
    batch.bound = Bound.blocks;
  }

  /** Requests have all their output. They give up their blocks in the order of the active ones. */
  private end(nowUs: number): void {
    const { active, running, ended, memory } = this;
    for (const request of active) {
      if (!ended.has(request)) continue;
      memory.release(request);
      this.forget(request);
      finish(this.context, request, nowUs);
    }
    keep(active, ended);
    keep(running, ended);
    ended.clear();
  }

  /** Who waits for the encoder. There is no bound of its own for it: its rows are tokens too. */
  private explainMedia({ withheld, stop }: MediaItems, batch: Batch): void {
    const { decisions } = this.context;
    for (const request of withheld) decisions.add(DecisionKind.skip, request, Because.encoder, 0, 0);
    if (stop.request >= 0) decisions.add(DecisionKind.hold, stop.request, Because.encoder, stop.need, stop.have);
    const isWaiting = withheld.length > 0 || stop.request >= 0;
    if (isWaiting && batch.bound === Bound.nothingLeft) batch.bound = Bound.tokenBudget;
  }

  /** Says what kept the step from doing more, and what holds the first that waits. */
  private explain(batch: Batch): void {
    const { decisions, sequences } = this.context;
    const { capacity, microBatch, queue, media } = this;
    for (const request of capacity.deferred) decisions.add(DecisionKind.skip, request, Because.awaitsReuse, 0, 0);
    for (const request of microBatch.completing) {
      decisions.add(DecisionKind.skip, request, Because.endsInFlight, 0, 0);
    }
    if (media !== null) this.explainMedia(media, batch);
    const stop = microBatch.stop.request >= 0 ? microBatch.stop : capacity.stop;
    if (microBatch.isTrimmed && batch.bound === Bound.nothingLeft) batch.bound = Bound.tokenBudget;
    if (stop.request >= 0) {
      const isStarted = sequences.tableLength[stop.request] > 0;
      decisions.add(
        isStarted ? DecisionKind.skip : DecisionKind.hold,
        stop.request,
        stop.because,
        stop.need,
        stop.have,
      );
      if (batch.bound === Bound.nothingLeft) batch.bound = boundOf(stop.because);
    } else if (queue.size > 0 && this.active.length >= this.places) {
      decisions.add(DecisionKind.hold, queue.head(), Because.seats, 1, this.places);
      if (batch.bound === Bound.nothingLeft) batch.bound = Bound.seats;
    }
  }
}

/** The policy and its memory. */
export const tensorRtLlm: PolicyKind<TensorRtSettings> = {
  id: 'tensorrt-llm',
  defaults: tensorRtDefaults,
  createPolicy: (context, settings) => new TensorRtPolicy(context, settings),
  createMemory: (config, sequences, settings) => new TensorRtMemory(config, sequences, settings),
};

interface TensorRtState {
  readonly running: readonly number[];
  readonly active: readonly number[];
  readonly queue: unknown;
  readonly resumed: readonly (readonly [number, number])[];
  readonly media: MediaItemsState | null;
}

function keep(list: number[], without: ReadonlySet<number>): void {
  let kept = 0;
  for (const request of list) if (!without.has(request)) list[kept++] = request;
  list.length = kept;
}

function boundOf(because: Because): Bound {
  switch (because) {
    case Because.seats:
      return Bound.seats;
    case Because.tokenBudget:
      return Bound.tokenBudget;
    case Because.batchRunning:
      return Bound.batch;
    default:
      return Bound.blocks;
  }
}
