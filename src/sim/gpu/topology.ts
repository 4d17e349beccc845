/** What joins the devices of an instance: hosts of so many devices each, and the network between hosts. */

import type { Evidence } from './device.ts';
import type { PeerLink } from './peer-link.ts';

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
