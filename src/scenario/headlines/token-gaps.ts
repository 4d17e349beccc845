import type { Batch } from '../../sim/batch.ts';
import { Simulation } from '../../sim/simulation.ts';
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

/** Simulates a scenario step by step and writes down when every token came. */
export function tokenTimes(knobs: Knobs): TokenTimes {
  const { config, source, cost } = builtOf(knobs);
  const tokenUs: number[][] = [];
  let endUs = 0;
  const simulation = new Simulation(config, source, cost, {
    launched: () => {},
    idle: () => {},
    rejected: () => {},
    completed({ engine }: Simulation, batch: Batch) {
      const { generated } = engine.sequences;
      for (let i = 0; i < batch.count; i++) {
        const request = batch.request[i];
        tokenUs[request] ??= [];
        const times = tokenUs[request];
        while (times.length < generated[request]) times.push(batch.endUs);
        endUs = batch.endUs;
      }
    },
  });
  while (simulation.next());
  const { requests } = source;
  return {
    arrivalUs: requests.arrivalUs.slice(0, requests.count),
    promptTokens: requests.promptTokens.slice(0, requests.count),
    tokenUs: Array.from({ length: requests.count }, (_, r) => tokenUs[r] ?? []),
    endUs,
  };
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
