/** The band of a run and its load, for programs and for people. */

import { type Band, type BandRun, type Load, type Spread, spreadsOf, verdictOf } from '../scenario/band.ts';
import { duration, percent, si, signedPercent } from './format.ts';
import type { Report } from './report.ts';
import type { Account } from './simulate.ts';

const unknownLoad: Readonly<Record<'closed' | 'at-once' | 'few', string>> = {
  closed: 'no load: arrivals follow the answers, so the engine sets its own',
  'at-once': 'no load: all requests arrive at once',
  few: 'no load: fewer than a hundred requests',
};

/** Times are milliseconds. `growth`: relative change of the value over `stepError`. */
export function bandJson(account: Account, band: Band): Report {
  const { load, error } = band;
  const { kind, worst } = verdictOf(account.distributions, band);
  const spreads = spreadsOf(account.distributions, band).map((spread) => [
    `${spread.metric}P${spread.rank}Ms`,
    { value: spread.us / 1000, low: spread.lowUs / 1000, high: spread.highUs / 1000, growth: spread.growth },
  ]);
  const rate = rateInterval(account, band);
  return {
    band: {
      stepError: error,
      stepErrorQuantile: 'p95',
      load: load.low === null ? null : load,
      loadUnknown: load.low === null ? load.because : null,
      verdict: kind,
      worst: worst === null ? null : `${worst.metric}P${worst.rank}Ms`,
      outputTokensPerS: rate,
      ...Object.fromEntries(spreads),
    },
  };
}

export function bandLines(account: Account, band: Band): (readonly [string, string])[] {
  const { error } = band;
  const spreads = spreadsOf(account.distributions, band);
  const of = (metric: Spread['metric']) =>
    spreads
      .filter((spread) => spread.metric === metric)
      .map(({ rank, us, lowUs, highUs }) => `P${rank} ${duration(us)} (${duration(lowUs)} to ${duration(highUs)})`)
      .join(', ');
  const rate = rateInterval(account, band);
  return [
    ['load', loadWords(band.load)],
    [
      'band',
      error === null
        ? 'none: no step of this device and these phases was compared with a measured one'
        : `step times by ${percent(error)} shorter and longer (P95 of the profile's step errors)`,
    ],
    ...(['ttft', 'itl', 'tpot', 'e2e'] as const)
      .map((metric) => [`  ${metric.toUpperCase()}`, of(metric)] as const)
      .filter(([, words]) => words !== ''),
    ...(rate === null ? [] : [['  output', `${si(rate.low)} to ${si(rate.high)} tokens/s`] as const]),
    ['', verdictWords(account, band)],
  ];
}

function rateInterval({ summary }: Account, { faster, slower }: Band): { low: number; high: number } | null {
  if (faster === null || slower === null) return null;
  const rates = [summary, faster.summary, slower.summary].map((each: BandRun['summary']) => each.outputTokensPerS);
  return { low: Math.min(...rates), high: Math.max(...rates) };
}

function loadWords(load: Load): string {
  if (load.low === null) return unknownLoad[load.because];
  return `rho ${rhoWords(load)}, offered work over capacity`;
}

/** One number where both bounds read the same. */
function rhoWords({ low, high }: { readonly low: number; readonly high: number }): string {
  const [from, to] = [low.toFixed(2), high.toFixed(2)];
  return from === to ? to : `${from} to ${to}`;
}

function verdictWords(account: Account, band: Band): string {
  const { kind, worst } = verdictOf(account.distributions, band);
  const grows =
    worst === null || band.error === null
      ? ''
      : `an error of ${percent(band.error)} of the step times grows to ${signedPercent(worst.lowUs / worst.us - 1)} to ${signedPercent(worst.highUs / worst.us - 1)} of the P${worst.rank} ${worst.metric.toUpperCase()}`;
  switch (kind) {
    case 'overloaded':
      return `overloaded: the queue grows as long as requests arrive${grows === '' ? '' : `; ${grows}`}`;
    case 'near':
      return `near saturation: ${grows}`;
    case 'uneven':
      return `not saturated on average, but errors grow at times: ${grows}`;
    case 'steady':
      return `a small error of step times stays small: ${grows.replace('grows to', 'comes to')} at most`;
    case 'unknown':
      return 'nothing is known of errors';
  }
}
