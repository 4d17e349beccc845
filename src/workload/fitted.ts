import { type RequestSpec, RequestTable } from '../sim/request.ts';
import type { Source } from '../sim/source.ts';
import { type Arrivals, arrivalTimes } from './arrivals.ts';
import { type Bodies, type Lengths, sampleLengths } from './lengths.ts';
import { openSource } from './open-source.ts';

/** A workload given by distributions, with where they come from. */
export interface FittedSpec {
  readonly id: string;
  /** `fitted` to public data, `measured` for this project, or `assumed`: round numbers with no data behind them. */
  readonly evidence: 'fitted' | 'measured' | 'assumed';
  /** What the numbers come from. Shown wherever the workload is used. */
  readonly source: string;
  readonly licence: string;
  /** The requests and the span of the original, where there is one. */
  readonly recorded?: { readonly requests: number; readonly spanS: number };
  readonly lengths: Lengths;
  readonly arrivals: Arrivals;
}

export interface FittedOptions {
  readonly requests: number;
  /** Mean arrivals a second; all times are stretched to reach it. 0 = as recorded. */
  readonly ratePerS: number;
  readonly seed: number;
}

/** An open source that samples `spec`. */
export function createFitted(spec: FittedSpec, options: FittedOptions): Source {
  const times = arrivalTimes(spec.arrivals, options.requests, options.ratePerS, options.seed);
  return openSource(fillTable(times, sampleLengths(spec.lengths, options.seed)));
}

/** A table of requests that arrive at `times`; request i has body i. */
export function fillTable(times: Float64Array, bodies: Bodies): RequestTable {
  const table = new RequestTable(times.length);
  const spec: { -readonly [K in keyof RequestSpec]: RequestSpec[K] } = {
    arrivalUs: 0,
    promptTokens: 0,
    outputTokens: 0,
  };
  for (let i = 0; i < times.length; i++) {
    spec.arrivalUs = times[i];
    bodies(i, spec);
    table.push(spec);
  }
  return table;
}
