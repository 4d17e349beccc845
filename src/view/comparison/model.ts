/** What two runs differ in, and by how much. */

import type { RunResult } from '../../protocol/run.ts';
import type { ComparedMetrics } from '../../scenario/comparison.ts';

/** Numbers that a change is told by, in order of preference where changes are equal. */
export const changeMetrics = [
  'itlMax',
  'ttftP99',
  'ttftP50',
  'tpotP50',
  'e2eP50',
  'tokensPerS',
  'preemptions',
] as const;
export type ChangeMetric = (typeof changeMetrics)[number];

export type ChangeNumbers = Readonly<Record<ChangeMetric, number>>;

type Numbers = Pick<ComparedMetrics, 'summary' | 'ttft' | 'tpot' | 'itl' | 'e2e'>;

/** The numbers of a run. Times are microseconds. */
export function numbersOf({ summary, ttft, tpot, itl, e2e }: Numbers): ChangeNumbers {
  return {
    itlMax: itl.maxUs,
    ttftP99: ttft.p99Us,
    ttftP50: ttft.p50Us,
    tpotP50: tpot.p50Us,
    e2eP50: e2e.p50Us,
    tokensPerS: summary.outputTokensPerS,
    preemptions: summary.preemptions,
  };
}

export function numbersOfRun({ summary, distributions }: RunResult): ChangeNumbers {
  return numbersOf({ summary, ...distributions });
}

/** A number before and after. */
export interface Change {
  readonly metric: ChangeMetric;
  readonly before: number;
  readonly after: number;
}

/** Smaller changes are not worth a headline. */
const leastChange = 0.005;

/** The number that changed most, by its ratio; null where nothing changed to speak of. */
export function largestChange(before: ChangeNumbers, after: ChangeNumbers): Change | null {
  let best: Change | null = null;
  let most = leastChange;
  for (const metric of changeMetrics) {
    const size = Math.abs(Math.log((after[metric] + tiny) / (before[metric] + tiny)));
    // Where nothing finished, a number is none.
    if (!(size > most)) continue;
    most = size;
    best = { metric, before: before[metric], after: after[metric] };
  }
  return best;
}

/** So that counts that come from 0 have a ratio. */
const tiny = 1e-9;

/** Relative change: -0.4 = 40 % less. Infinite where there was nothing before. */
export function relative({ before, after }: Change): number {
  return after / before - 1;
}

/** The same number's relative changes with several seeds, from the least to the most. */
export function spreadOf(
  metric: ChangeMetric,
  pairs: readonly (readonly [ChangeNumbers, ChangeNumbers])[],
): readonly [number, number] {
  const changes = pairs.map(([before, after]) => after[metric] / before[metric] - 1);
  return [Math.min(...changes), Math.max(...changes)];
}
