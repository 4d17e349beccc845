import type { Batch } from '../batch.ts';
import type { EngineConfig } from '../engine-config.ts';
import type { Limits } from '../limits.ts';
import type { KvMemory } from '../memory/memory.ts';
import type { Sequences } from '../sequences.ts';
import { FairShareQueue } from './fair-share.ts';
import { FairShares, type FairSharesState } from './fair-shares.ts';
import { FcfsQueue } from './fcfs.ts';
import { LongestPrefixQueue, PrefixHits } from './longest-prefix.ts';
import { createPredictor, type LengthPredictor } from './predict/predictor.ts';
import { PriorityQueue } from './priority.ts';
import type { QueueOrder, WaitingQueue } from './queue.ts';
import { ShortestJobQueue, TokensLeft } from './shortest-job.ts';
import { SwitchingQueue } from './switching.ts';

/**
 * Makes the queues of an engine, and keeps what their orders know of requests: predicted lengths, hits, shares. It is told by
 * the simulation what happens; the orders that need to know are told in turn.
 */
export class QueueOrders {
  /** Counts what users have been served; null unless the order is fair share. */
  readonly shares: FairShares | null;
  private readonly limits: Limits;
  private readonly sequences: Sequences;
  private readonly predictor: LengthPredictor | null;
  private readonly left = new TokensLeft();
  private readonly hits: PrefixHits;
  private readonly byPrefix: LongestPrefixQueue[] = [];
  /** Queues whose order may change; null if it never does. */
  private readonly switching: SwitchingQueue[] | null;

  constructor(config: EngineConfig, limits: Limits, sequences: Sequences, memory: KvMemory) {
    this.limits = limits;
    this.sequences = sequences;
    this.predictor = createPredictor(config.prediction, sequences);
    this.hits = new PrefixHits((request) => memory.findHit(request));
    this.shares = config.queue === 'fair-share' ? new FairShares(sequences) : null;
    const changes = config.change !== null && config.change.before.queue !== config.change.after.queue;
    this.switching = changes || config.tuning?.what === 'queue-order' ? [] : null;
  }

  /** An empty queue in the order of the engine. */
  createQueue(): WaitingQueue {
    if (this.switching === null) return this.create(this.limits.queue);
    const queue = new SwitchingQueue(this.limits.queue, this.sequences, (order) => this.create(order));
    this.switching.push(queue);
    return queue;
  }

  /** Changes the order of all queues, between two steps. Only with a configuration that says so. */
  switchTo(order: QueueOrder): void {
    if (this.switching === null) throw new Error('the order of these queues is fixed');
    this.limits.queue = order;
    for (const queue of this.switching) queue.switchTo(order);
  }

  /** A request arrives; call it before the request is queued. */
  arrives(request: number): void {
    this.sequences.predicted[request] = this.predictor?.predict(request) ?? 0;
  }

  /** The scheduler is about to be called. */
  beginCall(): void {
    this.hits.call++;
  }

  /** A step is launched. */
  launched(batch: Batch): void {
    if (this.shares !== null) this.shares.launched(batch);
  }

  /** A request has ended by itself. */
  ended(request: number): void {
    this.predictor?.learn(request, this.sequences.generated[request]);
    this.failed(request);
  }

  /** The engine has ended a request with an error: its length says nothing about others. */
  failed(request: number): void {
    this.shares?.ended(request);
    for (const queue of this.byPrefix) queue.expire();
  }

  save(): QueueOrdersState {
    return {
      order: this.limits.queue,
      predictor: this.predictor?.save() ?? null,
      shares: this.shares?.save() ?? null,
    };
  }

  /** Call it before the policy's queues are restored. */
  restore(saved: unknown): void {
    const state = saved as QueueOrdersState;
    this.limits.queue = state.order;
    this.predictor?.restore(state.predictor);
    if (state.shares !== null) this.shares?.restore(state.shares);
  }

  private create(order: QueueOrder): WaitingQueue {
    switch (order) {
      case 'fcfs':
        return new FcfsQueue();
      case 'priority':
        return new PriorityQueue(this.sequences.requests);
      case 'longest-prefix': {
        const queue = new LongestPrefixQueue(this.hits);
        this.byPrefix.push(queue);
        return queue;
      }
      case 'shortest-job':
        return new ShortestJobQueue(this.sequences, this.left);
      case 'fair-share':
        if (this.shares === null) throw new Error('fair share must be the order from the start');
        return new FairShareQueue(this.shares);
    }
  }
}

interface QueueOrdersState {
  readonly order: QueueOrder;
  readonly predictor: unknown;
  readonly shares: FairSharesState | null;
}
