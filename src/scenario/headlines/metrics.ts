/** Numbers of a run that rows compare. */

import type { Simulated } from '../simulate.ts';

/** Requests in the running batch, mean over the time in which anything runs. */
export function runningMean({ account }: Simulated): number {
  const { series, summary } = account;
  let runningUs = 0;
  for (let bin = 0; bin < series.count; bin++) runningUs += series.runningUs[bin];
  return runningUs / summary.busyUs;
}

export const requestsPerMinute = ({ account }: Simulated): number => account.summary.requestsPerS * 60;
export const requestsPerS = ({ account }: Simulated): number => account.summary.requestsPerS;
export const outputTokensPerS = ({ account }: Simulated): number => account.summary.outputTokensPerS;
export const durationS = ({ account }: Simulated): number => account.summary.durationUs / 1e6;
export const ttftMeanS = ({ account }: Simulated): number => account.distributions.ttft.meanUs / 1e6;
export const ttftMedianMs = ({ account }: Simulated): number => account.distributions.ttft.p50Us / 1e3;
export const hitPercent = ({ account }: Simulated): number => account.summary.hitRate * 100;
export const meanGapMs = ({ account }: Simulated): number => account.distributions.itl.meanUs / 1e3;
export const medianGapMs = ({ account }: Simulated): number => account.distributions.itl.p50Us / 1e3;
