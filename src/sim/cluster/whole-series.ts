import type { Series } from '../metrics/result.ts';

/** The sums of several series, bin by bin. Steps are numbered in each engine for itself, so that no bin has a first one: NaN. */
export function wholeSeries(parts: readonly Series[]): Series {
  const binUs = parts.reduce((widest, part) => Math.max(widest, part.binUs), 1);
  const count = parts.reduce((most, part) => Math.max(most, Math.ceil((part.count * part.binUs) / binUs)), 0);
  const total = (column: keyof Omit<Series, 'count' | 'binUs'>): Float64Array => {
    const sums = new Float64Array(count);
    // Bins are powers of two of one width: each lies in one of the widest.
    for (const part of parts)
      for (let bin = 0; bin < part.count; bin++) sums[Math.floor((bin * part.binUs) / binUs)] += part[column][bin];
    return sums;
  };
  return {
    count,
    binUs,
    firstStep: new Float64Array(count).fill(Number.NaN),
    busyUs: total('busyUs'),
    prefillTokens: total('prefillTokens'),
    decodeTokens: total('decodeTokens'),
    paddingTokens: total('paddingTokens'),
    waitingUs: total('waitingUs'),
    runningUs: total('runningUs'),
    usedBlocksUs: total('usedBlocksUs'),
    wastedTokensUs: total('wastedTokensUs'),
    reservedTokensUs: total('reservedTokensUs'),
    externalBlocksUs: total('externalBlocksUs'),
    cachedBlocksUs: total('cachedBlocksUs'),
    preemptions: total('preemptions'),
    prefillUs: total('prefillUs'),
    mixedUs: total('mixedUs'),
  };
}
