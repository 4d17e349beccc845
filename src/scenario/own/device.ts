/** A device of one's own: its fields with their limits. What follows from them is in `device-profile.ts`, which the page loads later. */

import type { Result } from '../result.ts';
import { checkFields, type Own, type OwnField, type OwnFields, readOwn, writeOwn } from './text.ts';

const amount = (min: number, max: number, fallback?: number): OwnField => ({
  min,
  max,
  isWhole: false,
  default: fallback,
});

/** In the order in which texts and the form have them. 0 = there is none. */
export const deviceFields = {
  /** GiB. */
  memory: amount(0.25, 100_000),
  /** GB/s. */
  bandwidth: amount(1, 1_000_000),
  /** TFLOP/s of dense products. */
  bf16: amount(0.001, 1_000_000),
  fp8: amount(0.001, 1_000_000, 0),
  int8: amount(0.001, 1_000_000, 0),
  /** GB/s each way: to other devices, and to the host. */
  link: amount(0.1, 100_000, 0),
  'host-link': amount(0.1, 100_000, 0),
  /** Microseconds. */
  launch: amount(0, 1000, 5),
} as const satisfies OwnFields<string>;

export type DeviceField = keyof typeof deviceFields;
export type OwnDevice = Own<DeviceField>;

/** Reads the value of the knob. */
export function readOwnDevice(text: string): Result<OwnDevice> {
  return readOwn(deviceFields, text);
}

export function writeOwnDevice(own: OwnDevice): string {
  return writeOwn(deviceFields, own);
}

/** A device of one's own from numbers of whatever origin. */
export function checkOwnDevice(name: string, given: Readonly<Partial<Record<string, number>>>): Result<OwnDevice> {
  const values = checkFields(deviceFields, given);
  return values.ok ? { ok: true, value: { name, values: values.value } } : values;
}
