import type { Evidence } from './device.ts';

/** What joins a device to the others of its host, as all-reduces see it. */
export interface PeerLink {
  /** Time of the smallest all-reduce between two devices, inside a captured graph. */
  readonly latencyUs: number;
  /** What each device beyond two adds to that. */
  readonly perPeerUs: number;
  /** Bus bandwidth: every device sends and receives 2 (n - 1) / n of the data at this rate. */
  readonly bytesPerS: number;
  /** Time lost until the link is full; reached by half at `rampBytes`. */
  readonly rampUs: number;
  readonly rampBytes: number;
  readonly evidence: Evidence;
  /** One sentence: measured or fitted on what, by whom. */
  readonly source: string;
}

/** Bytes that each of `ranks` devices sends in a ring (or two-shot) all-reduce of `bytes`. */
export function allReduceBytes(ranks: number, bytes: number): number {
  return (2 * (ranks - 1) * bytes) / ranks;
}

/** Bytes that each of `ranks` devices sends or receives when one collects a tensor of which each holds its share. */
export function gatherBytes(ranks: number, bytes: number): number {
  return ((ranks - 1) * bytes) / ranks;
}

/** One collective operation in which each of `ranks` devices sends `sentBytes`. */
export function collectiveUs(link: PeerLink, ranks: number, sentBytes: number): number {
  if (ranks < 2) return 0;
  const streamUs = sentBytes / (link.bytesPerS * 1e-6) + (link.rampUs * sentBytes) / (sentBytes + link.rampBytes);
  return link.latencyUs + link.perPeerUs * (ranks - 2) + streamUs;
}

/** Without NVLink. 55 us for the smallest all-reduce of four, six steps around the ring; two devices take two steps. */
export const pcieLink: PeerLink = {
  latencyUs: 18.3,
  perPeerUs: 18.3,
  bytesPerS: 23.5e9,
  rampUs: 0,
  rampBytes: 1,
  evidence: 'estimated',
  source:
    'Estimated from all-reduces of four A100 whose pairs are joined by PCI Express 4.0 x16, measured by the authors of Vidur (microsoft/vidur 7d47513).',
};
