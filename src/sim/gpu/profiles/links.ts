import type { PeerLink } from '../peer-link.ts';

const custom =
  "Fitted to all-reduces of 2, 4 and 8 devices in CUDA graphs with vLLM's own kernels, measured by the authors of aiconfigurator (095f58a)";

/** Start 5.0, 5.7, 6.7 us and bus bandwidth 178, 183, 187 GB/s with 2, 4, 8 devices. */
export const nvlinkA100: PeerLink = {
  latencyUs: 4.99,
  perPeerUs: 0.28,
  bytesPerS: 183e9,
  rampUs: 0,
  rampBytes: 1,
  evidence: 'fitted',
  source: `${custom}, vLLM 0.14.0, A100 SXM.`,
};

/** Start 4.3, 4.9, 5.4 us and bus bandwidth 273, 301, 376 GB/s with 2, 4, 8 devices; the middle one. */
export const nvlinkH100: PeerLink = {
  latencyUs: 4.31,
  perPeerUs: 0.18,
  bytesPerS: 301e9,
  rampUs: 0,
  rampBytes: 1,
  evidence: 'fitted',
  source: `${custom}, vLLM 0.24.0, H100 SXM.`,
};

/** Of two devices; what further ones add is the H100's. */
export const nvlinkH200: PeerLink = {
  latencyUs: 11.4,
  perPeerUs: 0.18,
  bytesPerS: 308e9,
  rampUs: 15,
  rampBytes: 1.5e6,
  evidence: 'measured',
  source:
    'Measured for this project on two H200 of one host: all-reduces of 8 KiB to 256 MiB in CUDA graphs, NCCL without multicast.',
};
