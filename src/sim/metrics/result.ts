/** What a whole run amounts to: outcomes a request, distributions, series over time, events, headline numbers. */

/** Outcome of every request, one row each, by request id. Times are microseconds; NaN where it did not happen. */
export interface Outcomes {
  readonly count: number;
  readonly arrivalUs: Float64Array;
  readonly promptTokens: Int32Array;
  readonly outputTokens: Int32Array;
  readonly firstScheduledUs: Float64Array;
  readonly firstTokenUs: Float64Array;
  readonly finishUs: Float64Array;
  readonly preemptions: Int32Array;
  /** A `Status` of `request.ts`. */
  readonly status: Uint8Array;
  readonly klass: Uint8Array;
  readonly user: Int32Array;
}

/**
 * Counts by logarithmic bin (`histogram.ts`), with the exact extremes and mean.
 * Percentiles are exact where `exact` (up to a million values), else right to the bin's width (1.6 %).
 */
export interface Distribution {
  readonly bins: Float64Array;
  readonly count: number;
  readonly meanUs: number;
  readonly minUs: number;
  readonly maxUs: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly exact: boolean;
}

/** The metrics that have a distribution. */
export type LatencyMetric = 'ttft' | 'itl' | 'tpot' | 'e2e';

/** Sums over equal bins of simulated time; divide by `binUs` for means. Bin i covers `[i * binUs, (i + 1) * binUs)`. */
export interface Series {
  readonly count: number;
  readonly binUs: number;
  /** First step that starts in the bin or later. */
  readonly firstStep: Float64Array;
  readonly busyUs: Float64Array;
  readonly prefillTokens: Float64Array;
  readonly decodeTokens: Float64Array;
  readonly paddingTokens: Float64Array;
  /** Integrals over time: requests x us, blocks x us, tokens x us. */
  readonly waitingUs: Float64Array;
  readonly runningUs: Float64Array;
  readonly usedBlocksUs: Float64Array;
  /** Allocated token places that hold nothing (internal and reserved), integrated. */
  readonly wastedTokensUs: Float64Array;
  /** Places that running requests will still use (`wastedTokens` less these is lost inside blocks), integrated. */
  readonly reservedTokensUs: Float64Array;
  /** Free blocks that the next request cannot have because of where they are, and free blocks whose content can be hit, integrated. */
  readonly externalBlocksUs: Float64Array;
  readonly cachedBlocksUs: Float64Array;
  readonly preemptions: Float64Array;
  /** Time of steps that compute prompts alone, and of those that compute prompts beside decodes; the rest of `busyUs` decodes. */
  readonly prefillUs: Float64Array;
  readonly mixedUs: Float64Array;
}

/**
 * When each stage of a pipeline is busy, in the bins of the run's `Series`: bin i of stage s is at `s * count + i`. Empty
 * where there is one stage, which is what the series itself tells of.
 */
export interface StageSeries {
  readonly busyUs: Float64Array;
  /** Time of steps that compute prompts alone, and of those that compute prompts beside decodes; the rest decodes. */
  readonly prefillUs: Float64Array;
  readonly mixedUs: Float64Array;
}

export const EventKind = {
  preempt: 0,
  /** The head of the queue is held after a calm time. */
  hold: 1,
  /** More than 95 % of the blocks are in use. */
  kvFull: 2,
  /** What binds the steps has changed. */
  boundChange: 3,
  reject: 4,
  /** A prompt of at least half the token budget (or 2,048 tokens) is first scheduled. */
  longPrompt: 5,
  /** The weights are read in another precision from the next step on. */
  precision: 6,
} as const;

/** Things worth jumping to, by step. `dropped` more happened than are kept. */
export interface EventColumns {
  readonly count: number;
  readonly step: Float64Array;
  readonly timeUs: Float64Array;
  readonly kind: Uint8Array;
  readonly request: Int32Array;
  readonly dropped: number;
}

/** Headline numbers of a run. Rates are a second; shares are 0 to 1. */
export interface Summary {
  readonly requests: number;
  readonly finished: number;
  readonly rejected: number;
  readonly aborted: number;
  readonly steps: number;
  readonly durationUs: number;
  readonly busyUs: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly computedTokens: number;
  readonly recomputedTokens: number;
  readonly paddingTokens: number;
  readonly hitTokens: number;
  readonly preemptions: number;
  readonly outputTokensPerS: number;
  readonly requestsPerS: number;
  readonly gpuUtilisation: number;
  /** Useful floating-point operations over what the device's peak allows in the whole time. */
  readonly mfu: number;
  /** Bytes that must be read (weights once a step, and KV) over what the device's bandwidth allows in the whole time; null where the cost model does not tell. */
  readonly mbu: number | null;
  /** Tokens found in the prefix cache over all tokens that prompts (and recomputation) asked for. */
  readonly hitRate: number;
  /** Mean over finished requests from arrival to the first time in a batch; NaN without any. */
  readonly queueingMeanUs: number;
  /** Mean over finished requests of end-to-end latency by output tokens; NaN without any. */
  readonly normalisedUs: number;
  /** Requests that hold a seat: mean over the whole time, and most at once. */
  readonly runningMean: number;
  readonly runningPeak: number;
  readonly kvUseMean: number;
  readonly kvUsePeak: number;
  /** Allocated KV places that hold nothing, over allocated places, time-weighted. */
  readonly fragmentation: number;
  /** Steps by `Bound`. */
  readonly stepsByBound: readonly number[];
}
