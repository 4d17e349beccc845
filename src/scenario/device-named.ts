import { type DeviceId, type DeviceProfile, devices } from '../sim/gpu/device.ts';
import { readOwnDevice } from './own/device.ts';
import { deviceOfOwn } from './own/device-profile.ts';
import { isOwn } from './own/text.ts';

/** The device under a value of knob `device`; undefined if it is none, or the visitor's own GPU. */
export function deviceNamed(value: string): DeviceProfile | undefined {
  if (!isOwn(value)) return Object.hasOwn(devices, value) ? devices[value as DeviceId] : undefined;
  const own = readOwnDevice(value);
  return own.ok ? deviceOfOwn(own.value) : undefined;
}
