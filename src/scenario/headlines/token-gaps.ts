import type { Batch } from '../../sim/batch.ts';
import { Fate } from '../../sim/cluster/fates.ts';
import type { Fleet } from '../../sim/cluster/fleet.ts';
import { lifeSource } from '../../sim/cluster/life-source.ts';
import { type Observer, Simulation } from '../../sim/simulation.ts';
import type { Knobs } from '../knobs.ts';
import { builtOf } from './probe.ts';

/** Times of all tokens of all requests, which accounts of whole runs do not keep. */
export interface TokenTimes {
  readonly arrivalUs: Float64Array;
  readonly promptTokens: Int32Array;
  /** Of each request, in order. */
  readonly tokenUs: readonly (readonly number[])[];
  /** Time of the last token of all. */
  readonly endUs: number;
}

/** Simulates a scenario of one engine step by step and writes down when every token came. */
export function tokenTimes(knobs: Knobs): TokenTimes {
  const { config, source, cost } = builtOf(knobs);
  const watch = new TokenWatch();
  const simulation = new Simulation(config, source, cost, watch);
  while (simulation.next());
  const { requests } = source;
  return {
    arrivalUs: requests.arrivalUs.slice(0, requests.count),
    promptTokens: requests.promptTokens.slice(0, requests.count),
    tokenUs: Array.from({ length: requests.count }, (_, r) => watch.tokenUs[r] ?? []),
    endUs: watch.endUs,
  };
}

/**
 * The same of a fleet that has ended: each life is simulated once more, alone, on what came to it. Tokens of a request that has finished are
 * those of its last try; the first one is of the instance that prefilled where that gives it.
 */
export function fleetTokenTimes(fleet: Fleet): TokenTimes {
  const { requests } = fleet.source;
  const tokenUs: number[][] = Array.from({ length: requests.count }, () => []);
  let endUs = 0;
  const watches = fleet.lives.map(({ spec }, life) => {
    const watch = new TokenWatch();
    const simulation = new Simulation(spec.config, lifeSource(fleet, life), spec.cost, watch);
    while (simulation.next());
    endUs = Math.max(endUs, watch.endUs);
    return watch;
  });
  const { attempts, fates, config } = fleet;
  const tokensOf = (attempt: number) => watches[attempts.life[attempt]].tokenUs[attempts.local[attempt]] ?? [];
  for (let request = 0; request < requests.count; request++) {
    if (fates.fate[request] !== Fate.finished) continue;
    const last = fates.lastAttempt[request];
    const prefill = attempts.prefill[last];
    const isFirstFromPrefill = prefill >= 0 && config.split?.firstToken === 'prefill';
    tokenUs[request] = [...(isFirstFromPrefill ? tokensOf(prefill) : []), ...tokensOf(last)];
  }
  return {
    arrivalUs: requests.arrivalUs.slice(0, requests.count),
    promptTokens: requests.promptTokens.slice(0, requests.count),
    tokenUs,
    endUs,
  };
}

/** Writes down when every token of an engine came. */
class TokenWatch implements Observer {
  readonly tokenUs: number[][] = [];
  endUs = 0;

  launched(): void {}
  idle(): void {}
  rejected(): void {}

  completed({ engine }: Simulation, batch: Batch): void {
    const { generated } = engine.sequences;
    for (let i = 0; i < batch.count; i++) {
      const request = batch.request[i];
      this.tokenUs[request] ??= [];
      const times = this.tokenUs[request];
      while (times.length < generated[request]) times.push(batch.endUs);
      this.endUs = batch.endUs;
    }
  }
}

/** Span of the moving average in FastGen's plots: the newest gap weighs 2 / (span + 1). */
const SPAN = 16;

/** Largest exponential moving average of gaps, weights normalised over the gaps so far; 0 without any. */
export function largestMovingAverage(gaps: readonly number[], span = SPAN): number {
  const keep = 1 - 2 / (span + 1);
  let sum = 0;
  let weight = 0;
  let largest = 0;
  for (const gap of gaps) {
    sum = sum * keep + gap;
    weight = weight * keep + 1;
    if (sum / weight > largest) largest = sum / weight;
  }
  return largest;
}

/**
 * FastGen's effective throughput: answered requests a second, times the share of those whose first token came within a
 * second for every 512 prompt tokens and whose moving average of later gaps never was slower than `tokensPerS`.
 */
export function effectiveThroughput({ arrivalUs, promptTokens, tokenUs, endUs }: TokenTimes, tokensPerS: number) {
  let good = 0;
  tokenUs.forEach((times, r) => {
    if (times.length === 0) return;
    const inTime = times[0] - arrivalUs[r] <= (promptTokens[r] / 512) * 1e6;
    const gaps = times.slice(1).map((us, i) => us - times[i]);
    if (inTime && largestMovingAverage(gaps) < 1e6 / tokensPerS) good++;
  });
  const perS = (tokenUs.length * 1e6) / endUs;
  return { perS, share: good / tokenUs.length, effectivePerS: (good * 1e6) / endUs };
}

/** Mean of the longest tenth of the gaps between a request's tokens, at least one of them: Mooncake's TBT. 0 without any. */
export function longestGapsMean(tokenUs: readonly number[]): number {
  const gaps = tokenUs.slice(1).map((us, i) => us - tokenUs[i]);
  const longest = gaps.sort((a, b) => b - a).slice(0, Math.ceil(gaps.length / 10));
  return longest.length === 0 ? 0 : longest.reduce((sum, us) => sum + us, 0) / longest.length;
}
