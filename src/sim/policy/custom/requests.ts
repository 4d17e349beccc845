import type { PagedMemory } from '../../memory/paged.ts';
import { Status } from '../../request.ts';
import type { Sequences } from '../../sequences.ts';
import type { Request } from './contract.ts';

/** What all views read from, with the time and the call that they are for. */
export interface Sight {
  readonly sequences: Sequences;
  readonly memory: PagedMemory;
  /** Names of the request classes, by number. */
  readonly classes: readonly string[];
  /** Goes on with every call of the policy: what was looked up before is out of date. */
  call: number;
  nowUs: number;
}

/** What is known of a request that no column holds. */
export interface Row {
  readonly id: number;
  readonly sight: Sight;
  /** When it joined the queue last. */
  queuedUs: number;
  /** Tokens in the prefix cache at a call of the policy, and at which. */
  hitTokens: number;
  hitCall: number;
}

/**
 * A request as a policy sees it: reads the simulation's columns and can write nothing. Everything about it is frozen,
 * since it is in the hands of a visitor's code.
 */
export class RequestView implements Request {
  readonly id: number;
  readonly #row: Row;

  constructor(row: Row) {
    this.id = row.id;
    this.#row = row;
    Object.freeze(this);
  }

  /** The id behind what a policy names a request by: a view of it, or the number itself; -1 for anything else. */
  static idOf(named: unknown): number {
    if (typeof named === 'number') return Number.isInteger(named) ? named : -1;
    return typeof named === 'object' && named !== null && #row in named ? named.#row.id : -1;
  }

  get klass(): string {
    const { sequences, classes } = this.#row.sight;
    return classes[sequences.requests.klass[this.id]] ?? '';
  }

  get user(): number {
    return this.#row.sight.sequences.requests.user[this.id];
  }

  get priority(): number {
    return this.#row.sight.sequences.requests.priority[this.id];
  }

  get arrivalUs(): number {
    return this.#row.sight.sequences.requests.arrivalUs[this.id];
  }

  get waitedUs(): number {
    return this.isWaiting ? this.#row.sight.nowUs - this.#row.queuedUs : 0;
  }

  get promptTokens(): number {
    return this.#row.sight.sequences.requests.promptTokens[this.id];
  }

  get generated(): number {
    return this.#row.sight.sequences.generated[this.id];
  }

  get outputLimit(): number {
    return this.#row.sight.sequences.outputLimit[this.id];
  }

  get predictedOutput(): number | null {
    const predicted = this.#row.sight.sequences.predicted[this.id];
    return predicted > 0 ? predicted : null;
  }

  get isWaiting(): boolean {
    const status = this.#row.sight.sequences.status[this.id];
    return status === Status.waiting || status === Status.preempted;
  }

  get computed(): number {
    return this.isWaiting ? hitTokens(this.#row) : this.#row.sight.sequences.computed[this.id];
  }

  get left(): number {
    return this.#row.sight.sequences.known(this.id) - this.computed;
  }

  get blocks(): number {
    return this.#row.sight.sequences.tableLength[this.id];
  }

  get blocksFreed(): number {
    const { sequences, memory } = this.#row.sight;
    const length = sequences.tableLength[this.id];
    let freed = 0;
    for (let i = 0; i < length; i++) if (memory.pool.references[sequences.tables[this.id][i]] === 1) freed++;
    return freed;
  }

  get preemptions(): number {
    return this.#row.sight.sequences.preemptions[this.id];
  }

  blocksFor(tokens: number): number {
    if (typeof tokens !== 'number' || !(tokens >= 0)) throw new TypeError(`blocksFor: ${String(tokens)} tokens`);
    if (tokens === 0) return 0;
    const { sequences, memory } = this.#row.sight;
    if (this.isWaiting) return memory.blocksToAdmit(this.id, hitTokens(this.#row), tokens);
    const places = Math.ceil((sequences.computed[this.id] + tokens) / memory.blockSize);
    return Math.max(0, places - sequences.tableLength[this.id]);
  }
}
Object.freeze(RequestView);
Object.freeze(RequestView.prototype);

/** Tokens that the prefix cache had of a waiting request when the policy was asked. */
function hitTokens(row: Row): number {
  const { call, memory } = row.sight;
  if (row.hitCall !== call) {
    row.hitCall = call;
    row.hitTokens = memory.findHit(row.id);
  }
  return row.hitTokens;
}
