import { fingerprint } from '../metrics/fingerprint.ts';
import { bubbleShare, type RunAccount, type StageAccount } from '../metrics/recorder.ts';
import type { Summary } from '../metrics/result.ts';
import { Status } from '../request.ts';
import type { FleetAccount, LifeAccount } from './fleet-account.ts';
import { wholeSeries } from './whole-series.ts';

/** What is said of any run, be it of one engine or of a fleet. The series of a fleet is the sum over its engines. */
export type WholeAccount = Omit<RunAccount, 'events' | 'stageSeries' | 'recordedUs'> & {
  /** Stands for all outcomes: equal for equal runs, and hardly ever for others. */
  readonly fingerprint: string;
};

/** What instances may have different amounts of; null = it does not matter. */
type Having = 'usableBlocks' | 'peakFlopsPerS' | 'peakBytesPerS' | null;

/**
 * A fleet in the numbers of one engine. Requests are those of the clients, with their last try; tokens and steps those of
 * all engines; shares, seats and memory are of the time that instances were up, so that a fleet of equals reads as one of them.
 * Where GPUs differ a share is that of all they have together: a larger pool or a faster GPU counts for more.
 */
export function wholeAccount({ summary: fleet, outcomes, distributions, lives }: FleetAccount): WholeAccount {
  const sum = (value: (summary: Summary) => number) =>
    lives.reduce((total, { account }) => total + value(account.summary), 0);
  const most = (value: (summary: Summary) => number) =>
    lives.reduce((now, { account }) => Math.max(now, value(account.summary)), 0);
  /** What an instance has counts against what the first one has: of equals each has the weight 1, without a rounding. */
  const weighed = (life: LifeAccount, has: Having) => (has === null ? 1 : life[has] / lives[0][has]);
  /** Integral over time of what a summary gives as a mean over its own. */
  const overTime = (value: (summary: Summary) => number, has: Having = null) =>
    lives.reduce((total, life) => {
      const { summary } = life.account;
      return total + weighed(life, has) * value(summary) * summary.durationUs;
    }, 0);
  /** Mean over the time that instances were up. */
  const mean = (value: (summary: Summary) => number, has: Having = null) => {
    const upUs = lives.reduce((total, life) => total + weighed(life, has) * (life.endUs - life.startUs), 0);
    return overTime(value, has) / Math.max(1, upUs);
  };
  const kvUseUs = overTime((s) => s.kvUseMean, 'usableBlocks');
  const ofRequests = requestFigures(outcomes);
  const summary: Summary = {
    requests: outcomes.count,
    ...ofRequests,
    steps: fleet.steps,
    durationUs: fleet.durationUs,
    busyUs: sum(({ busyUs }) => busyUs),
    computedTokens: sum(({ computedTokens }) => computedTokens),
    recomputedTokens: sum(({ recomputedTokens }) => recomputedTokens),
    paddingTokens: sum(({ paddingTokens }) => paddingTokens),
    hitTokens: sum(({ hitTokens }) => hitTokens),
    preemptions: sum(({ preemptions }) => preemptions),
    outputTokensPerS: fleet.outputTokensPerS,
    requestsPerS: fleet.requestsPerS,
    gpuUtilisation: fleet.utilisation,
    mfu: mean((s) => s.mfu, 'peakFlopsPerS'),
    mbu: lives.some(({ account }) => account.summary.mbu === null) ? null : mean((s) => s.mbu ?? 0, 'peakBytesPerS'),
    hitRate: fleet.hitRate,
    runningMean: mean((s) => s.runningMean),
    runningPeak: most(({ runningPeak }) => runningPeak),
    kvUseMean: mean((s) => s.kvUseMean, 'usableBlocks'),
    kvUsePeak: most(({ kvUsePeak }) => kvUsePeak),
    fragmentation: kvUseUs > 0 ? overTime((s) => s.fragmentation * s.kvUseMean, 'usableBlocks') / kvUseUs : 0,
    stepsByBound: stepsByBound(lives),
  };
  const series = wholeSeries(lives.map(({ account }) => account.series));
  return {
    summary,
    stages: wholeStages(lives),
    outcomes,
    distributions,
    series,
    fingerprint: fingerprint(outcomes, summary),
  };
}

/** The stages of all engines together: the first ones, the second ones, ... */
function wholeStages(lives: readonly LifeAccount[]): StageAccount {
  const count = Math.max(1, ...lives.map(({ account }) => account.stages.busyUs.length));
  const busyUs = new Float64Array(count);
  let spanUs = 0;
  let communicationUs = 0;
  for (const { account } of lives) {
    account.stages.busyUs.forEach((us, stage) => {
      busyUs[stage] += us;
    });
    spanUs += account.summary.busyUs;
    communicationUs += account.stages.communicationUs;
  }
  return { busyUs, bubbleShare: bubbleShare(busyUs, spanUs), communicationUs };
}

function requestFigures(outcomes: RunAccount['outcomes']) {
  const { count, status, promptTokens, outputTokens, arrivalUs, firstScheduledUs, finishUs } = outcomes;
  const figures = { finished: 0, rejected: 0, aborted: 0, promptTokens: 0, outputTokens: 0 };
  let queueingUs = 0;
  let normalisedUs = 0;
  for (let r = 0; r < count; r++) {
    figures.promptTokens += promptTokens[r];
    figures.outputTokens += outputTokens[r];
    if (status[r] === Status.rejected) figures.rejected++;
    if (status[r] === Status.aborted) figures.aborted++;
    if (status[r] !== Status.finished) continue;
    figures.finished++;
    queueingUs += firstScheduledUs[r] - arrivalUs[r];
    normalisedUs += (finishUs[r] - arrivalUs[r]) / outputTokens[r];
  }
  const mean = (total: number) => (figures.finished > 0 ? total / figures.finished : Number.NaN);
  return { ...figures, queueingMeanUs: mean(queueingUs), normalisedUs: mean(normalisedUs) };
}

function stepsByBound(lives: readonly LifeAccount[]): readonly number[] {
  const kinds = lives[0]?.account.summary.stepsByBound ?? [];
  return kinds.map((_, bound) => lives.reduce((total, { account }) => total + account.summary.stepsByBound[bound], 0));
}
