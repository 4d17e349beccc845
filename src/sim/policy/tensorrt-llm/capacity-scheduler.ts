import { Because } from '../../decision.ts';
import type { RequestView } from './request-view.ts';
import type { CapacityPolicy } from './settings.ts';

/** A started request that loses its blocks: to whom, and how many were wanted and there. */
export interface Pause {
  readonly request: number;
  readonly forRequest: number;
  readonly need: number;
  readonly have: number;
}

/** Where a scheduler stopped: the first request that it left out, and by which rule. */
export interface Stop {
  /** -1 = it went through. */
  request: number;
  because: Because;
  need: number;
  have: number;
}

/**
 * TensorRT-LLM's first scheduler: who fits, by KV blocks and number of requests. The results of the last `select` are in its
 * columns. Source: capacityScheduler.cpp and scheduler.py, `PyCapacityScheduler` (main of 2026), which agree.
 */
export class CapacityScheduler {
  /** In the order in which the second scheduler looks at them. */
  readonly fitting: number[] = [];
  /** Tokens that blocks in the tree will spare each of them. */
  readonly reusable: number[] = [];
  /** Started requests to be paused, the youngest first. */
  readonly paused: Pause[] = [];
  /** Requests that wait for a block which another one computes now. */
  readonly deferred: number[] = [];
  readonly stop: Stop = { request: -1, because: Because.none, need: 0, have: 0 };
  /** What-if: a started request that keeps its blocks, -1 = none; and whether the last `select` would have taken them. */
  spared = -1;
  hasSpared = false;
  private readonly view: RequestView;
  private readonly policy: CapacityPolicy;
  private readonly isPrefixAware: boolean;
  /** Blocks that contexts of this step, or of steps in flight, are computing. */
  private readonly contributed = new Set<string>();
  /** Whether that is known for this `select`: it is worked out when first asked for. */
  private isCollected = false;
  private active: readonly number[] = [];
  private readonly pending: number[] = [];
  /** Fitting requests so far. */
  private count = 0;

  /** `isPrefixAware`: with block reuse and prefix-aware scheduling. */
  constructor(view: RequestView, policy: CapacityPolicy, isPrefixAware: boolean) {
    this.view = view;
    this.policy = policy;
    this.isPrefixAware = isPrefixAware;
  }

  /** Selects among the active requests, first come first, at most `maxRequests`. */
  select(active: readonly number[], maxRequests: number): void {
    this.count = 0;
    if (this.paused.length > 0) this.paused.length = 0;
    if (this.deferred.length > 0) this.deferred.length = 0;
    this.stop.request = -1;
    this.active = active;
    this.isCollected = false;
    if (this.policy === 'max_utilization') this.selectAll(active, maxRequests);
    else this.selectSure(active, maxRequests, this.policy === 'static_batch');
    cut(this.fitting, this.count);
    cut(this.reusable, this.count);
  }

  /**
   * GUARANTEED_NO_EVICT: whoever has started goes on, and has blocks set aside to its end. Then prompts in order, as long as
   * the rest suffices for everything each may become; nobody overtakes. STATIC_BATCH: only when nobody decodes.
   */
  private selectSure(active: readonly number[], maxRequests: number, isStatic: boolean): void {
    const { view, pending } = this;
    let available = view.freeBlocks;
    if (pending.length > 0) pending.length = 0;
    for (const request of active) {
      if (!view.isSchedulable(request)) continue;
      if (this.count >= maxRequests) {
        this.stopAt(request, Because.seats, 1, maxRequests);
        break;
      }
      if (view.isGenerating(request)) {
        this.fit(request, 0);
        available -= view.blocksToCompletion(request);
      } else pending.push(request);
    }
    if (pending.length === 0) return;
    if (isStatic && this.count > 0) {
      this.stopAt(pending[0], Because.batchRunning, 0, 0);
      return;
    }
    for (const request of pending) {
      if (!isStatic && this.isBetterSkipped(request)) continue;
      if (this.count >= maxRequests) {
        this.stopAt(request, Because.seats, 1, maxRequests);
        return;
      }
      const need = view.blocksToCompletion(request);
      if (need > available) {
        this.stopAt(request, Because.wholeOutput, need, Math.max(0, available));
        return;
      }
      this.fit(request, view.reusableTokens(request, false));
      available -= need;
    }
  }

  /**
   * MAX_UTILIZATION: everybody in order who has blocks for the next step. Who has none takes them from the last one behind it
   * that has started, perhaps itself; nobody behind that one is looked at any more. A context that takes blocks so is asked
   * again whether it should wait, and its own block is among those that are being computed by then: it starts a step later.
   */
  private selectAll(active: readonly number[], maxRequests: number): void {
    const { view } = this;
    view.beginTrial();
    let free = view.freeBlocks;
    let end = active.length;
    for (let at = 0; at < end; ) {
      const request = active[at];
      if (!view.isSchedulable(request) || this.isBetterSkipped(request)) {
        at++;
        continue;
      }
      const hasSeat = this.count < maxRequests;
      const need = view.blocksForStep(request);
      if (hasSeat && need <= free) {
        const isFirst = view.isFirstChunk(request);
        this.fit(request, isFirst ? view.reusableTokens(request, true) : 0);
        if (isFirst) view.share(request);
        free -= need;
        at++;
        continue;
      }
      let victim = end - 1;
      while (victim >= at && !this.mayLose(active[victim])) victim--;
      if (victim < at && this.hasSpared && this.count === 0) {
        // Else nobody at all would take part.
        this.hasSpared = false;
        this.spared = -1;
        continue;
      }
      if (victim < at) {
        if (hasSeat) this.stopAt(request, Because.noBlocks, need, free);
        else this.stopAt(request, Because.seats, 1, maxRequests);
        return;
      }
      this.paused.push({ request: active[victim], forRequest: request, need, have: free });
      free += view.lose(active[victim]);
      end = victim;
    }
  }

  /** Whether another context computes the block right now that this one would compute first. */
  private isBetterSkipped(request: number): boolean {
    const { view, contributed } = this;
    if (!this.isPrefixAware || view.isGenerating(request) || !view.isFirstChunk(request)) return false;
    const missing = view.missingBlock(request);
    if (missing === '') return false;
    if (!this.isCollected) this.collectContributed();
    if (contributed.has(missing)) {
      this.deferred.push(request);
      return true;
    }
    contributed.add(missing);
    return false;
  }

  /** Contexts in the middle of their chunks go on whatever happens: what they compute next will be there soon. */
  private collectContributed(): void {
    const { view, contributed, active } = this;
    this.isCollected = true;
    contributed.clear();
    for (const request of active) {
      if (view.isGenerating(request) || view.isFirstChunk(request)) continue;
      const missing = view.missingBlock(request);
      if (missing !== '') contributed.add(missing);
    }
  }

  private hasStarted(request: number): boolean {
    const { view } = this;
    return view.isSchedulable(request) && (view.isGenerating(request) || !view.isFirstChunk(request));
  }

  private mayLose(request: number): boolean {
    if (!this.hasStarted(request)) return false;
    if (request === this.spared) this.hasSpared = true;
    return request !== this.spared;
  }

  private fit(request: number, reusable: number): void {
    this.fitting[this.count] = request;
    this.reusable[this.count++] = reusable;
  }

  private stopAt(request: number, because: Because, need: number, have: number): void {
    Object.assign(this.stop, { request, because, need, have });
  }
}

/** Shortens a list that is written over; most steps have as many entries as the one before. */
export function cut(list: number[], length: number): void {
  if (list.length > length) list.length = length;
}
