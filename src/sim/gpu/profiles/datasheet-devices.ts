import type { DeviceProfile } from '../device.ts';
import { estimatedLink } from '../host-link.ts';
import { pcieLink } from '../peer-link.ts';
import { a100 } from './a100-80.ts';
import { nvlinkA100, nvlinkA800, nvlinkV100 } from './links.ts';
import { rtx4090 } from './rtx-4090.ts';
import { scaledProfile } from './scaled.ts';

/** Memory as PyTorch reports it: 39.59 GiB. The same chip as the 80 GB card, with slower memory. */
export const a100Of40: DeviceProfile = /* @__PURE__ */ scaledProfile(a100, {
  id: 'a100-40',
  name: 'NVIDIA A100 SXM 40 GB',
  memoryBytes: 42_505_000_000,
  peakFlops: 312e12,
  peakBytesPerS: 1.555e12,
  hostLink: /* @__PURE__ */ estimatedLink('PCI Express 4.0 x16, 32 GB/s each way', 32e9),
  peerLink: nvlinkA100,
});

/** The A100 80 GB with fewer links. */
export const a800: DeviceProfile = /* @__PURE__ */ scaledProfile(a100, {
  id: 'a800',
  name: 'NVIDIA A800 SXM 80 GB',
  memoryBytes: 84_986_000_000,
  peakFlops: 312e12,
  peakBytesPerS: 2.039e12,
  hostLink: /* @__PURE__ */ estimatedLink('PCI Express 4.0 x16, 32 GB/s each way', 32e9),
  peerLink: nvlinkA800,
});

/** 22.2 GiB as PyTorch reports them. Arithmetic: NVIDIA's A10G datasheet, dense. */
export const a10g: DeviceProfile = /* @__PURE__ */ scaledProfile(a100, {
  id: 'a10g',
  name: 'NVIDIA A10G 24 GB',
  memoryBytes: 23_837_000_000,
  peakFlops: 70e12,
  peakBytesPerS: 0.6e12,
  hostLink: /* @__PURE__ */ estimatedLink('PCI Express 4.0 x16, 32 GB/s each way', 32e9),
  peerLink: pcieLink,
});

/** 22.17 GiB as PyTorch reports them. Arithmetic: half of the datasheet's rate, which counts sparse products. */
export const l4: DeviceProfile = /* @__PURE__ */ scaledProfile(rtx4090, {
  id: 'l4',
  name: 'NVIDIA L4 24 GB',
  memoryBytes: 23_805_000_000,
  peakFlops: 121e12,
  peakBytesPerS: 0.3e12,
  hostLink: /* @__PURE__ */ estimatedLink('PCI Express 4.0 x16, 32 GB/s each way', 32e9),
  peerLink: pcieLink,
});

/** 31.75 GiB as PyTorch reports them. No bfloat16 and no FlashAttention-2: float16 products, and attention as if it had. */
export const v100: DeviceProfile = /* @__PURE__ */ scaledProfile(a100, {
  id: 'v100',
  name: 'NVIDIA V100 SXM 32 GB',
  memoryBytes: 34_090_000_000,
  peakFlops: 125e12,
  peakBytesPerS: 0.9e12,
  hostLink: /* @__PURE__ */ estimatedLink('PCI Express 3.0 x16, 16 GB/s each way', 16e9),
  peerLink: nvlinkV100,
});
