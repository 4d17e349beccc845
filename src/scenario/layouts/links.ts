/** The links that the times of a layout depend on. */

import type { Evidence } from '../../sim/gpu/device.ts';
import type { Topology } from '../../sim/gpu/topology.ts';
import { type TransferLinkId, transferLinks } from '../../sim/gpu/transfer-link.ts';
import { fleetReader, hasStore } from '../fleet/knobs.ts';
import type { Knobs } from '../knobs.ts';
import type { Layout } from './layouts.ts';

export interface LinkUse {
  /** What goes over it: sums of ranks that share a layer, activations between stages, keys and values between replicas or from the store that they share. */
  readonly use: 'tensor' | 'pipeline' | 'kv';
  readonly evidence: Evidence;
  /** Beyond what was measured: more devices than its table has. */
  readonly isExtrapolated: boolean;
}

/** Collective operations were measured between 2, 4 and 8 devices of one host. */
const MOST_MEASURED = 8;

export function linksOf(
  { tensor, pipeline, replicas, prefills }: Layout,
  knobs: Knobs,
  topology: Topology | null,
): readonly LinkUse[] {
  const uses: LinkUse[] = [];
  // Over two hosts it is the network that tells.
  const evidence = topology?.network?.evidence ?? topology?.peer.evidence ?? 'estimated';
  if (tensor > 1) uses.push({ use: 'tensor', evidence, isExtrapolated: tensor > MOST_MEASURED });
  if (pipeline > 1) uses.push({ use: 'pipeline', evidence, isExtrapolated: tensor * pipeline > MOST_MEASURED });
  const kvLinks = [
    ...(prefills > 0 ? ['kv-link'] : []),
    ...(hasStore({ ...knobs, replicas }) ? ['kv-store-link'] : []),
  ];
  for (const name of kvLinks) {
    const { evidence } = transferLinks[fleetReader(knobs).choice(name) as TransferLinkId];
    uses.push({ use: 'kv', evidence, isExtrapolated: false });
  }
  return uses;
}
