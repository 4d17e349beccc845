import { Status } from '../request.ts';
import { distributionOf } from './distribution.ts';
import type { Distribution, Outcomes } from './result.ts';

/** What a service promises of every request; left out: no promise. */
export interface Slo {
  readonly ttftUs?: number;
  /** Mean gap between the tokens of a request. */
  readonly tpotUs?: number;
}

/** Which requests are meant: arrived from `fromUs` on and before `toUs`, of one class, of one user; left out: all. */
export interface Selection {
  readonly fromUs?: number;
  readonly toUs?: number;
  readonly klass?: number;
  readonly user?: number;
  readonly slo?: Slo;
}

/** Metrics of some of a run's requests. Latencies are of finished requests. */
export interface RequestSummary {
  readonly requests: number;
  readonly finished: number;
  readonly rejected: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly preemptions: number;
  /** From arrival to the first time in a batch. */
  readonly queueing: Distribution;
  readonly ttft: Distribution;
  readonly tpot: Distribution;
  readonly e2e: Distribution;
  /** Mean over requests of end-to-end latency by output tokens (as in Orca and vLLM's papers); NaN without requests. */
  readonly normalisedUs: number;
  /** Requests that keep the SLO, their share of all that arrived, and their number a second of the window. */
  readonly good: number;
  readonly attainment: number;
  readonly goodputPerS: number;
}

/** Whether a request finished within the SLO. A single token has no gap to be late with. */
export function keepsSlo(outcomes: Outcomes, request: number, slo: Slo): boolean {
  if (outcomes.status[request] !== Status.finished) return false;
  if (ttftUsOf(outcomes, request) > (slo.ttftUs ?? Number.POSITIVE_INFINITY)) return false;
  const tpotUs = tpotUsOf(outcomes, request);
  return Number.isNaN(tpotUs) || tpotUs <= (slo.tpotUs ?? Number.POSITIVE_INFINITY);
}

/** From arrival to the first token. */
export function ttftUsOf(outcomes: Outcomes, request: number): number {
  return outcomes.firstTokenUs[request] - outcomes.arrivalUs[request];
}

/** Mean gap between a request's tokens, whole microseconds; NaN for a single token. */
export function tpotUsOf(outcomes: Outcomes, request: number): number {
  const gaps = outcomes.outputTokens[request] - 1;
  return gaps > 0 ? Math.round((outcomes.finishUs[request] - outcomes.firstTokenUs[request]) / gaps) : Number.NaN;
}

/** Adds up the chosen requests of a run. */
export function summarise(outcomes: Outcomes, selection: Selection = {}): RequestSummary {
  const { fromUs = 0, toUs = Number.POSITIVE_INFINITY, klass, user, slo = {} } = selection;
  const { arrivalUs, status } = outcomes;
  const finished: number[] = [];
  let requests = 0;
  let rejected = 0;
  let promptTokens = 0;
  let outputTokens = 0;
  let preemptions = 0;
  let good = 0;
  let normalised = 0;
  let endUs = fromUs;
  for (let r = 0; r < outcomes.count; r++) {
    if (arrivalUs[r] < fromUs || arrivalUs[r] >= toUs) continue;
    if ((klass !== undefined && outcomes.klass[r] !== klass) || (user !== undefined && outcomes.user[r] !== user))
      continue;
    requests++;
    promptTokens += outcomes.promptTokens[r];
    outputTokens += outcomes.outputTokens[r];
    preemptions += outcomes.preemptions[r];
    endUs = Math.max(endUs, arrivalUs[r]);
    if (status[r] === Status.rejected) rejected++;
    if (status[r] !== Status.finished) continue;
    finished.push(r);
    endUs = Math.max(endUs, outcomes.finishUs[r]);
    if (keepsSlo(outcomes, r, slo)) good++;
    normalised += (outcomes.finishUs[r] - arrivalUs[r]) / outcomes.outputTokens[r];
  }
  const over = (us: (r: number) => number) => distributionOf(Float64Array.from(finished, us));
  const windowUs = Math.max(1, Math.min(toUs, endUs) - fromUs);
  return {
    requests,
    finished: finished.length,
    rejected,
    promptTokens,
    outputTokens,
    preemptions,
    queueing: over((r) => outcomes.firstScheduledUs[r] - arrivalUs[r]),
    ttft: over((r) => ttftUsOf(outcomes, r)),
    tpot: over((r) => tpotUsOf(outcomes, r)),
    e2e: over((r) => outcomes.finishUs[r] - arrivalUs[r]),
    normalisedUs: finished.length > 0 ? normalised / finished.length : Number.NaN,
    good,
    attainment: requests > 0 ? good / requests : 1,
    goodputPerS: (good * 1e6) / windowUs,
  };
}
