/** The band in words. */

import type { Translate } from '../../i18n/i18n.ts';
import type { RunResult } from '../../protocol/run.ts';
import { type Band, spreadsOf, verdictOf } from '../../scenario/band.ts';
import type { Format } from '../../ui/use-format.ts';

export interface BandWords {
  readonly load: string;
  readonly verdict: string;
  /** What ρ and the bars are; for whoever asks. */
  readonly means: string;
  readonly isWarning: boolean;
  /** Every quantile with its interval, for whoever cannot see the bars; '' where there are none. */
  readonly intervals: string;
}

export function bandWords(result: RunResult, band: Band, t: Translate, format: Format): BandWords {
  const { load, error } = band;
  const { kind, worst } = verdictOf(result.distributions, band);
  const loadMeans = load.low === null ? [] : [t('band.load.means')];
  const bandMeans = error === null ? [] : [t('band.means', { error: format.percent(error) })];
  return {
    load: load.low === null ? t(`band.load.${load.because}`) : t('band.load', { rho: rhoText(load, t, format) }),
    verdict: verdictText(kind, worst, error, t, format),
    means: [...loadMeans, ...bandMeans].join(' '),
    intervals: spreadsOf(result.distributions, band)
      .map(({ metric, rank, us, lowUs, highUs }) => {
        const label = t('latency.percentile', { rank, value: format.duration(us) });
        const interval = { label, low: format.duration(lowUs), high: format.duration(highUs) };
        return `${t(`latency.${metric}`)} ${t('latency.interval', interval)}`;
      })
      .join('; '),
    isWarning: kind === 'overloaded' || kind === 'near' || kind === 'uneven',
  };
}

function verdictText(
  kind: ReturnType<typeof verdictOf>['kind'],
  worst: ReturnType<typeof verdictOf>['worst'],
  error: number | null,
  t: Translate,
  format: Format,
): string {
  if (kind === 'unknown') return t('band.unknown');
  if (worst === null || error === null) return t('band.overloaded');
  return t(kind === 'overloaded' ? 'band.overloadedGrows' : `band.${kind}`, {
    error: format.percent(error),
    low: signed(worst.lowUs / worst.us - 1, format),
    high: signed(worst.highUs / worst.us - 1, format),
    rank: worst.rank,
    metric: t(`latency.${worst.metric}`),
  });
}

/** One number where both bounds read the same. */
function rhoText({ low, high }: { readonly low: number; readonly high: number }, t: Translate, format: Format): string {
  const [from, to] = [format.number(low), format.number(high)];
  return from === to ? to : t('band.load.range', { low: from, high: to });
}

function signed(share: number, format: Format): string {
  return `${share < 0 ? '\u2212' : '+'}${format.percent(Math.abs(share))}`;
}
