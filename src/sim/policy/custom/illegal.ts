/** What a visitor's policy may not do, and what it did. Words are made elsewhere, in the reader's language. */

/** The rules, each with the meaning of `need` and `have`. */
export const illegalRules = [
  /** The answer is no list of entries and no object with `run`. */
  'no-plan',
  /** The answer is a promise. */
  'promise',
  /** An entry is no `{ request, tokens }`; `have` = its place in the list, from 0. */
  'no-entry',
  /** No such request waits or runs. */
  'unknown-request',
  /** `tokens` is no whole number above 0. */
  'bad-tokens',
  /** Tokens: more than the request has left. */
  'more-than-left',
  /** One request has two entries. */
  'twice',
  /** Tokens: all entries together, and the budget. */
  'over-budget',
  /** Seats: requests that would run, and seats. */
  'over-seats',
  /** Blocks: what the entry takes, and what is free when its turn comes. */
  'no-blocks',
  /** A request that does not run is to be preempted. */
  'not-running',
  /** A request is preempted and has an entry. */
  'preempted-and-run',
  /** Microseconds: the time to wake at, and now. */
  'bad-wake',
  /** Requests wait or run, nobody is given anything, and nothing will ever happen again; `have` = how many. */
  'nothing-for-ever',
] as const;
export type IllegalRule = (typeof illegalRules)[number];

/** Which request and which numbers; what does not apply is left out. */
export interface IllegalNumbers {
  readonly request?: number;
  readonly need?: number;
  readonly have?: number;
  /** What stood there instead, as text. */
  readonly found?: string;
}

/** A schedule that cannot be. The run is over: its state is sound, but half a step of it may be booked. */
export class IllegalSchedule extends Error {
  override readonly name = 'IllegalSchedule';
  readonly rule: IllegalRule;
  readonly numbers: IllegalNumbers;

  constructor(rule: IllegalRule, numbers: IllegalNumbers = {}) {
    super(`${rule} ${JSON.stringify(numbers)}`);
    this.rule = rule;
    this.numbers = numbers;
  }
}

/** Something that the visitor's own code threw. */
export class PolicyThrew extends Error {
  override readonly name = 'PolicyThrew';
  readonly thrown: unknown;

  constructor(thrown: unknown) {
    super('the policy threw');
    this.thrown = thrown;
  }
}

/** What stood in a wrong place, short enough for a sentence. Never runs code of whoever made the value. */
export function foundText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 40 ? `${value.slice(0, 39)}…` : value);
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'bigint':
      return 'a bigint';
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? 'a list' : 'an object';
    case 'function':
    case 'symbol':
      return `a ${typeof value}`;
  }
}
