import type { Batch } from '../batch.ts';
import type { Because } from '../decision.ts';
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

/** Which decisions of a policy could be taken otherwise by its own means. */
export interface Flips {
  /** A part of a prompt that is not its last is a multiple of so many tokens; 0 = prompts are computed whole. */
  readonly chunkUnit: number;
  /** A running request can lose its blocks to another one. */
  readonly preempts: boolean;
  /** Requests of a full batch, where a batch waits to be full; left out: none does. */
  readonly batchSize?: number;
  /** Why a request that this rule holds, as the head or behind it, cannot join all the same; null = it can, if there is memory for it. */
  fixed(because: Because, request: number): Fixed | null;
}

/** Why a decision could not have been taken otherwise. */
export type Fixed =
  /** The rows of a running batch are one tensor: none can be added. */
  | 'batchRuns'
  /** Every slot of the server has its request: there is no place to put another one. */
  | 'slots'
  /** No memory for it, and the engine takes back none that it has given. */
  | 'neverTakesBack'
  /** Tokens or KV of it are on their way: what comes next is not known yet. */
  | 'onItsWay'
  /** What it keeps in host memory comes back as soon as it fits, and in its turn. */
  | 'swappedOut'
  /** Nobody else has blocks that it could have taken instead. */
  | 'nobodyElse'
  /** The visitor's own policy decides: there is no rule to take back. */
  | 'ownPolicy';

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
  /** What can be decided otherwise here, for a what-if. Left out: nothing. */
  readonly flips?: Flips;
  /** Takes a waiting request out of Q for one call of `schedule` (what-if); what it returns puts it back. Null = it does not wait. */
  withhold?(request: number): (() => void) | null;
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
