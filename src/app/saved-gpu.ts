/** The visitor's own GPU as the simulator needs it, kept on this device so that a reload still has it. */

import type { DeviceProfile } from '../sim/gpu/device.ts';
import { type DeviceCeilings, roughDevice } from '../sim/gpu/rough-device.ts';

const key = 'tokenyard.this-gpu';
const numbers = ['bandwidthBytesPerS', 'f32FlopsPerS', 'memoryBytes', 'dispatchUs'] as const;

/** Storage throws in frames of opaque origin; then the measurement lasts as long as the page. */
export function saveGpu(profile: DeviceProfile): void {
  try {
    localStorage.setItem(key, writeGpu(profile));
  } catch {
    // Nothing is lost but the memory of it.
  }
}

export function savedGpu(): DeviceProfile | null {
  try {
    return parseGpu(localStorage.getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

/** JSON has no infinity, which is how a profile says that something is not a limit. */
export function writeGpu(profile: DeviceProfile): string {
  return JSON.stringify(profile, (_, value) => (value === Number.POSITIVE_INFINITY ? Number.MAX_VALUE : value));
}

/** Reads what `saveGpu` wrote, also what it wrote when a device was three ceilings only; null for anything else, whoever wrote it. */
export function parseGpu(text: string): DeviceProfile | null {
  const value: unknown = JSON.parse(text);
  if (isCeilings(value)) return roughDevice(value);
  const like = roughDevice({ name: '', bandwidthBytesPerS: 1, f32FlopsPerS: 1, memoryBytes: 1, dispatchUs: 1 });
  return hasShapeOf(value, like) && value.id === 'this-device' ? value : null;
}

function isCeilings(value: unknown): value is DeviceCeilings {
  if (typeof value !== 'object' || value === null) return false;
  const found = value as Record<string, unknown>;
  return typeof found.name === 'string' && numbers.every((name) => typeof found[name] === 'number' && found[name] > 0);
}

/** True if everything that `like` has is there and of the same type, and no number is below zero. */
function hasShapeOf<T>(value: unknown, like: T): value is T {
  if (like === null) return value === null;
  if (typeof like === 'number') return typeof value === 'number' && value >= 0;
  if (typeof like !== 'object') return typeof value === typeof like;
  if (typeof value !== 'object' || value === null) return false;
  const found = value as Record<string, unknown>;
  return Object.entries(like).every(([name, part]) => hasShapeOf(found[name], part));
}
