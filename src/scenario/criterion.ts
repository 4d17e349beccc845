/** What makes a rate bearable: the promises by which published results judge a run. */

import { distributionOf } from '../sim/metrics/distribution.ts';
import type { Distribution, Outcomes } from '../sim/metrics/result.ts';
import { type Slo, summarise } from '../sim/metrics/summarise.ts';
import type { Simulated } from './simulate.ts';

export type Criterion =
  /** At least a share of the requests keeps the objective (DistServe: 90 %). */
  | { readonly kind: 'attainment'; readonly slo: Slo; readonly attain: number }
  /** Mean over requests of end-to-end latency by output tokens (vLLM's paper), or its median (Orca's). */
  | { readonly kind: 'normalised'; readonly us: number; readonly of?: 'median' }
  /** 99th percentile of all gaps between tokens, and median wait for the first step (Sarathi-Serve). */
  | { readonly kind: 'gaps'; readonly gapP99Us: number; readonly waitP50Us: number };

export interface Judgement {
  readonly holds: boolean;
  /** What was promised: a share of requests, or microseconds (of the gaps, for `gaps`). */
  readonly value: number;
}

/** Whether a run keeps the promise. A request that was refused or never ended breaks one of latency. */
export function judge({ account }: Simulated, criterion: Criterion): Judgement {
  const { summary } = account;
  const isWhole = summary.finished === summary.requests;
  switch (criterion.kind) {
    case 'attainment': {
      const { attainment } = summarise(account.outcomes, { slo: criterion.slo });
      return { holds: attainment >= criterion.attain, value: attainment };
    }
    case 'normalised': {
      const value = criterion.of === 'median' ? byTokenUs(account.outcomes).p50Us : summary.normalisedUs;
      return { holds: isWhole && value <= criterion.us, value };
    }
    case 'gaps': {
      const { p99Us } = account.distributions.itl;
      const waits = summarise(account.outcomes).queueing.p50Us;
      return { holds: isWhole && p99Us <= criterion.gapP99Us && waits <= criterion.waitP50Us, value: p99Us };
    }
  }
}

/** End-to-end latencies by output tokens, over the requests. */
export function byTokenUs({ arrivalUs, finishUs, outputTokens }: Outcomes): Distribution {
  return distributionOf(
    Float64Array.from(finishUs, (finish, r) => Math.round((finish - arrivalUs[r]) / outputTokens[r])),
  );
}
