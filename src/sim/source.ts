import type { RequestTable } from './request.ts';

/** A client no longer wants an answer. What happens at the same time in the engine comes later. */
export interface Withdrawal {
  readonly request: number;
  readonly atUs: number;
}

/**
 * Where requests come from. An open source (a trace, a process) knows all its arrivals beforehand; a closed one
 * (clients that wait for their answer) learns of the next only when a request finishes. A source appends to the one
 * request table of the run, in order of arrival.
 */
export interface Source {
  /** The table this source appends to. */
  readonly requests: RequestTable;
  /** Names of the request classes, by number. */
  readonly classes: readonly string[];
  /** Requests whose clients give them up, in order of time; left out: none. Who has ended by then has ended. */
  readonly withdrawals?: readonly Withdrawal[];
  /** Nothing that happens changes its arrivals, and all of them are in the table. Left out: they may depend on what happens. */
  readonly isOpen?: true;
  /**
   * Sees to it that every row that arrives at or before `nowUs` is in the table, and returns the time at which the
   * source wants to be asked again: the time of its next arrival that is known but not yet in the table, Infinity if
   * there is none. Rows may be in the table long before they arrive: `requests.count` counts them too, and the
   * simulation keeps its own cursor and compares `arrivalUs` with now. An open source fills the table when it is
   * created and always answers Infinity.
   */
  next(nowUs: number): number;
  /** Tells that a request has ended (finished, rejected or aborted) at `nowUs`. A closed source may now know new arrivals, at `nowUs` or later. */
  finished(request: number, nowUs: number): void;
  /** Everything needed to go on from here later: plain data. Open sources have nothing to save. */
  save(): unknown;
  /** Goes back to a saved state. Rows that were appended after it stay: they are the same ones again, since sources are deterministic. */
  restore(state: unknown): void;
}
