/** What crosses the border between a policy's worker and whoever started it. */

import type { ComparedRun } from '../scenario/comparison.ts';
import type { DeviceProfile } from '../sim/gpu/device.ts';
import type { Moment, PolicyFailure } from './failure.ts';
import type { TextLines } from './position.ts';

export interface Job {
  /** The scenario as a file (`scenario/file.ts`), with its trace if it has one. */
  readonly scenario: Uint8Array;
  readonly thisGpu: DeviceProfile | null;
  readonly text: TextLines;
  /** From this step on every call of the policy is announced, to find the one that does not return; null = none. */
  readonly tellFrom: number | null;
}

export type FromPolicy =
  /** The visitor's code begins to run: from now on silence counts. */
  | { readonly kind: 'begins' }
  /** A sign of life; `fraction` of the requests have ended. */
  | ({ readonly kind: 'beat'; readonly fraction: number } & Moment)
  | { readonly kind: 'log'; readonly step: number | null; readonly text: string }
  /** The visitor's code has done its part. */
  | { readonly kind: 'sums-up' }
  | { readonly kind: 'done'; readonly run: ComparedRun }
  | { readonly kind: 'failed'; readonly failure: PolicyFailure };
