/** What the KV memory serves over the whole run, in the parts of the KV panel's bar. Plain data, no pixels. */

import type { RunResult, Series } from '../../protocol/run.ts';
import { type MemoryPart, partNames } from '../kv/model.ts';

export type PartName = (typeof partNames)[number];
export type PartShares = Readonly<Record<PartName, number>>;

export interface MemoryModel {
  /** Shares of the pool, 0 to 1, a row a stretch of time; they sum to 1. */
  readonly rows: readonly PartShares[];
  readonly whole: PartShares;
  readonly binUs: number;
  /** End of the run. */
  readonly endUs: number;
  /** End of the time axis: later than the run's where one beside it lasts longer. */
  readonly spanUs: number;
  /** Share at the top of the scale: small use would not be seen on one to 100 %. */
  readonly top: number;
  /** Bytes of the whole pool. */
  readonly bytes: number;
  readonly tokens: number;
  /** The same of a run that is kept beside it; null without one. */
  readonly pinned: MemoryModel | null;
}

const tops = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];

/** More rows than this are finer than the picture. */
const mostRows = 240;

export function memoryModel(result: RunResult | null, pinned: RunResult | null = null): MemoryModel | null {
  const own = modelOf(result);
  const other = modelOf(pinned);
  if (own === null || other === null) return own;
  return { ...own, spanUs: Math.max(own.spanUs, other.spanUs), top: Math.max(own.top, other.top), pinned: other };
}

function modelOf(result: RunResult | null): MemoryModel | null {
  if (result === null || result.series.count === 0) return null;
  const { series, facts, summary } = result;
  const spanUs = Math.max(1, summary.durationUs);
  const by = Math.max(1, Math.ceil(series.count / mostRows));
  const tokens = facts.blocks * facts.blockSize;
  const rows = Array.from({ length: Math.ceil(series.count / by) }, (_, i) => {
    const to = Math.min(series.count, (i + 1) * by);
    // The last bin is cut where the run ends.
    return sharesOf(series, i * by, to, Math.min(spanUs, to * series.binUs) - i * by * series.binUs, result);
  });
  const peak = rows.reduce((most, row) => Math.max(most, 1 - row.free), 0);
  return {
    rows,
    whole: sharesOf(series, 0, series.count, spanUs, result),
    binUs: series.binUs * by,
    endUs: spanUs,
    spanUs,
    top: tops.find((top) => top >= peak) ?? 1,
    bytes: tokens * facts.kvBytesPerToken,
    tokens,
    pinned: null,
  };
}

function sharesOf(series: Series, from: number, to: number, us: number, { facts }: RunResult): PartShares {
  const sum = (column: Float64Array) => {
    let all = 0;
    for (let i = from; i < to; i++) all += column[i];
    return all;
  };
  const whole = Math.max(1, us) * facts.blocks * facts.blockSize;
  const held = sum(series.usedBlocksUs) * facts.blockSize;
  const wasted = sum(series.wastedTokensUs);
  const reservedPlaces = sum(series.reservedTokensUs);
  const useful = (held - wasted) / whole;
  const internal = (wasted - reservedPlaces) / whole;
  const reserved = reservedPlaces / whole;
  const external = (sum(series.externalBlocksUs) * facts.blockSize) / whole;
  const cached = (sum(series.cachedBlocksUs) * facts.blockSize) / whole;
  const free = Math.max(0, 1 - held / whole - external - cached);
  return { useful, internal, reserved, external, cached, free };
}

/** The shares in force at a time; those of the whole run for NaN. */
export function sharesAt(model: MemoryModel, us: number): PartShares {
  if (Number.isNaN(us)) return model.whole;
  return model.rows[Math.min(model.rows.length - 1, Math.max(0, Math.floor(us / model.binUs)))];
}

/** As the bar of the KV panel wants them. */
export function partsOf(model: MemoryModel, shares: PartShares): readonly MemoryPart[] {
  return partNames.map((name) => ({
    name,
    tokens: shares[name] * model.tokens,
    share: shares[name],
    bytes: shares[name] * model.bytes,
  }));
}
