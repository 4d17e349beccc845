/** What can become of a visitor's policy other than a result. Plain data: it crosses from the worker to the page. */

import type { Problem } from '../scenario/problem.ts';
import type { IllegalNumbers, IllegalRule } from '../sim/policy/custom/illegal.ts';

/** Where in simulated time something happened. */
export interface Moment {
  /** The step to decide; null = while the text was loaded, before the first step. */
  readonly step: number | null;
  readonly nowUs: number;
}

/** What else there is to say of what a policy threw: why something is not there, or what it tried to change. */
export type Hint = 'network' | 'page' | 'clock' | 'chance' | 'modules' | 'code' | 'read-only';

export type PolicyFailure =
  /** The text is no TypeScript or JavaScript. */
  | { readonly kind: 'syntax'; readonly message: string; readonly line: number | null; readonly column: number | null }
  /** The text runs, but its default export is neither a function nor an object with `schedule`. */
  | { readonly kind: 'no-function'; readonly found: string }
  | ({
      readonly kind: 'threw';
      readonly message: string;
      readonly line: number | null;
      readonly hint: Hint | null;
    } & Moment)
  | ({ readonly kind: 'illegal'; readonly rule: IllegalRule; readonly numbers: IllegalNumbers } & Moment)
  /** No sign of life: an endless loop, or a call that takes too long. */
  | ({ readonly kind: 'silent'; readonly afterMs: number } & Moment)
  /** It went on and on, and all its time is used up. `fraction` of the requests had ended. */
  | ({ readonly kind: 'spent'; readonly afterMs: number; readonly fraction: number } & Moment)
  /** It used too much memory, or what it ran in has died, most likely of that. */
  | ({ readonly kind: 'died' } & Moment)
  /** The scenario itself cannot be simulated. */
  | { readonly kind: 'scenario'; readonly problems: readonly Problem[] }
  /** The browser or system did not start what it was to run in. */
  | { readonly kind: 'cannot-start'; readonly detail: string }
  | { readonly kind: 'cancelled' };
