/** The errors of many recorded runs in a few numbers. */

import { type Quantity, type RunComparison, relativeDifference } from './format.ts';
import { median, quantile } from './latencies.ts';
import { compareValues, differingSettings } from './pairs.ts';

/** Relative errors of one quantity over some runs. */
export interface ErrorSummary {
  /** `all`, or `engine vllm 0.12.0`. */
  readonly of: string;
  readonly quantity: Quantity;
  readonly runs: number;
  readonly medianAbsolute: number;
  readonly p90Absolute: number;
  /** Positive: what is simulated is too large. */
  readonly medianSigned: number;
}

/** Over all runs, then by each value of each setting in which they differ. */
export function errorSummaries(runs: readonly RunComparison[]): ErrorSummary[] {
  const bySetting = differingSettings(runs).flatMap((setting) =>
    valuesOf(runs, setting).flatMap((value) =>
      errorSummary(
        `${setting} ${value}`,
        runs.filter((run) => run.settings[setting] === value),
      ),
    ),
  );
  return [...errorSummary('all', runs), ...bySetting];
}

/** Over these runs, one entry a quantity. */
export function errorSummary(of: string, runs: readonly RunComparison[]): ErrorSummary[] {
  const quantities = new Set(runs.flatMap((run) => run.quantities.map((q) => q.quantity)));
  return [...quantities].map((quantity) => {
    const errors = runs.flatMap((run) => run.quantities.filter((q) => q.quantity === quantity).map(relativeDifference));
    const absolute = errors.map(Math.abs).sort((a, b) => a - b);
    return {
      of,
      quantity,
      runs: errors.length,
      medianAbsolute: median(absolute),
      p90Absolute: quantile(absolute, 0.9),
      medianSigned: median(errors),
    };
  });
}

function valuesOf(runs: readonly RunComparison[], setting: string): (string | number)[] {
  const values = new Set(runs.map((run) => run.settings[setting]).filter((value) => value !== undefined));
  return [...values].sort(compareValues);
}
