import type { DeviceProfile, StepError } from './device.ts';
import { estimatedLink, HOST_LINK_REACHED } from './host-link.ts';
import { busBytesPerS, linkOfAllReduces, type PeerLink, pcieAllReduces } from './peer-link.ts';
import { plainOperators } from './plain-operators.ts';
import { deviceFor, productPrecision } from './precision.ts';
import type { LowPrecisionRate } from './profiles/low-precision.ts';

/** What a person knows of a device from its datasheet. 0 where the device has no such thing, or nobody knows. */
export interface DeviceDatasheet {
  readonly name: string;
  readonly memoryBytes: number;
  readonly bytesPerS: number;
  /** Dense products, operations a second. */
  readonly bf16FlopsPerS: number;
  readonly fp8FlopsPerS: number;
  readonly int8FlopsPerS: number;
  /** To other devices of the host, and to the host's memory: each way. */
  readonly peerBytesPerS: number;
  readonly hostBytesPerS: number;
  /** Start of one operator. */
  readonly launchUs: number;
}

/**
 * Shares of a datasheet's rates that products reach: the middle one of the three fitted profiles (H100, A100, RTX 4090:
 * 0.88, 0.78, 0.94 of the bandwidth; 0.76, 0.73, 0.99 of the arithmetic). The H200's, which the error is measured on, is not among them.
 */
const BANDWIDTH_REACHED = 0.88;
const ARITHMETIC_REACHED = 0.76;

/** All-reduces reach this share of NVLink's rate each way: 301 of 450 GB/s on the H100, 183 of 300 on the A100. */
const PEER_LINK_REACHED = 0.64;
/** From here on a link is taken to start as fast as NVLink, below as slowly as PCI Express. */
const FAST_LINK = 100e9;

/**
 * The error of this recipe with the H200's datasheet (4.8 TB/s, 989 TFLOP/s, 5 us a launch) against its measured steps:
 * what the recipe misses on one good GPU; with a device whose kernels are worse it misses more.
 */
const RECIPE_ERROR: StepError = {
  median: 0.088,
  p95: 0.381,
  count: 111,
  against: 'steps measured on one H200, predicted by the same recipe from its datasheet',
};

/** A device of which nothing was measured. */
export function datasheetDevice(sheet: DeviceDatasheet): DeviceProfile {
  const { bf16FlopsPerS, launchUs } = sheet;
  const gain = (flopsPerS: number): LowPrecisionRate | null =>
    flopsPerS > bf16FlopsPerS ? { gain: flopsPerS / bf16FlopsPerS } : null;
  return {
    id: 'own',
    name: sheet.name,
    memoryBytes: sheet.memoryBytes,
    peakFlops: bf16FlopsPerS,
    peakBytesPerS: sheet.bytesPerS,
    evidence: 'estimated',
    source:
      'Estimated from the figures that were entered: every operator is its start plus the slower of arithmetic and memory, at the shares of a datasheet that other GPUs reach.',
    operators: plainOperators({
      fixedUs: launchUs,
      bytesPerS: sheet.bytesPerS * BANDWIDTH_REACHED,
      flopsPerS: bf16FlopsPerS * ARITHMETIC_REACHED,
      wastedRows: 16,
    }),
    lowPrecision: { fp8: gain(sheet.fp8FlopsPerS), int8: gain(sheet.int8FlopsPerS) },
    hostLink: sheet.hostBytesPerS > 0 ? estimatedLink('link to the host, as entered', sheet.hostBytesPerS) : null,
    peerLink: sheet.peerBytesPerS > 0 ? peerLinkOf(sheet.peerBytesPerS) : null,
    stepOverheadUs: 0,
    error: RECIPE_ERROR,
  };
}

/** What the datasheet of a device would say, from its profile: the rates of links are those of which copies reach a share. */
export function datasheetOf(device: DeviceProfile): DeviceDatasheet {
  const { name, memoryBytes, peakBytesPerS, peakFlops, peerLink, hostLink, operators } = device;
  const inEightBits = (weights: 'fp8' | 'int8'): number =>
    productPrecision(device, weights) === weights ? deviceFor(device, weights).peakFlops : 0;
  return {
    name,
    memoryBytes,
    bytesPerS: peakBytesPerS,
    bf16FlopsPerS: peakFlops,
    fp8FlopsPerS: inEightBits('fp8'),
    int8FlopsPerS: inEightBits('int8'),
    peerBytesPerS: peerLink === null ? 0 : busBytesPerS(peerLink) / PEER_LINK_REACHED,
    hostBytesPerS: hostLink === null ? 0 : hostLink.bytesPerS / HOST_LINK_REACHED,
    launchUs: operators.gemm.fixedUs,
  };
}

function peerLinkOf(bytesPerS: number): PeerLink {
  const start = bytesPerS >= FAST_LINK ? { latencyUs: 5, perPeerUs: 0.3 } : pcieAllReduces;
  return linkOfAllReduces(
    { ...start, bytesPerS: bytesPerS * PEER_LINK_REACHED },
    'estimated',
    'Estimated from the figure that was entered, of which all-reduces reach the share that they reach over NVLink.',
  );
}
