/** What joins the devices of an instance: hosts of so many devices each, and the network between hosts. */

import type { Evidence } from './device.ts';
import { type PeerLink, pcieLink } from './peer-link.ts';
import { nvlink4 } from './profiles/links.ts';

/** The network of a host, as collective operations between hosts see it. */
export interface NetworkLink {
  /** Time until the first byte of a message is there. */
  readonly latencyUs: number;
  /** Rate at which a host sends, and receives at the same time, all its devices together. */
  readonly bytesPerS: number;
  readonly evidence: Evidence;
  /** One sentence: measured or estimated from what. */
  readonly source: string;
}

export interface Topology {
  readonly id: string;
  readonly devicesPerHost: number;
  readonly peer: PeerLink;
  /** Null where all devices are in one host. */
  readonly network: NetworkLink | null;
}

/** All devices in one host. */
export function singleHost(peer: PeerLink): Topology {
  return { id: 'host', devicesPerHost: Number.POSITIVE_INFINITY, peer, network: null };
}

/** A network card of so many gigabits a second in each host. */
export function networkOf(gigabits: number): NetworkLink {
  return {
    latencyUs: 12,
    bytesPerS: (0.9 * gigabits * 1e9) / 8,
    evidence: 'estimated',
    source: `Estimated: nine tenths of ${gigabits} Gb/s, and 12 us for a small message between two devices of two hosts.`,
  };
}

export type TopologyId = 'nvlink-node' | 'pcie-box' | 'two-nodes-100g' | 'two-nodes-200g' | 'two-nodes-400g';

const node = { devicesPerHost: 8, peer: nvlink4 };

/** Hosts as they are bought: eight devices, joined by NVLink 4 or by PCI Express alone; two such hosts over one card each. */
export const topologies: Readonly<Record<TopologyId, Topology>> = {
  'nvlink-node': { id: 'nvlink-node', ...node, network: null },
  'pcie-box': { id: 'pcie-box', devicesPerHost: 8, peer: pcieLink, network: null },
  'two-nodes-100g': { id: 'two-nodes-100g', ...node, network: /* @__PURE__ */ networkOf(100) },
  'two-nodes-200g': { id: 'two-nodes-200g', ...node, network: /* @__PURE__ */ networkOf(200) },
  'two-nodes-400g': { id: 'two-nodes-400g', ...node, network: /* @__PURE__ */ networkOf(400) },
};
