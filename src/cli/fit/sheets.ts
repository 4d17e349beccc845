/** Where a search starts: datasheet rates, and what no profile holds. */

import type { DeviceProfile } from '../../sim/gpu/device.ts';
import type { Sheet } from './layers.ts';

/** Multiprocessors and second-level cache by NVIDIA's architecture papers. */
const chips: Readonly<Record<string, Pick<Sheet, 'processors' | 'cacheBytes'>>> = {
  h200: { processors: 132, cacheBytes: 50e6 },
  h100: { processors: 132, cacheBytes: 50e6 },
  'a100-80': { processors: 108, cacheBytes: 40e6 },
  'a100-40': { processors: 108, cacheBytes: 40e6 },
  a800: { processors: 108, cacheBytes: 40e6 },
  'rtx-4090': { processors: 128, cacheBytes: 72e6 },
  'rtx-pro-6000': { processors: 188, cacheBytes: 128e6 },
  a10g: { processors: 80, cacheBytes: 6e6 },
  l4: { processors: 58, cacheBytes: 48e6 },
  v100: { processors: 80, cacheBytes: 6e6 },
};
/** For devices that are no NVIDIA card: one wave of everything. */
const unknown = { processors: 64, cacheBytes: 16e6 };

export function sheetOf({ id, peakFlops, peakBytesPerS }: DeviceProfile): Sheet {
  return { flopsPerS: peakFlops, bytesPerS: peakBytesPerS, ...(chips[id] ?? unknown) };
}
