/** The form of a thumbnail's data. */

/** Columns of time in `rows` and `memory`. */
export const thumbColumns = 96;
/** Requests in `rows`. */
export const thumbRows = 12;
/** Steps in `steps`. */
export const thumbSteps = 64;

/**
 * What happened to a request in a column of time: nothing (not there yet, or gone), waiting, a prompt computed, a token
 * generated, computed again after a preemption, waiting after one, a place in a batch for nothing.
 */
export type Stay = '.' | 'w' | 'p' | 'd' | 'r' | 'l' | 'i';

/** A side's share of a thumbnail; columns cover the time from `fromUs` to `toUs`. */
export interface Sample {
  /** One string a request, run lengths before their letter: `12w3p40d`. */
  readonly rows?: readonly string[];
  /** Four numbers a step: end in microseconds since `fromUs`, tokens of prompts, of decodes, of padding. */
  readonly steps?: readonly number[];
  /** Two numbers a column: shares of the pool that hold something, and that are allocated and empty. */
  readonly memory?: readonly number[];
}
