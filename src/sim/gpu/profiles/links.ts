import { linkOfAllReduces, type PeerLink } from '../peer-link.ts';

/** Start 5.0, 5.7, 6.7 us and bus bandwidth 178, 183, 187 GB/s with 2, 4, 8 devices. */
const allReducesA100 = { latencyUs: 4.99, perPeerUs: 0.28, bytesPerS: 183e9 };

export const nvlinkA100: PeerLink = /* @__PURE__ */ linkOfAllReduces(
  allReducesA100,
  'fitted',
  "Fitted to all-reduces of 2, 4 and 8 devices in CUDA graphs with vLLM's own kernels, measured by the authors of aiconfigurator (095f58a), vLLM 0.14.0, A100 SXM.",
);

/** The A800 has eight of the A100's twelve links: 400 GB/s of 600. */
export const nvlinkA800: PeerLink = /* @__PURE__ */ linkOfAllReduces(
  { ...allReducesA100, bytesPerS: (allReducesA100.bytesPerS * 2) / 3 },
  'estimated',
  "Estimated: the A100's, with two thirds of its bandwidth, as the A800 has two thirds of its links.",
);

/** NVLink 2 has half of NVLink 3's bandwidth. */
export const nvlinkV100: PeerLink = /* @__PURE__ */ linkOfAllReduces(
  { ...allReducesA100, bytesPerS: allReducesA100.bytesPerS / 2 },
  'estimated',
  "Estimated: the A100's, with half its bandwidth, as NVLink 2 has half of NVLink 3's.",
);

/**
 * H100 and H200 have the same 18 links, 450 GB/s each way. `npm run -s fit -- fixtures/measured nvlink` prints the coefficients.
 */
export const nvlink4: PeerLink = {
  allReduce: {
    startUs: 4.945,
    behindUs: 1.992,
    stepUs: 0.7621,
    bytesPerS: 450e9,
    localUsPerMb: 0.9594,
    rampUs: 22.38,
    rampBytes: 5.144e6,
  },
  gather: {
    startUs: 5.019,
    behindUs: 1.992,
    stepUs: 0.7227,
    bytesPerS: 450e9,
    localUsPerMb: 0.7206,
    rampUs: 22.7,
    rampBytes: 4.156e6,
  },
  pairs: {
    startUs: 6.711,
    behindUs: 1.992,
    stepUs: 0,
    bytesPerS: 343.8e9,
    localUsPerMb: 0.2391,
    rampUs: 16.77,
    rampBytes: 2.318e6,
  },
  send: {
    startUs: 7.553,
    behindUs: 1.992,
    stepUs: 0,
    bytesPerS: 366.2e9,
    localUsPerMb: 0,
    rampUs: 7.978,
    rampBytes: 1.811e6,
  },
  oneShot: {
    startUs: 4.371,
    behindUs: 0.4294,
    stepUs: 0.05881,
    bytesPerS: 133.6e9,
    localUsPerMb: 0,
    rampUs: 0,
    rampBytes: 1,
  },
  twoShot: {
    startUs: 7.335,
    behindUs: 0.9416,
    stepUs: 0.1736,
    bytesPerS: 181.7e9,
    localUsPerMb: 0,
    rampUs: 0,
    rampBytes: 1,
  },
  evidence: 'measured',
  source:
    "Measured for this project on two hosts of eight H200 with NCCL (H100s have the same links): off by 1 to 10 %, P95 9 to 34 %. All-reduces of engines' own: fitted to vLLM's on H200s, measured by the authors of aiconfigurator (77a06bf).",
};
