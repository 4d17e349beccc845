import type { Evidence } from './device.ts';

/** A device's link to its host's memory. */
export interface HostLink {
  /** Rate of a large copy from or to pinned memory, one direction at a time. */
  readonly bytesPerS: number;
  readonly evidence: Evidence;
  /** One sentence: measured on what, or estimated from what. */
  readonly source: string;
}

/** Share of a PCI Express link's rate that large copies reach: measured on the H200's, 55.2 of 64 GB/s each way. */
export const HOST_LINK_REACHED = 55.2 / 64;

/** A link of which only the datasheet's rate each way is known. */
export function estimatedLink(name: string, datasheetBytesPerS: number): HostLink {
  return {
    bytesPerS: datasheetBytesPerS * HOST_LINK_REACHED,
    evidence: 'estimated',
    source: `Estimated: the datasheet's ${name}, of which copies reach the same share as measured on an H200.`,
  };
}

/** Time of one copy, whole microseconds, rounded up. Copies below about a megabyte take some microseconds longer. */
export function transferUs(link: Pick<HostLink, 'bytesPerS'>, bytes: number): number {
  return Math.ceil((bytes / link.bytesPerS) * 1e6);
}
