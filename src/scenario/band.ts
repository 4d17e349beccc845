/**
 * How much a run's figures may be off, and how loaded it is: the same scenario simulated again with all step times
 * multiplied by 1 - e and by 1 + e, and once more with every request there from the start.
 *
 * e is the P95 of the profile's step errors, not their median. A run visits a few kinds of steps again and again (decodes
 * of about the same batch, say), and the model errs on all steps of a kind in the same direction, so errors do not average
 * out; and it is not known in which direction. The band therefore holds what 19 of 20 compared steps hold, for the case
 * that the run is made of steps of the worse kinds. Two cards of a kind differ by up to 6 % too.
 */

import type { RunAccount } from '../sim/metrics/recorder.ts';
import type { Distribution, LatencyMetric } from '../sim/metrics/result.ts';

/** Fewer requests than this do not flow: a load would be made of start and end. */
export const ENOUGH_REQUESTS = 100;
export type BandRun = Pick<RunAccount, 'summary' | 'distributions' | 'series'>;

/**
 * The load rho, offered work over capacity, from a run in which every request is there from the start, so that batches are
 * as full as seats, budget and memory allow. rho is the time that all the work takes at that pace, over the time in which
 * the requests arrive. The work takes at least until the last request leaves the queue (up to then batches are full), and
 * at most until all are done (at the end they run half empty): the two bounds come together as a run gets longer.
 * How busy the GPU is says less: one request alone keeps it busy.
 */
export type Load =
  | { readonly low: number; readonly high: number }
  | {
      readonly low: null;
      /** Arrivals follow the answers; they all come at once; there are too few. */
      readonly because: 'closed' | 'at-once' | 'few';
    };

export interface Band {
  /** e, as a fraction; null = nobody compared steps of this kind with measured ones. */
  readonly error: number | null;
  /** Runs with step times multiplied by 1 - e and by 1 + e; null without e. */
  readonly faster: BandRun | null;
  readonly slower: BandRun | null;
  readonly load: Load;
}

/** One figure of a run with the interval that the band gives it. */
export interface Spread {
  readonly metric: LatencyMetric;
  readonly rank: 50 | 90 | 99;
  readonly us: number;
  readonly lowUs: number;
  readonly highUs: number;
  /** The larger of both relative changes, over e: 1 = an error of step times stays as large, more = it grows. */
  readonly growth: number;
}

const ranks = [
  { rank: 50, at: 'p50Us' },
  { rank: 90, at: 'p90Us' },
  { rank: 99, at: 'p99Us' },
] as const;

const metrics: readonly LatencyMetric[] = ['ttft', 'itl', 'tpot', 'e2e'];

/** Every shown quantile with its interval; none without e. P99 of fewer than a hundred values is left out. */
export function spreadsOf(
  distributions: Readonly<Record<LatencyMetric, Distribution>>,
  { error, faster, slower }: Band,
): readonly Spread[] {
  if (error === null || faster === null || slower === null || error <= 0) return [];
  return metrics.flatMap((metric) =>
    ranks.flatMap(({ rank, at }): Spread[] => {
      const values = [distributions, faster.distributions, slower.distributions].map((each) => each[metric]);
      const [us, fast, slow] = values.map((each) => each[at]);
      if (values.some((each) => each.count < (rank === 99 ? ENOUGH_REQUESTS : 1)) || us <= 0) return [];
      // A scheduler may do better on slower steps: the interval holds all three.
      const lowUs = Math.min(us, fast, slow);
      const highUs = Math.max(us, fast, slow);
      return [{ metric, rank, us, lowUs, highUs, growth: Math.max(us - lowUs, highUs - us) / us / error }];
    }),
  );
}

/** From here on an error is said to grow; where nobody waits it stays what it is. */
const GROWS_FROM = 3;
/** A load from which growth is put down to saturation. */
const SATURATED_FROM = 0.7;

/** What the band says, before words. */
export interface Verdict {
  /** `near`: near saturation; `uneven`: errors grow at a low mean load, as where requests come in bursts; `steady`: they do not. */
  readonly kind: 'overloaded' | 'near' | 'uneven' | 'steady' | 'unknown';
  /** The figure that grows most; null without e. */
  readonly worst: Spread | null;
}

export function verdictOf(distributions: Readonly<Record<LatencyMetric, Distribution>>, band: Band): Verdict {
  const { load } = band;
  const worst = spreadsOf(distributions, band).reduce<Spread | null>(
    (most, each) => (most === null || each.growth > most.growth ? each : most),
    null,
  );
  if (load.low !== null && load.low > 1) return { kind: 'overloaded', worst };
  if (worst === null) return { kind: 'unknown', worst };
  if (worst.growth < GROWS_FROM) return { kind: 'steady', worst };
  return { kind: load.low === null || load.high >= SATURATED_FROM ? 'near' : 'uneven', worst };
}
