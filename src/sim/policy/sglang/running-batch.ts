import { Because } from '../../decision.ts';
import { Status } from '../../request.ts';
import type { Sequences } from '../../sequences.ts';

/** Why a batch counts as full. */
export type FullBecause = typeof Because.latchedSeats | typeof Because.latchedTokens;

/**
 * The requests that decode (`running_batch`), with SGLang's latch: once the batch was found full nobody is offered a place
 * until it has shrunk. Requests that have ended stay in it until somebody looks, and count as running until then.
 */
export class RunningBatch {
  /** In the order in which they decode; changed in place. */
  readonly requests: number[] = [];
  /** Whether it was found full, and has not shrunk since (`batch_is_full`). */
  isFull = false;
  /** Why it was found full the last time. */
  because: FullBecause = Because.latchedSeats;

  /** Finds the batch full. */
  close(because: FullBecause): void {
    this.isFull = true;
    this.because = because;
  }

  get isEmpty(): boolean {
    return this.requests.length === 0;
  }

  /** Takes in a prefill that was computed. An empty batch becomes that one, and forgets that it was full. */
  merge(requests: readonly number[]): void {
    if (requests.length === 0) return;
    if (this.isEmpty) this.isFull = false;
    this.requests.push(...requests);
  }

  /** Drops who does not run any more; returns how many. */
  dropEnded({ status }: Sequences): number {
    const { requests } = this;
    const before = requests.length;
    let kept = 0;
    for (let i = 0; i < before; i++) if (status[requests[i]] === Status.running) requests[kept++] = requests[i];
    requests.length = kept;
    return before - kept;
  }

  /** Has other members, or the same in another order. */
  replace(requests: readonly number[]): void {
    this.requests.length = 0;
    this.requests.push(...requests);
  }

  save(): RunningBatchState {
    return { requests: this.requests.slice(), isFull: this.isFull, because: this.because };
  }

  restore(state: RunningBatchState): void {
    this.replace(state.requests);
    this.isFull = state.isFull;
    this.because = state.because;
  }
}

export interface RunningBatchState {
  readonly requests: readonly number[];
  readonly isFull: boolean;
  readonly because: FullBecause;
}
