/** The visitor's own GPU as the simulator needs it, kept on this device so that a reload still has it. */

import type { DeviceProfile } from '../sim/gpu/device.ts';
import { type DeviceCeilings, roughDevice } from '../sim/gpu/rough-device.ts';

const key = 'tokenyard.this-gpu';
const numbers = ['bandwidthBytesPerS', 'f32FlopsPerS', 'memoryBytes', 'dispatchUs'] as const;

/** Storage throws in frames of opaque origin; then the measurement lasts as long as the page. */
export function saveGpu(ceilings: DeviceCeilings): void {
  try {
    localStorage.setItem(key, JSON.stringify(ceilings));
  } catch {
    // Nothing is lost but the memory of it.
  }
}

export function savedGpu(): DeviceProfile | null {
  try {
    const ceilings = parseCeilings(localStorage.getItem(key) ?? 'null');
    return ceilings === null ? null : roughDevice(ceilings);
  } catch {
    return null;
  }
}

/** Reads what `saveGpu` wrote; null for anything else, whoever wrote it. */
export function parseCeilings(text: string): DeviceCeilings | null {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) return null;
  const found = value as Record<string, unknown>;
  const isWhole = numbers.every((name) => typeof found[name] === 'number' && Number(found[name]) > 0);
  return isWhole && typeof found.name === 'string' ? (value as DeviceCeilings) : null;
}
