import type { Batch } from '../batch.ts';
import type { DecisionLog } from '../decision-log.ts';
import type { EngineConfig } from '../engine-config.ts';
import type { Limits } from '../limits.ts';
import type { KvMemory } from '../memory/memory.ts';
import type { TokenClock } from '../metrics/latency.ts';
import type { DraftModel } from '../phase/speculation.ts';
import type { WaitingQueue } from '../queue/queue.ts';
import type { Sequences } from '../sequences.ts';
import type { Override } from '../why/choice.ts';
import type { SetObserver } from './decode-set.ts';

/** What a policy works with. */
export interface PolicyContext {
  readonly config: EngineConfig;
  /** What may change between two steps; read anew at each. */
  readonly limits: Limits;
  /** Makes an empty queue in the order asked for. Whatever waits for its first step, or to come back, waits in such queues. */
  readonly createQueue: () => WaitingQueue;
  readonly sequences: Sequences;
  readonly memory: KvMemory;
  readonly decisions: DecisionLog;
  readonly clock: TokenClock;
  /** Told who enters and leaves the decode set, whose tokens appear in no batch one by one; null = nobody asks. */
  readonly setObserver: SetObserver | null;
  /** Only the whole run is wanted, not single steps: numbers of single requests may be kept lazily between calls of `settle`. */
  readonly isWholeRun: boolean;
  /** A decision to take otherwise, once (what-if); empty in normal runs. */
  readonly override: Override;
  /** What drafts are there and which are right, with speculative decoding. */
  readonly draftModel: DraftModel | null;
  /** A request has ended by itself, or the engine has ended it with an error; its status says which. */
  readonly ended: (request: number, nowUs: number) => void;
}

/** A rule by which a request can never be served, with its numbers in the rule's unit. */
export interface Refusal {
  readonly rule: 'tooLong' | 'largerThanPool' | 'promptOverBudget' | 'tooManyRequests' | 'workspace' | 'encoder';
  readonly need: number;
  readonly have: number;
}

/** sigma: decides at every step who computes what. Time is handed in; a policy never asks for it. */
export interface Policy {
  /** Requests that hold a seat, in running order. */
  readonly running: readonly number[];
  /** Requests that wait, next first. */
  waiting(): number[];
  /** The first of them, -1 if none waits; cheaper than the list. Left out where nobody asks at every step. */
  readonly waitingHead?: number;
  readonly waitingCount: number;
  /** Whether anything is waiting or running. */
  readonly hasWork: boolean;
  /** If `schedule` had nothing to do although something waits: when to ask again; Infinity if only an arrival or an output helps. */
  readonly wakeUs: number;
  /** A rule of its own by which it refuses a request that arrives, whose row is there already; null = none does. */
  refuse?(request: number): Refusal | null;
  /** A request joins Q. */
  arrive(request: number): void;
  /** Fills a cleared batch with the next step's work; it stays empty if there is none. */
  schedule(nowUs: number, batch: Batch): void;
  /** Nothing runs and time has gone on, perhaps to `wakeUs`. */
  wake?(nowUs: number): void;
  /** The tokens of a batch are there. */
  complete(batch: Batch, nowUs: number): void;
  /** The client gives up. Unknown or ended requests are left alone. */
  abort(request: number, nowUs: number): boolean;
  /** Brings the rows of all requests up to date. */
  settle(): void;
  /** From now on every step is looked at, or none: then steps may be taken together. */
  watch(isWatched: boolean): void;
  save(): unknown;
  restore(state: unknown): void;
}
