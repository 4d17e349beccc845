import { Status } from '../../request.ts';
import type { Sequences } from '../../sequences.ts';
import type { SglangSettings } from './settings.ts';

/** What the choice of victims looks at. */
export interface PreemptionContext {
  readonly sequences: Sequences;
  readonly settings: SglangSettings;
  /** A number that grows with the time at which a request came into the queue. */
  readonly entered: (request: number) => number;
  /** Tokens that are expected back from a running request. */
  readonly freedBy: (request: number) => number;
}

/**
 * Running requests to preempt for a more important one that lacks `tokens`: the least important first, of equal ones the
 * latest; each less important by more than the threshold, and no more than it takes. Nobody, if it takes more than
 * there are (`PrefillAdder.preempt_to_schedule`).
 */
export function preemptionVictims(
  running: readonly number[],
  request: number,
  tokens: number,
  { sequences, settings, entered, freedBy }: PreemptionContext,
): number[] {
  const { priority } = sequences.requests;
  // Positive: the first is more important.
  const sign = settings.scheduleLowPriorityValuesFirst ? -1 : 1;
  const lead = (a: number, b: number) => (priority[a] - priority[b]) * sign;
  const candidates = running
    .filter((other) => sequences.status[other] === Status.running)
    .sort((a, b) => lead(a, b) || entered(b) - entered(a));
  const victims: number[] = [];
  let left = tokens;
  for (const candidate of candidates) {
    if (lead(request, candidate) <= settings.prioritySchedulingPreemptionThreshold) break;
    victims.push(candidate);
    left -= freedBy(candidate);
    if (left <= 0) return victims;
  }
  return [];
}
