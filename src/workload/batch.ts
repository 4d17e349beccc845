import type { Source } from '../sim/source.ts';
import { createFitted, type FittedSpec } from './fitted.ts';

/**
 * A batch job: every request is there at time 0. Lengths are independent lognormals fitted (by mean and deviation of
 * the logarithms) to the 200 requests of an end-to-end run measured for this project on an H200, whose prompts have
 * 268 tokens on average (21 to 2,048) and whose outputs have 125 (up to 727); the run drew them from lognormals
 * limited to 8 .. 2,048 and 4 .. 768.
 */
export const batchJob: FittedSpec = {
  id: 'batch',
  evidence: 'measured',
  source: 'Measured for this project on an H200: lengths of 200 requests of an end-to-end run',
  licence: 'MIT',
  lengths: {
    type: 'independent',
    prompt: { type: 'lognormal', mu: 5.1354, sigma: 0.9363, min: 8, max: 2048 },
    output: { type: 'lognormal', mu: 4.5861, sigma: 0.7231, min: 4, max: 768 },
  },
  arrivals: { type: 'at-once' },
};

/** `requests` requests at time 0. */
export function batchSource(options: {
  readonly requests: number;
  readonly seed: number;
  readonly spec?: FittedSpec;
}): Source {
  return createFitted(options.spec ?? batchJob, { requests: options.requests, ratePerS: 0, seed: options.seed });
}
