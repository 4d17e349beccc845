import { type RequestSpec, RequestTable } from '../sim/request.ts';
import type { Source } from '../sim/source.ts';
import { arrivalTimes } from './arrivals.ts';
import { type Lengths, sampleLengths } from './lengths.ts';
import { openSource } from './open-source.ts';

/**
 * Short chat turns. Assumed: round numbers for teaching, with no data behind them. Prompts around 200 tokens, answers
 * around 130, both lognormal, so that a step holds many decodes and little prefill.
 */
export const SHORT_CHAT: Lengths = {
  type: 'independent',
  prompt: { type: 'lognormal', mu: 5.3, sigma: 0.6, min: 16, max: 1024 },
  output: { type: 'lognormal', mu: 4.9, sigma: 0.5, min: 16, max: 512 },
};

/** Assumed, as `SHORT_CHAT`. */
export const LONG_PROMPT_RATE_PER_S = 8;

export interface LongPromptOptions {
  /** All requests, the long ones included. */
  readonly requests: number;
  /** Short requests a second, a Poisson process. 0 = `LONG_PROMPT_RATE_PER_S`. */
  readonly ratePerS: number;
  readonly seed: number;
  /** Default 8192. */
  readonly longPromptTokens?: number;
  /** Default 128. */
  readonly longOutputTokens?: number;
  /** When the (first) long prompt arrives. Default: when half of the short requests are expected to have come. */
  readonly atS?: number;
  /** Another one after every so many seconds. Default 0: only one. */
  readonly everyS?: number;
  /** Default `SHORT_CHAT`. */
  readonly lengths?: Lengths;
}

/**
 * Steady short requests, and a long prompt among them: while it is prefilled, everybody else's next token waits. The
 * traffic that shows what chunked prefill is for. Class 0 is short, class 1 long. The short requests do not depend on
 * the long ones.
 */
export function longPromptSource(options: LongPromptOptions): Source {
  const { requests, seed } = options;
  const ratePerS = options.ratePerS > 0 ? options.ratePerS : LONG_PROMPT_RATE_PER_S;
  const times = arrivalTimes({ type: 'poisson', ratePerS }, requests, 0, seed);
  const bodies = sampleLengths(options.lengths ?? SHORT_CHAT, seed);
  const everyUs = Math.floor((options.everyS ?? 0) * 1e6 + 0.5);
  let nextLongUs = Math.floor((options.atS ?? requests / ratePerS / 2) * 1e6 + 0.5);
  const table = new RequestTable(requests);
  const short: { -readonly [K in keyof RequestSpec]: RequestSpec[K] } = {
    arrivalUs: 0,
    promptTokens: 0,
    outputTokens: 0,
  };
  let longs = 0;
  for (let next = 0; table.count < requests; ) {
    // The last place is kept for a long prompt that arrives after all the short ones.
    if (nextLongUs <= times[next] || (longs === 0 && table.count === requests - 1)) {
      longs++;
      table.push({
        arrivalUs: nextLongUs,
        promptTokens: options.longPromptTokens ?? 8192,
        outputTokens: options.longOutputTokens ?? 128,
        klass: 1,
      });
      nextLongUs = everyUs > 0 ? nextLongUs + everyUs : Number.POSITIVE_INFINITY;
      continue;
    }
    short.arrivalUs = times[next];
    bodies(next, short);
    table.push(short);
    next++;
  }
  return openSource(table, ['short', 'long']);
}
