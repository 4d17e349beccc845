/** How far predictions are from what was measured. */

export interface ErrorSummary {
  readonly count: number;
  /** Of the absolute relative errors: the middle one, the one that 95 % stay below, and the largest. */
  readonly median: number;
  readonly p95: number;
  readonly worst: number;
  /** Mean relative error with its sign: above 0 = predicted too slow. */
  readonly bias: number;
}

/** Prediction over measurement, less one. */
export function relativeError(predicted: number, measured: number): number {
  return predicted / measured - 1;
}

export function summarise(errors: readonly number[]): ErrorSummary {
  const sorted = errors.map(Math.abs).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  const bias = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  return { count: errors.length, median: at(0.5), p95: at(0.95), worst: at(1), bias };
}
