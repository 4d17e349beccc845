/** A store of KV that all replicas share, over time: how full it is, and what comes out of it. */

import { bisectRight } from 'd3';
import type { FleetResult } from '../../protocol/fleet.ts';
import { spread } from '../spans.ts';

/** Levels of the store, from left to right: bytes in it, prefixes on their way out of it, and how much of them flows. */
export const storeNames = ['stored', 'fetching', 'fetched'] as const;
export type StoreName = (typeof storeNames)[number];

export interface Store {
  /** Over the bins of the replicas' series: what is in it at the end of a bin, means of the others. */
  readonly levels: Readonly<Record<StoreName, Float32Array>>;
  readonly tops: Readonly<Record<StoreName, number>>;
  /** Shares of all prompt tokens of the run whose KV came from the replica's own cache, and from the store. */
  readonly ownShare: number;
  readonly storeShare: number;
}

/** Null where there is no store. */
export function storeOf({ store, series, summary }: FleetResult): Store | null {
  if (store === null) return null;
  const { bins, binUs } = series;
  const stored = Float32Array.from({ length: bins }, (_, bin) => {
    const at = bisectRight(store.fillUs, (bin + 1) * binUs) - 1;
    return at < 0 ? 0 : store.fillBytes[at];
  });
  const [fetching, fetched] = [new Float32Array(bins), new Float32Array(bins)];
  store.askedUs.forEach((fromUs, row) => {
    const toUs = Number.isNaN(store.endUs[row]) ? summary.durationUs : store.endUs[row];
    spread(fetching, [fromUs, toUs], 1, binUs);
    // How far one had come that was given up is not known.
    if (store.isGivenUp[row] === 1) return;
    const us = Math.max(1, toUs - fromUs);
    // At its mean rate: what a fetch shares its link with changes while it flows.
    spread(fetched, [fromUs, fromUs + us], (store.bytes[row] / us) * 1e6, binUs);
  });
  const all = Math.max(1, store.ownTokens + store.fetchedTokens + store.computedTokens);
  const top = (level: Float32Array) => level.reduce((most, value) => Math.max(most, value), 1);
  return {
    levels: { stored, fetching, fetched },
    // Full is the whole height.
    tops: { stored: Math.max(1, store.capacityBytes), fetching: top(fetching), fetched: top(fetched) },
    ownShare: store.ownTokens / all,
    storeShare: store.fetchedTokens / all,
  };
}
