/**
 * Transfer of keys and values from one instance to another: setup + pieces + bytes / effective bandwidth of the path. With
 * tensor parallelism every rank sends its part, over its own path where each device has one.
 */

import type { Evidence } from './device.ts';

export interface TransferLink {
  /** From the call to the first byte, and from the last byte until it is known. */
  readonly setupUs: number;
  /** Effective rate of a path. */
  readonly bytesPerS: number;
  /** Who has a path: each device, or all devices of a host together. */
  readonly per: 'device' | 'host';
  /** What every piece of its own takes, where blocks are copied one by one; 0: they are gathered first. */
  readonly perPieceUs: number;
  readonly evidence: Evidence;
  /** One sentence: measured or estimated from what. */
  readonly source: string;
}

/** Microseconds of one transfer of `bytes`, which lie in so many pieces, over so many paths at once. */
export function transferUs(
  { setupUs, bytesPerS, perPieceUs }: Pick<TransferLink, 'setupUs' | 'bytesPerS' | 'perPieceUs'>,
  bytes: number,
  pieces = 1,
  paths = 1,
): number {
  return setupUs + (perPieceUs * pieces + bytes / (bytesPerS * 1e-6)) / paths;
}

export type TransferLinkId =
  | 'nvlink'
  | 'nvlink-batch'
  | 'nvlink-copies'
  | 'pcie-4'
  | 'pcie-5'
  | 'ethernet-25g'
  | 'network-100g'
  | 'network-200g'
  | 'network-400g'
  | 'mooncake-4x200g'
  | 'mooncake-8x400g';

const measured = 'Measured for this project between two H200 of one host (NVLink 4, as H100s have it),';

/** The share of PCI Express that copies to the host reach: 55.2 of 64 GB/s, measured on the H200. */
const pcie = (generation: number, gigabytes: number): TransferLink => ({
  setupUs: 10,
  per: 'device',
  bytesPerS: (gigabytes * 1e9 * 55.2) / 64,
  perPieceUs: 0,
  evidence: 'estimated',
  source: `Estimated: PCI Express ${generation}.0 x16, of which copies reach the share that the H200's to its host reach.`,
});

const network = (name: string, gigabits: number): TransferLink => ({
  setupUs: 20,
  per: 'device',
  bytesPerS: (gigabits * 1e9) / 8,
  perPieceUs: 0,
  evidence: 'estimated',
  source: `Estimated: the rate of ${name} at ${gigabits} Gb/s, and 20 us for a message between memories of two hosts.`,
});

const mooncake = (cards: string, gigabytes: number): TransferLink => ({
  setupUs: 20,
  per: 'host',
  bytesPerS: gigabytes * 1e9,
  perPieceUs: 0,
  evidence: 'estimated',
  source: `Rate that Mooncake's documentation gives for its transfer engine over ${cards} Gb/s; setup estimated.`,
});

export const transferLinks: Readonly<Record<TransferLinkId, TransferLink>> = {
  nvlink: {
    setupUs: 11.54,
    per: 'device',
    bytesPerS: 366.7e9,
    perPieceUs: 0,
    evidence: 'measured',
    source: `${measured} blocks of 16 to 2048 KiB written to the peer by one kernel.`,
  },
  'nvlink-batch': {
    setupUs: 7.899,
    per: 'device',
    bytesPerS: 391.6e9,
    perPieceUs: 1.107,
    evidence: 'measured',
    source: `${measured} blocks of 16 to 2048 KiB in one batch of copies.`,
  },
  'nvlink-copies': {
    setupUs: 6.142,
    per: 'device',
    bytesPerS: 421.2e9,
    perPieceUs: 2.816,
    evidence: 'measured',
    source: `${measured} blocks of 16 to 2048 KiB, a copy each.`,
  },
  'pcie-4': pcie(4, 32),
  'pcie-5': pcie(5, 64),
  'ethernet-25g': network('Ethernet', 25),
  'network-100g': network('InfiniBand or RoCE', 100),
  'network-200g': network('InfiniBand or RoCE', 200),
  'network-400g': network('InfiniBand or RoCE', 400),
  'mooncake-4x200g': mooncake('four cards of 200', 87),
  'mooncake-8x400g': mooncake('eight cards of 400', 190),
};
