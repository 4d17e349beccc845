/** What joins a device to the others of its host, as data: what each way of exchanging messages takes. */

import type { Evidence } from './device.ts';

/** Coefficients of one way to exchange messages; nought where left out. */
export interface Exchange {
  /** Of an operation behind others of its kind: until the first byte moves and after the last. */
  readonly startUs: number;
  /** More than that behind another kernel, as in a step: ranks end it one after the other, and this one is not warm. */
  readonly behindUs?: number;
  /** Each step from device to device that a message goes one after another. */
  readonly stepUs: number;
  /** Rate at which a device sends, and receives at the same time. */
  readonly bytesPerS: number;
  /** Time a byte of the tensor takes in the device's own memory, however many others there are; in microseconds a megabyte. */
  readonly localUsPerMb?: number;
  /** Time lost until the link is full; reached by half at `rampBytes` sent. */
  readonly rampUs?: number;
  readonly rampBytes?: number;
}

export interface PeerLink {
  /** All-reduce of the collective library, around a ring: 2 (n - 1) steps. */
  readonly allReduce: Exchange;
  /** All-gather and reduce-scatter, around a ring: n - 1 steps. */
  readonly gather: Exchange;
  /** All-to-all: every pair at once, one step. */
  readonly pairs: Exchange;
  /** From one device to one other. */
  readonly send: Exchange;
  /**
   * All-reduce as engines do it themselves, every device in the memory of all others: all read all (one-shot), or each
   * adds up its share and all collect the shares (two-shot). Left out: no such kernels.
   */
  readonly oneShot?: Exchange;
  readonly twoShot?: Exchange;
  readonly evidence: Evidence;
  /** One sentence: measured or fitted on what, by whom. */
  readonly source: string;
}

/** Time of one operation of so many steps in which each device sends `sent` bytes of (or for) a tensor of `bytes`. */
export function exchangeUs(way: Exchange, steps: number, sent: number, bytes: number): number {
  const { startUs, behindUs = 0, stepUs, bytesPerS, localUsPerMb = 0, rampUs = 0, rampBytes = 1 } = way;
  const streamUs = sent / (bytesPerS * 1e-6) + localUsPerMb * 1e-6 * bytes;
  return startUs + behindUs + stepUs * steps + streamUs + (rampUs * sent) / (sent + rampBytes);
}

/** The link as a program sees it that leaves all-reduces to the collective library. */
export function libraryOnly({ oneShot: _one, twoShot: _two, ...library }: PeerLink): PeerLink {
  return library;
}

/** Rate at which two devices exchange a large tensor. */
export function busBytesPerS({ allReduce: { bytesPerS, localUsPerMb = 0 } }: PeerLink): number {
  return bytesPerS / (1 + bytesPerS * localUsPerMb * 1e-12);
}

/** All-reduces of which two coefficients and a rate are known. */
export interface AllReduceFit {
  /** Time of the smallest between two devices, inside a captured graph. */
  readonly latencyUs: number;
  /** What each device beyond two adds to that. */
  readonly perPeerUs: number;
  /** Every device sends and receives 2 (n - 1) / n of the data at this rate. */
  readonly bytesPerS: number;
}

/** A link of which all-reduces are known: other operations are taken to start as late and to run at the same rate. */
export function linkOfAllReduces(known: AllReduceFit, evidence: Evidence, source: string): PeerLink {
  const { latencyUs, perPeerUs, bytesPerS } = known;
  const ring = { startUs: latencyUs - perPeerUs, stepUs: perPeerUs / 2, bytesPerS };
  const direct = { startUs: latencyUs, stepUs: 0, bytesPerS };
  return { allReduce: ring, gather: { ...ring, stepUs: perPeerUs }, pairs: direct, send: direct, evidence, source };
}

/** 55 us for the smallest all-reduce of four, six steps around the ring; two devices take two steps. */
export const pcieAllReduces: AllReduceFit = { latencyUs: 18.3, perPeerUs: 18.3, bytesPerS: 23.5e9 };

/** Without NVLink. */
export const pcieLink: PeerLink = /* @__PURE__ */ linkOfAllReduces(
  pcieAllReduces,
  'estimated',
  'Estimated from all-reduces of four A100 whose pairs are joined by PCI Express 4.0 x16, measured by the authors of Vidur (microsoft/vidur 7d47513).',
);
